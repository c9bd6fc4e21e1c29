//! What a document may not say: each with its place, and what to do.

use crate::support::{changed, example, made};

/// What is said of an example with changes: the first line of each message, and its hint.
pub(crate) fn refused(name: &str, changes: &[(&str, &str)]) -> String {
    let text = changed(&example(name), changes);
    made("d.yaml", &text).expect_err("must be refused")
}

/// Fails unless each text is a part of what is said.
pub(crate) fn says(said: &str, parts: &[&str]) {
    for part in parts {
        assert!(said.contains(part), "{part:?} is not in\n{said}");
    }
}

#[test]
fn an_unknown_topology_is_refused_with_what_is_accepted() {
    let said = refused(
        "centralised",
        &[("topology: centralised", "topology: centralized")],
    );
    says(
        &said,
        &[
            "d.yaml:6:11: unknown topology `centralized`",
            "did you mean `centralised`? accepted are: single, centralised, geo-regional",
        ],
    );
    let said = refused(
        "geo-regional",
        &[("topology: geo-regional", "topology: geo-region")],
    );
    says(
        &said,
        &[
            "unknown topology `geo-region`",
            "did you mean `geo-regional`?",
        ],
    );
}

#[test]
fn unknown_fields_and_keys_that_are_there_twice_are_refused_at_their_place() {
    let said = refused("single", &[("    pattern: 3\n", "    patern: 3\n")]);
    says(
        &said,
        &[
            "d.yaml:10:5: unknown field `patern`",
            "did you mean `pattern`?",
        ],
    );
    let said = refused(
        "single",
        &[("    pattern: 3\n", "    pattern: 3\n    vm: {}\n")],
    );
    says(&said, &["the field `hosts` is missing"]);
    let said = refused(
        "single",
        &[("    pattern: 3\n", "    pattern: 3\n    pattern: 4\n")],
    );
    says(&said, &["d.yaml:11:5: the key `pattern` is there twice"]);
    let said = refused(
        "single",
        &[(
            "    kubernetes: {namespace: apim, platform: production}\n",
            "",
        )],
    );
    says(
        &said,
        &["site main needs either `kubernetes` or `vm`, and has none"],
    );
}

#[test]
fn words_that_data_knows_are_refused_with_the_one_that_was_meant() {
    for (old, new, message) in [
        (
            "productVersion: 4.7.0",
            "productVersion: 4.7.1",
            "unknown product version `4.7.1`",
        ),
        (
            "apiVersion: deploy.am-charts/v1",
            "apiVersion: deploy.am-charts/v2",
            "did you mean `deploy.am-charts/v1`?",
        ),
        (
            "kind: ApiManagerDeployment",
            "kind: ApiManagerDeploymnet",
            "did you mean `ApiManagerDeployment`?",
        ),
        ("pattern: 3", "pattern: 7", "there is no pattern 7"),
        (
            "platform: production",
            "platform: prodution",
            "did you mean `production`?",
        ),
        (
            "management: am.shop",
            "managment: am.shop",
            "did you mean `management`?",
        ),
        ("{gateway: 3}", "{gatewya: 3}", "did you mean `gateway`?"),
        (
            "type: postgre,",
            "type: postgres,",
            "did you mean `postgre`?",
        ),
        (
            "networkPolicy: {",
            "networkPolicies: {",
            "am-pattern-3 has no value `networkPolicies`",
        ),
        (
            "networkPolicy: {enabled: true}",
            "networkPolicy: {enabled: 1}",
            "networkPolicy.enabled",
        ),
    ] {
        says(&refused("single", &[(old, new)]), &[message, "d.yaml:"]);
    }
}

#[test]
fn names_and_addresses_have_their_form() {
    for (old, new, message) in [
        (
            "name: shop",
            "name: Shop",
            "`Shop` cannot be the name of releases",
        ),
        (
            "name: shop",
            "name: a-name-that-is-longer-than-thirty-letters",
            "cannot be the name of releases",
        ),
        (
            "name: main",
            "name: ../main",
            "`../main` cannot be the name of a site",
        ),
        (
            "host: db.shop.example.com",
            "host: db.shop.example.com:5432",
            "`db.shop.example.com:5432` is no host name",
        ),
        (
            "namespace: apim",
            "namespace: API",
            "`API` is no name of a namespace",
        ),
    ] {
        says(&refused("single", &[(old, new)]), &[message]);
    }
    let said = refused("centralised", &[("[10.30.0.0/16]", "[10.30.0.0]")]);
    says(
        &said,
        &[
            "`10.30.0.0` is no range of addresses",
            "such as 10.20.0.0/16",
        ],
    );
}

#[test]
fn a_topology_has_its_sites() {
    let said = refused("centralised", &[("    main: true\n", "")]);
    says(
        &said,
        &["centralised needs exactly one site with `main: true`, and none has it"],
    );
    let said = refused(
        "centralised",
        &[("  - name: us\n", "  - name: us\n    main: true\n")],
    );
    says(
        &said,
        &["centralised needs exactly one site with `main: true`; eu and us have it"],
    );
    let said = refused("centralised", &[("topology: centralised\n", "")]);
    says(
        &said,
        &[
            "topology single has one site, and this is one more",
            "`topology: centralised`",
        ],
    );
    let said = refused(
        "single",
        &[("name: shop\n", "name: shop\ntopology: centralised\n")],
    );
    says(&said, &["topology centralised needs at least two sites"]);
    let said = refused("centralised", &[("  - name: us\n", "  - name: eu\n")]);
    says(&said, &["a site is called `eu` already"]);
}

#[test]
fn a_part_that_a_pattern_does_not_have_is_refused_with_the_patterns_that_have_it() {
    let text = example("centralised").replace("pattern: 3", "pattern: 2");
    let said = made("d.yaml", &text).expect_err("pattern 2 is not divided");
    says(
        &said,
        &[
            "pattern 2 has no part `data-plane`",
            "plays the roles",
            "use pattern 3 or 4",
        ],
    );
    let text = example("centralised").replace("pattern: 3", "pattern: 0");
    let said = made("d.yaml", &text).expect_err("a single node");
    says(
        &said,
        &[
            "pattern 0 is a single node for development and test",
            "use pattern 1 or 2",
        ],
    );
    let said = refused(
        "centralised",
        &[("  - name: us\n", "  - name: us\n    part: whole\n")],
    );
    says(&said, &["site us runs the part `data-plane`, not `whole`"]);
    let said = refused(
        "centralised",
        &[(
            "  - name: us\n    pattern: 3",
            "  - name: us\n    pattern: 4",
        )],
    );
    says(
        &said,
        &[
            "sites eu (pattern 3) and us (pattern 4) differ",
            "use one pattern for all",
        ],
    );
}

#[test]
fn a_data_plane_has_no_database() {
    let hostnames =
        "    hostnames: {gateway: gw.us.bank.example.com, websocket: ws.us.bank.example.com}\n";
    let database = format!("{hostnames}    database: {{type: mssql, host: db.us.example.com}}\n");
    let said = refused("centralised", &[(hostnames, &database)]);
    says(
        &said,
        &[
            "site us runs the part `data-plane` only: it has no database",
            "remove `database`",
        ],
    );
    // Gateways of older versions read the shared database.
    let said = refused(
        "centralised",
        &[("productVersion: 4.7.0", "productVersion: 4.6.0")],
    );
    says(
        &said,
        &[
            "in product version 4.6.0 components of the part `data-plane` use the databases",
            "use 4.7.0",
        ],
    );
}

#[test]
fn every_address_that_another_site_needs_must_be_exposed() {
    let said = refused(
        "centralised",
        &[("          - {host: cp-1.bank.example.com}\n", "")],
    );
    says(
        &said,
        &[
            "site eu runs 2 nodes of the API Control Plane, but exposes addresses of 1; other sites connect to each (jms)",
        ],
    );
    let said = refused(
        "centralised",
        &[(
            "        service: {host: cp.bank.example.com, ports: {servlet-https: 443}}\n",
            "",
        )],
    );
    says(
        &said,
        &["reach the API Control Plane of site eu by one name (servlet-https), and there is none"],
    );
    let said = refused(
        "centralised",
        &[(
            "      gateway:\n        service: {host: gateways.us.bank.example.com}\n",
            "      trafficManager:\n        service: {host: gateways.us.bank.example.com}\n",
        )],
    );
    says(
        &said,
        &[
            "site eu connects to the Universal Gateway of site us (servlet-https), which exposes none",
            "set exposes.gateway.service of the site",
            "no other site connects to the Traffic Manager of site us",
        ],
    );
    let said = refused(
        "centralised",
        &[("ports: {servlet-https: 443}", "ports: {thrift: 443}")],
    );
    says(
        &said,
        &["no other site connects to `thrift` at cp.bank.example.com"],
    );
}

#[test]
fn ranges_begin_where_a_range_does() {
    let said = refused("centralised", &[("10.20.0.0/16", "10.20.3.4/16")]);
    says(
        &said,
        &[
            "`10.20.3.4/16` begins in the middle of a range",
            "did you mean `10.20.0.0/16`?",
        ],
    );
}

#[test]
fn what_the_chart_of_a_release_refuses_is_refused_before_anything_is_written() {
    let said = refused(
        "single",
        &[(
            "      networkPolicy: {enabled: true}\n",
            "      networkPolicy: {enabled: true}\n      gateway: {extraPorts: [{name: servlet-https, containerPort: 9000}]}\n",
        )],
    );
    says(
        &said,
        &[
            "release shop of site main cannot be rendered: gateway.extraPorts: the name servlet-https is taken by",
        ],
    );
}

#[test]
fn an_address_leads_to_one_thing() {
    let said = refused(
        "centralised",
        &[(
            "{host: cp-0.bank.example.com}",
            "{host: cp.bank.example.com}",
        )],
    );
    says(
        &said,
        &[
            "cp.bank.example.com is both exposes.controlPlane.service of site eu and exposes.controlPlane.nodes[0] of site eu",
        ],
    );
    let said = refused(
        "centralised",
        &[("gateway: gw.us.bank", "gateway: gw.eu.bank")],
    );
    says(
        &said,
        &[
            "gw.eu.bank.example.com is both hostnames.gateway of site eu and hostnames.gateway of site us",
        ],
    );
    let said = refused("centralised", &[("context: prod-us", "context: prod-eu")]);
    says(
        &said,
        &["sites eu and us are the same release bank in the same namespace"],
    );
}

#[test]
fn several_sites_share_credentials_that_are_given() {
    let said = refused(
        "centralised",
        &[
            ("credentials: {existingSecret: apim-credentials}\n", ""),
            (
                "platform: azure}\n    cidrs: [10.30",
                "platform: openshift}\n    cidrs: [10.30",
            ),
        ],
    );
    says(
        &said,
        &["credentials.existingSecret is empty, and site us takes credentials from no store"],
    );
    assert!(
        !said.contains("site eu takes"),
        "Azure's overlay names a store: {said}"
    );
}

#[test]
fn clear_text_crosses_a_private_link_only() {
    let line = "link: {private: true}          # a VPN: events cross it unencrypted\n";
    for link in ["", "link: {private: false}\n"] {
        let said = refused("centralised", &[(line, link)]);
        says(
            &said,
            &[
                "jms from site us to site eu is not encrypted",
                "write `link: {encryption: tls}`, or connect the sites by a VPN",
            ],
        );
    }
}

#[test]
fn sites_know_each_others_ranges_and_environments() {
    let said = refused("centralised", &[("    cidrs: [10.30.0.0/16]\n", "")]);
    says(&said, &["site us has no cidrs"]);
    let said = refused(
        "single",
        &[(
            "    pattern: 3\n",
            "    pattern: 3\n    cidrs: [10.0.0.0/8]\n",
        )],
    );
    says(&said, &["cidrs are for other sites, and there is none"]);
    let said = refused("centralised", &[("{name: us, type", "{name: eu, type")]);
    says(&said, &["sites eu and us have the same environment eu"]);
    let said = refused(
        "centralised",
        &[(", websocket: ws.us.bank.example.com", "")],
    );
    says(
        &said,
        &[
            "have no host name for its websocket",
            "set hostnames.websocket",
        ],
    );
}

#[test]
fn what_a_site_does_not_run_has_no_host_name_and_no_nodes_there() {
    let said = refused(
        "centralised",
        &[(
            "hostnames: {gateway: gw.us",
            "hostnames: {management: am.us.example.com, gateway: gw.us",
        )],
    );
    says(&said, &["nothing that site us runs serves `management`"]);
    let said = refused(
        "centralised",
        &[(
            "  - name: us\n",
            "  - name: us\n    replicas: {controlPlane: 2}\n",
        )],
    );
    says(&said, &["site us does not run `controlPlane`"]);
    let said = refused("single", &[("{gateway: 3}", "{gateway: 1}")]);
    says(&said, &["pattern 3 has at least 2 nodes of gateway, not 1"]);
}

#[test]
fn values_do_not_contradict_the_document() {
    let said = refused(
        "single",
        &[(
            "      networkPolicy:",
            "      database: {host: other.example.com}\n      networkPolicy:",
        )],
    );
    says(
        &said,
        &[
            "d.yaml:16:7: values.database.host follows from the rest of this document",
            "remove it",
        ],
    );
}
