//! Where the parts of a topology's picture go.
//!
//! Public hosts, components and other hosts stand side by side, in the direction in which a request travels. Every connection
//! has a row of its own below them, so that no label ever covers another one, however many there are. Texts are broken into
//! lines that fit; the picture is as wide as its columns and the shortest readable line ask for.

use std::collections::BTreeMap;

use super::{
    super::{Edge, EdgeVerdict, Exposure, FindingGroup, Topology},
    columns::{BOX_WIDTH, CHARACTER, Column, GAP, MARGIN, PADDING, Party, columns},
    wrap::wrapped,
};

/// Height of a line of text.
pub(super) const LINE: usize = 15;
/// Height that the sign on a broken or unknown connection takes between its texts.
pub(super) const SIGN: usize = 10;
const PARAGRAPH: usize = 14;
/// Height of a box without its lines.
pub(super) const BOX_SPACE: usize = 48;
/// Length of a line that leads nowhere, and depth of a line that leads back.
pub(super) const STUB: usize = 44;
/// Characters of a line beside or above a connection, where there is room.
const LABEL: usize = 84;
/// Characters for which there is always room beside a connection.
const LEAST: usize = 44;

/// A picture: all lengths in user units of the SVG.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) width: usize,
    /// Height of the boxes at the top.
    pub(super) box_height: usize,
    pub(super) top: usize,
    pub(super) columns: Vec<Column>,
    /// The connections by where they start.
    pub(super) bands: Vec<Band>,
}

/// The connections that start at one party: one piece of the picture, which no page break divides.
#[derive(Debug)]
pub(super) struct Band {
    pub(super) top: usize,
    pub(super) height: usize,
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
    /// What is wrong with it.
    pub(super) remark: String,
    pub(super) hosts: Vec<String>,
    pub(super) port: u16,
    pub(super) scheme: String,
    pub(super) key: String,
    /// Position of the finding that reports it, among the pattern's findings.
    pub(super) finding: Option<usize>,
    /// Its texts as they are drawn.
    pub(super) texts: Texts,
}

/// The texts of a connection in lines.
#[derive(Debug, Default)]
pub(super) struct Texts {
    pub(super) label: Vec<String>,
    pub(super) remark: Vec<String>,
    /// The host at its end, where it leads nowhere.
    pub(super) end: Vec<String>,
    /// Whether they stand to the right of where it starts.
    pub(super) rightwards: bool,
}

impl Row {
    /// Whether a sign is drawn on it.
    pub(super) fn has_sign(&self) -> bool {
        matches!(self.status, Status::Broken | Status::Unknown)
    }

    /// Breaks its texts for a picture of `width`.
    fn set(&mut self, width: usize) {
        let room = |characters: usize| characters.clamp(1, LABEL);
        if self.to_x.is_some() {
            let most = room((width - 2 * MARGIN) / CHARACTER);
            self.texts = Texts {
                label: wrapped(&self.label, most),
                remark: wrapped(&self.remark, most),
                end: Vec::new(),
                rightwards: true,
            };
            return;
        }
        let beside = STUB + PADDING + MARGIN;
        let right = (width - self.from_x).saturating_sub(beside) / CHARACTER;
        let left = self.from_x.saturating_sub(beside) / CHARACTER;
        // To the right, as one reads, unless only the left has the room.
        let rightwards = right >= LEAST || right >= left;
        let most = room(if rightwards { right } else { left });
        let end = if self.to.is_none() {
            self.hosts.join(", ")
        } else {
            String::new()
        };
        self.texts = Texts {
            label: wrapped(&self.label, most),
            remark: wrapped(&self.remark, most),
            // The box around it has a padding on both sides.
            end: wrapped(&end, most.saturating_sub(2)),
            rightwards,
        };
    }

    /// Height above the line and below it.
    fn heights(&self) -> (usize, usize) {
        let sign = if self.has_sign() { SIGN / 2 } else { 0 };
        let end = self.texts.end.len() * LINE / 2;
        // A label stands 6 above the line; letters need nearly a line of it.
        let height = |lines: &[String]| lines.len() * LINE + 6 + sign.max(end);
        (height(&self.texts.label), height(&self.texts.remark))
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
    /// Lays out `topology`; `groups` are the findings of its pattern, as they are numbered.
    pub(super) fn new(topology: &Topology, groups: &[&FindingGroup<'_>]) -> Self {
        let columns = columns(topology);
        let x_of = |party: &Party| {
            columns
                .iter()
                .find(|column| column.party == *party)
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
        Self::arranged(columns, rows)
    }

    /// Boxes in a row at the top, and every connection on lines of its own below them.
    pub(super) fn arranged(columns: Vec<Column>, mut rows: Vec<Row>) -> Self {
        let tallest = columns
            .iter()
            .map(|column| column.title.len() + column.lines.len())
            .max()
            .unwrap_or(0);
        let box_height = BOX_SPACE + tallest * LINE;
        rows.sort_by_key(|row| (row.from_x, row.to_x.is_none(), row.to_x, row.key.clone()));
        let of_columns: usize = columns.iter().map(|column| column.width + GAP).sum();
        let of_texts = BOX_WIDTH / 2 + STUB + PADDING + LEAST * CHARACTER;
        let width = 2 * MARGIN + of_columns.saturating_sub(GAP).max(of_texts);
        let mut y = MARGIN + box_height + PARAGRAPH;
        let mut bands: Vec<Band> = Vec::new();
        for mut row in rows {
            row.set(width);
            let starts_band = bands
                .last()
                .and_then(|band| band.rows.last())
                .is_none_or(|before| before.from_x != row.from_x);
            if starts_band {
                y = bands.last().map_or(y, |band| band.top + band.height);
                bands.push(Band {
                    top: y,
                    height: 0,
                    rows: Vec::new(),
                });
                y += PARAGRAPH / 2;
            }
            let (above, below) = row.heights();
            y += above;
            row.y = y;
            y += below;
            if let Some(band) = bands.last_mut() {
                band.rows.push(row);
                band.height = y + PARAGRAPH / 2 - band.top;
            }
        }
        Self {
            width,
            box_height,
            top: MARGIN,
            columns,
            bands,
        }
    }

    /// All connections, from top to bottom.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.bands.iter().flat_map(|band| &band.rows)
    }
}

fn exposure_row(exposure: &Exposure, x_of: &impl Fn(&Party) -> usize) -> Row {
    let (from, to) = (
        Party::Host(exposure.host.clone()),
        Party::Component(exposure.to),
    );
    Row {
        from_x: x_of(&from),
        to_x: Some(x_of(&to)),
        from,
        to: Some(to),
        y: 0,
        status: Status::Resolves,
        label: format!("{} {}/{}", exposure.port, exposure.kind, exposure.name),
        remark: String::new(),
        hosts: vec![exposure.host.clone()],
        port: exposure.port,
        scheme: String::new(),
        key: format!("{}/{}", exposure.kind, exposure.name),
        finding: None,
        texts: Texts::default(),
    }
}

fn edge_row(
    edge: &Edge,
    hosts: Vec<String>,
    groups: &[&FindingGroup<'_>],
    x_of: &impl Fn(&Party) -> usize,
) -> Row {
    let from = Party::Component(edge.from);
    let to = edge.to.map(Party::Component).or(match edge.verdict {
        EdgeVerdict::External | EdgeVerdict::Resolves => Some(Party::Host(edge.host.clone())),
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
            let finding = groups[at].finding;
            format!("✗ {} {}", finding.requirement, finding.message)
        }
        (Status::Broken, None) => "✗ nothing answers there".to_owned(),
        (Status::Unknown, _) => "? cannot be followed".to_owned(),
        _ => String::new(),
    };
    let count = match hosts.len() {
        0 | 1 => String::new(),
        many => format!(" × {many}"),
    };
    Row {
        from_x: x_of(&from),
        to_x: to.as_ref().filter(|to| **to != from).map(x_of),
        from,
        to,
        y: 0,
        status,
        label: format!("{} {} {}{count}", edge.port, edge.scheme, edge.key),
        remark,
        hosts,
        port: edge.port,
        scheme: edge.scheme.clone(),
        key: edge.key.clone(),
        finding,
        texts: Texts::default(),
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
            crossings: Vec::new(),
        }
    }

    #[test]
    fn rows_never_overlap_and_stay_inside() {
        let edges = (0..40)
            .map(|index| edge(None, &format!("host-{index}"), EdgeVerdict::Dangles))
            .collect();
        let layout = Layout::new(&topology(edges), &[]);
        let rows: Vec<_> = layout.rows().collect();
        assert_eq!(rows.len(), 40);
        for pair in rows.windows(2) {
            assert!(
                pair[1].y >= pair[0].y + 2 * super::LINE,
                "room for both texts"
            );
        }
        let band = &layout.bands[0];
        assert!(rows.iter().all(|row| row.y < band.top + band.height));
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
        let rows: Vec<_> = layout.rows().collect();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].hosts, ["tm-0", "tm-1"]);
        assert!(rows[0].label.contains("× 2"));
        assert_eq!(rows[1].to, Some(Party::Host("db.example.com".into())));
        assert_eq!(rows[1].status, Status::External);
        let traffic_manager = Party::Component(component("traffic-manager"));
        let column = layout
            .columns
            .iter()
            .find(|column| column.party == traffic_manager);
        assert!(column.is_some_and(|column| column.lines == ["not deployed"]));
    }
}
