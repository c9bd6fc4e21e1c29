//! The workloads of servers, and how a workload is told to be one.

use am_product::{Port, Protocol};

use crate::{
    component::Component,
    manifest::{Autoscaler, Container, Workload},
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

impl<'a> Member<'a> {
    /// The machine on which it runs; empty on a cluster.
    pub(crate) fn host(&self) -> &'a str {
        self.workload.object.str("/host").unwrap_or_default()
    }

    /// The address of its machine; empty on a cluster.
    pub(crate) fn address(&self) -> &'a str {
        self.workload.object.str("/address").unwrap_or_default()
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

/// The components that are told by their ports. Companions are not: other software has the same numbers.
fn told_by_their_ports() -> impl Iterator<Item = Component> {
    Component::all().filter(|component| !component.distribution().is_companion())
}

/// The ports that tell of a container that it runs the product.
fn telling_ports() -> impl Iterator<Item = &'static Port> {
    Port::all().iter().filter(|port| {
        let is_its = |component: Component| component.ports().any(|own| own == *port);
        told_by_their_ports().any(is_its)
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
    let declared: Vec<&Port> = telling_ports()
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
    let mut fitting: Vec<(usize, Component)> = told_by_their_ports()
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
            .any(|port| telling_ports().any(|known| known.number == port.number))
}
