//! Clusters of integrators on virtual machines.

use crate::refusals::{refused, says};
use crate::support::{changed, example, made};

const EXAMPLE: &str = "vm-standard-ha-multitenancy";

/// A file of the site that the example becomes with these changes.
fn file(changes: &[(&str, &str)], path: &str) -> String {
    let files = made("d.yaml", &changed(&example(EXAMPLE), changes)).expect("it is made");
    let path = format!("sites/dc1/{path}");
    let text = files.get(&path);
    let text = text.unwrap_or_else(|| panic!("{path} is none of {:?}", files.keys()));
    String::from_utf8(text.clone()).expect("text")
}

/// The lines of a section of the load balancer's file.
fn section(text: &str, head: &str) -> String {
    let (_, rest) = text.split_once(&format!("\n{head}\n")).expect(head);
    let end = rest.find("\n\n").unwrap_or(rest.len());
    rest[..end].to_owned()
}

#[test]
fn a_cluster_of_each_tenant_has_a_unit_credentials_and_an_address_of_its_own() {
    let unit = file(
        &[],
        "hosts/globex-1/etc/systemd/system/am-mi-globex.service",
    );
    assert!(unit.contains("ExecStart=/opt/am/mi-globex/current/bin/micro-integrator.sh\n"));
    assert!(unit.contains("TimeoutStopSec=195\n"), "{unit}");
    let variables = file(&[], "hosts/globex-1/etc/am/mi-globex.env");
    assert!(
        variables.contains("MI_HOST=10.0.6.10\nMI_PORT=18253\n"),
        "{variables}"
    );
    assert_eq!(variables.matches("AM_NODE_NAME").count(), 1, "{variables}");
    let secrets = file(&[], "hosts/globex-1/etc/am/mi-globex.secrets.env.j2");
    assert!(secrets.contains(r#"AM_CATALOG_PASSWORD="{{ vault_mi_globex_catalog_password }}""#));
    let toml = file(
        &[],
        "hosts/globex-1/opt/am/mi-globex/overlay/conf/deployment.toml",
    );
    assert!(
        toml.contains(r#"apim_host = "https://10.0.6.10:9443""#),
        "{toml}"
    );
    assert!(toml.contains("/mi_globex\""), "{toml}");
}

#[test]
fn a_pair_has_one_active_node_to_which_the_load_balancer_leads() {
    let haproxy = file(&[], "hosts/lb-1/etc/haproxy/haproxy.cfg");
    let thrift = section(&haproxy, "listen si-acme_si-thrift");
    assert!(
        thrift.contains("server acme-3 10.0.6.23:7611\n"),
        "{thrift}"
    );
    assert!(
        thrift.contains("server acme-4 10.0.6.24:7611 backup"),
        "{thrift}"
    );
    // The passive node does not listen there, and nothing else tells which one it is.
    assert!(
        thrift.contains(" check\n") && !thrift.contains("port "),
        "{thrift}"
    );
    let integrations = section(&haproxy, "listen mi-acme_mi-https");
    assert!(!integrations.contains("backup"), "{integrations}");
    assert!(integrations.contains("check port 9201"), "{integrations}");
    let nginx = file(
        &[("kind: haproxy", "kind: nginx")],
        "hosts/lb-1/etc/nginx/nginx.conf",
    );
    assert!(nginx.contains("server 10.0.6.24:7611 max_fails=3 fail_timeout=10s backup;"));
}

#[test]
fn only_gateways_reach_a_cluster_and_its_nodes_each_other() {
    let balancer = file(&[], "hosts/lb-1/etc/nftables.d/am.nft");
    let callers = "ip saddr { 10.0.6.11, 10.0.6.12 } tcp dport";
    for port in [8253, 8290, 18253, 18290, 7611] {
        assert!(
            balancer.contains(&format!("{callers} {port} accept")),
            "{port}: {balancer}"
        );
    }
    let node = file(&[], "hosts/globex-1/etc/nftables.d/am.nft");
    assert!(
        node.contains("ip saddr { 10.0.6.10 } tcp dport 8253 accept"),
        "{node}"
    );
    assert!(!node.contains("10.0.6.2"), "{node}");
    let pair = file(&[], "hosts/acme-3/etc/nftables.d/am.nft");
    assert!(
        pair.contains("ip saddr { 10.0.6.24 } tcp dport 9893 accept"),
        "{pair}"
    );
    assert!(!pair.contains("tcp dport 9443 accept"), "{pair}");
}

#[test]
fn a_cluster_of_one_node_needs_no_front() {
    let changes = &[
        (
            "        globex-2: {address: 10.0.6.32, runs: [mi-globex]}\n",
            "",
        ),
        // Alone it shares its work with nobody.
        ("        coordination: {database: \"mi_{tenant}\"}\n", ""),
    ];
    let variables = file(changes, "hosts/globex-1/etc/am/mi-globex.env");
    assert!(
        variables.contains("MI_HOST=10.0.6.31\nMI_PORT=8253\n"),
        "{variables}"
    );
    let firewall = file(changes, "hosts/globex-1/etc/nftables.d/am.nft");
    let gateways = "ip saddr { 10.0.6.11, 10.0.6.12 } tcp dport 8253 accept";
    assert!(firewall.contains(gateways), "{firewall}");
    let inventory = file(changes, "ansible/inventory.yaml");
    let (_, own) = inventory.split_once("globex-1:").expect("listed");
    assert!(
        !own[..own.find("children").expect("groups")].contains("driver"),
        "{own}"
    );
}

#[test]
fn two_clusters_share_a_host_with_ports_of_their_own() {
    let text = changed(
        &example("vm-simple-scalable"),
        &[
            (
                "      - kind: si\n",
                "      - kind: mi\n        name: batch\n        artifacts: {folder: batch}\n      - kind: si\n",
            ),
            (
                "10.0.7.21, runs: [gateway, mi]",
                "10.0.7.21, runs: [gateway, mi, {component: batch, portOffset: 3}]",
            ),
            (
                "10.0.7.22, runs: [gateway, mi]",
                "10.0.7.22, runs: [gateway, mi, {component: batch, portOffset: 3}]",
            ),
        ],
    );
    let files = made("d.yaml", &text).expect("it is made");
    let text = |path: &str| String::from_utf8_lossy(&files[path]).into_owned();
    let toml = text("sites/dc1/hosts/gw-1/opt/am/batch/overlay/conf/deployment.toml");
    assert!(toml.contains("offset = 13"), "{toml}");
    let nginx = text("sites/dc1/hosts/lb-1/etc/nginx/nginx.conf");
    let front = section(&nginx, "  upstream batch_mi-https {");
    assert!(front.contains("server 10.0.7.21:8256 max_fails"), "{front}");
}

#[test]
fn a_tenants_cluster_shares_no_host_with_those_of_others_or_with_who_may_call_them() {
    for (old, new, beside) in [
        (
            "10.0.6.22, runs: [mi-acme]",
            "10.0.6.22, runs: [mi-acme, {component: mi-globex, portOffset: 1}]",
            "mi-globex",
        ),
        (
            "10.0.6.12, runs: [all-in-one]",
            "10.0.6.12, runs: [all-in-one, mi-acme]",
            "all-in-one",
        ),
        (
            "lb-1: {address: 10.0.6.10}",
            "lb-1: {address: 10.0.6.10, runs: [mi-acme]}",
            "the load balancer",
        ),
    ] {
        let said = refused(EXAMPLE, &[(old, new)]);
        let what =
            format!("runs mi-acme and {beside}, and nothing there keeps acme.example.com apart");
        says(
            &said,
            &[&what, "give the clusters of a tenant hosts of their own"],
        );
    }
}

#[test]
fn a_host_name_of_a_cluster_is_served_by_the_load_balancer() {
    let changes = &[(
        "artifacts: {folder: \"capps-{tenant}\"}",
        "artifacts: {folder: \"capps-{tenant}\"}\n        hostnames: {integration: \"mi.{domain}\"}",
    )];
    let haproxy = file(changes, "hosts/lb-1/etc/haproxy/haproxy.cfg");
    assert!(haproxy.contains("use_backend public_mi-acme_integration if { req.hdr(host),field(1,:),lower -m str mi.acme.example.com }"), "{haproxy}");
    let backend = section(&haproxy, "backend public_mi-globex_integration");
    assert!(
        backend.contains("verifyhost mi.globex.example.com"),
        "{backend}"
    );
    assert!(
        backend.contains("server globex-2 10.0.6.32:8253"),
        "{backend}"
    );
}

#[test]
fn apps_of_values_are_laid_over_the_pack() {
    let apps = "values: {apps: {Count.siddhi: \"@App:name('Count')\"}}\n";
    let changes = &[(
        "        artifacts: {folder: \"siddhi-{tenant}\"}\n",
        &*format!("        {apps}"),
    )];
    let path =
        "hosts/acme-3/opt/am/si-acme/overlay/wso2/server/deployment/siddhi-files/Count.siddhi";
    assert!(file(changes, path).contains("@App:name('Count')"));
}

#[test]
fn others_call_a_cluster_from_where_values_say() {
    let clients = "values: {networkPolicy: {clients: [{ipBlock: {cidr: 10.9.0.0/16}}]}}";
    let changes = &[("kind: si\n", &*format!("kind: si\n        {clients}\n"))];
    let balancer = file(changes, "hosts/lb-1/etc/nftables.d/am.nft");
    let callers = "ip saddr { 10.0.6.11, 10.0.6.12, 10.9.0.0/16 } tcp dport 7611 accept";
    assert!(balancer.contains(callers), "{balancer}");
    assert_eq!(balancer.matches("10.9.0.0/16").count(), 6, "{balancer}");
    let pods = clients.replace("ipBlock: {cidr: 10.9.0.0/16}", "podSelector: {}");
    let said = refused(
        EXAMPLE,
        &[("kind: si\n", &format!("kind: si\n        {pods}\n"))],
    );
    says(
        &said,
        &[
            "firewalls know the clients of a cluster by ranges",
            "ipBlock: {cidr: …}",
        ],
    );
}

#[test]
fn what_a_pod_makes_of_a_password_is_made_when_the_file_is_laid() {
    let secrets = file(&[], "hosts/acme-3/etc/am/si-acme.secrets.env.j2");
    let derived = r#"AM_ADMIN_PASSWORD_BASE64="{{ vault_si_acme_admin_password | b64encode }}""#;
    assert!(secrets.contains(derived), "{secrets}");
    assert_eq!(secrets.matches("_BASE64").count(), 1, "{secrets}");
}

#[test]
fn a_node_behind_the_load_balancer_refuses_newcomers_before_it_stops() {
    let unit = file(&[], "hosts/acme-1/etc/systemd/system/am-mi-acme.service");
    let stop = "ExecStop=-+/usr/sbin/nft -f /etc/am/mi-acme.drain.nft\nExecStop=/bin/sleep 5\n\
                ExecStopPost=-+/usr/sbin/nft delete table inet am_drain_mi_acme\n";
    assert!(unit.contains(stop), "{unit}");
    let drain = file(&[], "hosts/acme-1/etc/am/mi-acme.drain.nft");
    assert!(
        drain.contains("tcp dport { 8253, 8290 } reject with tcp reset"),
        "{drain}"
    );
    let own = file(&[], "hosts/am-1/etc/am/all-in-one.drain.nft");
    assert!(own.contains("{ 8021, 8099, 8243, 9021, 9443 }"), "{own}");
    // Alone it has nobody who could take its place.
    let changes = &[
        (
            "        globex-2: {address: 10.0.6.32, runs: [mi-globex]}\n",
            "",
        ),
        ("        coordination: {database: \"mi_{tenant}\"}\n", ""),
    ];
    let unit = file(
        changes,
        "hosts/globex-1/etc/systemd/system/am-mi-globex.service",
    );
    assert!(!unit.contains("ExecStop"), "{unit}");
}

#[test]
fn accounts_are_made_between_two_runs_of_the_playbook() {
    let files = made("d.yaml", &example(EXAMPLE)).expect("it is made");
    let readme = String::from_utf8_lossy(&files["README.md"]).into_owned();
    let (before, after) = readme.split_once("# Now make the tenants").expect("told");
    assert!(
        before.ends_with("--extra-vars @SECRETS --limit load_balancer:all_in_one)\n"),
        "{before}"
    );
    assert!(
        after.contains("ansible-playbook install.yml --ask-vault-pass --extra-vars @SECRETS)\n"),
        "{after}"
    );
    let alone = made("d.yaml", &example("vm-pattern-3")).expect("it is made");
    assert!(!String::from_utf8_lossy(&alone["README.md"]).contains("--limit"));
}

#[test]
fn a_cluster_is_not_called_as_a_component() {
    let said = refused(
        EXAMPLE,
        &[
            (
                "kind: si\n        tenants: [acme.example.com]\n",
                "kind: si\n        name: gateway\n",
            ),
            ("siddhi-{tenant}", "siddhi"),
            ("si_{tenant}", "si"),
            ("10.0.6.23, runs: [si-acme]", "10.0.6.23, runs: [gateway]"),
            ("10.0.6.24, runs: [si-acme]", "10.0.6.24, runs: [gateway]"),
        ],
    );
    says(
        &said,
        &[
            "hosts know gateway as a component of API Manager",
            "give the integrator a `name` of its own",
        ],
    );
}

#[test]
fn what_only_clusters_of_kubernetes_have_is_refused_on_machines() {
    for (old, new, parts) in [
        (
            "kind: mi\n",
            "kind: mi\n        replicas: 3\n",
            &[
                "the numbers of nodes of site dc1 follow from its hosts",
                "remove `replicas`",
            ][..],
        ),
        (
            "kind: mi\n",
            "kind: mi\n        credentials: {existingSecret: mi}\n",
            &[
                "credentials.existingSecret is a Secret of a cluster, and site dc1 is on machines",
                "variables of Ansible",
            ],
        ),
        (
            "{folder: \"capps-{tenant}\"}",
            "{image: \"capps:1\"}",
            &[
                "site dc1 is on machines, which get artifacts from the folder of packs",
                "write `artifacts: {folder: …}`",
            ],
        ),
        (
            "kind: mi\n",
            "kind: mi\n        values: {microIntegrator: {autoscaling: {enabled: true}}}\n",
            &[
                "values.microIntegrator.autoscaling.enabled has no effect on machines",
                "*.jvm",
            ],
        ),
    ] {
        says(&refused(EXAMPLE, &[(old, new)]), parts);
    }
    let said = refused(
        "standard-ha",
        &[(
            "{image: \"registry.example.com/rail/capps:7\"}",
            "{folder: capps}",
        )],
    );
    says(
        &said,
        &[
            "artifacts.folder is a folder of packs, which machines have",
            "write `artifacts: {image: …}`",
        ],
    );
}

#[test]
fn hosts_and_clusters_fit_together() {
    for (old, new, parts) in [
        (
            "10.0.6.21, runs: [mi-acme]",
            "10.0.6.21, runs: [mi-acne]",
            &[
                "there is neither a component nor a cluster of integrators `mi-acne`",
                "did you mean `mi-acme`?",
            ][..],
        ),
        (
            "        globex-1: {address: 10.0.6.31, runs: [mi-globex]}\n        globex-2: {address: 10.0.6.32, runs: [mi-globex]}\n",
            "",
            &[
                "a cluster has at least 1 nodes of Micro Integrator, not 0",
                "hosts with `runs: [mi-globex]` are its nodes",
            ],
        ),
        (
            "10.0.6.31, runs: [mi-globex]",
            "10.0.6.31, runs: [mi-globex, si-acme]",
            &[
                "a cluster has at least 1 and at most 2 nodes of Streaming Integrator, not 3",
                "remove si-acme from the hosts that are too many, such as globex-1",
            ],
        ),
        (
            "10.0.6.22, runs: [mi-acme]",
            "10.0.6.22, runs: [{component: mi-acme, portOffset: 1}]",
            &["mi-acme has portOffset 0 on acme-1 and 1 on acme-2"],
        ),
        (
            "        globex-1: {address",
            "        mi_acme: {address",
            &["host mi_acme has the name of a group of hosts"],
        ),
    ] {
        says(&refused(EXAMPLE, &[(old, new)]), parts);
    }
    let said = refused(
        "vm-simple-scalable",
        &[
            (
                "10.0.7.11, runs: [all-in-one]",
                "10.0.7.11, runs: [all-in-one, si]",
            ),
            ("        si-1: {address: 10.0.7.31, runs: [si]}\n", ""),
        ],
    );
    says(
        &said,
        &[
            "host am-1 runs all-in-one and si, both on port 9443",
            "portOffset",
        ],
    );
}
