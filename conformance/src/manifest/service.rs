//! Services.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Object,
    json::{array_at, integer_at, str_at, strings_at},
};

/// The label by which Kubernetes tells the pods of a `StatefulSet` apart: its value is the pod's name.
pub(super) const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";

/// A Service.
#[derive(Debug, Clone, Copy)]
pub struct Service<'a> {
    /// The document.
    pub object: &'a Object,
}

/// A port of a Service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServicePort<'a> {
    /// Name, if it has one.
    pub name: Option<&'a str>,
    /// Number.
    pub number: u16,
    /// Where it leads in the pod.
    pub target: TargetPort<'a>,
    /// `TCP` unless written otherwise.
    pub protocol: &'a str,
    /// What is said of the protocol that is spoken on it.
    pub app_protocol: Option<&'a str>,
}

/// A port of a pod, by name or number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetPort<'a> {
    /// Name of a container port.
    Name(&'a str),
    /// Number.
    Number(u16),
}

impl<'a> Service<'a> {
    /// Name.
    pub fn name(&self) -> &'a str {
        self.object.name()
    }

    /// Labels that its pods must carry; empty for a Service without selector.
    pub fn selector(&self) -> BTreeMap<&'a str, &'a str> {
        strings_at(&self.object.value, "/spec/selector")
    }

    /// Name of the one pod of a `StatefulSet` that it leads to, if it is for one.
    pub(crate) fn only_pod(self) -> Option<&'a str> {
        self.selector().get(POD_NAME).copied()
    }

    /// Whether it is headless: its name leads to the pods themselves.
    pub(crate) fn is_headless(self) -> bool {
        self.object.str("/spec/clusterIP") == Some("None")
    }

    /// Whether it names pods that are not ready yet.
    pub(crate) fn publishes_not_ready(self) -> bool {
        self.object
            .value
            .pointer("/spec/publishNotReadyAddresses")
            .and_then(Value::as_bool)
            .unwrap_or(false)
    }

    /// Host outside the cluster for which it stands, if any.
    pub(crate) fn external_name(self) -> Option<&'a str> {
        self.object.str("/spec/externalName")
    }

    /// Whether it selects pods that carry `labels`.
    pub fn selects(&self, labels: &BTreeMap<&str, &str>) -> bool {
        let selector = self.selector();
        !selector.is_empty()
            && selector
                .iter()
                .all(|(key, value)| labels.get(key) == Some(value))
    }

    /// Ports.
    pub fn ports(&self) -> Vec<ServicePort<'a>> {
        array_at(&self.object.value, "/spec/ports")
            .iter()
            .filter_map(|port| {
                let number = u16::try_from(integer_at(port, "/port")?).ok()?;
                let target = match port.get("targetPort") {
                    Some(Value::String(name)) => name
                        .parse()
                        .map_or(TargetPort::Name(name), TargetPort::Number),
                    Some(Value::Number(target)) => TargetPort::Number(
                        target
                            .as_u64()
                            .and_then(|target| u16::try_from(target).ok())?,
                    ),
                    _ => TargetPort::Number(number),
                };
                Some(ServicePort {
                    name: str_at(port, "/name"),
                    number,
                    target,
                    protocol: str_at(port, "/protocol").unwrap_or("TCP"),
                    app_protocol: str_at(port, "/appProtocol"),
                })
            })
            .collect()
    }
}
