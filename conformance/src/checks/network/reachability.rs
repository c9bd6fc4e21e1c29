//! What network policies let through, as far as documents can tell: allowed, denied or unknown.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::manifest::{
    LabelSelector, Manifest, NetworkPolicy, PolicyPeer, PolicyRule, array_at, str_at,
};

/// Whether a connection gets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// No rule lets it through.
    Denied,
    /// It depends on something that no document tells, such as labels of namespaces.
    Unknown,
    /// It gets through.
    Allowed,
}

/// `Ingress` or `Egress`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Ingress,
    Egress,
}

impl Direction {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ingress => "Ingress",
            Self::Egress => "Egress",
        }
    }
}

/// Pods as policies see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pods<'a> {
    pub(super) namespace: &'a str,
    pub(super) labels: BTreeMap<&'a str, &'a str>,
}

/// A port of a pod as policies see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Port<'a> {
    pub(super) number: u16,
    /// Name under which a container declares it.
    pub(super) name: Option<&'a str>,
}

/// The policies of a manifest.
#[derive(Debug)]
pub(super) struct Policies<'a> {
    pub(super) all: Vec<NetworkPolicy<'a>>,
}

impl<'a> Policies<'a> {
    pub(super) fn of(manifest: &'a Manifest) -> Self {
        let all = manifest
            .of_kind("NetworkPolicy")
            .filter(|object| object.api_version().starts_with("networking.k8s.io/"))
            .map(NetworkPolicy)
            .collect();
        Self { all }
    }

    /// The policies that govern a direction of these pods.
    pub(super) fn governing<'p>(
        &'p self,
        pods: &'p Pods<'_>,
        direction: Direction,
    ) -> impl Iterator<Item = NetworkPolicy<'a>> + use<'p, 'a> {
        self.all.iter().copied().filter(move |policy| {
            policy.0.namespace() == pods.namespace
                && policy.governs(direction.name())
                && policy
                    .selector()
                    .is_some_and(|selector| selector.matches(&pods.labels))
        })
    }

    /// The policy in which a rule is missing, of those that govern a direction: the first with rules, for one without is there to
    /// deny whatever the others do not allow.
    pub(super) fn lacking(
        &self,
        pods: &Pods<'_>,
        direction: Direction,
    ) -> Option<NetworkPolicy<'a>> {
        let has_rules = |policy: &NetworkPolicy<'_>| !policy.rules(direction.name()).is_empty();
        let mut governing = self.governing(pods, direction);
        let first = governing.next()?;
        let with_rules = std::iter::once(first).chain(governing).find(has_rules);
        Some(with_rules.unwrap_or(first))
    }

    /// Whether any policy governs a direction of these pods; otherwise everything gets through.
    pub(super) fn governs(&self, pods: &Pods<'_>, direction: Direction) -> bool {
        self.governing(pods, direction).next().is_some()
    }

    /// Whether the policies of `pods` let a connection with `peer` through, in one direction. `port` is the
    /// port of the pod that is connected to.
    pub(super) fn passes(
        &self,
        pods: &Pods<'_>,
        direction: Direction,
        peer: &Pods<'_>,
        port: Port<'_>,
    ) -> Verdict {
        self.strongest(pods, direction, |policy, rule| {
            if covers(rule, port) {
                peers_match(policy, rule, peer)
            } else {
                Verdict::Denied
            }
        })
    }

    /// The best verdict of any rule; allowed when no policy governs the direction.
    pub(super) fn strongest(
        &self,
        pods: &Pods<'_>,
        direction: Direction,
        mut of_rule: impl FnMut(NetworkPolicy<'a>, &PolicyRule<'a>) -> Verdict,
    ) -> Verdict {
        let mut governed = false;
        let mut best = Verdict::Denied;
        for policy in self.governing(pods, direction) {
            governed = true;
            for rule in policy.rules(direction.name()) {
                best = best.max(of_rule(policy, &rule));
            }
        }
        if governed { best } else { Verdict::Allowed }
    }
}

/// Whether a rule is about a TCP port. A name means a port of the pod that is connected to.
pub(super) fn covers(rule: &PolicyRule<'_>, port: Port<'_>) -> bool {
    rule.ports.is_empty()
        || rule
            .ports
            .iter()
            .any(|candidate| candidate.is_tcp() && candidate.covers(port.number, port.name))
}

/// Whether a rule's peers include these pods.
pub(super) fn peers_match(
    policy: NetworkPolicy<'_>,
    rule: &PolicyRule<'_>,
    pods: &Pods<'_>,
) -> Verdict {
    if rule.peers.is_empty() {
        return Verdict::Allowed;
    }
    rule.peers
        .iter()
        .map(|peer| peer_matches(policy, peer, pods))
        .max()
        .unwrap_or(Verdict::Denied)
}

fn peer_matches(policy: NetworkPolicy<'_>, peer: &PolicyPeer<'_>, pods: &Pods<'_>) -> Verdict {
    if let Some(block) = peer.ip_block {
        let is_everything = matches!(str_at(block, "/cidr"), Some("0.0.0.0/0" | "::/0"))
            && array_at(block, "/except").is_empty();
        return if is_everything {
            Verdict::Allowed
        } else {
            Verdict::Unknown
        };
    }
    let in_namespace = match peer.namespaces {
        None if policy.0.namespace() == pods.namespace => Verdict::Allowed,
        None => Verdict::Denied,
        Some(selector) => namespace_matches(selector, pods.namespace),
    };
    if peer
        .pods
        .is_some_and(|selector| !selector.matches(&pods.labels))
    {
        return Verdict::Denied;
    }
    in_namespace
}

/// The one label of namespaces that Kubernetes itself sets.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

fn namespace_matches(selector: LabelSelector<'_>, namespace: &str) -> Verdict {
    let named = BTreeMap::from([(NAMESPACE_NAME, namespace)]);
    if selector.matches(&named) {
        return Verdict::Allowed;
    }
    let only_name = {
        let labels = selector
            .0
            .get("matchLabels")
            .and_then(Value::as_object)
            .is_none_or(|labels| labels.keys().all(|key| key == NAMESPACE_NAME));
        let expressions = array_at(selector.0, "/matchExpressions")
            .iter()
            .all(|expression| str_at(expression, "/key") == Some(NAMESPACE_NAME));
        labels && expressions
    };
    let name_contradicts = selector
        .0
        .get("matchLabels")
        .and_then(|labels| labels.get(NAMESPACE_NAME))
        .and_then(Value::as_str)
        .is_some_and(|wanted| wanted != namespace);
    if only_name || name_contradicts {
        Verdict::Denied
    } else {
        Verdict::Unknown
    }
}

/// Whether a rule lets something outside of the releases' own pods through: everybody, an address range, or
/// a namespace.
pub(super) fn leads_outside(rule: &PolicyRule<'_>) -> bool {
    rule.peers.is_empty()
        || rule
            .peers
            .iter()
            .any(|peer| peer.ip_block.is_some() || peer.namespaces.is_some())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Direction, Pods, Policies, Port, Verdict};
    use crate::{checks::harness, manifest::Manifest};

    const POLICY: &str = r"
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: tm}
spec:
  podSelector: {matchLabels: {app: tm}}
  policyTypes: [Ingress]
  ingress:
    - from: [{podSelector: {matchLabels: {app: gw}}}]
      ports: [{port: jms}, {port: 9611, endPort: 9620}]
    - from: [{namespaceSelector: {matchLabels: {team: x}}}]
      ports: [{port: 9443}]
    - from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}]
      ports: [{port: 9763}]
";

    fn verdict(namespace: &str, app: &str, number: u16, name: Option<&str>) -> Verdict {
        let manifest: Manifest = harness::manifest(POLICY);
        let pods = Pods {
            namespace: "apim",
            labels: BTreeMap::from([("app", "tm")]),
        };
        let peer = Pods {
            namespace,
            labels: BTreeMap::from([("app", app)]),
        };
        Policies::of(&manifest).passes(&pods, Direction::Ingress, &peer, Port { number, name })
    }

    #[test]
    fn ports_match_by_name_number_and_range() {
        assert_eq!(verdict("apim", "gw", 5672, Some("jms")), Verdict::Allowed);
        assert_eq!(verdict("apim", "gw", 9615, None), Verdict::Allowed);
        assert_eq!(verdict("apim", "gw", 5673, None), Verdict::Denied);
    }

    #[test]
    fn a_pod_selector_means_the_namespace_of_the_policy() {
        assert_eq!(verdict("other", "gw", 5672, Some("jms")), Verdict::Denied);
        assert_eq!(verdict("apim", "other", 5672, Some("jms")), Verdict::Denied);
    }

    #[test]
    fn a_namespace_is_known_by_its_name_only() {
        assert_eq!(verdict("apim", "gw", 9443, None), Verdict::Unknown);
        assert_eq!(verdict("apim", "gw", 9763, None), Verdict::Denied);
        assert_eq!(verdict("monitoring", "any", 9763, None), Verdict::Allowed);
    }

    #[test]
    fn pods_that_no_policy_governs_are_open() {
        let manifest = harness::manifest(POLICY);
        let pods = Pods {
            namespace: "apim",
            labels: BTreeMap::from([("app", "gw")]),
        };
        let policies = Policies::of(&manifest);
        let port = Port {
            number: 1,
            name: None,
        };
        assert_eq!(
            policies.passes(&pods, Direction::Ingress, &pods, port),
            Verdict::Allowed
        );
        assert!(!policies.governs(&pods, Direction::Ingress));
    }
}
