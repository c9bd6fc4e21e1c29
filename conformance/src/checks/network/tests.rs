//! One small pattern that every check of the family passes, and changes that each must notice.

use crate::{
    Outcome,
    checks::harness::{Subject, ids_of, messages},
    requirement::Family,
};

pub(super) const PATTERN: &str = r"
apiVersion: v1
kind: Service
metadata: {name: tm}
spec:
  selector: {app: tm}
  ports:
    - {name: servlet-https, port: 9443, targetPort: servlet-https}
    - {name: jms, port: 5672, targetPort: 5672}
---
apiVersion: v1
kind: Service
metadata: {name: tm-headless}
spec:
  clusterIP: None
  selector: {app: tm, stable: 'true'}
  ports: [{name: jms, port: 5672, targetPort: jms}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: tm}
spec:
  replicas: 2
  serviceName: tm-headless
  template:
    metadata: {labels: {app: tm, stable: 'true', app.kubernetes.io/component: traffic-manager}}
    spec:
      containers:
        - name: traffic-manager
          image: wso2am-tm:4.7.0
          ports: [{name: servlet-https, containerPort: 9443}, {name: jms, containerPort: 5672}]
---
apiVersion: v1
kind: Service
metadata: {name: gw}
spec:
  selector: {app: gw}
  ports:
    - {name: gateway-https, port: 8243, targetPort: gateway-https}
    - {name: gateway-http, port: 8280, targetPort: gateway-http}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: gw}
spec:
  template:
    metadata: {labels: {app: gw, app.kubernetes.io/component: gateway}}
    spec:
      containers:
        - name: gateway
          image: wso2am-universal-gw:4.7.0
          resources: {requests: {cpu: 1}}
          ports: [{name: gateway-https, containerPort: 8243}, {name: gateway-http, containerPort: 8280}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: gw}
spec:
  scaleTargetRef: {kind: Deployment, name: gw}
  minReplicas: 2
  maxReplicas: 4
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 75}}}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: gw}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: gw}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: gw}
spec:
  rules:
    - host: gw.example.com
      http: {paths: [{path: /, backend: {service: {name: gw, port: {name: gateway-https}}}}]}
---
apiVersion: route.openshift.io/v1
kind: Route
metadata: {name: gw}
spec:
  host: gw.example.com
  to: {name: gw}
  port: {targetPort: gateway-https}
  tls: {termination: passthrough}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge}
spec: {listeners: [{name: https, hostname: '*.example.com', port: 443}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: gw}
spec:
  parentRefs: [{name: edge, sectionName: https}]
  hostnames: [gw.example.com]
  rules: [{backendRefs: [{name: gw, port: 8243}]}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: {name: gw}
spec: {targetRefs: [{kind: Service, name: gw, sectionName: gateway-https}]}
";

pub(super) fn judge(id: &str, documents: &str) -> Vec<String> {
    messages(&Subject::default().judge_requirement(id, documents))
}

#[test]
fn a_sound_pattern_passes_every_check_that_applies() {
    let mut passed = 0;
    for id in ids_of(Family::Network) {
        // It offers a few ports, and its labels do not tell releases apart.
        if ["AM-NET-004", "AM-NET-029"].contains(&id.as_str()) {
            continue;
        }
        let outcome = Subject::default().judge_requirement(&id, PATTERN);
        assert_eq!(outcome.findings(), [], "{id}");
        passed += usize::from(matches!(outcome, Outcome::Passed { .. }));
    }
    assert!(passed > 25, "{passed}");
}

#[test]
fn each_check_notices_its_fault() {
    let cases = [
        (
            "AM-NET-001",
            "selector: {app: gw}",
            "selector: {app: gatway}",
            "selects no pods",
        ),
        (
            "AM-NET-002",
            "targetPort: gateway-http}",
            "targetPort: gateway-htp}",
            "leads nowhere",
        ),
        (
            "AM-NET-002",
            "port: 5672, targetPort: jms",
            "port: 5673, targetPort: jms",
            "names port 5673",
        ),
        (
            "AM-NET-003",
            "containerPort: 5672",
            "containerPort: 8243",
            "keeps closed",
        ),
        (
            "AM-NET-005",
            "selector: {app: tm, stable: 'true'}",
            "selector: {app: tm}",
            "same selector",
        ),
        (
            "AM-NET-006",
            "serviceName: tm-headless",
            "serviceName: tm-headles",
            "no such Service",
        ),
        (
            "AM-NET-045",
            "clusterIP: None",
            "type: ClusterIP",
            "no headless Service",
        ),
        (
            "AM-NET-007",
            "matchLabels: {app: gw}",
            "matchLabels: {app: gatway}",
            "protects no pods",
        ),
        (
            "AM-NET-009",
            "{kind: Deployment, name: gw}",
            "{kind: Deployment, name: gateway}",
            "which no release has",
        ),
        (
            "AM-NET-046",
            "maxReplicas: 4",
            "maxReplicas: 1",
            "at most 1",
        ),
        (
            "AM-NET-010",
            "name: gw}\nspec:\n  template",
            "name: gw}\nspec:\n  replicas: 2\n  template",
            "decides it",
        ),
        (
            "AM-NET-011",
            "requests: {cpu: 1}",
            "requests: {memory: 1Gi}",
            "request that container",
        ),
        (
            "AM-NET-013",
            "service: {name: gw, port",
            "service: {name: gateway, port",
            "which no release has",
        ),
        (
            "AM-NET-013",
            "port: {name: gateway-https}",
            "port: {name: https}",
            "does not have",
        ),
        (
            "AM-NET-013",
            "backendRefs: [{name: gw, port: 8243}]",
            "backendRefs: [{name: gw, port: 443}]",
            "does not have",
        ),
        (
            "AM-NET-013",
            "to: {name: gw}",
            "to: {name: gateway}",
            "which no release has",
        ),
        (
            "AM-NET-014",
            "port: {targetPort: gateway-https}",
            "port: {targetPort: gateway-http}",
            "clear text",
        ),
        (
            "AM-NET-014",
            "termination: passthrough",
            "termination: edge",
            "speaks TLS",
        ),
        (
            "AM-NET-056",
            "termination: passthrough",
            "termination: reencrypt",
            "no certificate",
        ),
        (
            "AM-NET-016",
            "name: gw, sectionName: gateway-https",
            "name: gw, sectionName: https",
            "does not have",
        ),
        (
            "AM-NET-016",
            "kind: Service, name: gw, sectionName",
            "kind: Service, name: gateway, sectionName",
            "which no release has",
        ),
        (
            "AM-NET-020",
            "sectionName: https}]",
            "sectionName: http}]",
            "no listener `http`",
        ),
        (
            "AM-NET-020",
            "hostnames: [gw.example.com]",
            "hostnames: [gw.example.org]",
            "do not answer for",
        ),
    ];
    for (id, from, to, part) in cases {
        assert!(PATTERN.contains(from), "{id}: {from}");
        let found = judge(id, &PATTERN.replace(from, to));
        assert!(
            found.iter().any(|message| message.contains(part)),
            "{id}: {found:?}"
        );
    }
}

#[test]
fn two_budgets_for_one_pod_and_two_routes_for_one_host_are_reported() {
    let again = |kind: &str| {
        let document = PATTERN
            .split("\n---\n")
            .find(|document| document.contains(kind))
            .expect("the pattern has one");
        format!(
            "{PATTERN}\n---\n{}",
            document.replace("metadata: {name: gw}", "metadata: {name: again}")
        )
    };
    assert_eq!(
        judge("AM-NET-008", &again("kind: PodDisruptionBudget")).len(),
        1
    );
    assert_eq!(judge("AM-NET-015", &again("kind: Ingress")).len(), 1);
    assert_eq!(judge("AM-NET-015", &again("kind: HTTPRoute")).len(), 1);
}

#[test]
fn the_generated_layout_offers_every_port_by_name() {
    let found = judge("AM-NET-004", PATTERN);
    assert!(
        found
            .iter()
            .any(|message| message.contains("does not offer port 9763")),
        "{found:?}"
    );
    let renamed = PATTERN.replace(
        "{name: jms, port: 5672, targetPort: 5672}",
        "{name: amqp, port: 5672, targetPort: 5672}",
    );
    assert!(
        judge("AM-NET-004", &renamed)
            .iter()
            .any(|message| message.contains("calls port 5672 `amqp`"))
    );
}

#[test]
fn the_vendors_two_deployments_per_component_are_sound() {
    let deployment = |node: u8| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: tm-{node}}}\nspec:\n  replicas: 1\n  template:\n    metadata: {{labels: {{deployment: tm, node: tm-{node}}}}}\n    spec:\n      containers: [{{name: wso2am-tm, image: 'r/wso2am-tm:4.7.0', ports: [{{containerPort: 9443}}, {{containerPort: 5672}}]}}]\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: tm-{node}-service}}\nspec: {{selector: {{deployment: tm, node: tm-{node}}}, ports: [{{name: jms, port: 5672}}]}}"
        )
    };
    let both = format!("{}\n---\n{}", deployment(1), deployment(2));
    for id in ["AM-NET-001", "AM-NET-002", "AM-NET-003", "AM-NET-005"] {
        assert_eq!(judge(id, &both), Vec::<String>::new(), "{id}");
    }
}

#[test]
fn a_service_may_be_for_one_pod_of_a_stateful_set() {
    let service = |pod: &str| {
        let documents = format!(
            "{{apiVersion: apps/v1, kind: StatefulSet, metadata: {{name: tm}}, spec: {{replicas: 2, template: {{metadata: {{labels: {{app: tm}}}}, \
             spec: {{containers: [{{name: c, image: 'r/wso2am-tm:4.7.0', ports: [{{containerPort: 5672}}]}}]}}}}}}}}\n---\n\
             {{apiVersion: v1, kind: Service, metadata: {{name: one}}, spec: {{selector: {{app: tm, statefulset.kubernetes.io/pod-name: {pod}}}, ports: [{{port: 5672}}]}}}}"
        );
        judge("AM-NET-001", &documents).len()
    };
    assert_eq!(service("tm-1"), 0);
    assert_eq!(service("tm-2"), 1, "there are two pods");
    assert_eq!(service("gw-0"), 1);
}

#[test]
fn a_check_that_finds_nothing_to_look_at_does_not_apply() {
    let bare = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}";
    for id in ids_of(Family::Network) {
        let outcome = Subject::default().judge_requirement(&id, bare);
        assert!(
            matches!(outcome, Outcome::NotApplicable { .. }),
            "{id}: {outcome:?}"
        );
    }
}
