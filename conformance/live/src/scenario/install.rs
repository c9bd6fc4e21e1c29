//! Installs the oldest product version with the development overlay.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Stage, hearing, policies, product_story, spread, start, wait};
use crate::api::{Pod, text};
use crate::error::LiveError;
use crate::options::Images;
use crate::record::Fault;
use crate::values::environment;

/// How long an event hub takes to start on a slow machine, when everything else takes a second. Two that fill an empty
/// database at once meet, though one may begin several seconds later: they fill it until their brokers' ports open.
const SLOW: Duration = Duration::from_secs(15);
/// How long before the other ports the broker's opens.
const LEAD: &str = "5s";

pub(super) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    stage.make_namespace().await?;
    stage.start_database().await?;
    if let Some((_, oldest)) = stage.charts.first() {
        stage.main.chart.clone_from(oldest);
    }
    // The scheduler spreads pods over the nodes that are open, until that is judged.
    let nodes = Arc::clone(&stage.lab.nodes);
    let all_open = nodes.read().await;
    let installation = stage.installation(&stage.main, &slow_hubs(stage));
    let done = stage.lab.helm.install(&installation).await?;
    if !done.success {
        stage.helm_failed("install", &done, "AM-TOPO-002").await?;
        return Ok(false);
    }
    let ready = stage.wait_for_main("AM-TOPO-002").await?;
    judge_security(stage).await?;
    match stage.lab.images {
        Images::Standin => start::judge_first(stage).await?,
        Images::Real => {
            for id in [start::FIRST_SERVER, start::MEMORY] {
                let reason = "the vendor's images do not tell it";
                stage.record.unsupported(id, reason);
            }
        }
    }
    if !ready {
        return Ok(false);
    }
    judge_nodes(stage).await?;
    spread::judge(stage).await?;
    drop(all_open);
    start::tell_waits(stage).await?;
    match stage.lab.images {
        Images::Standin => {
            start::judge_memory(stage).await?;
            if policies::all(stage).await?.objects.is_empty() {
                hearing::judge_all(stage, "after all pods started at once").await?;
            } else {
                // Policies keep the suite from posting events; listeners are judged where there are none.
                for id in [hearing::LISTENERS_WAIT, hearing::EVERY_HUB_NODE_TOLD] {
                    stage.record.not_applicable(id, "policies are enforced");
                }
            }
        }
        Images::Real => product_story::judge_deaf(stage).await?,
    }
    Ok(true)
}

/// Values with which event hubs take longer to start than whoever listens to them, as the product's do. All pods start at
/// once: a listener that does not wait is then deaf.
fn slow_hubs(stage: &Stage) -> Value {
    if stage.lab.images == Images::Real {
        return Value::Null;
    }
    let values: Map<String, Value> = stage
        .hubs()
        .into_iter()
        .map(|hub| {
            let mut variables = stage.variables.clone();
            variables.insert("STANDIN_JMS_LEAD".to_owned(), LEAD.to_owned());
            let slow = json!({"extraEnv": environment(SLOW, &variables)});
            (hub.values_key().to_owned(), slow)
        })
        .collect();
    Value::Object(values)
}

/// The namespace refuses pods that break the restricted level; their workloads then say so.
pub(crate) async fn judge_security(stage: &mut Stage) -> Result<(), LiveError> {
    let path = format!("/api/v1/namespaces/{}/events", stage.namespace);
    let events = stage.lab.api.list(&path).await?;
    let refused = events
        .iter()
        .find(|event| text(event, "/message").contains("violates PodSecurity"));
    if let Some(event) = refused {
        let fault = Fault::new(
            text(event, "/message"),
            "set the security context that the restricted level asks for",
        );
        stage.failed("AM-SEC-013", fault);
    } else {
        let pods = Pod::list(&stage.lab.api, &stage.namespace, &stage.main.name).await?;
        stage.record.passed("AM-SEC-013", pods.len());
    }
    Ok(())
}

/// Every component has its nodes, which became ready without a restart by their probes.
pub(crate) async fn judge_nodes(stage: &mut Stage) -> Result<(), LiveError> {
    let pods = Pod::list(&stage.lab.api, &stage.namespace, &stage.main.name).await?;
    for (component, wanted) in stage.main.nodes.clone() {
        let own: Vec<&Pod> = pods
            .iter()
            .filter(|pod| pod.component == component.name())
            .collect();
        let missing = own.is_empty().then(|| {
            Fault::new(
                format!("no pod of the {}", component.title()),
                "let the chart make its workload",
            )
        });
        stage.check("AM-TOPO-001", missing);
        let short = (own.len() < wanted).then(|| {
            Fault::new(
                format!(
                    "{} of {wanted} nodes of the {} are there",
                    own.len(),
                    component.title()
                ),
                "raise its number of replicas",
            )
        });
        stage.check("AM-TOPO-002", short);
        for pod in own {
            let restarted = (pod.restarts > 0).then(|| {
                Fault::new(
                    format!("{} was restarted {} times", pod.name, pod.restarts),
                    "let its probes ask what the component answers, and give it time to start",
                )
                .at("Pod", &pod.name)
            });
            stage.check("AM-OPS-003", restarted);
        }
    }
    let workloads = wait::workloads(stage, &stage.main).await?;
    stage.record.passed("AM-TOPO-001", workloads.len());
    Ok(())
}
