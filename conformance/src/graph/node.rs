//! Pods: which component each is, and the configuration that it reads.

use am_deployment_toml::{
    document::{Document, ParseError},
    effective::Effective,
    engine,
    environment::Environment,
    product::{Product, ProductVersion},
};

use am_product::{Port, Protocol};

use super::{
    listening::{Listener, listeners, with_system_properties},
    mounts::{MountedFile, mounted_files},
};
use crate::{
    component::Component,
    facts::Facts,
    manifest::{Autoscaler, Container, EnvSource, Manifest, Object, Service, Workload, strings_at},
};

/// A server workload and the component that it is.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    /// The workload.
    pub workload: Workload<'a>,
    /// Its component, if it is one of the product.
    pub component: Option<Component>,
    /// The container that runs the product (the first one of a foreign workload).
    pub main: Option<Container<'a>>,
    /// How many pods it has: an autoscaler's minimum, else what is written, else 1.
    pub replicas: usize,
    /// Whether something else decides how many pods it has.
    pub is_scaled: bool,
    /// Whether its user declared what it is.
    pub is_declared: bool,
}

/// Identity of a pod in the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId {
    /// Index of its workload in [`super::Graph::members`].
    pub member: usize,
    /// Number of the pod in the workload, from 0.
    pub ordinal: usize,
}

/// A pod.
#[derive(Debug)]
pub struct Node<'a> {
    /// Identity.
    pub id: NodeId,
    /// Pod name; of a Deployment only the part that is known.
    pub pod_name: String,
    /// Its `deployment.toml`, if one is mounted.
    pub configuration: Option<Configuration<'a>>,
    /// The ports that its server opens.
    pub listeners: Vec<Listener>,
    /// Why its `deployment.toml` cannot be seen, though it has one.
    pub unseen: Option<String>,
}

/// A `deployment.toml` as one node reads it.
#[derive(Debug)]
pub struct Configuration<'a> {
    /// The `ConfigMap` or Secret that holds it.
    pub object: &'a Object,
    /// Key in that object.
    pub data_key: String,
    /// The text.
    pub text: &'a str,
    /// The parsed text, or why it is no TOML.
    pub document: Result<Document, ParseError>,
    /// The values in force after the product's own fallbacks; absent when the text is no TOML.
    pub effective: Option<Effective>,
    /// What the product's engine makes of it.
    pub faults: Vec<engine::Fault>,
    /// Whether the pod takes variables from a Secret that no chart renders, so that any may be set.
    pub environment_is_open: bool,
}

impl Configuration<'_> {
    /// Port offset in force.
    pub fn offset(&self) -> u16 {
        self.effective.as_ref().map_or(0, Effective::port_offset)
    }

    /// Key of the text in a report's sources.
    pub fn source(&self) -> String {
        format!(
            "{}/{}/{}/{}",
            self.object.release,
            self.object.kind(),
            self.object.name(),
            self.data_key
        )
    }
}

impl Node<'_> {
    /// Port offset in force on this node; 0 without configuration.
    pub fn offset(&self) -> u16 {
        self.configuration.as_ref().map_or(0, Configuration::offset)
    }

    /// The values in force, if there is a readable configuration.
    pub fn effective(&self) -> Option<&Effective> {
        self.configuration.as_ref()?.effective.as_ref()
    }
}

impl<'a> Member<'a> {
    pub(super) fn new(
        workload: Workload<'a>,
        declared: Option<Component>,
        scaler: Option<Autoscaler<'a>>,
    ) -> Self {
        let (component, main) = identify(&workload, declared);
        let written = || workload.replicas().unwrap_or(1);
        let replicas = scaler.map_or_else(written, |scaler| scaler.minimum());
        Self {
            workload,
            component,
            main,
            replicas: usize::try_from(replicas).unwrap_or(0),
            is_scaled: scaler.is_some(),
            is_declared: declared.is_some(),
        }
    }
}

impl Member<'_> {
    /// By what its component is told, in words; none where nothing tells it.
    pub(crate) fn told_by(&self) -> Option<String> {
        let component = self.component?;
        Some(if self.is_declared {
            "declaration".to_owned()
        } else if by_label(&self.workload).is_some() {
            format!("label `app.kubernetes.io/component: {component}`")
        } else if let Some((_, container)) = by_image(&self.workload) {
            format!("image `{}`", container.image())
        } else {
            "its ports".to_owned()
        })
    }
}

/// Tells a workload's component: what its user declares, else its label, else the image of one of its containers, else ports that
/// only one component has.
fn identify<'a>(
    workload: &Workload<'a>,
    declared: Option<Component>,
) -> (Option<Component>, Option<Container<'a>>) {
    let containers = workload.pod.containers();
    let by_image = by_image(workload);
    let serves = |container: &Container<'_>| {
        let ports = container.ports();
        servlet_ports().all(|wanted| ports.iter().any(|port| port.number == wanted.number))
    };
    let by_ports = || {
        let container = containers.iter().copied().find(serves)?;
        Some((told_by_ports(&container)?, container))
    };
    let main = |component: Component| {
        containers
            .iter()
            .copied()
            .find(|container| container.name() == component.name())
            .or_else(|| by_image.map(|(_, container)| container))
            .or_else(|| containers.iter().copied().find(is_product_server))
            .or_else(|| containers.first().copied())
    };
    if let Some(component) = declared.or_else(|| by_label(workload)) {
        return (Some(component), main(component));
    }
    match by_image.or_else(by_ports) {
        Some((component, container)) => (Some(component), Some(container)),
        None => (None, containers.first().copied()),
    }
}

/// Whether a workload has an image of the product, reads its configuration or declares one of its ports.
pub(super) fn looks_like_the_product(workload: &Workload<'_>) -> bool {
    by_label(workload).is_some()
        || by_image(workload).is_some()
        || workload.pod.containers().iter().any(is_product_server)
}

fn label<'a>(workload: &Workload<'a>) -> Option<&'a str> {
    let labels = workload.pod.labels();
    labels.get("app.kubernetes.io/component").copied()
}

fn by_label(workload: &Workload<'_>) -> Option<Component> {
    label(workload).and_then(Component::from_name)
}

/// The container with an image of the product, and the component that it is.
fn by_image<'a>(workload: &Workload<'a>) -> Option<(Component, Container<'a>)> {
    // A database or a job may use a product image without being a server of the product; its label says so.
    let is_labelled_otherwise = label(workload).is_some() && by_label(workload).is_none();
    workload
        .pod
        .containers()
        .into_iter()
        .filter(|container| !is_labelled_otherwise || is_product_server(container))
        .find_map(|container| {
            let profile = container.env_literal("PROFILE_NAME");
            let component = Component::of_image(container.image_repository(), profile)?;
            Some((component, container))
        })
}

/// The ports that every component has.
fn servlet_ports() -> impl Iterator<Item = &'static Port> {
    Port::all()
        .iter()
        .filter(|port| port.speaks == Protocol::Servlets)
}

/// The component that has all of the product's ports that a container declares, and the fewest besides; `None` where several are
/// alike in that.
fn told_by_ports(container: &Container<'_>) -> Option<Component> {
    let declared: Vec<&Port> = Port::all()
        .iter()
        .filter(|port| port.speaks != Protocol::Servlets)
        .filter(|known| {
            container
                .ports()
                .iter()
                .any(|port| port.number == known.number)
        })
        .collect();
    if declared.is_empty() {
        return None;
    }
    let mut fitting: Vec<(usize, Component)> = Component::all()
        .filter(|component| {
            let has = |wanted: &&Port| component.ports().any(|port| port == *wanted);
            declared.iter().all(has)
        })
        .map(|component| (component.ports().count(), component))
        .collect();
    fitting.sort_unstable();
    match fitting.as_slice() {
        [(fewest, _), (others, _), ..] if fewest == others => None,
        [(_, component), ..] => Some(*component),
        [] => None,
    }
}

/// Whether a container is given a configuration or declares one of the product's ports.
fn is_product_server(container: &Container<'_>) -> bool {
    let reads =
        |path: &str| path.ends_with("/deployment.toml") || path.contains("/wso2-config-volume");
    container.mounts().iter().any(|mount| reads(mount.path))
        || container
            .ports()
            .iter()
            .any(|port| Port::all().iter().any(|known| known.number == port.number))
}

/// The pods of a workload. Pods of a Deployment read the same files, so they are read once.
pub(super) fn nodes_of<'a>(
    manifest: &'a Manifest,
    facts: &Facts,
    version: ProductVersion,
    services: &[Service<'a>],
    member: &Member<'a>,
    index: usize,
) -> Vec<Node<'a>> {
    (0..member.replicas)
        .map(|ordinal| {
            let pod_name = format!("{}-{ordinal}", member.workload.object.name());
            let configuration = read_configuration(manifest, facts, version, member, &pod_name);
            let effective = configuration
                .as_ref()
                .and_then(|file| file.effective.as_ref());
            let listeners = member.component.map_or_else(Vec::new, |component| {
                listeners(services, &member.workload, component, effective)
            });
            Node {
                id: NodeId {
                    member: index,
                    ordinal,
                },
                pod_name,
                configuration,
                listeners,
                unseen: None,
            }
        })
        .collect()
}

/// Path of the configuration below the server home or the volume that is copied over it.
pub(super) const CONFIGURATION: &str = "/repository/conf/deployment.toml";

fn read_configuration<'a>(
    manifest: &'a Manifest,
    facts: &Facts,
    version: ProductVersion,
    member: &Member<'a>,
    pod_name: &str,
) -> Option<Configuration<'a>> {
    let distribution = member.component?.distribution();
    let main = member.main?;
    let (files, _) = mounted_files(manifest, &member.workload, &main, pod_name);
    // What is copied over the server home wins over what is mounted into it.
    let file: &MountedFile<'a> = files
        .iter()
        .filter(|file| file.path.ends_with(CONFIGURATION))
        .max_by_key(|file| file.path.contains("/wso2-config-volume/"))?;
    let (environment, environment_is_open) =
        environment_of(manifest, facts, member, &main, pod_name);
    let text = file.text?;
    let product = Product {
        version,
        distribution,
    };
    let document = Document::parse(text);
    let (effective, faults) = match &document {
        Ok(document) => {
            let effective = Effective::resolve(document, product, &environment);
            let faults = engine::faults_in(document, &effective);
            (Some(effective), faults)
        }
        Err(error) => (None, vec![engine::Fault::from(error.clone())]),
    };
    Some(Configuration {
        object: file.object,
        data_key: file.key.clone(),
        text,
        document,
        effective,
        faults,
        environment_is_open,
    })
}

/// The variables that a container has, and whether others may be set that nothing tells.
fn environment_of(
    manifest: &Manifest,
    facts: &Facts,
    member: &Member<'_>,
    container: &Container<'_>,
    pod_name: &str,
) -> (Environment, bool) {
    let namespace = member.workload.object.namespace();
    let mut open = false;
    let mut environment = facts
        .image_environment
        .iter()
        .fold(Environment::new(), |environment, name| {
            environment.with_opaque(name.clone())
        });
    for (kind, name, prefix, _) in container.env_from() {
        let Some(object) = manifest.find(kind, namespace, name) else {
            open = true;
            continue;
        };
        let keys = strings_at(&object.value, "/data")
            .into_keys()
            .chain(strings_at(&object.value, "/stringData").into_keys());
        for key in keys {
            environment = environment.with_opaque(format!("{prefix}{key}"));
        }
    }
    for variable in container.env() {
        environment = match variable.source {
            EnvSource::Literal(text) => environment.with(variable.name, text),
            EnvSource::Field("metadata.name") => environment.with(variable.name, pod_name),
            EnvSource::Field("metadata.namespace") => environment.with(variable.name, namespace),
            EnvSource::ConfigMap { name, key, .. } => {
                match manifest
                    .find("ConfigMap", namespace, name)
                    .and_then(|map| map.str(&format!("/data/{key}")))
                {
                    Some(text) => environment.with(variable.name, text),
                    None => environment.with_opaque(variable.name),
                }
            }
            EnvSource::Field(_) | EnvSource::Secret { .. } | EnvSource::Other => {
                environment.with_opaque(variable.name)
            }
        };
    }
    let environment = with_system_properties(environment, container, &facts.java_options);
    (environment, open)
}
