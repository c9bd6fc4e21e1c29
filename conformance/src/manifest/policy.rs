//! Objects that govern pods: disruption budgets, autoscalers, network policies.

use serde_json::Value;

use super::{
    Object,
    json::{array_at, integer_at},
    selector::LabelSelector,
};

/// A `PodDisruptionBudget`.
#[derive(Debug, Clone, Copy)]
pub struct DisruptionBudget<'a>(pub &'a Object);

impl<'a> DisruptionBudget<'a> {
    /// Which pods it protects.
    pub fn selector(&self) -> Option<LabelSelector<'a>> {
        self.0.value.pointer("/spec/selector").map(LabelSelector)
    }
}

/// What decides how many pods a workload has: a `HorizontalPodAutoscaler`, or a `ScaledObject` of KEDA, which makes one.
#[derive(Debug, Clone, Copy)]
pub struct Autoscaler<'a>(pub &'a Object);

impl<'a> Autoscaler<'a> {
    /// The document as an autoscaler, if it is one.
    pub fn of(object: &'a Object) -> Option<Self> {
        matches!(object.kind(), "HorizontalPodAutoscaler" | "ScaledObject").then_some(Self(object))
    }

    fn is_of_keda(self) -> bool {
        self.0.kind() == "ScaledObject"
    }

    /// Kind and name of what it scales.
    pub fn target(&self) -> Option<(&'a str, &'a str)> {
        let usual = self.is_of_keda().then_some("Deployment");
        Some((
            self.0.str("/spec/scaleTargetRef/kind").or(usual)?,
            self.0.str("/spec/scaleTargetRef/name")?,
        ))
    }

    /// Fewest pods: 1 when not written, as Kubernetes has it, or 0, as KEDA has it.
    pub fn minimum(&self) -> i64 {
        let (field, usual) = if self.is_of_keda() {
            ("/spec/minReplicaCount", 0)
        } else {
            ("/spec/minReplicas", 1)
        };
        integer_at(&self.0.value, field).unwrap_or(usual)
    }
}

/// A `NetworkPolicy`.
#[derive(Debug, Clone, Copy)]
pub struct NetworkPolicy<'a>(pub &'a Object);

/// One `ingress` or `egress` rule.
#[derive(Debug, Clone)]
pub struct PolicyRule<'a> {
    /// Who is meant; empty means everybody.
    pub peers: Vec<PolicyPeer<'a>>,
    /// Ports, each by number or name with the end of a range; empty means every port.
    pub ports: Vec<PolicyPort<'a>>,
}

/// A port of a rule.
#[derive(Debug, Clone, Copy)]
pub struct PolicyPort<'a> {
    value: &'a Value,
}

/// A peer of a rule.
#[derive(Debug, Clone, Copy)]
pub struct PolicyPeer<'a> {
    /// Selector of pods.
    pub pods: Option<LabelSelector<'a>>,
    /// Selector of namespaces.
    pub namespaces: Option<LabelSelector<'a>>,
    /// Address range.
    pub ip_block: Option<&'a Value>,
}

impl PolicyPort<'_> {
    /// Whether the rule's port covers a pod's port with this number and name.
    pub(crate) fn covers(self, number: u16, name: Option<&str>) -> bool {
        match self.value.get("port") {
            None => true,
            Some(Value::String(wanted)) => Some(wanted.as_str()) == name,
            Some(port) => {
                let first = port.as_u64().unwrap_or(0);
                let last = self
                    .value
                    .get("endPort")
                    .and_then(Value::as_u64)
                    .unwrap_or(first);
                (first..=last).contains(&u64::from(number))
            }
        }
    }

    /// The first number that it covers; a name has none.
    pub(crate) fn first(self) -> Option<u16> {
        match self.value.get("port") {
            None => Some(1),
            Some(port) => port.as_u64().and_then(|port| u16::try_from(port).ok()),
        }
    }

    /// Whether it is for TCP.
    pub(crate) fn is_tcp(self) -> bool {
        self.value
            .get("protocol")
            .and_then(Value::as_str)
            .unwrap_or("TCP")
            == "TCP"
    }
}

impl<'a> NetworkPolicy<'a> {
    /// Which pods it governs.
    pub fn selector(&self) -> Option<LabelSelector<'a>> {
        self.0.value.pointer("/spec/podSelector").map(LabelSelector)
    }

    /// Whether it governs the direction (`Ingress` or `Egress`).
    pub(crate) fn governs(self, direction: &str) -> bool {
        let types = array_at(&self.0.value, "/spec/policyTypes");
        if types.is_empty() {
            return direction == "Ingress" || self.0.value.pointer("/spec/egress").is_some();
        }
        types.iter().any(|kind| kind.as_str() == Some(direction))
    }

    /// Rules of a direction.
    pub fn rules(&self, direction: &str) -> Vec<PolicyRule<'a>> {
        let (list, peers) = if direction == "Egress" {
            ("/spec/egress", "/to")
        } else {
            ("/spec/ingress", "/from")
        };
        array_at(&self.0.value, list)
            .iter()
            .map(|rule| PolicyRule {
                peers: array_at(rule, peers)
                    .iter()
                    .map(|peer| PolicyPeer {
                        pods: peer.get("podSelector").map(LabelSelector),
                        namespaces: peer.get("namespaceSelector").map(LabelSelector),
                        ip_block: peer.get("ipBlock"),
                    })
                    .collect(),
                ports: array_at(rule, "/ports")
                    .iter()
                    .map(|value| PolicyPort { value })
                    .collect(),
            })
            .collect()
    }
}
