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
    let peer = resolved.peer;
    let name = chart.name();
    let helper = |helper: &str, more: &str| {
        format!("include \"{name}.{helper}\" (list $root \"{peer}\"{more})")
    };
    let port = |port: &Text| {
        format!(
            "{{{{ {} }}}}",
            helper("port", &format!(" \"{}\"", port.value))
        )
    };
    let at = |host: &str| item(resolved.form, host, port);
    let service = format!("{{{{ {} }}}}", helper("address", ""));
    let nodes = |nodes: &str| Body::Block(for_each(nodes, &at("{{ . }}")));
    let several = Some(format!("gt (int ({})) 1", helper("replicas", "")));
    match (resolved.reach, resolved.form) {
        (Reach::Service, FormKind::Url { .. }) => (None, Body::Inline(at(&service).concat())),
        (Reach::Service, FormKind::Group { .. }) => (None, Body::Block(as_item(&at(&service)))),
        (Reach::OwnServer, form) => {
            let variable = |port: &Text| chart.port_variable(&port.value).unwrap_or_default();
            (
                None,
                Body::Inline(item(form, "localhost", variable).concat()),
            )
        }
        (Reach::OwnNode, _) => (None, Body::Block(as_item(&at("localhost")))),
        (Reach::EveryNode, _) => (None, nodes(&helper("nodes", ""))),
        (Reach::OtherNodes, _) => (several, nodes(&helper("otherNodes", " $node"))),
        (Reach::FirstOtherNode, _) => (several, nodes(&helper("firstOtherNode", " $node"))),
    }
}

/// The lines of one address.
fn item(form: FormKind<'_>, host: &str, port: impl Fn(&Text) -> String) -> Vec<String> {
    match form {
        FormKind::Url {
            scheme,
            port: name,
            path,
        } => vec![format!("{scheme}://{host}:{}{path}", port(name))],
        FormKind::Group {
            kind,
            receiver,
            authentication,
        } => vec![
            format!("{}:", receiver.field),
            format!("  - {}://{host}:{}", receiver.scheme, port(&receiver.port)),
            format!("{}:", authentication.field),
            format!(
                "  - {}://{host}:{}",
                authentication.scheme,
                port(&authentication.port)
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
