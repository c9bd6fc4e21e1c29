//! Servers beside API Manager on machines: each cluster of a tree is judged, with what it means to its neighbours.

mod support;

use std::{collections::BTreeSet, fs, path::Path};

use am_conformance::{fixture::copy_directory, report::Report};
use serde_json::{Value, json};

const EXAMPLE: &str = "deployments/examples/judged/vm-standard-ha-multitenancy.yaml";
const BALANCER: &str = "hosts/lb-1/etc/haproxy/haproxy.cfg";
const DOOR: &str = "hosts/lb-1/etc/nftables.d/am.nft";

/// A file of the tree, a text in it, and another one in its place.
type Edit<'t> = (&'t str, &'t str, &'t str);

/// What the suite says of the example with files of its tree and its specification changed.
fn judged(edits: &[Edit<'_>], change: impl FnOnce(&mut Value)) -> Result<Report, String> {
    let copy = tempfile::tempdir().expect("a temporary folder");
    support::judged(EXAMPLE, |spec| {
        let tree = spec["tree"].as_str().expect("a tree");
        copy_directory(Path::new(tree), copy.path()).expect("copied");
        for (file, old, new) in edits {
            let file = copy.path().join(file);
            let text = fs::read_to_string(&file).unwrap_or_default();
            assert!(text.contains(old), "{} has `{old}`", file.display());
            fs::write(&file, text.replace(old, new)).expect("written");
        }
        spec["tree"] = json!(copy.path());
        change(spec);
    })
}

/// The requirements that are not met, each with the cluster.
fn failing(edits: &[Edit<'_>]) -> BTreeSet<(String, String)> {
    let report = judged(edits, |_| {}).expect("the suite can judge the tree");
    let subjects = report.profiles.iter().flat_map(|profile| &profile.subjects);
    let mut clusters = BTreeSet::new();
    for subject in subjects {
        assert_eq!(subject.error, None, "it is read");
        clusters.insert(subject.subject.releases.join(" "));
    }
    let all = ["machines", "mi-acme", "mi-globex", "si-acme"];
    assert_eq!(clusters, BTreeSet::from(all.map(str::to_owned)));
    let found = report.findings();
    found
        .map(|(subject, finding)| (subject.releases.join(" "), finding.requirement.clone()))
        .collect()
}

fn pairs(of: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    let owned = |(cluster, id): &(&str, &str)| ((*cluster).to_owned(), (*id).to_owned());
    of.iter().map(owned).collect()
}

fn messages(edits: &[Edit<'_>]) -> String {
    let report = judged(edits, |_| {}).expect("the suite can judge the tree");
    let findings = report.findings();
    let messages: Vec<&str> = findings.map(|(_, found)| found.message.as_str()).collect();
    messages.join("\n")
}

#[test]
fn the_example_is_sound_and_every_cluster_is_named() {
    assert_eq!(failing(&[]), pairs(&[]));
    let report = judged(&[], |_| {}).expect("judged");
    let names: Vec<&str> = report
        .profiles
        .iter()
        .map(|profile| profile.name.as_str())
        .collect();
    for cluster in ["mi-acme", "mi-globex", "si-acme"] {
        let is_its = |name: &&str| name.starts_with(&format!("{cluster}, pattern "));
        assert!(names.iter().any(is_its), "{names:?}");
    }
}

#[test]
fn a_front_that_leads_to_two_clusters_is_found_in_both() {
    let mixed = [(
        BALANCER,
        "server acme-2 10.0.6.22:8290",
        "server globex-1 10.0.6.31:8290",
    )];
    let found = failing(&mixed);
    for cluster in ["mi-acme", "mi-globex"] {
        assert!(
            found.contains(&(cluster.into(), "AM-VM-005".into())),
            "{found:?}"
        );
    }
    let said = messages(&mixed);
    assert!(
        said.contains("leads to mi-http of the Micro Integrator (mi-acme) and to mi-http of the Micro Integrator (mi-globex)"),
        "{said}"
    );
    let api_manager = [(
        BALANCER,
        "server acme-2 10.0.6.22:8290",
        "server am-1 10.0.6.11:8243",
    )];
    let found = failing(&api_manager);
    for cluster in ["machines", "mi-acme"] {
        assert!(
            found.contains(&(cluster.into(), "AM-VM-005".into())),
            "{found:?}"
        );
    }
}

#[test]
fn another_tenant_is_found_by_whichever_way_it_comes() {
    let through = [(
        DOOR,
        "{ 10.0.6.11, 10.0.6.12 } tcp dport 7611",
        "{ 10.0.6.11, 10.0.6.12, 10.0.6.32 } tcp dport 7611",
    )];
    let expected = pairs(&[("si-acme", "AM-INT-012"), ("si-acme", "AM-VM-007")]);
    assert_eq!(failing(&through), expected);
    let said = messages(&through);
    assert!(
        said.contains("the Micro Integrator of globex.example.com (release mi-globex) reaches the Streaming Integrator of acme.example.com on port 7611 (si-thrift) through `si-acme_si-thrift` of the load balancer lb-1"),
        "{said}"
    );
    // Servers of one tenant may call each other: what they run says so, and no document of a site does.
    let own = [(
        DOOR,
        "{ 10.0.6.11, 10.0.6.12 } tcp dport 7611",
        "{ 10.0.6.11, 10.0.6.12, 10.0.6.21 } tcp dport 7611",
    )];
    assert_eq!(failing(&own), pairs(&[]));
}

#[test]
fn tenants_on_one_host_are_not_kept_apart() {
    // A node of globex moves to a host of acme.
    let moved = |spec: &mut Value| {
        let hosts = Path::new(spec["tree"].as_str().expect("a tree")).join("hosts");
        copy_directory(&hosts.join("globex-1/opt"), &hosts.join("acme-3/opt")).expect("copied");
        for file in [
            "etc/systemd/system/am-mi-globex.service",
            "etc/am/mi-globex.env",
            "etc/am/mi-globex.secrets.env.j2",
        ] {
            let of = |host: &str| hosts.join(host).join(file);
            fs::copy(of("globex-1"), of("acme-3")).expect("copied");
        }
    };
    let report = judged(&[], moved).expect("judged");
    let on_one_host = |cluster: &str| {
        report.findings().any(|(subject, finding)| {
            subject.id.ends_with(cluster)
                && finding.requirement == "AM-INT-012"
                && finding.message.contains("because both run on one host")
        })
    };
    assert!(on_one_host("/mi-globex") && on_one_host("/si-acme"));
}

#[test]
fn servers_of_different_clusters_on_one_host_listen_apart() {
    // The Streaming Integrator and the all-in-one have ports of one number.
    let moved = |spec: &mut Value| {
        let hosts = Path::new(spec["tree"].as_str().expect("a tree")).join("hosts");
        copy_directory(&hosts.join("acme-3/opt"), &hosts.join("am-1/opt")).expect("copied");
        let unit = "etc/systemd/system/am-si-acme.service";
        fs::copy(
            hosts.join("acme-3").join(unit),
            hosts.join("am-1").join(unit),
        )
        .expect("copied");
    };
    let report = judged(&[], moved).expect("judged");
    let findings = report.findings();
    let mut apart = findings.filter(|(_, finding)| finding.requirement == "AM-VM-009");
    let (_, finding) = apart.next().expect("it is found");
    assert!(
        finding.message.contains("where am-1/"),
        "{}",
        finding.message
    );
}

#[test]
fn catalogues_that_a_firewall_closes_are_found_on_both_sides() {
    let closed = [(DOOR, ", 10.0.6.31, 10.0.6.32", "")];
    assert_eq!(
        failing(&closed),
        pairs(&[("mi-globex", "AM-INT-014"), ("machines", "AM-VM-007")])
    );
}

#[test]
fn the_catalogue_of_streams_needs_an_open_door_too() {
    let configuration =
        |host: &str| format!("hosts/{host}/opt/am/si-acme/overlay/conf/server/deployment.yaml");
    let (one, other) = (configuration("acme-3"), configuration("acme-4"));
    let (off, on) = (
        "service.catalog.configs:\n  enabled: false",
        "service.catalog.configs:\n  enabled: true\n  hostname: 10.0.6.10\n  port: 9443\n  username: integration@acme.example.com\n  password: ${env:AM_ADMIN_PASSWORD}",
    );
    let told = [(one.as_str(), off, on), (other.as_str(), off, on)];
    assert_eq!(
        failing(&told),
        pairs(&[("si-acme", "AM-INT-014"), ("machines", "AM-VM-007")])
    );
    let open = (
        DOOR,
        "10.0.6.22, 10.0.6.31",
        "10.0.6.22, 10.0.6.23, 10.0.6.24, 10.0.6.31",
    );
    assert_eq!(failing(&[told[0], told[1], open]), pairs(&[]));
}

#[test]
fn an_account_of_another_tenant_is_found_where_it_is_written() {
    let env = |host: &str| format!("hosts/{host}/etc/am/mi-acme.env");
    let toml = |host: &str| format!("hosts/{host}/opt/am/mi-acme/overlay/conf/deployment.toml");
    let (toml_1, toml_2) = (toml("acme-1"), toml("acme-2"));
    let (env_1, env_2) = (env("acme-1"), env("acme-2"));
    let with = |user: &str| {
        let variable = format!("MI_PORT=8253\nCATALOGUE_USER={user}");
        let edits = [
            (
                toml_1.as_str(),
                "$env{AM_CATALOG_USERNAME}",
                "$env{CATALOGUE_USER}",
            ),
            (
                toml_2.as_str(),
                "$env{AM_CATALOG_USERNAME}",
                "$env{CATALOGUE_USER}",
            ),
            (env_1.as_str(), "MI_PORT=8253", variable.as_str()),
            (env_2.as_str(), "MI_PORT=8253", variable.as_str()),
        ];
        failing(&edits)
    };
    assert_eq!(with("integration@acme.example.com"), pairs(&[]));
    assert_eq!(
        with("integration@globex.example.com"),
        pairs(&[("mi-acme", "AM-INT-015")])
    );
}

#[test]
fn a_specification_that_misses_a_cluster_is_refused() {
    let refused = |change: fn(&mut Value)| judged(&[], change).expect_err("refused");
    let said = refused(|spec| spec["integrators"] = json!([]));
    assert!(
        said.contains("has units of mi-acme, which is not declared")
            && said.contains("unit: am-mi-acme"),
        "{said}"
    );
    let said = refused(|spec| spec["integrators"][0]["unit"] = json!("am-mi-acne"));
    assert!(
        said.contains("has units of mi-acme, which is not declared"),
        "{said}"
    );
    let said = refused(|spec| {
        let more = json!({"pattern": "mi", "unit": "am-mi-globez"});
        spec["integrators"]
            .as_array_mut()
            .expect("a list")
            .push(more);
    });
    assert!(said.contains("did you mean `mi-globex`?"), "{said}");
    let said = refused(|spec| spec["integrators"][0]["pattern"] = json!("si"));
    assert!(
        said.contains("mi-acme is declared as si, and its units are those of mi"),
        "{said}"
    );
    let said = refused(|spec| {
        spec["integrators"][0] = json!({"pattern": "mi", "release": {"name": "a", "chart": "b"}});
    });
    assert!(
        said.contains("write `unit`, the name of its units"),
        "{said}"
    );
    let said = refused(|spec| spec["integrators"][1]["unit"] = json!("am-mi-acme.service"));
    assert!(said.contains("two clusters are called `mi-acme`"), "{said}");
}

#[test]
fn clients_past_the_gateways_are_let_in_where_they_are_declared() {
    let open = [(
        DOOR,
        "{ 10.0.6.11, 10.0.6.12 } tcp dport 8253",
        "{ 10.0.6.11, 10.0.6.12, 10.9.1.0/24 } tcp dport 8253",
    )];
    assert_eq!(failing(&open), pairs(&[("mi-acme", "AM-VM-007")]));
    let report = judged(&open, |spec| {
        spec["integrators"][0]["clients"] = json!(["10.9.0.0/16"]);
    });
    assert_eq!(report.expect("judged").findings().count(), 0);
}

#[test]
fn a_variable_that_a_unit_does_not_set_is_found() {
    let unset = |host: &str| format!("hosts/{host}/etc/am/si-acme.secrets.env.j2");
    let (one, other) = (unset("acme-3"), unset("acme-4"));
    let gone = |file| {
        (
            file,
            "AM_ADMIN_PASSWORD_BASE64=",
            "# AM_ADMIN_PASSWORD_BASE64=",
        )
    };
    let edits = [gone(one.as_str()), gone(other.as_str())];
    assert_eq!(failing(&edits), pairs(&[("si-acme", "AM-VM-017")]));
}

#[test]
fn an_integrator_beside_a_gateway_is_judged_apart_from_it() {
    let file = "deployments/examples/judged/vm-simple-scalable.yaml";
    let report = support::judged(file, |_| {}).expect("judged");
    assert_eq!(report.findings().count(), 0);
    let undeclared = |spec: &mut Value| spec["integrators"][1]["clients"] = json!([]);
    let report = support::judged(file, undeclared).expect("judged");
    let found: BTreeSet<(&str, &str)> = report
        .findings()
        .map(|(subject, finding)| (subject.releases[0].as_str(), finding.requirement.as_str()))
        .collect();
    assert_eq!(found, BTreeSet::from([("si", "AM-VM-007")]));
}
