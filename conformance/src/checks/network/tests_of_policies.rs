//! Policies for the small pattern: exactly what it needs passes.

use super::tests::{PATTERN, judge};

/// Policies for the edges between the gateways and the traffic managers of pattern 3.
const POLICIES: &str = r"
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: tm}
spec:
  podSelector: {matchLabels: {app: tm}}
  policyTypes: [Ingress, Egress]
  ingress:
    - {from: [{podSelector: {matchLabels: {app: gw}}}], ports: [{port: 9443}, {port: 5672}, {port: 9611}, {port: 9711}]}
    - {from: [{podSelector: {matchLabels: {app: tm}}}], ports: [{port: 9443}, {port: 5672}]}
  egress:
    - {ports: [{port: 5353, protocol: UDP}, {port: 5353}]}
    - {to: [{podSelector: {matchLabels: {app: tm}}}], ports: [{port: 9443}, {port: 5672}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: gw}
spec:
  podSelector: {matchLabels: {app: gw}}
  policyTypes: [Ingress, Egress]
  ingress: [{ports: [{port: 8243}]}]
  egress: [{}]
";

fn with_policies(from: &str, to: &str) -> String {
    assert!(POLICIES.contains(from), "{from}");
    format!("{PATTERN}\n---\n{}", POLICIES.replacen(from, to, 1))
}

#[test]
fn policies_with_exactly_the_needed_edges_pass() {
    let documents = with_policies("name: tm", "name: tm");
    for id in ["AM-NET-017", "AM-NET-018", "AM-NET-019"] {
        assert_eq!(judge(id, &documents), Vec::<String>::new(), "{id}");
    }
}

#[test]
fn name_servers_of_openshift_are_asked_behind_their_service() {
    // The small pattern has a Route, which only OpenShift serves.
    let by_service = with_policies("{port: 5353, protocol: UDP}", "{port: 53, protocol: UDP}");
    let found = judge("AM-NET-017", &by_service);
    assert!(found.len() == 1 && found[0].contains("5353"), "{found:?}");
    let elsewhere = by_service.replace("route.openshift.io/v1", "example.com/v1");
    assert_eq!(judge("AM-NET-017", &elsewhere), Vec::<String>::new());
}

#[test]
fn a_missing_edge_names_the_side_that_refuses() {
    let found = judge(
        "AM-NET-017",
        &with_policies("{port: 5672}, {port: 9611}", "{port: 9611}"),
    );
    assert!(
        found.iter().any(|message| message
            .contains("the traffic manager may not hear from the gateway on port 5672")),
        "{found:?}"
    );
    let found = judge(
        "AM-NET-017",
        &with_policies(
            "egress: [{}]",
            "egress: [{ports: [{port: 53, protocol: UDP}]}]",
        ),
    );
    assert!(
        found
            .iter()
            .any(|message| message.contains("the gateway may not send to the traffic manager")),
        "{found:?}"
    );
    assert!(
        found.iter().any(|message| message.contains("any backend")),
        "{found:?}"
    );
    let found = judge(
        "AM-NET-017",
        &with_policies(
            "    - {ports: [{port: 5353, protocol: UDP}, {port: 5353}]}\n",
            "",
        ),
    );
    assert!(
        found
            .iter()
            .any(|message| message.contains("may not ask for names")),
        "{found:?}"
    );
    let found = judge(
        "AM-NET-017",
        &with_policies("ingress: [{ports: [{port: 8243}]}]", "ingress: []"),
    );
    assert!(
        found
            .iter()
            .any(|message| message.contains("nobody from outside")),
        "{found:?}"
    );
}

#[test]
fn a_superfluous_edge_is_another_finding() {
    let found = judge(
        "AM-NET-018",
        &with_policies(
            "{app: tm}}}], ports: [{port: 9443}",
            "{app: tm}}}], ports: [{port: 9763}, {port: 9443}",
        ),
    );
    assert!(
        found
            .iter()
            .any(|message| message.contains("may hear from the traffic manager on port 9763")),
        "{found:?}"
    );
    let found = judge(
        "AM-NET-018",
        &with_policies("from: [{podSelector: {matchLabels: {app: gw}}}], ", ""),
    );
    assert!(found.iter().any(|message| message.contains("everybody may reach the traffic manager on port 5672")), "{found:?}");
    let found = judge(
        "AM-NET-018",
        &with_policies(
            "    - {ports: [{port: 5353, protocol: UDP}, {port: 5353}]}",
            "    - {}",
        ),
    );
    assert!(
        found
            .iter()
            .any(|message| message.contains("may send to anybody")),
        "{found:?}"
    );
    let found = judge(
        "AM-NET-018",
        &with_policies(
            "podSelector: {matchLabels: {app: tm}}",
            "podSelector: {matchLabels: {app: other}}",
        ),
    );
    assert!(
        found.iter().any(|message| message
            .contains("no NetworkPolicy governs who may reach the traffic manager")),
        "{found:?}"
    );
}

#[test]
fn a_policy_of_nobody_is_reported() {
    let found = judge(
        "AM-NET-019",
        &with_policies(
            "podSelector: {matchLabels: {app: tm}}",
            "podSelector: {matchLabels: {app: other}}",
        ),
    );
    assert_eq!(found, ["NetworkPolicy `tm` governs no pods"]);
}
