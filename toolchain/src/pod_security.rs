//! Pod Security admission, judged by Kubernetes' own code in the render server.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A level of the Pod Security Standards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PodSecurityLevel {
    /// No known privilege escalation.
    Baseline,
    /// The hardened level, which a cluster may demand of a namespace.
    Restricted,
}

/// A check of the level that a pod fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PodViolation {
    /// What the API server calls the check, such as `allowPrivilegeEscalation != false`.
    pub reason: String,
    /// Which containers or volumes fail it and what they would have to say.
    pub detail: String,
}

#[derive(Serialize)]
pub(crate) struct PodSecurityQuestion<'a> {
    pub(crate) level: PodSecurityLevel,
    pub(crate) version: &'a str,
    pub(crate) pods: &'a [&'a Value],
}

#[derive(Deserialize)]
pub(crate) struct PodVerdict {
    pub(crate) violations: Vec<PodViolation>,
}
