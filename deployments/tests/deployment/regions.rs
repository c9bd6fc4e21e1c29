//! Sites that publish to each other, and TLS between sites.

use crate::refusals::{refused, says};
use crate::support::{changed, example, made};

/// A file of what a document becomes: an example with changes.
fn made_of(name: &str, changes: &[(&str, &str)], path: &str) -> String {
    let files = made("d.yaml", &changed(&example(name), changes)).expect("sound");
    String::from_utf8_lossy(&files[path]).into_owned()
}

const EU: &str = "sites/eu/shop.values.yaml";
const DATABASE: &str = "    database: {type: postgre, host: db.us.shop.example.com}\n";
const ENCRYPTION: &str = "link: {encryption: tls}\n";

#[test]
fn each_site_publishes_to_every_node_of_each_other_and_to_none_of_its_own() {
    let eu = made_of("geo-regional", &[], EU);
    says(
        &eu,
        &[
            "regions:\n  - name: us\n    nodes:\n      - host: cp-0.us.shop.example.com\n      - host: cp-1.us.shop.example.com\n",
            "cidr: \"10.30.0.0/16\"",
            "jms:\n  tls:\n    enabled: true\n",
        ],
    );
    assert!(!eu.contains("cp-0.eu.shop.example.com"), "{eu}");
    assert_eq!(
        eu.matches("us.shop").count(),
        2,
        "nothing else crosses: {eu}"
    );
    let edges = made_of("geo-regional", &[], "deployment.resolved.yaml");
    assert_eq!(edges.matches("key: regions").count(), 2, "{edges}");
}

#[test]
fn three_sites_are_six_links() {
    let third = "  - name: ap\n    pattern: 3\n    kubernetes: {context: prod-ap, namespace: apim}\n    cidrs: [10.40.0.0/16]\n    \
                 database: {type: postgre, host: db.ap.shop.example.com}\n    \
                 exposes: {controlPlane: {nodes: [{host: cp-0.ap.shop.example.com}, {host: cp-1.ap.shop.example.com}]}}\n";
    let text = example("geo-regional") + third;
    let files = made("d.yaml", &text).expect("sound");
    let edges = String::from_utf8_lossy(&files["deployment.resolved.yaml"]);
    assert_eq!(edges.matches("key: regions").count(), 6, "{edges}");
    let eu = String::from_utf8_lossy(&files[EU]);
    says(
        &eu,
        &[
            "  - name: us\n",
            "  - name: ap\n",
            "cp-1.ap.shop.example.com",
        ],
    );
    says(
        &eu,
        &["loadBalancerSourceRanges:\n      - \"10.30.0.0/16\"\n      - \"10.40.0.0/16\"\n"],
    );
}

#[test]
fn the_port_between_sites_follows_from_encryption_and_from_the_broker_there() {
    let ports = made_of("geo-regional", &[], "ports.md");
    assert_eq!(ports.matches("| tcp | 8672 |").count(), 2, "{ports}");
    assert!(
        ports.contains("| yes |") && !ports.contains("private link"),
        "{ports}"
    );
    let private = [(ENCRYPTION, "link: {private: true}\n")];
    let ports = made_of("geo-regional", &private, "ports.md");
    assert_eq!(ports.matches("| tcp | 5672 |").count(), 2, "{ports}");
    assert!(ports.contains("no: over a private link only"), "{ports}");
    let eu = made_of("geo-regional", &private, EU);
    assert!(!eu.contains("jms:"), "{eu}");
    // The others are told of another port there; its own load balancers have it by themselves.
    let us = "    hostnames: {management: am.us.shop.example.com";
    let moved = format!("    replicas: {{controlPlane: 2}}\n{us}");
    let eu = made_of(
        "geo-regional",
        &[
            (us, &moved),
            (
                "cp-1.us.shop.example.com}\n        annotations:",
                "cp-1.us.shop.example.com}\n        annotations:",
            ),
            (
                "{{ .node }}.us.shop.example.com\"\n    values:\n",
                "{{ .node }}.us.shop.example.com\"\n    values:\n      controlPlane: {portOffset: 10}\n",
            ),
        ],
        EU,
    );
    says(
        &eu,
        &["- host: cp-0.us.shop.example.com\n        ports:\n          jms: 8682\n"],
    );
}

#[test]
fn a_data_plane_is_told_of_the_port_with_tls() {
    let tls = [("link: {private: true} ", "link: {encryption: tls} ")];
    let ports = made_of("centralised", &tls, "ports.md");
    says(&ports, &["| tcp | 8672 |"]);
    for site in ["eu", "us"] {
        let values = made_of(
            "centralised",
            &tls,
            &format!("sites/{site}/bank.values.yaml"),
        );
        says(&values, &["jms:\n  tls:\n    enabled: true\n"]);
    }
}

#[test]
fn ports_of_the_machines_are_for_services_of_that_type() {
    let nodes = "        nodes:\n          - {host: cp-0.us.shop.example.com}\n          - {host: cp-1.us.shop.example.com}\n";
    let with = "        type: NodePort\n        nodes:\n          - {host: cp-0.us.shop.example.com, ports: {jms: 30672}}\n          \
                - {host: cp-1.us.shop.example.com, ports: {jms: 30673}}\n";
    let us = made_of(
        "geo-regional",
        &[(nodes, with)],
        "sites/us/shop.values.yaml",
    );
    says(
        &us,
        &[
            "type: NodePort\n",
            "nodePorts:\n      - 30672\n      - 30673\n",
        ],
    );
    assert!(!us.contains("loadBalancerSourceRanges"), "{us}");
    let eu = made_of("geo-regional", &[(nodes, with)], EU);
    says(&eu, &["jms: 30672", "jms: 30673"]);

    let said = refused(
        "geo-regional",
        &[(nodes, &with.replace("NodePort", "LoadBalancer"))],
    );
    says(
        &said,
        &[
            "the load balancer of cp-0.us.shop.example.com has the port 8672 of its broker, not 30672",
            "write `type: NodePort`",
        ],
    );
    let said = refused(
        "geo-regional",
        &[(nodes, &with.replace(", ports: {jms: 30673}", ""))],
    );
    says(
        &said,
        &[
            "cp-1.us.shop.example.com of the type NodePort says no port for jms",
            "ports: {jms: 30672}",
        ],
    );
    let said = refused(
        "geo-regional",
        &[(nodes, &with.replace("NodePort", "Nodeport"))],
    );
    says(
        &said,
        &[
            "unknown type of Service `Nodeport`",
            "did you mean `NodePort`?",
        ],
    );
}

#[test]
fn every_node_of_every_site_has_an_address() {
    let node = "          - {host: cp-1.us.shop.example.com}\n";
    let said = refused("geo-regional", &[(node, "")]);
    says(
        &said,
        &[
            "site us runs 2 nodes of the API Control Plane, but exposes addresses of 1; other sites connect to each (jms)",
        ],
    );
    let same = "          - {host: cp-0.us.shop.example.com}\n";
    let said = refused("geo-regional", &[(node, same)]);
    says(
        &said,
        &["cp-0.us.shop.example.com is both exposes.controlPlane.nodes[0] of site us"],
    );
}

#[test]
fn sites_of_one_kind_are_at_least_two_none_is_main_and_all_are_alike() {
    let text = example("geo-regional");
    let only = text.split("  - name: us\n").next().expect("the first site");
    let said = made("d.yaml", only).expect_err("one site");
    says(&said, &["topology geo-regional needs at least two sites"]);
    let said = refused(
        "geo-regional",
        &[("  - name: us\n", "  - name: us\n    main: true\n")],
    );
    says(
        &said,
        &[
            "in topology geo-regional no site is the main one",
            "remove `main`",
        ],
    );
    let said = refused(
        "geo-regional",
        &[(
            "  - name: us\n    pattern: 3\n",
            "  - name: us\n    pattern: 4\n",
        )],
    );
    says(
        &said,
        &[
            "sites eu (pattern 3) and us (pattern 4) differ",
            "use one pattern for all",
        ],
    );
    let said = refused("geo-regional", &[("  - name: us\n", "  - name: node\n")]);
    says(&said, &["no site can be called `node` here"]);
}

#[test]
fn each_site_has_a_database_of_its_own_of_a_kind_that_replicates() {
    let said = refused("geo-regional", &[(DATABASE, "")]);
    says(
        &said,
        &[
            "site us has no database server",
            "write `database: {type: postgre, host: …}`",
        ],
    );
    let said = refused(
        "geo-regional",
        &[(
            DATABASE,
            "    database: {type: mysql, host: db.us.shop.example.com}\n",
        )],
    );
    says(
        &said,
        &[
            "mysql is not among the databases that replicate between sites",
            "accepted are: postgre, mssql, oracle",
        ],
    );
    let said = refused(
        "geo-regional",
        &[(
            DATABASE,
            "    database: {type: postgre, host: db.eu.shop.example.com}\n",
        )],
    );
    says(
        &said,
        &["sites eu and us have the same database server db.eu.shop.example.com"],
    );
    let said = refused(
        "geo-regional",
        &[(
            DATABASE,
            "    database: {type: oracle, host: db.us.shop.example.com}\n",
        )],
    );
    says(&said, &["postgre and oracle do not replicate each other"]);
    let job = "{{ .node }}.us.shop.example.com\"\n    values:\n";
    let with = format!("{job}      database: {{schemaJob: {{enabled: true}}}}\n");
    let said = refused("geo-regional", &[(job, &with)]);
    says(
        &said,
        &["database.schemaJob of site us runs the scripts for a database that nothing replicates"],
    );
}

#[test]
fn scripts_are_those_for_databases_that_replicate() {
    let readme = made_of("geo-regional", &[], "README.md");
    says(
        &readme,
        &[
            "`dbscripts/multi-dc/Postgresql/apimgt/tables.sql`",
            "`DCID`",
        ],
    );
    assert!(!readme.contains("dbscripts/apimgt/"), "{readme}");
}

#[test]
fn gateways_of_all_sites_serve_one_environment() {
    let own = "    database: {type: postgre, host: db.us.shop.example.com}\n    environment: {name: us}\n";
    let said = refused("geo-regional", &[(DATABASE, own)]);
    says(
        &said,
        &[
            "the gateways of site us serve another environment (`us`) than those of site eu (the usual one)",
        ],
    );
}

#[test]
fn encryption_needs_keystores_of_ones_own() {
    let said = refused(
        "geo-regional",
        &[("keystores: {existingSecret: apim-keystores}\n", "")],
    );
    says(
        &said,
        &[
            "site eu has the keystores of the images",
            "write `keystores: {existingSecret: …}`",
        ],
    );
    let said = refused("geo-regional", &[(ENCRYPTION, "link: {encryption: TLS}\n")]);
    says(
        &said,
        &["unknown encryption `TLS`", "accepted are: none, tls"],
    );
    let said = refused("geo-regional", &[(ENCRYPTION, "")]);
    says(
        &said,
        &[
            "jms from site eu to site us is not encrypted",
            "write `link: {encryption: tls}`",
        ],
    );
}

#[test]
fn addresses_of_a_site_on_machines_lead_to_its_load_balancer_or_to_one_host() {
    let files = made("d.yaml", &example("vm-region")).expect("it is made");
    let readme = String::from_utf8_lossy(&files["README.md"]).into_owned();
    says(
        &readme,
        &["| `gateways.ap.bank.example.com` | gateway of ap: its load balancer, `"],
    );
}

#[test]
fn one_machine_may_have_a_port_for_each_node_and_the_readme_says_where_it_answers() {
    let text = example("geo-regional");
    let nodes = "          - {host: cp-0.us.shop.example.com}\n          - {host: cp-1.us.shop.example.com}\n";
    assert!(text.contains(nodes), "{text}");
    let ported = |first: u16, second: u16| {
        let own = format!(
            "          - {{host: n0.us.shop.example.com, ports: {{jms: {first}}}}}\n          - {{host: n0.us.shop.example.com, ports: {{jms: {second}}}}}\n        type: NodePort\n"
        );
        text.replacen(nodes, &own, 1)
    };
    let files = made("d.yaml", &ported(30672, 30673)).expect("each port leads to one node");
    let readme = String::from_utf8_lossy(&files["README.md"]).into_owned();
    says(
        &readme,
        &["port 30673 of the machine on which its pod runs; other machines do not answer there"],
    );
    let said = made("d.yaml", &ported(30672, 30672)).expect_err("one port for two nodes");
    says(
        &said,
        &[
            "n0.us.shop.example.com is both exposes.controlPlane.nodes[0] of site us and exposes.controlPlane.nodes[1] of site us",
        ],
    );
}

#[test]
fn what_a_release_names_and_does_not_make_is_asked_for_before_it_is_installed() {
    let files = made("d.yaml", &example("single")).expect("it is made");
    let text = |path: &str| String::from_utf8_lossy(&files[path]).into_owned();
    says(
        &text("README.md"),
        &["Secret `shop-tls` with `tls.crt`, `tls.key`, named by Ingress "],
    );
    says(
        &text("sites/main/install.sh"),
        &[
            "need Secret apim-credentials 'README.md has its keys'\n",
            "need Secret shop-tls 'named by Ingress ",
        ],
    );
}
