//! The API server, as JSON: the suite handles objects of any kind, so it needs no types for them.

mod ends;
mod pod;
mod resources;
mod trouble;

use std::time::Duration;

use http::{Method, Request};
use kube::Client;
use kube::api::AttachParams;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

pub(crate) use ends::Ends;
pub(crate) use pod::{Pod, is_of_hook};
pub(crate) use resources::Resources;
pub(crate) use trouble::explain;

use crate::error::LiveError;

/// Whoever applies what the suite applies.
pub(crate) const FIELD_MANAGER: &str = "am-live";

/// How often a read is sent while connections break, and the time between two of them.
const READS: u32 = 5;
const PAUSE: Duration = Duration::from_secs(1);

/// A client for one cluster.
#[derive(Clone)]
pub(crate) struct Api {
    client: Client,
}

/// What the API server refused, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// HTTP status.
    pub(crate) code: u16,
    /// The message.
    pub(crate) message: String,
}

impl Api {
    /// A client for the cluster.
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// Reads an object or a list.
    pub(crate) async fn get(&self, path: &str) -> Result<Value, LiveError> {
        self.send(Method::GET, path, None, None)
            .await
            .map_err(failed("read", path))
    }

    /// Reads an object that may be gone.
    pub(crate) async fn find(&self, path: &str) -> Result<Option<Value>, LiveError> {
        match self.send(Method::GET, path, None, None).await {
            Ok(object) => Ok(Some(object)),
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(None),
            Err(error) => Err(failed("read", path)(error)),
        }
    }

    /// The items of a list.
    pub(crate) async fn list(&self, path: &str) -> Result<Vec<Value>, LiveError> {
        let mut list = self.get(path).await?;
        Ok(match list.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        })
    }

    /// Creates an object; a refusal is a result.
    pub(crate) async fn create(
        &self,
        path: &str,
        object: &Value,
    ) -> Result<Result<Value, Refusal>, LiveError> {
        refusal(
            self.send(Method::POST, path, Some(object), None).await,
            "create at",
            path,
        )
    }

    /// Server-side apply with strict field validation; a refusal is a result.
    pub(crate) async fn apply(
        &self,
        path: &str,
        object: &Value,
    ) -> Result<Result<Value, Refusal>, LiveError> {
        let path = format!("{path}?fieldManager={FIELD_MANAGER}&force=true&fieldValidation=Strict");
        let sent = self
            .send(
                Method::PATCH,
                &path,
                Some(object),
                Some("application/apply-patch+yaml"),
            )
            .await;
        refusal(sent, "apply", &path)
    }

    /// Changes some fields of an object; `null` removes one.
    pub(crate) async fn change(&self, path: &str, change: &Value) -> Result<Value, LiveError> {
        self.send(
            Method::PATCH,
            path,
            Some(change),
            Some("application/merge-patch+json"),
        )
        .await
        .map_err(failed("change", path))
    }

    /// Deletes an object; that it is gone already is fine.
    pub(crate) async fn delete(&self, path: &str) -> Result<(), LiveError> {
        match self.send(Method::DELETE, path, None, None).await {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
            Err(error) => Err(failed("delete", path)(error)),
        }
    }

    /// Asks for an eviction; a budget's refusal is a result.
    pub(crate) async fn evict(
        &self,
        namespace: &str,
        pod: &str,
    ) -> Result<Result<(), Refusal>, LiveError> {
        let path = format!("/api/v1/namespaces/{namespace}/pods/{pod}/eviction");
        let eviction = json!({
            "apiVersion": "policy/v1", "kind": "Eviction",
            "metadata": {"name": pod, "namespace": namespace},
        });
        Ok(self.create(&path, &eviction).await?.map(drop))
    }

    /// Sends a request to a port of a pod through the API server; `None` when the pod does not answer.
    pub(crate) async fn ask_pod(
        &self,
        namespace: &str,
        pod: &str,
        port: u16,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Option<Value>, LiveError> {
        let url = format!("/api/v1/namespaces/{namespace}/pods/http:{pod}:{port}/proxy{path}");
        let method = if body.is_some() {
            Method::POST
        } else {
            Method::GET
        };
        match self
            .send(method, &url, body, Some("application/json"))
            .await
        {
            Ok(answer) => Ok(Some(answer)),
            // The pod is gone, is not up, or says no in its own words.
            Err(kube::Error::Api(_) | kube::Error::SerdeError(_)) => Ok(None),
            Err(error) => Err(failed("ask", &url)(error)),
        }
    }

    /// Runs a program in a container of a pod, with text on its standard input; what it printed, or `None` when it cannot
    /// be run there.
    pub(crate) async fn execute(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        command: &[&str],
        input: &str,
    ) -> Result<Option<String>, LiveError> {
        let pods: kube::Api<k8s_openapi::api::core::v1::Pod> =
            kube::Api::namespaced(self.client.clone(), namespace);
        let how = AttachParams::default()
            .container(container)
            .stdin(true)
            .stdout(true)
            .stderr(false);
        let Ok(mut process) = pods.exec(pod, command.iter().copied(), &how).await else {
            return Ok(None);
        };
        let unusable = |source| LiveError::file("run a program in", pod)(source);
        if let Some(mut stdin) = process.stdin() {
            stdin.write_all(input.as_bytes()).await.map_err(unusable)?;
            stdin.shutdown().await.map_err(unusable)?;
        }
        let mut printed = String::new();
        if let Some(mut stdout) = process.stdout() {
            stdout
                .read_to_string(&mut printed)
                .await
                .map_err(unusable)?;
        }
        Ok(process.join().await.is_ok().then_some(printed))
    }

    /// Reads text, such as a log.
    pub(crate) async fn text(&self, path: &str) -> Result<String, LiveError> {
        let request = Request::get(path)
            .body(Vec::new())
            .map_err(|error| failed("read", path)(kube::Error::HttpError(error)))?;
        self.client
            .request_text(request)
            .await
            .map_err(failed("read", path))
    }

    /// Sends a request. What only reads is sent again when the connection breaks: the API server drops it when a pod dies that it
    /// asks on our behalf.
    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        content: Option<&str>,
    ) -> Result<Value, kube::Error> {
        let mut attempts = if method == Method::GET { READS } else { 1 };
        loop {
            attempts -= 1;
            match self.send_once(method.clone(), path, body, content).await {
                Err(kube::Error::Service(_) | kube::Error::HyperError(_)) if attempts > 0 => {
                    tokio::time::sleep(PAUSE).await;
                }
                done => return done,
            }
        }
    }

    async fn send_once(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        content: Option<&str>,
    ) -> Result<Value, kube::Error> {
        let bytes = body.map(Value::to_string).unwrap_or_default().into_bytes();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", content.unwrap_or("application/json"))
            .body(bytes)
            .map_err(kube::Error::HttpError)?;
        self.client.request(request).await
    }
}

fn failed<'a>(action: &'a str, path: &'a str) -> impl FnOnce(kube::Error) -> LiveError + 'a {
    move |source| LiveError::ApiServer {
        action: format!("{action} {path}"),
        source: Box::new(source),
    }
}

fn refusal(
    sent: Result<Value, kube::Error>,
    action: &str,
    path: &str,
) -> Result<Result<Value, Refusal>, LiveError> {
    match sent {
        Ok(object) => Ok(Ok(object)),
        Err(kube::Error::Api(status)) if is_refusal(status.code, &status.message) => {
            Ok(Err(Refusal {
                code: status.code,
                message: status.message.clone(),
            }))
        }
        Err(error) => Err(failed(action, path)(error)),
    }
}

/// Server-side apply answers 500 when a field is not in the schema, which is a refusal all the same.
fn is_refusal(code: u16, message: &str) -> bool {
    (400..500).contains(&code) || message.starts_with("failed to create typed patch object")
}

/// The text at a JSON pointer; empty when there is none.
pub(crate) fn text<'v>(object: &'v Value, pointer: &str) -> &'v str {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}
