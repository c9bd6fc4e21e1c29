//! Pod Security admission, judged by Kubernetes' own code in the render server.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A check of the restricted level that a pod, or one of its containers, fails.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PodViolation {
    /// The check's identifier in Kubernetes' admission library, such as `allowPrivilegeEscalation`.
    pub check: String,
    /// What the API server calls the check, such as `allowPrivilegeEscalation != false`.
    pub reason: String,
    /// Which containers or volumes fail it and what they would have to say.
    pub detail: String,
    /// The container at fault, as a JSON pointer into the pod's specification; empty when it is the pod itself.
    #[serde(default)]
    pub place: String,
}

#[derive(Serialize)]
pub(crate) struct PodSecurityQuestion<'a> {
    pub(crate) pods: &'a [Value],
}

#[derive(Deserialize)]
pub(crate) struct PodVerdict {
    pub(crate) violations: Vec<PodViolation>,
}
