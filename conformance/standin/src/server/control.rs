//! The stand-in's own port: observations and the commands of the story, in clear text and on no Service.

use std::sync::Arc;

use hyper::Method;
use serde_json::json;
use tokio::net::TcpStream;

use super::http::{command, not_found, serve_with};
use crate::node::Node;

/// `GET /observations`, `POST /standin/{deploy,revoke,request}`.
pub(super) async fn serve(node: Arc<Node>, stream: TcpStream) {
    serve_with(Arc::clone(&node), stream, |request| {
        let node = Arc::clone(&node);
        async move {
            let path = request.uri().path().to_owned();
            match (request.method(), path.as_str()) {
                (&Method::GET, "/observations") => (200, json!(node.observations())),
                (&Method::POST, path) => command(&node, path, request).await,
                _ => not_found(),
            }
        }
    })
    .await;
}
