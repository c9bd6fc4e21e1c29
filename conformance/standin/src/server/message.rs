//! What is read of a request, and what answers it.

use http_body_util::{BodyExt as _, Limited};
use hyper::Request;
use hyper::body::{Bytes, Incoming};
use serde_json::{Value, json};

/// Longest body that is read, in bytes.
const LONGEST_BODY: usize = 64 << 10;

/// A status and a JSON body; of 302, the location.
pub(super) type Reply = (u16, Value);

pub(super) fn not_found() -> Reply {
    (404, json!("not found"))
}

/// The `token` of a JSON body or of a form.
pub(super) async fn token(request: Request<Incoming>) -> Option<String> {
    let bytes = bytes(request).await?;
    if let Ok(value) = serde_json::from_slice::<Value>(&bytes) {
        return value
            .get("token")
            .and_then(Value::as_str)
            .map(str::to_owned);
    }
    let text = std::str::from_utf8(&bytes).ok()?;
    text.split('&')
        .find_map(|pair| pair.strip_prefix("token="))
        .map(str::to_owned)
}

pub(super) async fn body<T: serde::de::DeserializeOwned>(request: Request<Incoming>) -> Option<T> {
    serde_json::from_slice(&bytes(request).await?).ok()
}

async fn bytes(request: Request<Incoming>) -> Option<Bytes> {
    Limited::new(request.into_body(), LONGEST_BODY)
        .collect()
        .await
        .ok()
        .map(http_body_util::Collected::to_bytes)
}
