//! Who waits for whom, in a deployment that somebody wrote by hand.

use super::{
    first_start::{nobody_waits_in_a_circle, one_server_goes_first},
    listeners::wait_for_their_hub,
};
use crate::{
    Outcome,
    checks::harness::{Subject, messages},
};

/// A control plane of two nodes, a traffic manager and a gateway; what stands in for `INIT` is the pods' own.
fn documents(offset: u16, init: &[(&str, &str)]) -> String {
    let database = "[database.shared_db]\ntype = \"h2\"\nurl = \"jdbc:h2:tcp://db:9092/shared\"\n";
    let hub = 5672 + offset;
    let listens = format!(
        "[apim.event_hub]\nenable = true\nservice_url = \"https://cp:9443/services/\"\nevent_listening_endpoints = [\"tcp://cp-0.cp:{hub}\", \"tcp://cp-1.cp:{hub}\"]\n"
    );
    let own = "[apim.event_hub]\nevent_listening_endpoints = [\"tcp://localhost:5672\"]\n";
    let decides = "[apim.throttling]\nthrottle_decision_endpoints = [\"tcp://tm-0.tm:5672\"]\n";
    let pods = [
        (
            "cp",
            "wso2am-acp",
            "StatefulSet",
            2,
            format!("[server]\noffset = {offset}\n{own}{database}"),
        ),
        (
            "tm",
            "wso2am-tm",
            "StatefulSet",
            1,
            format!("{listens}{database}"),
        ),
        (
            "gw",
            "wso2am-universal-gw",
            "Deployment",
            1,
            format!("{listens}{decides}"),
        ),
    ];
    let documents = pods.map(|(name, image, kind, replicas, toml)| {
        let containers: Vec<String> = init
            .iter()
            .filter(|(pod, _)| *pod == name)
            .map(|(_, container)| format!("{{name: wait, image: busybox, {container}}}"))
            .collect();
        let headless = if kind == "StatefulSet" { "clusterIP: None, " } else { "" };
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata:\n  deployment.toml: |\n    {}\n---\n\
             {{apiVersion: v1, kind: Service, metadata: {{name: {name}}}, spec: {{{headless}selector: {{app: {name}}}, ports: [{{port: 9443}}]}}}}\n---\n\
             {{apiVersion: apps/v1, kind: {kind}, metadata: {{name: {name}}}, spec: {{replicas: {replicas}, serviceName: {name}, podManagementPolicy: Parallel, \
             template: {{metadata: {{labels: {{app: {name}}}}}, spec: {{initContainers: [{}], volumes: [{{name: c, configMap: {{name: {name}}}}}], \
             containers: [{{name: server, image: {image}, readinessProbe: {{tcpSocket: {{port: 9443}}}}, \
             volumeMounts: [{{name: c, mountPath: /home/wso2carbon/wso2-config-volume/repository/conf}}]}}]}}}}}}}}",
            toml.replace('\n', "\n    "),
            containers.join(", ")
        )
    });
    documents.join("\n---\n")
}

const FOR_THE_HUB: &str =
    "command: [sh, -c, 'until nc -z cp-0.cp 5672 || nc -z cp-1.cp 5672; do sleep 5; done']";
const FOR_THROTTLING: &str = "command: [sh, -c, 'until nc -z tm-0.tm 5672; do sleep 5; done']";
const FIRST: &str = "env: [{name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}], \
    command: [bash, -c, '[ \"${POD##*-}\" = 0 ] || until (exec 3<>/dev/tcp/cp-0.cp/9443); do sleep 5; done']";

fn hub(init: &[(&str, &str)]) -> Vec<String> {
    messages(&Subject::default().judge("AM-OPS-023", wait_for_their_hub, &documents(0, init)))
}

fn first(init: &[(&str, &str)]) -> Vec<String> {
    messages(&Subject::default().judge("AM-OPS-024", one_server_goes_first, &documents(0, init)))
}

fn circle(init: &[(&str, &str)]) -> Outcome {
    Subject::default().judge("AM-OPS-025", nobody_waits_in_a_circle, &documents(0, init))
}

const SOUND: [(&str, &str); 4] = [
    ("cp", FIRST),
    ("tm", FOR_THE_HUB),
    ("gw", FOR_THE_HUB),
    ("gw", FOR_THROTTLING),
];

#[test]
fn waits_as_people_write_them_pass_every_check() {
    assert_eq!(hub(&SOUND), Vec::<String>::new());
    assert_eq!(first(&SOUND), Vec::<String>::new());
    assert_eq!(messages(&circle(&SOUND)), Vec::<String>::new());
}

#[test]
fn a_listener_that_does_not_wait_is_found() {
    let found = hub(&[]);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0].contains("traffic manager does not wait for the event hub"));
    assert!(found[2].contains("gateway does not wait for the throttling component"));
}

#[test]
fn a_wait_for_something_else_is_told() {
    for (init, told) in [
        (FOR_THE_HUB.replace("5672", "9443"), "cp-0.cp:9443"),
        (FOR_THROTTLING.to_owned(), "tm-0.tm:5672"),
        (FOR_THE_HUB.replace("5672", "5673"), "cp-0.cp:5673"),
    ] {
        let found = hub(&[("tm", &init), ("gw", FOR_THE_HUB), ("gw", FOR_THROTTLING)]);
        assert!(
            found.len() == 1 && found[0].contains(told),
            "{init}: {found:?}"
        );
    }
}

#[test]
fn a_wait_that_forgets_the_offset_is_no_wait() {
    let judge = |port: &str| {
        let wait = FOR_THE_HUB.replace("5672", port);
        let init = [("tm", wait.as_str()), ("gw", &wait), ("gw", FOR_THROTTLING)];
        messages(&Subject::default().judge("AM-OPS-023", wait_for_their_hub, &documents(10, &init)))
    };
    assert_eq!(judge("5682"), Vec::<String>::new());
    assert_eq!(judge("5672").len(), 2);
}

#[test]
fn a_sidecar_is_no_wait() {
    let sidecar = format!("restartPolicy: Always, {FOR_THE_HUB}");
    let found = hub(&[
        ("tm", &sidecar),
        ("gw", FOR_THE_HUB),
        ("gw", FOR_THROTTLING),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn servers_that_race_on_an_empty_database_are_found() {
    let found = first(&[("tm", FOR_THE_HUB)]);
    assert!(
        found.len() == 2 && found[0].contains("control plane (cp-1) may start together with"),
        "{found:?}"
    );
    let found = first(&[("cp", FIRST)]);
    assert!(
        found.len() == 1 && found[0].contains("traffic manager"),
        "{found:?}"
    );
}

#[test]
fn nodes_that_kubernetes_starts_one_by_one_do_not_race() {
    let one_by_one = documents(0, &[("tm", "args: [cp-0.cp, '5672']")]).replace(
        "podManagementPolicy: Parallel",
        "podManagementPolicy: OrderedReady",
    );
    let outcome = Subject::default().judge("AM-OPS-024", one_server_goes_first, &one_by_one);
    assert_eq!(messages(&outcome), Vec::<String>::new());
}

#[test]
fn circles_are_found_and_named() {
    let for_gateway = "command: [sh, -c, 'until nc -z gw 9443; do sleep 5; done']";
    let found = messages(&circle(&[("cp", for_gateway), ("gw", FOR_THE_HUB)]));
    assert!(
        found.len() == 1
            && found[0].contains("of the control plane (cp-0) waits for the gateway")
            && found[0].contains("of the gateway waits for the control plane"),
        "{found:?}"
    );
    let found = messages(&circle(&[("gw", for_gateway)]));
    assert!(
        found[0].contains("of the gateway waits for itself"),
        "{found:?}"
    );
    let every_node = FIRST
        .replace("POD", "XYZ")
        .replace("metadata.name", "status.podIP");
    assert_eq!(messages(&circle(&[("cp", &every_node)])).len(), 1);
    assert!(matches!(circle(&[]), Outcome::NotApplicable { .. }));
}
