//! The identity server of a stage: a stand-in in a namespace of its own, configured by what the release says.

use std::collections::BTreeMap;
use std::time::Duration;

use am_conformance::Component;
use am_conformance::component::Capability;
use am_product::{Port, Protocol};
use am_standin::role::Role;
use am_standin::settings::OBSERVATIONS_PORT;
use serde_json::{Value, json};

use crate::api::{Pod, text};
use crate::error::LiveError;
use crate::patience::Waiting;
use crate::scenario::{Stage, make_namespace};

/// The Secret with the account by which the release registers it.
const ACCOUNT: &str = "identity-server-account";
pub(super) const USERNAME: &str = "registrar";
const PASSWORD: &str = "of-the-registrar";
/// Its label, which no other pod of its namespace has.
const LABEL: &str = "am-live/identity-server";
const NEIGHBOUR: &str = "am-live-neighbour";
const CONFIGURATION: &str = "/configuration/identity-server.toml";
const PORT: u16 = 9443;
const POLL: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a network plugin may take to learn of a new pod on a busy machine.
const ENFORCEMENT: Duration = Duration::from_secs(30);

/// The identity server, while it runs.
pub(super) struct Server {
    /// Its namespace.
    pub(super) namespace: String,
    /// Its pod.
    pub(super) pod: String,
    /// Another pod of its namespace.
    pub(super) neighbour: String,
    /// The `ConfigMap` that says what both must know.
    pub(super) told_by: String,
    /// What the release registers.
    pub(super) registration: Value,
}

/// Its account, as a Secret of the release's namespace.
pub(super) fn account() -> BTreeMap<String, BTreeMap<String, String>> {
    let text = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let keys = [text("username", USERNAME), text("password", PASSWORD)];
    [(ACCOUNT.to_owned(), keys.into())].into()
}

/// The values by which a release in this namespace knows it. Nobody else may come to the release's endpoints.
pub(super) fn values(of_release: &str) -> Value {
    let namespace = namespace(of_release);
    let peer = json!({
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "podSelector": {"matchLabels": {LABEL: "true"}},
    });
    json!({
        "networkPolicy": {"enabled": true, "clients": [{"podSelector": {"matchLabels": {"am-live/client": "true"}}}]},
        "identityServer": {
            "enabled": true,
            "host": format!("{}.{namespace}.svc", Role::IdentityServer),
            "port": PORT,
            "peers": [peer],
            // The certificate of a stand-in is its own.
            "registration": {"job": {"enabled": true, "existingSecret": ACCOUNT, "insecure": true}},
        },
    })
}

fn namespace(of_release: &str) -> String {
    format!("{of_release}-is")
}

impl Server {
    /// Starts it as the release's `ConfigMap` says, once there is one.
    pub(super) async fn start(stage: &Stage) -> Result<Option<Self>, LiveError> {
        let core = format!("/api/v1/namespaces/{}", stage.namespace);
        let maps = stage.lab.api.list(&format!("{core}/configmaps")).await?;
        let Some(map) = maps
            .iter()
            .find(|map| map.pointer("/data/registration.json").is_some())
        else {
            return Ok(None);
        };
        let unreadable = |error: serde_json::Error| {
            LiveError::unavailable(
                format!("the registration cannot be read: {error}"),
                "let the chart write JSON",
            )
        };
        let registration =
            serde_json::from_str(text(map, "/data/registration.json")).map_err(unreadable)?;
        let secrets = stage.lab.api.list(&format!("{core}/secrets")).await?;
        let account = |key: &str| {
            let mut found = secrets.iter().map(|secret| &secret["data"][key]);
            found
                .find(|value| value.is_string())
                .cloned()
                .unwrap_or_default()
        };
        let server = Self {
            namespace: namespace(&stage.namespace),
            pod: Role::IdentityServer.to_string(),
            neighbour: NEIGHBOUR.to_owned(),
            told_by: text(map, "/metadata/name").to_owned(),
            registration,
        };
        make_namespace(&stage.lab.api, &server.namespace, &stage.lab.prefix).await?;
        let image = stage.any_image();
        let kinds = [
            (
                "configmaps",
                json!({
                    "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": server.pod},
                    "data": {"identity-server.toml": map["data"]["identity-server.toml"]},
                }),
            ),
            (
                "secrets",
                json!({
                    "apiVersion": "v1", "kind": "Secret", "metadata": {"name": server.pod},
                    "data": {"APIM_USERNAME": account("admin-username"), "APIM_PASSWORD": account("admin-password")},
                }),
            ),
            (
                "services",
                json!({
                    "apiVersion": "v1", "kind": "Service", "metadata": {"name": server.pod},
                    "spec": {"selector": {LABEL: "true"}, "ports": [{"port": PORT, "targetPort": PORT}]},
                }),
            ),
            ("pods", pod(&server.pod, &image, true)),
            ("pods", pod(NEIGHBOUR, &image, false)),
        ];
        for (plural, object) in &kinds {
            let path = format!("/api/v1/namespaces/{}/{plural}", server.namespace);
            if let Err(refusal) = stage.lab.api.create(&path, object).await? {
                return Err(LiveError::unavailable(
                    format!(
                        "cannot make the identity server's {plural}: {}",
                        refusal.message
                    ),
                    "use an account that may",
                ));
            }
        }
        server.wait(stage).await?;
        Ok(Some(server))
    }

    async fn wait(&self, stage: &Stage) -> Result<(), LiveError> {
        let mut waiting = Waiting::begin();
        for name in [&self.pod, &self.neighbour] {
            let path = format!("/api/v1/namespaces/{}/pods/{name}", self.namespace);
            loop {
                let pod = stage.lab.api.get(&path).await?;
                let ready = pod.pointer("/status/containerStatuses/0/ready");
                if ready.and_then(Value::as_bool) == Some(true) {
                    break;
                }
                if waiting.is_over(PATIENCE) {
                    return Err(LiveError::unavailable(
                        format!(
                            "pod {name} of the identity server does not start: {}",
                            pod["status"]
                        ),
                        "load the images that this build makes",
                    ));
                }
                tokio::time::sleep(POLL).await;
            }
        }
        Ok(())
    }

    /// Removes it with its namespace.
    pub(super) async fn leave(self, stage: &Stage) -> Result<(), LiveError> {
        if stage.lab.keep {
            return Ok(());
        }
        let path = format!("/api/v1/namespaces/{}", self.namespace);
        stage.lab.api.delete(&path).await
    }

    /// Revokes a token there; what came of its notification. The network plugin may still have to learn of the new pod.
    pub(super) async fn revoke(&self, stage: &Stage, token: &str) -> Result<Value, LiveError> {
        let mut waiting = Waiting::begin();
        loop {
            let (api, body) = (&stage.lab.api, json!({"token": token}));
            let answer = api
                .ask_pod(
                    &self.namespace,
                    &self.pod,
                    OBSERVATIONS_PORT,
                    "/standin/revoke",
                    Some(&body),
                )
                .await?;
            let told = answer
                .map(|answer| answer["notified"].clone())
                .unwrap_or_default();
            if told["verdict"].is_null() || waiting.is_over(ENFORCEMENT) {
                return Ok(told);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// A node of the event hub.
    pub(super) async fn hub(&self, stage: &Stage) -> Result<Option<Pod>, LiveError> {
        let pods = Pod::list(&stage.lab.api, &stage.namespace, &stage.main.name).await?;
        let is_hub = |pod: &Pod| {
            let component = Component::from_name(&pod.component);
            component.is_some_and(|component| component.has(Capability::EventHub))
        };
        Ok(pods.into_iter().find(is_hub))
    }

    /// Whether a pod connects to the port of the hub where it is notified.
    pub(super) async fn reaches(
        &self,
        stage: &Stage,
        namespace: &str,
        from: &str,
        hub: &Pod,
    ) -> Result<bool, LiveError> {
        let port = Port::speaking(Protocol::Servlets, true).number;
        let url = format!("https://{}:{port}/services/Version", hub.ip);
        let answer = ask(stage, namespace, from, &url).await?;
        if answer.is_null() {
            return Err(LiveError::unavailable(
                format!("pod {from} does not tell what it reaches"),
                "use an account that may ask pods through the API server",
            ));
        }
        Ok(answer["status"].is_u64())
    }
}

/// What a stand-in's pod is answered at an address.
pub(super) async fn ask(
    stage: &Stage,
    namespace: &str,
    from: &str,
    url: &str,
) -> Result<Value, LiveError> {
    let api = &stage.lab.api;
    let question = json!({"url": url});
    let answer = api
        .ask_pod(
            namespace,
            from,
            OBSERVATIONS_PORT,
            "/standin/request",
            Some(&question),
        )
        .await?;
    Ok(answer
        .map(|answer| answer["answers"][0].clone())
        .unwrap_or_default())
}

fn pod(name: &str, image: &str, is_server: bool) -> Value {
    let labels = if is_server {
        json!({LABEL: "true"})
    } else {
        json!({})
    };
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels},
        "spec": {
            "automountServiceAccountToken": false, "terminationGracePeriodSeconds": 0,
            "securityContext": {"runAsNonRoot": true, "runAsUser": 10001, "runAsGroup": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{
                "name": name, "image": image, "imagePullPolicy": "IfNotPresent",
                "command": ["/usr/bin/am-standin", Role::IdentityServer.as_str(), CONFIGURATION],
                "env": [{"name": "STANDIN_STARTUP_DELAY", "value": "0"}],
                "envFrom": [{"secretRef": {"name": Role::IdentityServer.as_str()}}],
                "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}},
                "readinessProbe": {"tcpSocket": {"port": PORT}, "periodSeconds": 1},
                "resources": {"requests": {"cpu": "5m", "memory": "16Mi"}},
                "volumeMounts": [{"name": "configuration", "mountPath": "/configuration"}],
            }],
            "volumes": [{"name": "configuration", "configMap": {"name": Role::IdentityServer.as_str()}}],
        },
    })
}
