//! An identity server that issues tokens, as the subject declares it: no document of ours runs it.

use serde::Deserialize;

use crate::component::Component;

/// An identity server that API Manager takes tokens of.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IdentityServer {
    /// Where it is, as `host:port`.
    pub at: String,
    /// Components of the pattern whose place it takes. The rest is judged as the pattern that consists of it.
    #[serde(default)]
    pub replaces: Vec<Component>,
}
