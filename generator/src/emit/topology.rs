//! The drawing of a pattern in its README: who connects to whom, and on which ports.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::chart::Chart;
use crate::model::product::Database;

/// A Mermaid flowchart, with its fence.
pub(crate) fn emit(chart: &Chart<'_>) -> String {
    let mut out = String::from("```mermaid\nflowchart LR\n  users([users])\n");
    let _ = writeln!(out, "  subgraph release [\"{}\"]", chart.name());
    for part in chart.parts() {
        let nodes = match (part.member.minimum, part.member.maximum) {
            (minimum, Some(maximum)) if minimum == maximum => plural(minimum),
            (minimum, Some(maximum)) => format!("{minimum} to {maximum} nodes"),
            (minimum, None) => format!("{minimum} or more nodes"),
        };
        let _ = writeln!(
            out,
            "    {}[\"{}<br/>{nodes}\"]",
            part.key(),
            part.component.value.title
        );
    }
    out.push_str("  end\n");
    let key = crate::chart::camel_case;
    for (_, endpoint, component) in chart.endpoints() {
        let _ = writeln!(
            out,
            "  users -->|\"{}\"| {}",
            endpoint.title,
            key(component)
        );
    }
    for ((from, to), ports) in edges(chart) {
        let _ = writeln!(
            out,
            "  {} -->|\"{}\"| {}",
            key(from),
            ports.join(", "),
            key(to)
        );
    }
    for database in Database::ALL {
        let users: Vec<String> = chart
            .parts()
            .iter()
            .filter(|part| chart.uses(part.name(), database))
            .map(crate::chart::Part::key)
            .collect();
        if !users.is_empty() {
            let (name, title) = (database.title().replace(' ', "_"), database.title());
            let _ = writeln!(out, "  {} --> {name}[({title})]", users.join(" & "));
        }
    }
    out.push_str("```");
    out
}

fn plural(nodes: u32) -> String {
    if nodes == 1 {
        "1 node".to_owned()
    } else {
        format!("{nodes} nodes")
    }
}

/// Connections between different components, with the names of their ports.
fn edges<'m>(chart: &Chart<'m>) -> BTreeMap<(&'m str, &'m str), Vec<&'m str>> {
    let mut edges: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for (from, to, port) in chart.connections() {
        if from != to {
            edges.entry((from, to)).or_default().push(port);
        }
    }
    edges
}
