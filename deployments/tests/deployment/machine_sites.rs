//! Machines beside other sites, and one site in short.

use std::collections::BTreeMap;

use am_deployments::{Vocabulary, read_inventory};

use crate::machines::{openings, toml, tree};
use crate::refusals::says;
use crate::support::{example, made, model};

/// Files of a site of several.
fn site_of(text: &str, site: &str) -> BTreeMap<String, String> {
    let files = made("d.yaml", text).expect("sound").into_iter();
    let beginning = format!("sites/{site}/");
    files
        .filter_map(|(path, file)| {
            let path = path.strip_prefix(&beginning)?.to_owned();
            Some((path, String::from_utf8(file).ok()?))
        })
        .collect()
}

#[test]
fn machines_of_a_region_find_the_control_plane_in_the_main_site() {
    let text = example("vm-region");
    let tree = site_of(&text, "ap");
    says(
        toml(&tree, "gw-1", "gateway"),
        &[
            r#"service_url = "https://cp.bank.example.com:443/services/""#,
            r#"event_listening_endpoints = ["tcp://cp-0.bank.example.com:8672"#,
            r#"throttle_decision_endpoints = ["tcp://10.50.0.21:5672", "tcp://10.50.0.22:5672"]"#,
            r#"gateway_labels = ["ap"]"#,
        ],
    );
    assert!(
        !tree.keys().any(|path| path.contains("control-plane")),
        "{:?}",
        tree.keys()
    );
    // The portals of the main site reach its gateways through the balancer.
    says(
        &openings(&tree, "lb-1").join("\n"),
        &["ip saddr { 10.20.0.0/16 } tcp dport 19443"],
    );
    says(
        &tree["hosts/lb-1/etc/haproxy/haproxy.cfg"],
        &["listen gateway_servlet-https\n  bind :19443"],
    );
    let main = &site_of(&text, "eu")["bank.values.yaml"];
    says(
        main,
        &[
            "host: gateways.ap.bank.example.com\n      port: 19443",
            "cidr: \"10.50.0.0/24\"",
        ],
    );
}

#[test]
fn regions_on_machines_publish_to_every_node_of_each_other() {
    let region = |name: &str, net: u32| {
        format!(
            "  - name: {name}
    pattern: 1
    cidrs: [10.{net}.0.0/24]
    hostnames: {{management: am.{name}.example.com, gateway: gw.{name}.example.com}}
    database: {{type: postgre, host: db.{name}.example.com}}
    exposes: {{allInOne: {{nodes: [{{host: 10.{net}.0.11}}, {{host: 10.{net}.0.12}}]}}}}
    vm:
      loadBalancer: {{kind: nginx, hosts: [lb-1], certificate: /etc/am.pem, backendCa: /etc/ca.pem}}
      hosts:
        lb-1: {{address: 10.{net}.0.10}}
        aio-1: {{address: 10.{net}.0.11, runs: [all-in-one]}}
        aio-2: {{address: 10.{net}.0.12, runs: [all-in-one]}}
"
        )
    };
    let head = "apiVersion: deploy.am-charts/v1\nkind: ApiManagerDeployment\nname: two\nproductVersion: 4.7.0\ntopology: geo-regional\n";
    let text = format!(
        "{head}link: {{encryption: tls}}\nkeystores: {{existingSecret: stores}}\nsites:\n{}{}",
        region("one", 1),
        region("two", 2)
    );
    let tree = site_of(&text, "one");
    let below = "hosts/aio-2/opt/am/all-in-one/overlay/repository";
    let jndi = &tree
        [&format!("{below}/resources/conf/templates/repository/conf/jndi-two-1.properties.j2")];
    says(jndi, &["10.2.0.12:8672"]);
    assert!(tree.contains_key(&format!(
        "{below}/deployment/server/eventpublishers/notification-two-0.xml"
    )));
    says(toml(&tree, "aio-1", "all-in-one"), &["port = 8672"]);
    says(
        &openings(&tree, "aio-1").join("\n"),
        &["ip saddr { 10.2.0.0/24 } tcp dport 8672"],
    );
    says(&tree["hosts/aio-1/etc/nftables.d/am.nft"], &["8672, 9021"]);
    says(
        &tree["database/README.md"],
        &["dbscripts/multi-dc/Postgresql/apimgt/tables.sql"],
    );
}

#[test]
fn an_inventory_of_a_pattern_is_a_document_in_short() {
    let example = example("vm-pattern-3");
    let (_, site) = example.split_once("  - name: dc1\n").expect("a site");
    let short = format!(
        "name: dc1\nkeystores: {{existingSecret: keystores}}\n{}",
        site.replace("    pattern: 3\n", "")
            .replace("\n    ", "\n")
            .trim_start_matches("    ")
    );
    let vocabulary = Vocabulary::load().expect("sound");
    let document = read_inventory("i.yaml", &short, 3, model(), &vocabulary).expect("an inventory");
    let files = crate::support::of(&document).expect("sound");
    let long = tree("vm-pattern-3", &[]);
    let path = "hosts/gw-1/opt/am/gateway/overlay/repository/conf/deployment.toml";
    let made = String::from_utf8_lossy(&files[&format!("sites/dc1/{path}")]).into_owned();
    assert_eq!(made.replace("i.yaml", "vm-pattern-3.yaml"), long[path]);
    let broken = short.replace("runs: [gateway]", "runs: [gatway]");
    let document = read_inventory("i.yaml", &broken, 3, model(), &vocabulary).expect("readable");
    let said = crate::support::of(&document).expect_err("must be refused");
    says(&said, &["unknown component `gatway`", "i.yaml:1"]);
    let said = read_inventory("i.yaml", &example, 3, model(), &vocabulary).expect_err("a document");
    says(&said.to_string(), &["unknown field `apiVersion`"]);
}
