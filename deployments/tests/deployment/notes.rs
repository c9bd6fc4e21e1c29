//! What the README of a deployment tells of integrators.

use crate::support::{changed, example, made};

fn readme(name: &str, changes: &[(&str, &str)]) -> String {
    let files = made("d.yaml", &changed(&example(name), changes)).expect("it is made");
    String::from_utf8(files["README.md"].clone()).expect("text")
}

fn has(text: &str, line: &str) {
    assert!(
        text.lines().any(|it| it == line),
        "{line:?} is not in\n{text}"
    );
}

#[test]
fn one_node_is_accepted_and_told_of() {
    let name = "standard-ha-multitenancy";
    let both = readme(name, &[]);
    has(
        &both,
        "- `rail-si-acme`: events of acme.example.com go to `rail-si-acme-streaming-integrator-0` and `rail-si-acme-streaming-integrator-1`, at the ports `store-https 7443`, `store-http 7070`, `si-thrift-ssl 7711`, `si-thrift 7611`, `si-binary-ssl 9711`, `si-binary 9611`: name both hosts as failover, because one node is active.",
    );
    assert!(!both.contains("Good to know"), "{both}");
    let one = readme(
        name,
        &[
            ("kind: si\n", "kind: si\n        replicas: 1\n"),
            ("kind: mi\n", "kind: mi\n        replicas: 1\n"),
        ],
    );
    has(
        &one,
        "- `rail-si-acme`: events of acme.example.com go to `rail-si-acme-streaming-integrator-0`, at the ports `store-https 7443`, `store-http 7070`, `si-thrift-ssl 7711`, `si-thrift 7611`, `si-binary-ssl 9711`, `si-binary 9611`.",
    );
    has(
        &one,
        "- `rail-si-acme` has one node: while that is stopped or away, nobody takes the events that are sent there. For high availability write `replicas: 2`.",
    );
    has(
        &one,
        "- `rail-mi-globex` has one node: while that is stopped or away, nobody answers what APIs call there. For high availability write `replicas: 2`.",
    );
}

#[test]
fn the_same_is_told_of_machines() {
    let name = "vm-standard-ha-multitenancy";
    let both = readme(name, &[]);
    assert!(
        both.contains("by the user of the variable `vault_mi_acme_catalog_username`, which must be one of the tenant"),
        "{both}"
    );
    assert!(both.contains(". One node is active, and the load balancer leads there.\n"));
    let one = readme(
        name,
        &[(
            "        acme-4: {address: 10.0.6.24, runs: [si-acme]}\n",
            "",
        )],
    );
    assert!(!one.contains("One node is active"), "{one}");
    has(
        &one,
        "- `si-acme` has one node: while that is stopped or away, nobody takes the events that are sent there. For high availability give it a second host with `runs: [si-acme]`.",
    );
}

#[test]
fn tenants_that_run_the_same_are_told_of() {
    let text = readme(
        "vm-standard-ha-multitenancy",
        &[("capps-{tenant}", "capps")],
    );
    has(
        &text,
        "- `mi-globex` runs the artifacts of `mi-acme` (`capps`). Where tenants shall have their own, name them with `{tenant}`.",
    );
}

#[test]
fn a_driver_that_is_no_bundle_is_told_of_where_one_is_needed() {
    let files = made("d.yaml", &example("vm-standard-ha-multitenancy")).expect("it is made");
    let database = String::from_utf8(files["sites/dc1/database/README.md"].clone()).expect("text");
    assert!(
        database.contains("`si-acme` loads OSGi bundles only. A driver whose jar is none, such as Oracle's, must be made one, too: in the unpacked pack of that server\n`bin/jartobundle.sh DRIVER.jar lib`, and pack that again.\n"),
        "{database}"
    );
    let files = made("d.yaml", &example("vm-pattern-3")).expect("it is made");
    let others = files
        .iter()
        .find(|(path, _)| path.ends_with("database/README.md"));
    let (_, text) = others.expect("a README");
    assert!(!String::from_utf8_lossy(text).contains("bundles"));
}
