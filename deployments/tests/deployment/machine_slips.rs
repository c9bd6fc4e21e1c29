//! Slips in what a document says of sites and machines: each is told once, at its own place, in the document's words.

use am_deployments::Vocabulary;

use crate::refusals::{refused, says};
use crate::support::{changed, example, families, made};

#[test]
fn more_event_hub_nodes_than_were_seen_are_told_at_the_host() {
    let third = (
        "        aio-2: {address: 10.0.2.12, runs: [all-in-one]}\n",
        "        aio-2: {address: 10.0.2.12, runs: [all-in-one]}\n        aio-3: {address: 10.0.2.13, runs: [all-in-one]}\n",
    );
    let said = refused("vm-pattern-1", &[third]);
    says(
        &said,
        &[
            "d.yaml:18:44: site hall has 3 nodes of all-in-one, but more than 2 event hub nodes have not been seen to work on the genuine WSO2 API Manager 4.7.0: a token that is revoked on one node may stay valid at gateways that listen to another",
            "remove all-in-one from aio-3, or accept it with `values: {eventHub: {acceptMoreThanTwoNodes: true}}` (docs/runbook.md)",
        ],
    );
    let accepted = (
        "    vm:\n",
        "    values: {eventHub: {acceptMoreThanTwoNodes: true}}\n    vm:\n",
    );
    let text = changed(&example("vm-pattern-1"), &[third, accepted]);
    made("d.yaml", &text).expect("it was accepted");
    let said = refused(
        "standard-ha-multitenancy",
        &[(
            "    pattern: 1\n",
            "    pattern: 1\n    replicas: {allInOne: 3}\n",
        )],
    );
    says(
        &said,
        &[
            "d.yaml:11:26: site main has 3 nodes of all-in-one",
            "write 2, or accept it with",
        ],
    );
}

#[test]
fn an_unknown_type_of_environment_is_told_at_its_place() {
    let said = refused("centralised", &[("type: production", "type: prod")]);
    says(
        &said,
        &[
            "d.yaml:34:35: unknown type of environment `prod`",
            "accepted are: hybrid, production, sandbox",
        ],
    );
    assert_eq!(said.matches("d.yaml:").count(), 1, "{said}");
}

#[test]
fn a_part_without_a_database_is_not_told_to_name_one() {
    let said = refused(
        "vm-region",
        &[("productVersion: 4.7.0", "productVersion: 4.6.0")],
    );
    says(
        &said,
        &[
            "d.yaml:5:17: in product version 4.6.0 components of the part `data-plane` use the databases, which site ap does not have",
            "use 4.7.0",
        ],
    );
    assert!(!said.contains("database server"), "{said}");
}

#[test]
fn without_a_load_balancer_everything_that_needs_one_is_told() {
    let said = refused(
        "vm-pattern-1",
        &[(
            "      loadBalancer: {kind: nginx, hosts: [lb-1], certificate: /etc/ssl/private/am.pem, backendCa: /etc/ssl/certs/am-ca.pem}\n",
            "",
        )],
    );
    says(
        &said,
        &[
            "d.yaml:14:9: host lb-1 runs nothing",
            "write `runs: […]`, or `loadBalancer: {kind: …, hosts: [lb-1], …}` of the site's `vm`",
            "d.yaml:16:44: 2 nodes of all-in-one need a load balancer",
            "d.yaml:10:17: hostnames of site hall need a load balancer, which serves them",
        ],
    );
}

#[test]
fn hosts_of_the_load_balancer_are_there_and_there_once() {
    let said = refused("vm-pattern-1", &[("hosts: [lb-1]", "hosts: [lb-9]")]);
    says(
        &said,
        &[
            "d.yaml:13:43: unknown host `lb-9`",
            "did you mean `lb-1`? accepted are: lb-1, aio-1, aio-2",
        ],
    );
    assert_eq!(said.matches("d.yaml:").count(), 1, "{said}");
    for address in ["", ", address: 10.0.2.9"] {
        let twice = format!("hosts: [lb-1, lb-1]{address}");
        let said = refused("vm-pattern-1", &[("hosts: [lb-1]", &twice)]);
        says(
            &said,
            &[
                "d.yaml:13:49: loadBalancer.hosts has lb-1 twice",
                "remove one",
            ],
        );
        assert_eq!(said.matches("d.yaml:").count(), 1, "{said}");
    }
}

#[test]
fn a_site_has_hosts() {
    let text = example("vm-pattern-1");
    let (start, _) = text.split_once("hosts:\n").expect("hosts");
    let said = made("d.yaml", &format!("{start}hosts: {{}}\n")).expect_err("must be refused");
    says(
        &said,
        &[
            "d.yaml:8:11: site hall has no hosts",
            "name them in vm.hosts: `am-1: {address: 10.0.0.1, runs: […]}`",
        ],
    );
    assert_eq!(said.matches("d.yaml:").count(), 1, "{said}");
}

#[test]
fn a_value_that_the_document_decides_is_told_once() {
    let said = refused(
        "vm-pattern-1",
        &[(
            "    vm:\n",
            "    values: {allInOne: {replicas: 3}, hostnames: {gateway: x}}\n    vm:\n",
        )],
    );
    says(
        &said,
        &[
            "d.yaml:12:14: values.allInOne.replicas follows from the rest of this document",
            "d.yaml:12:39: values.hostnames.gateway follows from the rest of this document",
            "hint: remove it",
        ],
    );
    assert!(!said.contains("no effect on machines"), "{said}");
}

#[test]
fn several_sites_connect_and_one_connects() {
    let text = example("centralised");
    let (start, second) = text.split_once("  - name: us\n").expect("the second site");
    let third = second
        .replace(
            "*azure",
            "{networkPolicy: {enabled: true}, exposure: {gatewayApi: {gateway: {tlsSecret: x}}}}",
        )
        .replace("us.bank", "ap.bank")
        .replace("prod-us", "prod-ap")
        .replace("name: us", "name: ap")
        .replace("10.30", "10.40");
    let start = changed(
        start,
        &[
            (
                "        service: {host: cp.bank.example.com, ports: {servlet-https: 443}}\n",
                "",
            ),
            ("          - {host: cp-0.bank.example.com}\n", ""),
            ("          - {host: cp-1.bank.example.com}\n", ""),
            ("        nodes:\n", ""),
            (
                "        annotations: {service.beta.kubernetes.io/azure-load-balancer-internal: \"true\"}\n",
                "",
            ),
            ("    exposes:\n      controlPlane:\n", ""),
        ],
    );
    let one = format!("{start}  - name: us\n{second}");
    let said = made("d.yaml", &one).expect_err("must be refused");
    says(
        &said,
        &["d.yaml:11:11: site us connects to the API Control Plane of site eu ("],
    );
    let said = made("d.yaml", &format!("{one}  - name: ap\n{third}")).expect_err("must be refused");
    says(
        &said,
        &["d.yaml:11:11: sites us and ap connect to the API Control Plane of site eu ("],
    );
}

#[test]
fn types_of_environments_are_those_that_the_charts_accept() {
    let vocabulary = Vocabulary::load().expect("the vocabulary is sound");
    let tree = families()
        .generate(&families().all())
        .expect("the charts are made");
    let text = tree
        .get("am-pattern-3/values.schema.json")
        .expect("a schema");
    let schema: serde_json::Value = serde_json::from_slice(text).expect("JSON");
    let known = &schema["properties"]["gatewayEnvironment"]["properties"]["type"]["enum"];
    assert_eq!(*known, serde_json::json!(vocabulary.environment_types()));
}
