//! Where the parts of a topology's picture go.
//!
//! Components stand side by side, in the direction in which a request travels: clients, gateway, traffic
//! manager, control plane (or all-in-one), key manager, the outside. Every connection has a row of its
//! own below them, so that no label ever covers another one, however many there are.

use std::collections::BTreeMap;

use super::{
    super::{Edge, EdgeVerdict, Exposure, FindingGroup, Topology},
    columns::{BOX_WIDTH, Column, GAP, MARGIN, Party, columns},
    escape::shortened,
};

/// Height of a line of text.
pub(super) const LINE: usize = 15;
const ROW: usize = 34;
/// Height that the sign on a broken or unknown connection takes between its texts.
pub(super) const SIGN: usize = 10;
const PARAGRAPH: usize = 10;

/// A picture: all lengths in user units of the SVG.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Height of the boxes at the top.
    pub(super) box_height: usize,
    pub(super) top: usize,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Row>,
}

/// A connection.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) from: Party,
    pub(super) to: Option<Party>,
    pub(super) from_x: usize,
    /// Where it ends; none when it leads nowhere or to where it starts.
    pub(super) to_x: Option<usize>,
    /// Height of the line.
    pub(super) y: usize,
    pub(super) status: Status,
    /// Port, scheme and key.
    pub(super) label: String,
    /// What is wrong with it, or how many addresses it stands for.
    pub(super) remark: String,
    pub(super) hosts: Vec<String>,
    pub(super) port: u16,
    pub(super) scheme: String,
    pub(super) key: String,
    /// Position of the finding that reports it, among the pattern's findings.
    pub(super) finding: Option<usize>,
}

impl Row {
    /// Whether a sign is drawn on it.
    pub(super) fn has_sign(&self) -> bool {
        matches!(self.status, Status::Broken | Status::Unknown)
    }
}

/// How a connection is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Resolves,
    Broken,
    External,
    Unknown,
}

impl Status {
    /// Name, used as a class and in words.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Resolves => "resolved",
            Self::Broken => "broken",
            Self::External => "external",
            Self::Unknown => "unknown",
        }
    }
}

impl Layout {
    /// Lays out `topology`; `groups` are the findings of its pattern.
    pub(super) fn new(topology: &Topology, groups: &[FindingGroup<'_>]) -> Self {
        let columns = columns(topology);
        let tallest = columns
            .iter()
            .map(|column| column.lines.len())
            .max()
            .unwrap_or(0);
        let box_height = 64 + tallest * LINE;
        let x_of = |party: Party| {
            columns
                .iter()
                .find(|column| column.party == party)
                .map_or(MARGIN, |column| column.x)
        };
        let mut rows: Vec<Row> = topology
            .exposures
            .iter()
            .map(|exposure| exposure_row(exposure, &x_of))
            .collect();
        for (edge, hosts) in merged(&topology.edges) {
            rows.push(edge_row(edge, hosts, groups, &x_of));
        }
        rows.sort_by_key(|row| (row.from_x, row.to_x.is_none(), row.to_x, row.key.clone()));
        let mut y = MARGIN + box_height + LINE;
        let mut before = None;
        for row in &mut rows {
            if before.is_some_and(|x| x != row.from_x) {
                y += PARAGRAPH;
            }
            before = Some(row.from_x);
            y += ROW;
            if row.has_sign() {
                y += SIGN / 2;
            }
            row.y = y;
            if !row.remark.is_empty() {
                y += LINE + SIGN / 2;
            }
        }
        Self {
            width: 2 * MARGIN + columns.len() * (BOX_WIDTH + GAP) - GAP,
            height: y + MARGIN + PARAGRAPH,
            box_height,
            top: MARGIN,
            columns,
            rows,
        }
    }
}

fn exposure_row(exposure: &Exposure, x_of: &impl Fn(Party) -> usize) -> Row {
    Row {
        from: Party::Clients,
        to: Some(Party::Component(exposure.to)),
        from_x: x_of(Party::Clients),
        to_x: Some(x_of(Party::Component(exposure.to))),
        y: 0,
        status: Status::Resolves,
        label: format!("{} {} {}", exposure.port, exposure.kind, exposure.host),
        remark: String::new(),
        hosts: vec![exposure.host.clone()],
        port: exposure.port,
        scheme: String::new(),
        key: format!("{}/{}", exposure.kind, exposure.name),
        finding: None,
    }
}

fn edge_row(
    edge: &Edge,
    hosts: Vec<String>,
    groups: &[FindingGroup<'_>],
    x_of: &impl Fn(Party) -> usize,
) -> Row {
    let from = Party::Component(edge.from);
    let to = edge.to.map(Party::Component).or(match edge.verdict {
        EdgeVerdict::External => Some(Party::Outside),
        // A public host that a route of the pattern serves.
        EdgeVerdict::Resolves => Some(Party::Clients),
        EdgeVerdict::Dangles | EdgeVerdict::Unknown => None,
    });
    let status = match edge.verdict {
        _ if edge.is_broken() => Status::Broken,
        EdgeVerdict::External => Status::External,
        EdgeVerdict::Unknown => Status::Unknown,
        EdgeVerdict::Resolves | EdgeVerdict::Dangles => Status::Resolves,
    };
    let finding = groups
        .iter()
        .position(|group| edge.is_reported_by(group.finding))
        .or_else(|| {
            groups
                .iter()
                .position(|group| edge.broken_by.contains(&group.finding.requirement))
        })
        .filter(|_| status == Status::Broken);
    let remark = match (status, finding) {
        (Status::Broken, Some(at)) => {
            format!(
                "✗ {} {}",
                groups[at].finding.requirement, groups[at].finding.message
            )
        }
        (Status::Broken, None) => {
            format!("✗ nothing answers at {}:{}", hosts.join(", "), edge.port)
        }
        (Status::Unknown, _) => format!("? cannot tell where {} leads", hosts.join(", ")),
        _ => String::new(),
    };
    let count = match hosts.len() {
        0 | 1 => String::new(),
        many => format!(" × {many}"),
    };
    Row {
        from,
        to,
        from_x: x_of(from),
        to_x: to.filter(|to| *to != from).map(x_of),
        y: 0,
        status,
        label: format!("{} {} {}{count}", edge.port, edge.scheme, edge.key),
        remark: shortened(&remark, 110),
        hosts,
        port: edge.port,
        scheme: edge.scheme.clone(),
        key: edge.key.clone(),
        finding,
    }
}

/// Edges that differ in nothing but the host, as one with all hosts.
fn merged(edges: &[Edge]) -> Vec<(&Edge, Vec<String>)> {
    let mut merged: BTreeMap<Edge, (&Edge, Vec<String>)> = BTreeMap::new();
    for edge in edges {
        let alike = Edge {
            // An outside host and a host that nothing provides are worth a row of their own.
            host: if edge.to.is_some() {
                String::new()
            } else {
                edge.host.clone()
            },
            ..edge.clone()
        };
        let hosts = &mut merged.entry(alike).or_insert((edge, Vec::new())).1;
        if !hosts.contains(&edge.host) {
            hosts.push(edge.host.clone());
        }
    }
    merged.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::{Layout, Party, Status};
    use crate::{
        component::Component,
        report::{Edge, EdgeVerdict, Node, Topology},
    };

    fn component(name: &str) -> Component {
        Component::from_name(name).expect("a component")
    }

    fn edge(to: Option<Component>, host: &str, verdict: EdgeVerdict) -> Edge {
        Edge {
            from: component("gateway"),
            to,
            host: host.into(),
            port: 5672,
            scheme: "tcp".into(),
            key: "k".into(),
            verdict,
            broken_by: Vec::new(),
        }
    }

    fn topology(edges: Vec<Edge>) -> Topology {
        let gateway = Node {
            component: component("gateway"),
            replicas: 2,
            workloads: Vec::new(),
            ports: Vec::new(),
            services: Vec::new(),
        };
        Topology {
            nodes: vec![gateway],
            edges,
            exposures: Vec::new(),
        }
    }

    #[test]
    fn rows_never_overlap_and_stay_inside() {
        let edges = (0..40)
            .map(|index| edge(None, &format!("host-{index}"), EdgeVerdict::Dangles))
            .collect();
        let layout = Layout::new(&topology(edges), &[]);
        assert_eq!(layout.rows.len(), 40);
        for pair in layout.rows.windows(2) {
            assert!(
                pair[1].y >= pair[0].y + 2 * super::LINE,
                "room for both texts"
            );
        }
        assert!(layout.rows.iter().all(|row| row.y < layout.height));
    }

    #[test]
    fn addresses_of_several_nodes_are_one_row() {
        let to = Some(component("traffic-manager"));
        let layout = Layout::new(
            &topology(vec![
                edge(to, "tm-0", EdgeVerdict::Resolves),
                edge(to, "tm-1", EdgeVerdict::Resolves),
                edge(None, "db.example.com", EdgeVerdict::External),
            ]),
            &[],
        );
        assert_eq!(layout.rows.len(), 2);
        assert_eq!(layout.rows[0].hosts, ["tm-0", "tm-1"]);
        assert!(layout.rows[0].label.contains("× 2"));
        assert_eq!(layout.rows[1].to, Some(Party::Outside));
        assert_eq!(layout.rows[1].status, Status::External);
        let traffic_manager = Party::Component(component("traffic-manager"));
        let column = layout
            .columns
            .iter()
            .find(|column| column.party == traffic_manager);
        assert!(column.is_some_and(|column| column.lines == ["not deployed"]));
    }
}
