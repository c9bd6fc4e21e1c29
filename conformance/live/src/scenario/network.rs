//! Network policies: edges still work, and blocked ones are blocked, where the cluster enforces policies at all; and no
//! policy forgets an edge, whether enforced or not.

use std::time::{Duration, Instant};

use am_conformance::Component;
use serde_json::{Value, json};

use super::{Stage, observe, policies};
use crate::api::Pod;
use crate::error::LiveError;
use crate::record::Fault;
use am_standin::settings::OBSERVATIONS_PORT;

/// How long a network plugin may take to enforce a new policy.
const ENFORCEMENT: Duration = Duration::from_secs(8);
const POLL: Duration = Duration::from_secs(1);
const PROBE: &str = "am-live-probe";

pub(super) async fn run(stage: &mut Stage) -> Result<bool, LiveError> {
    let enforced = is_enforced(stage).await?;
    let ready = stage
        .upgrade_main(&json!({"networkPolicy": {"enabled": true}}), "AM-NET-017")
        .await?;
    if !ready {
        return Ok(false);
    }
    let release = stage.main.clone();
    let (judgement, nodes) = observe::settled(stage, &release).await?;
    for (requirement, fault) in judgement.faults {
        let fault = Fault::new(
            format!("with network policies ({requirement}): {}", fault.message),
            "let the policies allow the edge",
        );
        stage.failed("AM-NET-017", fault);
    }
    stage.record.passed("AM-NET-017", judgement.reached);
    policies::judge(stage, &nodes).await?;
    if !enforced {
        const REASON: &str = "the cluster's network plugin does not enforce NetworkPolicies: a probe was blocked by a policy and got through";
        stage.say(REASON);
        for id in ["AM-NET-017", "AM-NET-018"] {
            stage.record.unsupported(id, REASON);
        }
        return Ok(true);
    }
    judge_blocked(stage).await?;
    Ok(true)
}

/// Blocks the gateway for everybody and sees whether somebody gets through.
async fn is_enforced(stage: &Stage) -> Result<bool, LiveError> {
    let gateway = stage.gateway();
    let path = format!(
        "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
        stage.namespace
    );
    let policy = json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": PROBE},
        "spec": {
            "podSelector": {"matchLabels": {"app.kubernetes.io/component": gateway.name()}},
            "policyTypes": ["Ingress"], "ingress": [],
        },
    });
    if let Err(refusal) = stage.lab.api.create(&path, &policy).await? {
        return Err(LiveError::unavailable(
            format!("cannot make a NetworkPolicy: {}", refusal.message),
            "use an account that may",
        ));
    }
    let start = Instant::now();
    let enforced = loop {
        let answered = reaches(stage, gateway, gateway).await?;
        if answered == Some(false) {
            break true;
        }
        if start.elapsed() > ENFORCEMENT {
            break false;
        }
        tokio::time::sleep(POLL).await;
    };
    stage.lab.api.delete(&format!("{path}/{PROBE}")).await?;
    Ok(enforced)
}

/// A connection that the pattern does not need is blocked: nobody but the gateway's clients asks the traffic manager's
/// servlet port in clear text.
async fn judge_blocked(stage: &mut Stage) -> Result<(), LiveError> {
    let (from, to) = if stage.main.nodes.contains_key(&Component::TrafficManager) {
        (Component::Gateway, Component::TrafficManager)
    } else {
        (stage.gateway(), stage.gateway())
    };
    match reaches(stage, from, to).await? {
        Some(reached) => {
            let fault = reached.then(|| {
                Fault::new(
                    format!("{from} reaches servlet-http of {to}, which the pattern does not need"),
                    "let the policies of the component admit its peers only",
                )
                .at("NetworkPolicy", format!("{}-{to}", stage.main.name))
            });
            stage.check("AM-NET-018", fault);
        }
        None => stage
            .record
            .unsupported("AM-NET-018", "no pod was there to ask"),
    }
    Ok(())
}

/// Whether a pod of one component gets an answer from the Service of another; `None` when no pod can be asked.
async fn reaches(stage: &Stage, from: Component, to: Component) -> Result<Option<bool>, LiveError> {
    let pods = Pod::list(&stage.lab.api, &stage.namespace, &stage.main.name).await?;
    let Some(pod) = pods.iter().find(|pod| pod.component == from.name()) else {
        return Ok(None);
    };
    // Another pod than the one that asks: a pod always reaches itself.
    let Some(target) = pods
        .iter()
        .find(|other| other.component == to.name() && other.name != pod.name)
        .or_else(|| pods.iter().find(|other| other.component == to.name()))
    else {
        return Ok(None);
    };
    let question = json!({"url": format!("http://{}:9763/services/Version", target.ip)});
    let answer = stage
        .lab
        .api
        .ask_pod(
            &stage.namespace,
            &pod.name,
            OBSERVATIONS_PORT,
            "/standin/request",
            Some(&question),
        )
        .await?;
    Ok(answer.map(|answer| {
        answer
            .pointer("/answers/0/status")
            .is_some_and(Value::is_u64)
    }))
}
