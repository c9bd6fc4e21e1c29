//! Requirements of this family that are rows.

use crate::checks::harness::{Case, messages};

fn faults(id: &str, containers: &str) -> usize {
    let pod = format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{volumes: [{{name: v, emptyDir: {{}}}}], containers: {containers}}}}}"
    );
    let outcome = Case::documents(&pod).judge_requirement(id);
    if outcome.is_green() {
        0
    } else {
        messages(&outcome).len()
    }
}

#[test]
fn repeated_names_are_found() {
    let id = "AM-K8S-007";
    assert_eq!(faults(id, "[{name: a}, {name: b}]"), 0);
    assert_eq!(faults(id, "[{name: a}, {name: a}]"), 1);
    assert_eq!(
        faults(
            id,
            "[{name: a, env: [{name: X, value: '1'}, {name: X, value: '2'}]}]"
        ),
        1
    );
    assert_eq!(
        faults(
            id,
            "[{name: a, volumeMounts: [{name: v, mountPath: /a}, {name: v, mountPath: /a}]}]"
        ),
        1
    );
    let spread = |whens: [&str; 2]| {
        let constraint = whens.map(|when| {
            format!(
                "{{maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: {when}}}"
            )
        });
        let containers = "[{name: a}]";
        format!(
            "{containers}, topologySpreadConstraints: [{}]",
            constraint.join(", ")
        )
    };
    assert_eq!(faults(id, &spread(["ScheduleAnyway", "DoNotSchedule"])), 0);
    assert_eq!(faults(id, &spread(["ScheduleAnyway", "ScheduleAnyway"])), 1);
}

#[test]
fn bad_and_repeated_ports_are_found() {
    let id = "AM-K8S-008";
    let port = |name: &str| {
        format!(
            "[{{name: a, ports: [{{name: '{name}', containerPort: 1}}, {{name: other, containerPort: 2}}]}}]"
        )
    };
    assert_eq!(faults(id, &port("servlet-https")), 0);
    for bad in ["a-name-too-long-x", "Upper", "a--b", "123", "other"] {
        assert_eq!(faults(id, &port(bad)), 1, "{bad}");
    }
    let same_number = "[{name: a, ports: [{containerPort: 1}, {containerPort: 1, protocol: UDP}]}, {name: b, ports: [{containerPort: 1}]}]";
    assert_eq!(faults(id, same_number), 1);
}

#[test]
fn unnamed_ports_of_a_service_with_several_are_found() {
    let service = "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{port: 1}, {port: 2, name: b}]}}";
    assert_eq!(
        messages(&Case::documents(service).judge_requirement("AM-K8S-021")).len(),
        1
    );
}

#[test]
fn bad_environment_variables_are_found() {
    let id = "AM-K8S-009";
    assert_eq!(faults(id, "[{name: a, env: [{name: A_1, value: ''}]}]"), 0);
    for bad in [
        "{name: 1A, value: x}",
        "{name: 'A B', value: x}",
        "{name: A, value: 1}",
        "{name: A, value: x, valueFrom: {fieldRef: {fieldPath: a}}}",
    ] {
        assert_eq!(
            faults(id, &format!("[{{name: a, env: [{bad}]}}]")),
            1,
            "{bad}"
        );
    }
}

#[test]
fn a_variable_of_our_charts_that_says_nothing_is_found() {
    let pod = "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: a, env: [{name: AM_A}]}]}}";
    let judged = |pod: &str| messages(&Case::documents(pod).judge_requirement("AM-K8S-020"));
    assert_eq!(judged(pod).len(), 1);
    let filled = pod.replace("{name: AM_A}", "{name: AM_A, value: ''}");
    assert!(judged(&filled).is_empty());
}

#[test]
fn a_probe_of_no_port_and_a_count_in_quotes_are_found() {
    let probe = |port: &str| {
        format!(
            "[{{name: a, ports: [{{name: web, containerPort: 1}}], livenessProbe: {{tcpSocket: {{port: {port}}}}}}}]"
        )
    };
    assert_eq!(faults("AM-K8S-022", &probe("web")), 0);
    assert_eq!(faults("AM-K8S-022", &probe("1")), 0);
    assert_eq!(faults("AM-K8S-022", &probe("wbe")), 1);
    let budget = |count: &str| {
        let budget = format!(
            "{{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {{name: a}}, spec: {{maxUnavailable: {count}}}}}"
        );
        messages(&Case::documents(&budget).judge_requirement("AM-K8S-024")).len()
    };
    assert_eq!([budget("1"), budget("'25%'"), budget("'1'")], [0, 0, 1]);
}

#[test]
fn bad_mounts_are_found() {
    let id = "AM-K8S-010";
    assert_eq!(
        faults(
            id,
            "[{name: a, volumeMounts: [{name: v, mountPath: /a, subPath: b/c}]}]"
        ),
        0
    );
    for (id, bad) in [
        ("AM-K8S-010", "{name: v, mountPath: a}"),
        ("AM-K8S-026", "{name: v, mountPath: /a, subPath: ../b}"),
    ] {
        let containers = format!("[{{name: a, volumeMounts: [{bad}]}}]");
        assert_eq!(faults(id, &containers), 1, "{bad}");
    }
}

#[test]
fn bad_labels_are_found_in_pod_templates_too() {
    let case = Case::documents(
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a, labels: {ok: a-b.c_D, version: 1.5}}, \
         spec: {template: {metadata: {labels: {x: 'a b', 'bad key': y, empty: ''}}}}}",
    );
    let found = messages(&case.judge_requirement("AM-K8S-004"));
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0].contains("the value is no text"), "{found:?}");
}

#[test]
fn a_label_is_at_most_63_characters_long() {
    let case = |length: usize| {
        Case::documents(&format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: a, labels: {{x: {}}}}}}}",
            "a".repeat(length)
        ))
    };
    assert!(case(63).judge_requirement("AM-K8S-004").is_green());
    assert_eq!(messages(&case(64).judge_requirement("AM-K8S-004")).len(), 1);
}

#[test]
fn annotations_are_text_and_not_too_large() {
    let number = Case::documents(
        "{apiVersion: v1, kind: Pod, metadata: {name: a, annotations: {x: true, a/b: c}}}",
    );
    assert_eq!(messages(&number.judge_requirement("AM-K8S-005")).len(), 1);
    let large = "a".repeat(256 * 1024);
    let large = Case::documents(&format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: a, annotations: {{x: {large}}}}}}}"
    ));
    assert_eq!(messages(&large.judge_requirement("AM-K8S-005")).len(), 1);
}

#[test]
fn custom_resources_may_hold_what_looks_like_metadata() {
    let case = Case::documents(
        "{apiVersion: example.com/v1, kind: X, metadata: {name: a, labels: {a: b}}, spec: {metadata: {labels: {'!': 1}}}}",
    );
    assert!(case.judge_requirement("AM-K8S-004").is_green());
}

#[test]
fn a_selector_that_misses_its_own_pods_is_found() {
    let case = |label: &str| {
        Case::documents(&format!(
            "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: a}}, spec: {{selector: {{matchLabels: {{x: ab}}}}, \
             template: {{metadata: {{labels: {{x: {label}, z: w}}}}, spec: {{containers: []}}}}}}}}"
        ))
    };
    assert!(case("ab").judge_requirement("AM-K8S-014").is_green());
    assert_eq!(
        messages(&case("cd").judge_requirement("AM-K8S-014")).len(),
        1
    );
}

#[test]
fn an_object_of_more_than_a_mebibyte_is_found() {
    let case = |bytes: usize| {
        Case::documents(&format!(
            "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: a}}, data: {{x: {}}}}}",
            "a".repeat(bytes)
        ))
    };
    assert!(case(1000).judge_requirement("AM-K8S-015").is_green());
    assert_eq!(
        messages(&case(1024 * 1024).judge_requirement("AM-K8S-015")).len(),
        1
    );
}
