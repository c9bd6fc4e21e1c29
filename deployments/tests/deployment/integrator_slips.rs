//! Slips in what a document says of integrators: each is told once, at its own place, in the document's words.

use crate::refusals::{refused, says};
use crate::support::{changed, example, made};

const CLUSTERS: &str = "standard-ha-multitenancy";
const MACHINES: &str = "vm-standard-ha-multitenancy";

#[test]
fn artifacts_that_name_nothing_are_none() {
    let whole = [
        "d.yaml:18:15: Micro Integrator has no artifacts, and so no services to register",
        "say where they come from: `artifacts: {image: …}`, or `values: {artifacts: {inServerImage: true}}` where its own image has them",
    ];
    let said = "artifacts: {image: \"registry.example.com/{tenant}/capps:7\"}";
    for new in [
        "artifacts: {}",
        "artifacts: {configMaps: []}",
        "values: {artifacts: {}}",
        "values: {artifacts: {inServerImage: false, version: \"7\"}}",
    ] {
        says(&refused(CLUSTERS, &[(said, new)]), &whole);
    }
    for new in [
        "values: {artifacts: {inServerImage: true}}",
        "values: {artifacts: {existingClaim: capps}}",
    ] {
        let text = changed(&example(CLUSTERS), &[(said, new)]);
        made("d.yaml", &text).expect("it has artifacts");
    }
}

#[test]
fn names_that_are_empty_are_told_where_they_stand() {
    for (old, message) in [
        (
            "si_{tenant}",
            "d.yaml:27:34: coordination.database is empty",
        ),
        (
            "{tenant}-siddhi",
            "d.yaml:26:34: artifacts.configMaps is empty",
        ),
        (
            "si-{tenant}",
            "d.yaml:28:39: credentials.existingSecret is empty",
        ),
    ] {
        let said = refused(CLUSTERS, &[(old, "")]);
        says(&said, &[message, "hint: write a name, or remove the field"]);
        assert_eq!(said.matches("d.yaml:").count(), 1, "{said}");
    }
}

#[test]
fn a_folder_of_artifacts_is_one_of_the_packs() {
    for folder in ["/abs/../x", "../x", "a//b", "a/", ".", "a b"] {
        let said = refused(MACHINES, &[("capps-{tenant}", folder)]);
        let message = format!("d.yaml:16:29: `{folder}` is no folder among the packs");
        says(
            &said,
            &[
                &message,
                "write its path below the folder of packs, such as capps or mi/capps, in letters, digits, dots, dashes and underscores",
            ],
        );
    }
    let text = changed(
        &example(MACHINES),
        &[("capps-{tenant}", "mi/capps-{tenant}")],
    );
    made("d.yaml", &text).expect("a folder within one");
}

#[test]
fn a_host_name_of_all_tenants_is_told_once() {
    let hosts = "kind: mi\n        hostnames: {integration: gw.rail.example.com}\n        values: {networkPolicy: {clients: [{ipBlock: {cidr: 10.0.0.0/8}}]}}\n";
    let said = refused(CLUSTERS, &[("kind: mi\n", hosts)]);
    says(
        &said,
        &[
            "d.yaml:19:34: gw.rail.example.com is both hostnames.gateway and hostnames.integration of release rail-mi-acme",
            "give each a name of its own, such as one with {tenant}",
        ],
    );
    assert_eq!(said.matches("d.yaml:").count(), 1, "{said}");
}

#[test]
fn a_node_too_many_is_told_at_its_host() {
    let said = refused(
        MACHINES,
        &[(
            "10.0.6.21, runs: [mi-acme]",
            "10.0.6.21, runs: [mi-acme, si-acme]",
        )],
    );
    says(
        &said,
        &[
            "d.yaml:32:45: a cluster has at least 1 and at most 2 nodes of Streaming Integrator, not 3",
            "remove si-acme from the hosts that are too many, such as acme-4",
        ],
    );
}

#[test]
fn a_host_that_runs_a_tenant_by_another_label_is_told_what_there_is() {
    let label = (
        "globex.example.com]\nsites",
        "{domain: globex.example.com, label: gx}]\nsites",
    );
    let hosts = ("10.0.6.31, runs: [mi-globex]", "10.0.6.31, runs: [mi-gxs]");
    let other = (
        "10.0.6.32, runs: [mi-globex]",
        "10.0.6.32, runs: [mi-globex]",
    );
    says(
        &refused(MACHINES, &[label, hosts, other]),
        &[
            "d.yaml:33:47: there is neither a component nor a cluster of integrators `mi-gxs`",
            "did you mean `mi-gx`?",
            "d.yaml:34:47: there is neither a component nor a cluster of integrators `mi-globex`",
            "known are: all-in-one, control-plane, gateway, key-manager, mi-acme, mi-gx, si-acme, traffic-manager",
        ],
    );
}
