//! Objects beside routes that make whatever serves these speak TLS.

use serde::Deserialize;
use serde_json::Value;

use crate::{
    facts::matches_glob,
    manifest::{Object, Service, ServicePort, array_at, str_at},
};

/// An object that makes routes speak TLS to a Service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TlsPolicy {
    pub(super) kind: String,
    group: Option<String>,
    pub(super) routes: Vec<String>,
    #[serde(default)]
    targets: Vec<String>,
    host: Option<String>,
    #[serde(default)]
    says: Vec<String>,
    #[serde(default)]
    except: Vec<String>,
}

impl TlsPolicy {
    /// Whether it is about a port of a Service, and says TLS.
    pub(super) fn is_about(
        &self,
        policy: &Object,
        service: Service<'_>,
        port: &ServicePort<'_>,
    ) -> bool {
        let is_group = |group: &String| policy.api_version().starts_with(&format!("{group}/"));
        let says = |path: &String| match policy.value.pointer(path) {
            Some(Value::String(word)) => !self.except.contains(word),
            Some(value) => !value.is_null(),
            None => false,
        };
        let says_so = self.says.is_empty() || self.says.iter().any(says);
        says_so && self.group.as_ref().is_none_or(is_group) && self.names(policy, service, port)
    }

    fn names(&self, policy: &Object, service: Service<'_>, port: &ServicePort<'_>) -> bool {
        if let Some(host) = self.host.as_deref().and_then(|path| policy.str(path)) {
            let (name, namespace) = (service.name(), service.object.namespace());
            let short = host == name && policy.namespace() == namespace;
            let full = format!("{name}.{namespace}.svc.cluster.local");
            let is_shortened = host.contains('.') && full.starts_with(&format!("{host}."));
            return short || is_shortened || matches_glob(host, &full);
        }
        let is_service = |target: &Value| {
            str_at(target, "/kind").is_none_or(|kind| kind == "Service")
                && str_at(target, "/name") == Some(service.name())
                && str_at(target, "/sectionName").is_none_or(|section| {
                    Some(section) == port.name || section == port.number.to_string()
                })
        };
        policy.namespace() == service.object.namespace()
            && self.targets.iter().any(|path| {
                array_at(&policy.value, path).iter().any(is_service)
                    || policy.value.pointer(path).is_some_and(is_service)
            })
    }
}
