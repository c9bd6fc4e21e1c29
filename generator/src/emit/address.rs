//! How an edge of the wiring is written: Helm expressions for the addresses of its peer.

use crate::chart::{Chart, ResolvedEdge};
use crate::model::wiring::{FormKind, Reach};
use crate::yaml::Text;

/// The text of a value.
#[derive(Debug)]
pub(super) enum Body {
    /// Text after `key: `.
    Inline(String),
    /// Lines below `key:`, indented relative to the key.
    Block(Vec<String>),
}

/// Under which Helm condition the edge is written, and its addresses.
pub(super) fn write(chart: &Chart<'_>, resolved: &ResolvedEdge<'_>) -> (Option<String>, Body) {
    let name = chart.name();
    let Some(alternate) = resolved.alternate else {
        return at_peer(chart, resolved, &format!("\"{}\"", resolved.peer));
    };
    let player = format!(
        "(include \"{name}.player\" (list $root \"{}\"))",
        resolved.peer
    );
    if alternate.reach == resolved.reach {
        return at_peer(chart, resolved, &player);
    }
    // The component plays the role itself then, and reaches itself in another way.
    let own = ResolvedEdge {
        peer: alternate.peer,
        reach: alternate.reach,
        ..*resolved
    };
    let (condition, there) = at_peer(chart, resolved, &player);
    let (_, here) = at_peer(chart, &own, &format!("\"{}\"", own.peer));
    let body = match (here, there) {
        (Body::Inline(here), Body::Inline(there)) => Body::Inline(format!(
            "{{{{ if eq {player} \"{}\" }}}}{here}{{{{ else }}}}{there}{{{{ end }}}}",
            own.peer
        )),
        (_, there) => there,
    };
    (condition, body)
}

/// The same for one peer, which is a Helm expression.
fn at_peer(chart: &Chart<'_>, resolved: &ResolvedEdge<'_>, peer: &str) -> (Option<String>, Body) {
    let name = chart.name();
    let helper =
        |helper: &str, more: &str| format!("include \"{name}.{helper}\" (list $root {peer}{more})");
    let at = |port: &Text, node: &str| {
        let more = format!(" \"{}\"{node}", port.value);
        format!("{{{{ {} }}}}", helper("at", &more))
    };
    let service = item(resolved.form, |port| at(port, ""));
    let own = |port: &Text| {
        let more = format!(" \"{}\"", port.value);
        format!("localhost:{{{{ {} }}}}", helper("port", &more))
    };
    let nodes = |nodes: &str| {
        let node = item(resolved.form, |port| at(port, " ."));
        Body::Block(for_each(nodes, &node))
    };
    let several = Some(format!("gt (int ({})) 1", helper("replicas", "")));
    match (resolved.reach, resolved.form) {
        (Reach::Service, FormKind::Url { .. }) => (None, Body::Inline(service.concat())),
        (Reach::Service, FormKind::Group { .. }) => (None, Body::Block(as_item(&service))),
        (Reach::OwnServer, form) => {
            let variable = |port: &Text| {
                let variable = chart.port_variable(&port.value).unwrap_or_default();
                format!("localhost:{variable}")
            };
            (None, Body::Inline(item(form, variable).concat()))
        }
        (Reach::OwnNode, form) => (None, Body::Block(as_item(&item(form, own)))),
        (Reach::EveryNode, _) => (None, nodes(&helper("nodes", ""))),
        (Reach::OtherNodes, _) => (several, nodes(&helper("otherNodes", " $node"))),
        (Reach::FirstOtherNode, _) => (several, nodes(&helper("firstOtherNode", " $node"))),
    }
}

/// The lines of one address; `at` writes host and port.
fn item(form: FormKind<'_>, at: impl Fn(&Text) -> String) -> Vec<String> {
    match form {
        FormKind::Url { scheme, port, path } => vec![format!("{scheme}://{}{path}", at(port))],
        FormKind::Group {
            kind,
            receiver,
            authentication,
        } => vec![
            format!("{}:", receiver.field),
            format!("  - {}://{}", receiver.scheme, at(&receiver.port)),
            format!("{}:", authentication.field),
            format!(
                "  - {}://{}",
                authentication.scheme,
                at(&authentication.port)
            ),
            format!("type: {kind}"),
        ],
    }
}

/// Lines of a list entry: the first behind the dash, the others below it.
fn as_item(lines: &[String]) -> Vec<String> {
    lines
        .iter()
        .enumerate()
        .map(|(index, line)| format!("{} {line}", if index == 0 { '-' } else { ' ' }))
        .collect()
}

/// A list entry for each node.
fn for_each(nodes: &str, item: &[String]) -> Vec<String> {
    let mut lines = vec![format!("{{{{- range {nodes} | fromJsonArray }}}}")];
    lines.extend(as_item(item));
    lines.push("{{- end }}".to_owned());
    lines
}
