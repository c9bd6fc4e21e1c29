//! What stands at the top of a topology's picture, from left to right: public hosts, components, other hosts.

use super::{
    super::{Edge, EdgeVerdict, Node, Profile, Topology},
    wrap::wrapped,
};
use crate::component::Component;

/// Width of a component's box.
pub(super) const BOX_WIDTH: usize = 204;
/// Width of a site's box: between the middles of two there is room for what crosses.
const SITE_WIDTH: usize = 280;
/// Least width of a host's box.
const HOST_WIDTH: usize = 116;
/// Space between two boxes.
pub(super) const GAP: usize = 36;
/// Space around the picture.
pub(super) const MARGIN: usize = 24;
/// Space between a box and its text.
pub(super) const PADDING: usize = 12;
/// Width of a character, in user units; a little more than any monospaced font of 11 units needs.
pub(super) const CHARACTER: usize = 7;

/// What stands at the top of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Party {
    Component(Component),
    /// A host that is no component's Service.
    Host(String),
    /// A site of a deployment.
    Site(String),
}

impl Party {
    /// The name in words.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Component(component) => component.name(),
            Self::Host(name) | Self::Site(name) => name,
        }
    }
}

#[derive(Debug)]
pub(super) struct Column {
    pub(super) party: Party,
    pub(super) width: usize,
    /// Middle.
    pub(super) x: usize,
    /// The title, in lines.
    pub(super) title: Vec<String>,
    /// Number of nodes; none for hosts.
    pub(super) replicas: Option<usize>,
    pub(super) lines: Vec<String>,
}

impl Column {
    /// Its left edge.
    pub(super) fn left(&self) -> usize {
        self.x - self.width / 2
    }

    fn component(component: Component, topology: &Topology) -> Self {
        let node = topology
            .nodes
            .iter()
            .find(|node| node.component == component);
        let lines = node.map_or_else(|| vec!["not deployed".to_owned()], node_lines);
        let room = (BOX_WIDTH - 2 * PADDING) / CHARACTER;
        Self {
            party: Party::Component(component),
            width: BOX_WIDTH,
            x: 0,
            title: vec![capitalised(component.title())],
            replicas: Some(node.map_or(0, |node| node.replicas)),
            lines: lines.iter().flat_map(|line| wrapped(line, room)).collect(),
        }
    }

    fn host(host: &str, kind: &str) -> Self {
        let room = (BOX_WIDTH - 2 * PADDING) / CHARACTER;
        let title = wrapped(host, room);
        let lines = wrapped(kind, room);
        let longest = title.iter().chain(&lines).map(|line| line.chars().count());
        let width = longest.max().unwrap_or(0) * CHARACTER + 2 * PADDING;
        Self {
            party: Party::Host(host.to_owned()),
            // An even width has a middle.
            width: width.max(HOST_WIDTH).next_multiple_of(2),
            x: 0,
            title,
            replicas: None,
            lines,
        }
    }
}

/// A column for each site, in the order of `profiles`.
pub(super) fn of_sites<'p>(profiles: impl Iterator<Item = (&'p str, &'p Profile)>) -> Vec<Column> {
    let columns = profiles.map(|(site, profile)| {
        let nodes = profile.topology.nodes.iter();
        let nodes = nodes.map(|node| format!("{} × {}", node.replicas, node.component.title()));
        let lines = [format!("pattern {}", profile.pattern)]
            .into_iter()
            .chain(nodes);
        let room = (SITE_WIDTH - 2 * PADDING) / CHARACTER;
        Column {
            party: Party::Site(site.to_owned()),
            width: SITE_WIDTH,
            x: 0,
            title: wrapped(site, room),
            replicas: None,
            lines: lines.flat_map(|line| wrapped(&line, room)).collect(),
        }
    });
    placed(columns.collect())
}

/// The columns of `topology`.
pub(super) fn columns(topology: &Topology) -> Vec<Column> {
    let public = topology
        .exposures
        .iter()
        .map(|exposure| exposure.host.as_str());
    let public = sorted(public);
    let elsewhere = |verdict: EdgeVerdict| {
        let leads = move |edge: &&Edge| edge.to.is_none() && edge.verdict == verdict;
        let hosts = topology.edges.iter().filter(leads);
        sorted(hosts.map(|edge| edge.host.as_str()))
    };
    let mut columns: Vec<Column> = public
        .iter()
        .map(|host| Column::host(host, "public host"))
        .collect();
    let is_there = |component: &Component| {
        let component = *component;
        let at_edge = |edge: &Edge| edge.from == component || edge.to == Some(component);
        topology
            .nodes
            .iter()
            .any(|node| node.component == component)
            || topology.edges.iter().any(at_edge)
            || topology
                .exposures
                .iter()
                .any(|exposure| exposure.to == component)
    };
    let mut components: Vec<Component> = Component::all().filter(is_there).collect();
    components.sort_by_key(|component| component.picture());
    let components = components.into_iter();
    columns.extend(components.map(|component| Column::component(component, topology)));
    let provided = elsewhere(EdgeVerdict::Resolves);
    let provided = provided.iter().filter(|host| !public.contains(host));
    columns.extend(provided.map(|host| Column::host(host, "of the release")));
    let external = elsewhere(EdgeVerdict::External);
    let external = external.iter().filter(|host| !public.contains(host));
    columns.extend(external.map(|host| Column::host(host, "outside")));
    placed(columns)
}

/// Columns side by side.
fn placed(mut columns: Vec<Column>) -> Vec<Column> {
    let mut left = MARGIN;
    for column in &mut columns {
        column.x = left + column.width / 2;
        left += column.width + GAP;
    }
    columns
}

fn sorted<'t>(hosts: impl Iterator<Item = &'t str>) -> Vec<&'t str> {
    let mut hosts: Vec<&str> = hosts.collect();
    hosts.sort_unstable();
    hosts.dedup();
    hosts
}

fn node_lines(node: &Node) -> Vec<String> {
    let mut lines = node.workloads.clone();
    let services = node.services.iter();
    lines.extend(services.map(|service| format!("Service {service}")));
    let ports = node.ports.iter();
    lines.extend(ports.map(|port| format!("• {}", port.replace(':', " "))));
    lines
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}
