//! The journey against a server on the loopback address that plays the product's interfaces: not the product.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::{Journey, PER_MINUTE};
use crate::error::LiveError;
use crate::product::curl::{Answer, Body, Courier, Login, Request};

/// What the server remembers.
#[derive(Default)]
struct Played {
    /// Steps that were taken.
    made: BTreeSet<String>,
    calls: u32,
    revoked: bool,
}

/// Speaks HTTP with the server; portals and gateway are told apart by a header, since both are on one port.
struct Loopback {
    port: u16,
}

impl Courier for Loopback {
    async fn ask(&self, _pod: &str, request: &Request) -> Result<Option<Answer>, LiveError> {
        let login = match &request.login {
            Login::Basic(user, secret) => format!("Basic {user}:{secret}"),
            Login::Bearer(token) => format!("Bearer {token}"),
        };
        let (method, body) = match &request.body {
            Body::None => ("GET", String::new()),
            Body::Json(body) => ("POST", body.to_string()),
            Body::Form(fields) => {
                let fields: Vec<String> = fields
                    .iter()
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                ("POST", fields.join("&"))
            }
        };
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)).await else {
            return Ok(None);
        };
        let text = format!(
            "{method} {} HTTP/1.1\r\nx-login: {login}\r\ncontent-length: {}\r\n\r\n{body}",
            request.path,
            body.len()
        );
        stream.write_all(text.as_bytes()).await.expect("written");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("read");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        Ok(Some(Answer {
            status: status.expect("a status"),
            body: serde_json::from_str(body).unwrap_or_default(),
        }))
    }
}

/// Plays the interfaces: each step needs the one before, as in the product.
fn play(played: &mut Played, method: &str, path: &str, login: &str, body: &str) -> (u16, Value) {
    let json: Value = serde_json::from_str(body).unwrap_or_default();
    let mut step = |name: &str, needs: &str, answer: Value| {
        let allowed = needs.is_empty() || played.made.contains(needs);
        played.made.insert(name.to_owned());
        if allowed {
            (201, answer)
        } else {
            (400, json!({"description": format!("no {needs}")}))
        }
    };
    let admin = login == "Bearer portal-token";
    match (method, path) {
        ("POST", "/client-registration/v0.17/register") if login == "Basic admin:secret" => {
            step("client", "", json!({"clientId": "c", "clientSecret": "s"}))
        }
        ("POST", "/oauth2/token")
            if login == "Basic c:s" && body.contains("grant_type=password") =>
        {
            (200, json!({"access_token": "portal-token"}))
        }
        ("POST", "/oauth2/token") if login == "Basic k:x" => {
            (200, json!({"access_token": "api-token"}))
        }
        ("POST", "/api/am/admin/v4/throttling/policies/subscription") if admin => {
            step("policy", "client", json!({}))
        }
        ("POST", "/api/am/publisher/v4/apis") if admin && json["policies"][0] == json["name"] => {
            step("api", "policy", json!({"id": "7"}))
        }
        ("POST", "/api/am/publisher/v4/apis/7/revisions") if admin => {
            step("revision", "api", json!({"id": "r"}))
        }
        ("POST", "/api/am/publisher/v4/apis/7/deploy-revision?revisionId=r")
            if admin && json[0]["name"] == "Default" =>
        {
            step("deployed", "revision", json!([]))
        }
        ("POST", "/api/am/publisher/v4/apis/change-lifecycle?apiId=7&action=Publish") if admin => {
            step("published", "deployed", json!({}))
        }
        ("POST", "/api/am/devportal/v3/applications") if admin => {
            step("application", "client", json!({"applicationId": "a"}))
        }
        ("POST", "/api/am/devportal/v3/subscriptions") if admin && json["apiId"] == "7" => {
            step("subscription", "published", json!({}))
        }
        ("POST", "/api/am/devportal/v3/applications/a/generate-keys") if admin => step(
            "keys",
            "application",
            json!({"consumerKey": "k", "consumerSecret": "x"}),
        ),
        ("POST", "/oauth2/revoke") if login == "Basic k:x" && body == "token=api-token" => {
            played.revoked = true;
            (200, Value::Null)
        }
        ("GET", "/api7/1.0.0/Version") if login == "Bearer api-token" => {
            played.calls += 1;
            let subscribed = played.made.contains("subscription");
            match (subscribed, played.revoked, played.calls > PER_MINUTE) {
                (false, _, _) => (403, Value::Null),
                (_, true, _) => (401, Value::Null),
                (_, _, true) => (429, Value::Null),
                _ => (200, Value::Null),
            }
        }
        _ => (
            404,
            json!({"description": format!("{method} {path} as {login}")}),
        ),
    }
}

async fn serve(listener: TcpListener, played: Arc<Mutex<Played>>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut text = String::new();
        let mut buffer = [0; 8192];
        loop {
            let count = stream.read(&mut buffer).await.expect("read");
            text += &String::from_utf8_lossy(&buffer[..count]);
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            let length = head
                .split("content-length: ")
                .nth(1)
                .and_then(|length| length.trim().parse().ok());
            if body.len() >= length.unwrap_or(0) {
                break;
            }
        }
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let mut words = head.split_whitespace();
        let (method, path) = (
            words.next().unwrap_or_default(),
            words.next().unwrap_or_default(),
        );
        let login = head
            .lines()
            .find_map(|line| line.strip_prefix("x-login: "))
            .unwrap_or_default();
        let (status, answer) = play(
            &mut played.lock().expect("a lock"),
            method,
            path,
            login,
            body,
        );
        let answer = format!("HTTP/1.1 {status} -\r\n\r\n{answer}");
        stream.write_all(answer.as_bytes()).await.expect("written");
    }
}

fn run<T>(work: impl AsyncFnOnce(Loopback) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        tokio::spawn(serve(listener, Arc::default()));
        work(Loopback { port }).await
    })
}

fn admin(secret: &str) -> (String, String) {
    ("admin".to_owned(), secret.to_owned())
}

#[test]
fn an_api_is_made_called_throttled_and_its_token_revoked() {
    run(async |courier| {
        let journey = Journey::begin(&courier, "p", admin("secret"), "api7", "Default").await;
        let journey = journey.expect("a server").expect("every step is taken");
        let call = async || journey.call(&courier, "g").await.expect("a server");
        for _ in 0..PER_MINUTE {
            assert_eq!(call().await, Some(200));
        }
        assert_eq!(call().await, Some(429));
        let revoked = journey.revoke(&courier, "k").await.expect("a server");
        assert_eq!(revoked, Some(200));
        assert_eq!(call().await, Some(401));
    });
}

#[test]
fn a_step_that_is_refused_is_named_with_the_product_s_words() {
    run(async |courier| {
        let begun = Journey::begin(&courier, "p", admin("wrong"), "api7", "Default").await;
        let refused = begun.expect("a server").expect_err("the login is wrong");
        assert!(
            refused.contains("p does not register a client"),
            "{refused}"
        );
        assert!(refused.contains("404"), "{refused}");
    });
}
