//! Containers with what is mounted into them and, where they run in an image of the product, what that is.

use am_product::{Distribution, Product, ProductVersion};

use crate::{
    context::Context,
    graph::{MountedFile, mounted_files},
    manifest::{Container, EnvSource, Object, Workload},
};

/// A container of a pod.
pub(super) struct Placed<'a> {
    pub(super) workload: Workload<'a>,
    pub(super) container: Container<'a>,
    /// What its image holds, if it is one of the product: by its name, or because it is what its user declares.
    pub(super) product: Option<Product>,
    /// Whether it is a server's main container.
    pub(super) is_server: bool,
    /// Names of the pods, as far as they are known.
    pods: Vec<String>,
}

/// An entry of an object that a container reads.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) object: &'a Object,
    pub(super) key: &'a str,
    pub(super) text: &'a str,
}

/// Every container of every pod.
pub(super) fn all<'a>(context: &Context<'a>) -> Vec<Placed<'a>> {
    let graph = context.graph;
    let mut found = Vec::new();
    for workload in context.manifest.workloads() {
        let mut members = graph.members.iter();
        let at = members.position(|one| std::ptr::eq(one.workload.object, workload.object));
        let nodes = graph.nodes.iter().filter(|node| Some(node.id.member) == at);
        let mut pods: Vec<String> = nodes.map(|node| node.pod_name.clone()).collect();
        if pods.is_empty() {
            pods.push(workload.object.name().to_owned());
        }
        let member = at.map(|at| &graph.members[at]);
        for container in workload.pod.all_containers() {
            let main = member.and_then(|member| Some((member.component?, member.main?)));
            let server = main.filter(|(_, main)| std::ptr::eq(main.value, container.value));
            let distribution = Distribution::of_image(container.image_repository())
                .or_else(|| server.map(|(component, _)| component.distribution()));
            found.push(Placed {
                workload,
                container,
                product: distribution.map(|distribution| {
                    let version = version_of(&container, distribution);
                    Product::new(version.unwrap_or(context.version), distribution)
                }),
                is_server: server.is_some(),
                pods: pods.clone(),
            });
        }
    }
    found
}

/// The main containers of servers, with what their images hold.
pub(super) fn servers<'a>(context: &Context<'a>) -> Vec<(Placed<'a>, Product)> {
    let servers = all(context).into_iter().filter(|one| one.is_server);
    servers
        .filter_map(|one| one.product.map(|product| (one, product)))
        .collect()
}

/// The version of which an image is, by the distribution's own version with which its tag begins.
fn version_of(container: &Container<'_>, distribution: Distribution) -> Option<ProductVersion> {
    let image = container.image().split('@').next()?;
    let (_, tag) = image.rsplit_once(':')?;
    ProductVersion::all().find(|version| {
        let rest = tag.strip_prefix(distribution.release(*version));
        rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_alphanumeric()))
    })
}

impl<'a> Placed<'a> {
    /// How messages name it.
    pub(super) fn title(&self) -> String {
        let reference = self.workload.object.reference();
        format!("container `{}` of {reference}", self.container.name())
    }

    /// The files that are mounted into it, in any of its pods.
    pub(super) fn files(&self, context: &Context<'a>) -> Vec<MountedFile<'a>> {
        let mut files: Vec<MountedFile<'a>> = Vec::new();
        for pod in &self.pods {
            let (more, _) = mounted_files(context.manifest, &self.workload, &self.container, pod);
            for file in more {
                let is_known = files.iter().any(|known| {
                    known.path == file.path
                        && known.key == file.key
                        && std::ptr::eq(known.object, file.object)
                });
                if !is_known {
                    files.push(file);
                }
            }
        }
        files
    }

    /// The variables that it takes from objects of the releases, by name.
    pub(super) fn variables_of_objects(&self, context: &Context<'a>) -> Vec<(String, Entry<'a>)> {
        let namespace = self.workload.object.namespace();
        let mut found = Vec::new();
        let mut add =
            |kind: &str, object: &str, wanted: Option<&str>, name: &dyn Fn(&str) -> String| {
                let Some(object) = context.manifest.find(kind, namespace, object) else {
                    return;
                };
                for (key, text) in context.manifest.texts_of(object) {
                    if wanted.is_none_or(|wanted| wanted == key) {
                        let text = text.unwrap_or_default();
                        found.push((name(key), Entry { object, key, text }));
                    }
                }
            };
        for (kind, object, prefix, _) in self.container.env_from() {
            add(kind, object, None, &|key| format!("{prefix}{key}"));
        }
        for variable in self.container.env() {
            if let EnvSource::ConfigMap { name, key, .. } = variable.source {
                add("ConfigMap", name, Some(key), &|_| variable.name.to_owned());
            }
        }
        found
    }
}
