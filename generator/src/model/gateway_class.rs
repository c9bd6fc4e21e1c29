//! `gateway-classes.yaml`: Gateway classes that need to be told more than others.

use serde::{Deserialize, Serialize};

/// A Gateway class.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(
    deny_unknown_fields,
    rename_all(deserialize = "kebab-case", serialize = "camelCase")
)]
pub struct GatewayClass {
    /// Name as people write it.
    pub title: String,
    /// It sends clear text to ports with TLS unless a policy says otherwise.
    pub backend_tls: bool,
    /// The policies that its Gateways read instead of the Gateway API's, a value of `exposure.gatewayApi.policies`.
    #[serde(default)]
    pub policies: String,
    /// Where these facts come from.
    pub sources: Vec<String>,
}
