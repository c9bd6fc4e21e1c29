//! Requests to a server of the product, made by the curl of its own image in its own pod.
//!
//! The API server's proxy to pods passes no `Authorization` on, and a network policy may close ports to it; a program in
//! the pod needs neither.

use serde_json::Value;

use crate::api::Api;
use crate::error::LiveError;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Login {
    /// A user or client with its secret.
    Basic(String, String),
    /// A token.
    Bearer(String),
}

/// What is sent with a question.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Body {
    /// Nothing; the method is GET.
    None,
    /// JSON, by POST.
    Json(Value),
    /// Fields of a form, by POST.
    Form(Vec<(&'static str, String)>),
}

/// A question to a server at `localhost`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Request {
    pub(crate) port: u16,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) login: Login,
    pub(crate) body: Body,
}

/// What a server answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// JSON; null when the answer is something else.
    pub(crate) body: Value,
}

/// Whoever takes a question to the server of a pod; `None` when nobody answers there.
pub(crate) trait Courier {
    async fn ask(&self, pod: &str, request: &Request) -> Result<Option<Answer>, LiveError>;
}

/// The curl of the pods' own images.
pub(crate) struct Curl<'a> {
    pub(crate) api: &'a Api,
    pub(crate) namespace: &'a str,
}

impl Courier for Curl<'_> {
    async fn ask(&self, pod: &str, request: &Request) -> Result<Option<Answer>, LiveError> {
        let path = format!("/api/v1/namespaces/{}/pods/{pod}", self.namespace);
        let Some(found) = self.api.find(&path).await? else {
            return Ok(None);
        };
        let container = crate::api::text(&found, "/metadata/labels/app.kubernetes.io~1component");
        let command = ["curl", "--config", "-"];
        let printed = self
            .api
            .execute(self.namespace, pod, container, &command, &config(request))
            .await?;
        Ok(printed.and_then(|printed| answer(&printed)))
    }
}

/// A configuration for curl; secrets are in no argument that other processes could read.
fn config(request: &Request) -> String {
    let mut lines = vec![
        "silent".to_owned(),
        "insecure".to_owned(),
        "max-time = 30".to_owned(),
        option("write-out", "\\n%{http_code}"),
        option(
            "url",
            &quoted(&format!(
                "https://localhost:{}{}",
                request.port, request.path
            )),
        ),
    ];
    match &request.login {
        Login::Basic(user, secret) => {
            lines.push(option("user", &quoted(&format!("{user}:{secret}"))));
        }
        Login::Bearer(token) => {
            lines.push(option(
                "header",
                &quoted(&format!("Authorization: Bearer {token}")),
            ));
        }
    }
    match &request.body {
        Body::None => {}
        Body::Json(body) => {
            lines.push(option("header", "Content-Type: application/json"));
            lines.push(option("data-raw", &quoted(&body.to_string())));
        }
        Body::Form(fields) => {
            let fields = fields
                .iter()
                .map(|(name, value)| option("data-urlencode", &quoted(&format!("{name}={value}"))));
            lines.extend(fields);
        }
    }
    lines.join("\n") + "\n"
}

fn option(name: &str, value: &str) -> String {
    format!("{name} = \"{value}\"")
}

/// A value between quotes as curl reads it.
fn quoted(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"")
}

/// The body and, in the last line, the status; nothing when there was no answer (status 000).
fn answer(printed: &str) -> Option<Answer> {
    let (body, status) = printed.rsplit_once('\n')?;
    let status = status.trim().parse().ok().filter(|status| *status > 0)?;
    Some(Answer {
        status,
        body: serde_json::from_str(body).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::{Body, Login, Request, answer, config};
    use serde_json::json;

    #[test]
    fn secrets_and_quotes_survive_the_way_to_curl() {
        let text = config(&Request {
            port: 9443,
            path: "/x?y=1".into(),
            login: Login::Basic("admin".into(), "a\"b\\c".into()),
            body: Body::Json(json!({"k": "v"})),
        });
        assert!(
            text.contains("url = \"https://localhost:9443/x?y=1\"\n"),
            "{text}"
        );
        assert!(text.contains(r#"user = "admin:a\"b\\c""#), "{text}");
        assert!(text.contains(r#"data-raw = "{\"k\":\"v\"}""#), "{text}");
    }

    #[test]
    fn the_status_is_in_the_last_line() {
        let found = answer("{\"a\":1}\n201").expect("an answer");
        assert_eq!((found.status, &found.body["a"]), (201, &json!(1)));
        assert_eq!(
            answer("<html>\n</html>\n404").expect("an answer").status,
            404
        );
        assert_eq!(answer("\n000"), None);
    }
}
