//! A second release in the same namespace: without overlay, with the longest name that Helm takes and shifted ports.

use std::collections::BTreeSet;

use am_conformance::Component;
use serde_json::{Map, Value, json};

use super::{Release, Stage, observe};
use crate::error::LiveError;
use crate::record::Fault;
use crate::values::merge;
use crate::wiring::Observed;

/// Longest name that Helm takes.
const LONGEST_NAME: usize = 53;
const OFFSET: u16 = 10;

pub(super) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    let neighbour = neighbour(&stage.main);
    let installation = stage.installation(&neighbour, &Value::Null);
    let done = stage.lab.helm.install(&installation).await?;
    if !done.success {
        let what = format!("install {} without overlay", neighbour.name);
        stage.helm_failed(&what, &done, "AM-HELM-008").await?;
        return Ok(false);
    }
    if !stage.wait_for(&neighbour, "AM-HELM-008").await? {
        return Ok(false);
    }
    let (judgement, nodes) = observe::settled(stage, &neighbour).await?;
    stage.say(&format!(
        "a second release without overlay: {} of {} edges reached",
        judgement.reached, judgement.expected
    ));
    for (requirement, fault) in &judgement.faults {
        let fault = Fault::new(
            format!(
                "without overlay, with a long name and an offset ({requirement}): {}",
                fault.message
            ),
            fault.help.clone(),
        );
        stage.failed("AM-HELM-008", fault);
    }
    stage.record.passed("AM-HELM-008", judgement.reached);
    judge_offset(stage, &nodes);

    let main = stage.main.clone();
    let (judgement, own) = observe::settled(stage, &main).await?;
    observe::write_down(stage, judgement);
    judge_separation(stage, &own, &nodes);
    judge_separation(stage, &nodes, &own);
    Ok(true)
}

fn neighbour(main: &Release) -> Release {
    let mut values = main.values.clone();
    let offsets: Map<String, Value> = main
        .nodes
        .keys()
        .map(|component| {
            (
                component.values_key().to_owned(),
                json!({"portOffset": OFFSET}),
            )
        })
        .collect();
    merge(&mut values, &Value::Object(offsets));
    Release {
        name: format!("{:x<LONGEST_NAME$}", "neighbour-"),
        overlay: None,
        values,
        ..main.clone()
    }
}

/// All ports are shifted, the development database's excepted.
fn judge_offset(stage: &mut Stage, nodes: &[Observed]) {
    for node in nodes {
        let expected = |name: &str, component: Component| {
            component
                .ports()
                .find(|fact| fact.name == name)
                .map(|fact| fact.number + OFFSET)
        };
        let wrong = node
            .observations
            .ports
            .iter()
            .find(|port| expected(&port.name, node.component) != Some(port.number));
        let fault = wrong.map(|port| {
            Fault::new(
                format!(
                    "{} opens {} on {} in spite of an offset of {OFFSET}",
                    node.pod, port.name, port.number
                ),
                "write the component's portOffset to [server] offset",
            )
            .at("Pod", &node.pod)
        });
        stage.check("AM-CONF-015", fault);
    }
}

/// No node of one release was ever answered by a node of the other.
fn judge_separation(stage: &mut Stage, own: &[Observed], others: &[Observed]) {
    let others: BTreeSet<&str> = others.iter().map(|node| node.pod.as_str()).collect();
    for node in own {
        let met = node.observations.edges.iter().find_map(|edge| {
            let met = edge
                .peers
                .iter()
                .find(|met| others.contains(met.identity.pod.as_str()))?;
            Some((edge, met))
        });
        let fault = met.map(|(edge, met)| {
            Fault::new(
                format!(
                    "{} reaches {} of another release by {}",
                    node.pod, met.identity.pod, edge.edge.key
                ),
                "let selectors and addresses carry the release's name",
            )
            .at("Pod", &node.pod)
            .value(&edge.edge.url)
        });
        stage.check("AM-HELM-009", fault);
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_NAME, neighbour};
    use crate::scenario::Release;
    use am_conformance::Component;

    #[test]
    fn the_neighbour_has_no_overlay_the_longest_name_and_shifted_ports() {
        let main = Release {
            name: "am".into(),
            chart: "chart".into(),
            values_files: Vec::new(),
            overlay: Some("dev"),
            values: serde_json::json!({"gateway": {"portOffset": 0}}),
            nodes: [(Component::from_name("gateway").expect("a component"), 2)].into(),
        };
        let other = neighbour(&main);
        assert_eq!(other.overlay, None);
        assert_eq!(other.name.len(), LONGEST_NAME);
        assert_eq!(other.values["gateway"]["portOffset"], 10);
    }
}
