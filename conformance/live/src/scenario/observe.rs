//! Asks every stand-in what it saw, and judges the wiring.

use std::time::{Duration, Instant};

use am_conformance::Component;
use am_standin::edge::Purpose;
use am_standin::observations::Observations;
use am_standin::settings::OBSERVATIONS_PORT;

use super::{Release, Stage};
use crate::api::Pod;
use crate::error::LiveError;
use crate::options::Images;
use crate::record::Fault;
use crate::wiring::{self, Judgement, Observed};

const POLL: Duration = Duration::from_secs(1);
/// Stand-ins connect every few seconds; after this, what is not reached stays so.
const PATIENCE: Duration = Duration::from_secs(25);

pub(super) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    if stage.lab.images == Images::Real {
        // Nobody tells what the vendor's images reached.
        for id in super::planned(&[super::Phase::Wiring], stage.pattern) {
            stage
                .record
                .unsupported(id, "the vendor's images do not tell what they reached");
        }
        return Ok(true);
    }
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
    write_down(stage, judgement);
    judge_identities(stage, &nodes);
    Ok(is_right)
}

/// Judges a release again and again until everything is reached, or patience ends.
pub(crate) async fn settled(
    stage: &Stage,
    release: &Release,
) -> Result<(Judgement, Vec<Observed>), LiveError> {
    let start = Instant::now();
    loop {
        let nodes = collect(stage, release).await?;
        let judgement = wiring::judge(&stage.lab.facts, stage.pattern, &nodes);
        if judgement.faults.is_empty() && !nodes.is_empty() || start.elapsed() > PATIENCE {
            return Ok((judgement, nodes));
        }
        tokio::time::sleep(POLL).await;
    }
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
        let answer = stage
            .lab
            .api
            .ask_pod(
                &stage.namespace,
                &pod.name,
                OBSERVATIONS_PORT,
                "/observations",
                None,
            )
            .await?;
        let Some(answer) = answer else { continue };
        let observations: Observations = serde_json::from_value(answer).map_err(|error| {
            LiveError::unavailable(
                format!("what {} tells cannot be read: {error}", pod.name),
                "load the images that this build makes",
            )
        })?;
        nodes.push(Observed {
            component,
            pod: pod.name,
            namespace: stage.namespace.clone(),
            observations,
        });
    }
    Ok(nodes)
}

/// Every pod plays what its label says, in the version that is deployed, with a configuration of its own.
fn judge_identities(stage: &mut Stage, nodes: &[Observed]) {
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
