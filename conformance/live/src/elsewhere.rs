//! A release that runs a part of its pattern: which components run elsewhere, and what that leaves to judge.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use am_conformance::Component;
use am_conformance::facts::{EdgeFact, Facts};
use am_product::Pattern;
use serde_json::Value;

use crate::helm::overlay;
use crate::values;

/// The components of a pattern that values switch off (`<component>.enabled: false`).
pub(crate) fn switched_off(facts: &Facts, pattern: Pattern, values: &Value) -> BTreeSet<Component> {
    let components = facts.patterns.get(&pattern).into_iter().flatten();
    components
        .map(|(component, _)| *component)
        .filter(|component| values[component.values_key()]["enabled"] == Value::Bool(false))
        .collect()
}

/// The values of a release as helm merges them: those of the chart, of an overlay, and its own.
pub(crate) fn merged(chart: &Path, overlay_name: Option<&str>, own: &Value) -> Value {
    let mut merged = Value::Null;
    let files = [
        Some(chart.join("values.yaml")),
        overlay_name.map(|name| overlay(chart, name)),
    ];
    for file in files.into_iter().flatten() {
        // What cannot be read helm refuses a moment later, and says why.
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let read = serde_saphyr::from_str(&text).unwrap_or(Value::Null);
        values::merge(&mut merged, &read);
    }
    values::merge(&mut merged, own);
    merged
}

/// The tables without what runs elsewhere, and the rows of what is left that lead there.
pub(crate) fn narrowed(
    facts: &Facts,
    pattern: Pattern,
    elsewhere: &BTreeSet<Component>,
) -> (Facts, Vec<EdgeFact>) {
    let mut facts = facts.clone();
    if let Some(nodes) = facts.patterns.get_mut(&pattern) {
        nodes.retain(|component, _| !elsewhere.contains(component));
    }
    let mut away = Vec::new();
    for edge in &mut facts.edges {
        let leads_away = edge
            .peers
            .get(&pattern)
            .is_some_and(|peer| elsewhere.contains(peer));
        if elsewhere.contains(&edge.on) {
            edge.peers.remove(&pattern);
        } else if leads_away {
            away.push(edge.clone());
            edge.peers.remove(&pattern);
        }
    }
    (facts, away)
}

/// By requirement, which edges end elsewhere and so are not judged.
pub(crate) fn not_judged(away: &[EdgeFact], pattern: Pattern) -> BTreeMap<&str, String> {
    let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for edge in away {
        let peer = edge.peers.get(&pattern).map_or("", |peer| peer.title());
        let reason = format!(
            "on the {}, `{}` leads to the {peer}, which runs elsewhere",
            edge.on.title(),
            edge.key
        );
        reasons.entry(&edge.requirement).or_default().push(reason);
    }
    let joined = |(id, reasons): (_, Vec<String>)| (id, reasons.join("; "));
    reasons.into_iter().map(joined).collect()
}

#[cfg(test)]
mod tests {
    use super::{merged, narrowed, not_judged, switched_off};
    use am_conformance::Component;
    use am_conformance::facts::Facts;
    use am_product::Pattern;
    use serde_json::json;

    fn facts() -> Facts {
        Facts::load().expect("the committed tables parse")
    }

    fn component(name: &str) -> Component {
        Component::from_name(name).expect("a component of the product")
    }

    #[test]
    fn only_a_component_of_the_pattern_that_is_switched_off_runs_elsewhere() {
        let values = json!({
            "controlPlane": {"enabled": false},
            "trafficManager": {"enabled": true},
            "keyManager": {"enabled": false},
        });
        let off = switched_off(&facts(), Pattern::Numbered(3), &values);
        assert_eq!(off, [component("control-plane")].into());
    }

    #[test]
    fn own_values_win_over_those_of_the_overlay_and_the_chart() {
        let chart = tempfile::tempdir().expect("a temporary folder");
        let write = |file: &str, text: &str| {
            let file = chart.path().join(file);
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
            std::fs::write(file, text).expect("written");
        };
        write("values.yaml", "gateway: {enabled: true, replicas: 2}\n");
        write("overlays/dev.yaml", "gateway: {enabled: false}\n");
        let merge = |own| merged(chart.path(), Some("dev"), own)["gateway"].clone();
        assert_eq!(
            merge(&json!(null)),
            json!({"enabled": false, "replicas": 2})
        );
        let on = json!({"gateway": {"enabled": true}});
        assert_eq!(merge(&on), json!({"enabled": true, "replicas": 2}));
    }

    #[test]
    fn a_component_elsewhere_has_no_nodes_and_no_edges_of_its_own() {
        let hub = component("control-plane");
        let (here, away) = narrowed(&facts(), Pattern::Numbered(3), &[hub].into());
        assert!(!here.patterns[&Pattern::Numbered(3)].contains_key(&hub));
        assert!(
            here.patterns[&Pattern::Numbered(4)].contains_key(&hub),
            "another pattern"
        );
        let concerned = |edge: &&am_conformance::facts::EdgeFact| {
            edge.peers.contains_key(&Pattern::Numbered(3))
                && (edge.on == hub || edge.peers[&Pattern::Numbered(3)] == hub)
        };
        assert_eq!(here.edges.iter().filter(concerned).count(), 0);
        assert!(
            away.iter()
                .all(|edge| edge.on != hub && edge.peers[&Pattern::Numbered(3)] == hub)
        );
    }

    #[test]
    fn what_is_not_judged_is_told_edge_by_edge() {
        let facts = facts();
        let (_, away) = narrowed(
            &facts,
            Pattern::Numbered(3),
            &[component("control-plane")].into(),
        );
        let reasons = not_judged(&away, Pattern::Numbered(3));
        let listening = &reasons["AM-WIRE-011"];
        assert!(listening.contains("on the gateway, `apim.event_hub.event_listening_endpoints` leads to the control plane"), "{listening}");
        let (_, none) = narrowed(&facts, Pattern::Numbered(3), &[].into());
        assert!(not_judged(&none, Pattern::Numbered(3)).is_empty());
    }
}
