//! Containers that run in an image of the product, with what the image is.

use am_product::{Distribution, Product, ProductVersion};

use crate::{
    context::Context,
    graph::{MountedFile, mounted_files},
    manifest::{Container, Workload},
};

/// A container in an image of the product.
pub(super) struct InImage<'a> {
    pub(super) workload: Workload<'a>,
    pub(super) container: Container<'a>,
    /// What the image holds.
    pub(super) product: Product,
    /// Whether it is a server's main container.
    pub(super) is_server: bool,
    /// Names of the pods, as far as they are known.
    pods: Vec<String>,
}

/// Every container whose image is the product's by its name, and the main container of each server, whatever its image is called.
pub(super) fn in_images_of_the_product<'a>(context: &Context<'a>) -> Vec<InImage<'a>> {
    let mut found = Vec::new();
    for workload in context.manifest.workloads() {
        let mut members = context.graph.members.iter();
        let member = members.position(|one| std::ptr::eq(one.workload.object, workload.object));
        let nodes = context.graph.nodes.iter();
        let mut pods: Vec<String> = nodes
            .filter(|node| Some(node.id.member) == member)
            .map(|node| node.pod_name.clone())
            .collect();
        if pods.is_empty() {
            pods.push(workload.object.name().to_owned());
        }
        let member = member.map(|at| &context.graph.members[at]);
        for container in workload.pod.all_containers() {
            let main = member.and_then(|member| member.component.and(member.main));
            let is_server = main.is_some_and(|main| std::ptr::eq(main.value, container.value));
            let component = member.and_then(|member| member.component);
            let declared = component.filter(|_| is_server).map(|it| it.distribution());
            let by_name = Distribution::of_image(container.image_repository());
            let Some(distribution) = by_name.or(declared) else {
                continue;
            };
            let version = version_of(&container).unwrap_or(context.version);
            found.push(InImage {
                workload,
                container,
                product: Product::new(version, distribution),
                is_server,
                pods: pods.clone(),
            });
        }
    }
    found
}

/// The version that the tag of an image begins with.
fn version_of(container: &Container<'_>) -> Option<ProductVersion> {
    let image = container.image().split('@').next()?;
    let (_, tag) = image.rsplit_once(':')?;
    ProductVersion::all().find(|version| {
        let rest = tag.strip_prefix(version.as_str());
        rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_alphanumeric()))
    })
}

impl<'a> InImage<'a> {
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
}
