//! Asks every stand-in what it saw, and judges the wiring.

use std::collections::BTreeMap;
use std::time::Duration;

use am_conformance::Component;
use am_standin::edge::Purpose;

use super::{Release, Stage, wait};
use crate::api::Pod;
use crate::error::LiveError;
use crate::patience::Waiting;
use crate::record::Fault;
use crate::topology::topology;
use crate::wiring::{self, Judgement, Observed};

const POLL: Duration = Duration::from_secs(1);
/// Stand-ins connect every few seconds, and the network plugin of a busy node opens a new policy within half a minute; after
/// this, what is not reached stays so.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    let release = stage.main.clone();
    let (judgement, nodes) = settled(stage, &release).await?;
    stage.edges = (judgement.expected, judgement.reached);
    stage.say(&format!(
        "{} of {} edges of the wiring table reached",
        judgement.reached, judgement.expected
    ));
    let is_right = judgement.faults.is_empty();
    if let [only] = nodes.as_slice()
        && !only
            .observations
            .edges
            .iter()
            .any(|edge| edge.edge.purpose == Purpose::Database)
    {
        stage
            .record
            .not_applicable("AM-CONF-012", "the only node has a database of its own");
    }
    let workloads = wait::workloads(stage, &release).await?;
    stage.topology = topology(&stage.lab.facts, &stage.away, &nodes, &workloads);
    write_down(stage, judgement);
    judge_identities(stage, &nodes);
    judge_silent(stage, &nodes).await?;
    Ok(is_right)
}

/// Judges a release again and again until everything is reached, or patience ends.
pub(crate) async fn settled(
    stage: &Stage,
    release: &Release,
) -> Result<(Judgement, Vec<Observed>), LiveError> {
    let mut waiting = Waiting::begin();
    loop {
        let nodes = collect(stage, release).await?;
        let judgement = wiring::judge(&stage.lab.facts, stage.pattern, &nodes, &stage.away);
        if judgement.faults.is_empty() && !nodes.is_empty() || waiting.is_over(PATIENCE) {
            return Ok((judgement, nodes));
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Judges a release by connections that are made from now on: each address was tried once more, and whatever was on its
/// way when this began does not count.
pub(crate) async fn renewed(
    stage: &Stage,
    release: &Release,
) -> Result<(Judgement, Vec<Observed>), LiveError> {
    const RENEWED: u64 = 2;
    let before = attempts(&collect(stage, release).await?);
    let mut waiting = Waiting::begin();
    loop {
        let nodes = collect(stage, release).await?;
        let judgement = wiring::judge(&stage.lab.facts, stage.pattern, &nodes, &stage.away);
        let now = attempts(&nodes);
        let is_new = before
            .iter()
            .all(|(edge, count)| now.get(edge).is_none_or(|now| *now >= count + RENEWED));
        let settled = is_new && judgement.faults.is_empty() && !nodes.is_empty();
        if settled || waiting.is_over(PATIENCE) {
            return Ok((judgement, nodes));
        }
        tokio::time::sleep(POLL).await;
    }
}

/// How often each node tried each of its addresses.
fn attempts(nodes: &[Observed]) -> BTreeMap<(String, String, String), u64> {
    let mut counts = BTreeMap::new();
    for node in nodes {
        for edge in &node.observations.edges {
            let place = (
                node.pod.clone(),
                edge.edge.key.clone(),
                edge.edge.url.clone(),
            );
            counts.insert(place, edge.attempts);
        }
    }
    counts
}

/// Puts a judgement into the record.
pub(crate) fn write_down(stage: &mut Stage, judgement: Judgement) {
    for requirement in judgement.passed {
        stage.passed(&requirement);
    }
    for (requirement, fault) in judgement.faults {
        stage.failed(&requirement, fault);
    }
}

/// What the stand-ins of a release saw. A pod that does not answer yet is left out, which the judgement then misses.
pub(crate) async fn collect(stage: &Stage, release: &Release) -> Result<Vec<Observed>, LiveError> {
    let mut nodes = Vec::new();
    for pod in Pod::list(&stage.lab.api, &stage.namespace, &release.name).await? {
        let Some(component) = Component::from_name(&pod.component) else {
            continue;
        };
        let Some(observations) = stage.observations(&pod.name).await? else {
            continue;
        };
        nodes.push(Observed {
            component,
            pod: pod.name,
            namespace: stage.namespace.clone(),
            observations,
        });
    }
    Ok(nodes)
}

/// A pod that cannot tell what it plays, because its server does not come up, still tells by its image.
async fn judge_silent(stage: &mut Stage, nodes: &[Observed]) -> Result<(), LiveError> {
    let pods = Pod::list(&stage.lab.api, &stage.namespace, &stage.main.name).await?;
    for pod in pods {
        let Some(component) = Component::from_name(&pod.component) else {
            continue;
        };
        let told = nodes.iter().any(|node| node.pod == pod.name);
        let own = component.distribution().pack();
        if !told && repository(&pod.image) != own {
            let fault = Fault::new(
                format!(
                    "{} is labelled {component}, runs the image {} and does not come up: {}",
                    pod.name, pod.image, pod.state
                ),
                format!("use the component's own distribution, {own}"),
            )
            .at("Pod", &pod.name)
            .value(&pod.image);
            stage.failed("AM-DIST-001", fault);
        }
    }
    Ok(())
}

/// The last part of an image's name, without tag and digest.
fn repository(image: &str) -> &str {
    let name = image.rsplit('/').next().unwrap_or(image);
    name.split([':', '@']).next().unwrap_or(name)
}

/// Every pod plays what its label says, in the version that is deployed, with a configuration of its own.
pub(crate) fn judge_identities(stage: &mut Stage, nodes: &[Observed]) {
    let version = stage
        .charts
        .iter()
        .find(|(_, chart)| *chart == stage.main.chart)
        .map(|(version, _)| version.clone());
    for node in nodes {
        let identity = &node.observations.identity;
        let other_role = (identity.role.as_str() != node.component.name()).then(|| {
            Fault::new(
                format!(
                    "{} is labelled {} and runs the {}",
                    node.pod, node.component, identity.role
                ),
                "use the image and profile of the component's own distribution",
            )
            .at("Pod", &node.pod)
        });
        stage.check("AM-DIST-001", other_role);
        let other_version = version
            .as_ref()
            .filter(|version| identity.version != **version)
            .map(|version| {
                Fault::new(
                    format!(
                        "{} runs {} instead of {version}",
                        node.pod, identity.version
                    ),
                    "let the image's tag follow the chart's appVersion",
                )
                .at("Pod", &node.pod)
            });
        stage.check("AM-DIST-004", other_version);
        let unconfigured = node.observations.effective.is_empty().then(|| {
            Fault::new(
                format!("{} found no deployment.toml of its own", node.pod),
                "mount it where the image's entrypoint takes it from",
            )
            .at("Pod", &node.pod)
        });
        stage.check("AM-TOPO-004", unconfigured);
        let foreign = (!stage.main.nodes.contains_key(&node.component)).then(|| {
            Fault::new(
                format!(
                    "{} is a {}, which the pattern does not have",
                    node.pod,
                    node.component.title()
                ),
                "remove the workload",
            )
            .at("Pod", &node.pod)
        });
        stage.check("AM-TOPO-003", foreign);
    }
}

#[cfg(test)]
mod tests {
    use super::repository;

    #[test]
    fn a_distribution_is_known_by_the_name_of_its_image() {
        assert_eq!(repository("wso2/wso2am:4.7.0"), "wso2am");
        assert_eq!(
            repository("registry.example.com:5000/x/wso2am-tm@sha256:00"),
            "wso2am-tm"
        );
    }
}
