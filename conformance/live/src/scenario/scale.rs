//! One node more of every component that has several, and back.

use std::collections::BTreeSet;

use am_standin::edge::Purpose;
use serde_json::{Map, Value, json};

use super::hearing::EVERY_HUB_NODE_TOLD;
use super::observe::collect;
use super::{Stage, hearing, observe};
use crate::api::text;
use crate::error::LiveError;
use crate::options::Images;
use crate::record::Fault;
use crate::values::merge;

/// Two event hub nodes tell each other.
const PAIR: &str = "AM-WIRE-013";

pub(super) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    let before = stage.main.nodes.clone();
    let replicas: Map<String, Value> = before
        .iter()
        .filter(|(_, nodes)| **nodes > 1)
        .map(|(component, nodes)| {
            let replicas = json!({"replicas": nodes + 1});
            (component.values_key().to_owned(), replicas)
        })
        .collect();
    let mut more = Value::Object(replicas);
    if !stage.has_several_hubs() {
        for id in [PAIR, EVERY_HUB_NODE_TOLD] {
            let reason = "the event hub has one node";
            stage.record.not_applicable(id, reason);
        }
    }
    if more.as_object().is_none_or(Map::is_empty) {
        for id in ["AM-UPG-001", "AM-UPG-009"] {
            stage
                .record
                .not_applicable(id, "the pattern has one node and does not scale");
        }
        return Ok(true);
    }
    for nodes in stage.main.nodes.values_mut().filter(|nodes| **nodes > 1) {
        *nodes += 1;
    }
    merge(&mut more, &another_node_first(stage).await?);
    merge(
        &mut more,
        &json!({"eventHub": {"acceptMoreThanTwoNodes": true}}),
    );
    if !stage.upgrade_main(&more, "AM-UPG-001").await? {
        return Ok(false);
    }
    if stage.lab.images == Images::Standin {
        judge_wiring(stage).await?;
        judge_hubs(stage, EVERY_HUB_NODE_TOLD).await?;
    }
    let claims = claims(stage).await?;

    stage.main.nodes = before;
    if !stage.upgrade_main(&Value::Null, "AM-UPG-001").await? {
        return Ok(false);
    }
    stage.passed("AM-UPG-001");
    if stage.lab.images == Images::Standin {
        judge_hubs(stage, PAIR).await?;
    }
    let left = self::claims(stage).await?;
    for claim in claims {
        let gone = (!left.contains(&claim)).then(|| {
            Fault::new(
                format!("claim {claim} vanished when its node was scaled away"),
                "retain claims when scaled (persistentVolumeClaimRetentionPolicy)",
            )
            .at("PersistentVolumeClaim", &claim)
        });
        stage.check("AM-UPG-009", gone);
    }
    if left.is_empty() {
        stage
            .record
            .not_applicable("AM-UPG-009", "the pattern has no claims");
    }
    Ok(true)
}

/// Values with which listeners connect to another event hub node than the first. The product's own publisher names the
/// first other node, which is node 0 for all but one: whoever listens to node 0 hears everything even without the rest.
async fn another_node_first(stage: &Stage) -> Result<Value, LiveError> {
    let mut values = Value::Null;
    let nodes = collect(stage, &stage.main).await?;
    for listener in stage.listeners_of_every_hub_node() {
        let links = nodes
            .iter()
            .filter(|node| node.component == listener)
            .flat_map(|node| &node.observations.story.subscriptions);
        let Some(url) = links
            .filter(|link| link.purpose == Purpose::EventListening)
            .find_map(|link| link.urls.first())
        else {
            continue;
        };
        for hub in stage.hubs() {
            let set = format!("{}-{hub}", stage.main.name);
            let count = stage.main.nodes.get(&hub).copied().unwrap_or(0);
            let config = json!({"config": {"apim": {"event_hub": {"event_listening_endpoints": rotated(url, &set, count)}}}});
            merge(&mut values, &json!({listener.values_key(): config}));
        }
    }
    Ok(values)
}

/// The addresses of all nodes of a set, made from that of any, the second node first.
fn rotated(url: &str, set: &str, count: usize) -> Vec<String> {
    let Some((before, after)) = url.split_once(&format!("{set}-")) else {
        return vec![url.to_owned()];
    };
    let after = after.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let mut urls: Vec<String> = (0..count)
        .map(|node| format!("{before}{set}-{node}{after}"))
        .collect();
    if !urls.is_empty() {
        urls.rotate_left(1);
    }
    urls
}

/// What one event hub node is told, listeners of every other hear.
async fn judge_hubs(stage: &mut Stage, requirement: &str) -> Result<(), LiveError> {
    if !stage.has_several_hubs() {
        return Ok(());
    }
    let count: usize = stage
        .hubs()
        .iter()
        .filter_map(|hub| stage.main.nodes.get(hub))
        .sum();
    let when = format!("with {count} event hub nodes");
    hearing::judge_revocations(stage, requirement, &when, &BTreeSet::new()).await
}

/// The nodes that came reach everybody, and everybody reaches them.
async fn judge_wiring(stage: &mut Stage) -> Result<(), LiveError> {
    let release = stage.main.clone();
    let (judgement, _) = observe::settled(stage, &release).await?;
    stage.say(&format!(
        "with one node more: {} of {} edges reached",
        judgement.reached, judgement.expected
    ));
    observe::write_down(stage, judgement);
    Ok(())
}

/// Names of the claims in the namespace.
pub(super) async fn claims(stage: &Stage) -> Result<BTreeSet<String>, LiveError> {
    let claims = stage.claims().await?;
    Ok(claims
        .iter()
        .map(|claim| text(claim, "/metadata/name").to_owned())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::rotated;

    #[test]
    fn listeners_are_sent_to_the_second_node_first() {
        let url = "tcp://am-control-plane-0.am-control-plane-headless:5672";
        let node =
            |number| format!("tcp://am-control-plane-{number}.am-control-plane-headless:5672");
        assert_eq!(
            rotated(url, "am-control-plane", 3),
            [node(1), node(2), node(0)]
        );
        assert_eq!(rotated(url, "am-control-plane", 1), [node(0)]);
        assert_eq!(
            rotated("tcp://elsewhere:5672", "am-control-plane", 2),
            ["tcp://elsewhere:5672"]
        );
    }
}
