//! A pod that belongs to no release: what it reaches, anybody in the namespace reaches.

use std::collections::BTreeMap;
use std::time::Duration;

use am_standin::settings::OBSERVATIONS_PORT;
use serde_json::{Value, json};

use super::Stage;
use crate::api::{Pod, text};
use crate::error::LiveError;
use crate::patience::Waiting;

/// Name of the policy that proves whether policies are enforced.
const POLICY: &str = "am-live-stranger";
/// A stand-in of an identity server needs no configuration, and no Java, whichever the image has.
const SERVER: [&str; 3] = ["/usr/bin/am-standin", "identity-server", "/dev/null"];
const LABEL: &str = "am-live/stranger";
const CONTAINER: &str = "stranger";
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a network plugin may take to enforce a new policy on a busy machine.
const ENFORCEMENT: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(500);

/// The pod, while it runs.
#[derive(Debug, Clone)]
pub(super) struct Stranger {
    /// Name.
    pub(super) name: String,
    /// Address.
    pub(super) ip: String,
}

impl Stranger {
    /// Starts a pod: a stand-in of the release's image, without the release's labels.
    pub(super) async fn start(stage: &Stage, name: &str, image: &str) -> Result<Self, LiveError> {
        let pods = format!("/api/v1/namespaces/{}/pods", stage.namespace);
        if let Err(refusal) = stage.lab.api.create(&pods, &manifest(name, image)).await? {
            return Err(LiveError::unavailable(
                format!("cannot make pod {name}: {}", refusal.message),
                "use an account that may make pods",
            ));
        }
        let mut waiting = Waiting::begin();
        loop {
            let pod = stage.lab.api.get(&format!("{pods}/{name}")).await?;
            let ready = pod
                .pointer("/status/containerStatuses/0/ready")
                .and_then(Value::as_bool);
            let ip = text(&pod, "/status/podIP");
            if ready == Some(true) && !ip.is_empty() {
                return Ok(Self {
                    name: name.to_owned(),
                    ip: ip.to_owned(),
                });
            }
            if waiting.is_over(PATIENCE) {
                let why = text(&pod, "/status/containerStatuses/0/state/waiting/reason");
                return Err(LiveError::unavailable(
                    format!("pod {name} of {image} does not start: {why}"),
                    "load the images that this build makes",
                ));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Removes it at once.
    pub(super) async fn leave(self, stage: &Stage) -> Result<(), LiveError> {
        stage.kill(&self.name).await
    }

    /// The labels of such a pod.
    pub(super) fn labels() -> BTreeMap<String, String> {
        [(LABEL.to_owned(), "true".to_owned())].into()
    }

    /// Whether the pod can connect to a port of an address, asked from within: no policy keeps the answer back.
    pub(super) async fn connects(
        &self,
        stage: &Stage,
        ip: &str,
        port: u16,
    ) -> Result<bool, LiveError> {
        const YES: &str = "open";
        let script = format!(
            "if timeout 3 bash -c 'exec 3<>/dev/tcp/{ip}/{port}'; then echo {YES}; else echo closed; fi"
        );
        let command = ["/bin/bash", "-c", &script];
        let api = &stage.lab.api;
        let said = api
            .execute(&stage.namespace, &self.name, CONTAINER, &command, "")
            .await?;
        match said {
            Some(said) => Ok(said.trim() == YES),
            None => Err(LiveError::unavailable(
                format!("nothing can be run in pod {}", self.name),
                "use an account that may",
            )),
        }
    }

    /// Whether the cluster enforces policies: one that lets nobody reach the stranger, seen from a pod of the release.
    pub(super) async fn is_shielded(&self, stage: &Stage, from: &Pod) -> Result<bool, LiveError> {
        let path = format!(
            "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
            stage.namespace
        );
        let policy = json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": POLICY},
            "spec": {
                "podSelector": {"matchLabels": Self::labels()},
                "policyTypes": ["Ingress"],
                "ingress": [],
            },
        });
        if let Err(refusal) = stage.lab.api.create(&path, &policy).await? {
            return Err(LiveError::unavailable(
                format!("cannot make a NetworkPolicy: {}", refusal.message),
                "use an account that may",
            ));
        }
        let mut waiting = Waiting::begin();
        let shielded = loop {
            if reaches(stage, &from.name, &self.ip, OBSERVATIONS_PORT).await? == Some(false) {
                break true;
            }
            if waiting.is_over(ENFORCEMENT) {
                break false;
            }
            tokio::time::sleep(POLL).await;
        };
        stage.lab.api.delete(&format!("{path}/{POLICY}")).await?;
        Ok(shielded)
    }
}

/// Whether a stand-in's pod can connect to a port of an address; `None` when it cannot be asked.
pub(crate) async fn reaches(
    stage: &Stage,
    from: &str,
    ip: &str,
    port: u16,
) -> Result<Option<bool>, LiveError> {
    let host = if ip.contains(':') {
        format!("[{ip}]")
    } else {
        ip.to_owned()
    };
    let question = json!({"url": format!("http://{host}:{port}/")});
    let api = &stage.lab.api;
    let answer = api
        .ask_pod(
            &stage.namespace,
            from,
            OBSERVATIONS_PORT,
            "/standin/request",
            Some(&question),
        )
        .await?;
    Ok(answer.map(|answer| is_connected(&answer)))
}

/// An answer in whatever protocol shows that there was a connection.
fn is_connected(answer: &Value) -> bool {
    let status = answer.pointer("/answers/0/status");
    status.is_some_and(Value::is_u64) || text(answer, "/answers/0/verdict") == "wrong-protocol"
}

fn manifest(name: &str, image: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "labels": Stranger::labels()},
        "spec": {
            "automountServiceAccountToken": false,
            "terminationGracePeriodSeconds": 0,
            "securityContext": {
                "runAsNonRoot": true, "runAsUser": 10001, "runAsGroup": 10001, "fsGroup": 10001,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [{
                "name": CONTAINER, "image": image, "imagePullPolicy": "IfNotPresent",
                "command": SERVER,
                "env": [{"name": "STANDIN_STARTUP_DELAY", "value": "0"}],
                "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}},
                "readinessProbe": {"tcpSocket": {"port": OBSERVATIONS_PORT}, "periodSeconds": 1},
                "resources": {"requests": {"cpu": "5m", "memory": "16Mi"}},
            }],
        },
    })
}

#[cfg(test)]
mod tests {
    use super::is_connected;
    use serde_json::json;

    #[test]
    fn whoever_answers_in_another_protocol_was_reached_all_the_same() {
        let answer = |answer| json!({"answers": [answer]});
        assert!(is_connected(&answer(json!({"status": 404}))));
        assert!(is_connected(&answer(
            json!({"verdict": "wrong-protocol", "error": "x"})
        )));
        for blocked in ["timeout", "refused", "unresolved"] {
            assert!(!is_connected(&answer(json!({"verdict": blocked}))));
        }
    }
}
