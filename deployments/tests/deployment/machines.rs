//! What the hosts of a site get: the same wiring as in a cluster, at the hosts' addresses.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::refusals::says;
use crate::support::{changed, example, made};

/// The files of an example's only site, as texts by their paths below its folder.
pub(crate) fn tree(name: &str, changes: &[(&str, &str)]) -> BTreeMap<String, String> {
    let files = made(&format!("{name}.yaml"), &changed(&example(name), changes)).expect("sound");
    let below = |path: &str| {
        let (_, rest) = path.strip_prefix("sites/")?.split_once('/')?;
        Some(rest.to_owned())
    };
    files
        .into_iter()
        .filter_map(|(path, text)| Some((below(&path)?, String::from_utf8(text).ok()?)))
        .collect()
}

pub(crate) fn toml<'t>(tree: &'t BTreeMap<String, String>, host: &str, component: &str) -> &'t str {
    &tree[&format!("hosts/{host}/opt/am/{component}/overlay/repository/conf/deployment.toml")]
}

fn lacks(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(!text.contains(part), "{part:?} is in\n{text}");
    }
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    for number in 0..6 {
        let name = format!("vm-pattern-{number}");
        assert_eq!(tree(&name, &[]), tree(&name, &[]), "{name}");
    }
}

#[test]
fn nodes_of_pattern_3_reach_each_node_at_its_host_and_several_by_the_balancer() {
    let tree = tree("vm-pattern-3", &[]);
    let first = toml(&tree, "cp-1", "control-plane");
    says(
        first,
        &[
            r#"event_duplicate_url = ["tcp://10.0.1.12:5672"]"#,
            r#"urls = ["tcp://10.0.1.11:9611"]"#,
            r#"urls = ["tcp://10.0.1.12:9611"]"#,
            r#"auth_urls = ["ssl://10.0.1.12:9711"]"#,
            r#"service_url = "https://10.0.1.10:9443/services/""#,
            r#"service_url = "https://10.0.1.10:29443/services/""#,
            r#"https_endpoint = "https://gw.plant.example.com""#,
            r#"hostname = "am.plant.example.com""#,
            "url = \"jdbc:h2:/var/lib/am/control-plane/database/WSO2CARBON_DB",
            r#"location = "/var/lib/am/control-plane/indexed-data""#,
        ],
    );
    says(
        toml(&tree, "cp-2", "control-plane"),
        &[r#"event_duplicate_url = ["tcp://10.0.1.11:5672"]"#],
    );
    says(
        toml(&tree, "gw-1", "gateway"),
        &[
            r#"event_listening_endpoints = ["tcp://10.0.1.11:5672", "tcp://10.0.1.12:5672"]"#,
            r#"throttle_decision_endpoints = ["tcp://10.0.1.21:5672", "tcp://10.0.1.22:5672"]"#,
            r#"traffic_manager_urls = ["tcp://10.0.1.22:9611"]"#,
            r#"service_url = "https://10.0.1.10:19443/services/""#,
            r#"gateway_id = "$env{AM_NODE_NAME}""#,
        ],
    );
    says(
        toml(&tree, "tm-1", "traffic-manager"),
        &[r#"event_duplicate_url = ["tcp://10.0.1.22:5672"]"#],
    );
    for (path, text) in &tree {
        lacks(
            text,
            &["/home/wso2carbon", "plant-control-plane", "headless"],
        );
        assert!(
            !path.ends_with("/deployment.toml") || !text.contains("password = \"\""),
            "{path}"
        );
    }
}

#[test]
fn variables_are_in_one_file_and_credentials_are_names_of_ansibles() {
    let tree = tree("vm-pattern-3", &[]);
    let plain = &tree["hosts/gw-2/etc/am/gateway.env"];
    says(
        plain,
        &[
            "AM_NODE_NAME=gw-2\n",
            "AM_NODE_ADDRESS=10.0.1.32\n",
            "JAVA_HOME=/opt/java\n",
            "JVM_MEM_OPTS=\"-Xms256m -Xmx1024m\"\n",
        ],
    );
    lacks(plain, &["PASSWORD"]);
    let secrets = &tree["hosts/gw-2/etc/am/gateway.secrets.env.j2"];
    says(
        secrets,
        &["AM_ADMIN_PASSWORD=\"{{ vault_admin_password }}\"\n"],
    );
    lacks(secrets, &["DB_PASSWORD"]);
    let hub = &tree["hosts/cp-1/etc/am/control-plane.secrets.env.j2"];
    says(
        hub,
        &["AM_APIM_DB_PASSWORD=\"{{ vault_apim_db_password }}\"\n"],
    );
    // Every variable that a configuration reads is there.
    for (path, text) in tree
        .iter()
        .filter(|(path, _)| path.ends_with("deployment.toml"))
    {
        let words: Vec<&str> = path.split('/').collect();
        let (host, component) = (words[1], words[4]);
        let file = |ending: &str| &tree[&format!("hosts/{host}/etc/am/{component}.{ending}")];
        let known = format!("{}{}", file("env"), file("secrets.env.j2"));
        for variable in text
            .split("$env{")
            .skip(1)
            .filter_map(|it| it.split_once('}'))
        {
            says(&known, &[&format!("\n{}=", variable.0)]);
        }
    }
}

#[test]
fn a_unit_starts_the_script_of_its_component_and_stops_within_its_time() {
    let tree = tree("vm-pattern-4", &[]);
    for (host, component, script) in [
        ("cp-1", "control-plane", "api-cp.sh"),
        ("tm-1", "traffic-manager", "traffic-manager.sh"),
        ("km-2", "key-manager", "key-manager.sh"),
        ("gw-1", "gateway", "gateway.sh"),
    ] {
        let unit = &tree[&format!("hosts/{host}/etc/systemd/system/am-{component}.service")];
        says(
            unit,
            &[
                &format!("\nExecStart=/opt/am/{component}/current/bin/{script}\n"),
                &format!(
                    "\nEnvironmentFile=/etc/am/{component}.env\nEnvironmentFile=/etc/am/{component}.secrets.env\n"
                ),
                "\nType=simple\n",
                "\nUser=wso2carbon\n",
                "\nTimeoutStopSec=75\n",
                "\nKillMode=control-group\n",
                "\nSuccessExitStatus=143\n",
                &format!("\nStateDirectory=am/{component}\n"),
            ],
        );
        lacks(unit, &["-Dprofile", "{{"]);
        let seeds = unit.matches("ExecStartPre=").count();
        assert_eq!(seeds, usize::from(component == "control-plane"), "{unit}");
    }
    let slow = "    values: {gateway: {shutdown: {timeoutSeconds: 100}}}\n    vm:\n";
    let tree = self::tree("vm-pattern-3", &[("    vm:\n", slow)]);
    says(
        &tree["hosts/gw-1/etc/systemd/system/am-gateway.service"],
        &["\nTimeoutStopSec=115\n"],
    );
}

/// What a host lets in: a port with those who may connect.
pub(crate) fn openings(tree: &BTreeMap<String, String>, host: &str) -> Vec<String> {
    let rules = tree[&format!("hosts/{host}/etc/nftables.d/am.nft")].lines();
    let rules = rules
        .map(str::trim)
        .filter(|line| line.ends_with("accept") && line.contains("dport"));
    rules
        .map(|line| line.trim_end_matches(" accept").to_owned())
        .collect()
}

#[test]
fn firewalls_open_what_edges_need_and_nothing_else() {
    let tree = tree("vm-pattern-3", &[]);
    assert_eq!(
        openings(&tree, "tm-1"),
        [
            "tcp dport 22",
            "ip saddr { 10.0.1.22, 10.0.1.31, 10.0.1.32 } tcp dport 5672",
            "ip saddr { 10.0.1.10 } tcp dport 9443",
            "ip saddr { 10.0.1.31, 10.0.1.32 } tcp dport 9611",
            "ip saddr { 10.0.1.31, 10.0.1.32 } tcp dport 9711",
            "ip saddr { 10.0.1.10 } tcp dport 9763",
        ]
    );
    assert_eq!(
        openings(&tree, "lb-1"),
        [
            "tcp dport 22",
            "tcp dport 443",
            "tcp dport 8021",
            "tcp dport 9021",
            "ip saddr { 10.0.1.11, 10.0.1.12, 10.0.1.21, 10.0.1.22, 10.0.1.31, 10.0.1.32 } tcp dport 9443",
            "ip saddr { 10.0.1.21, 10.0.1.22, 10.0.1.31, 10.0.1.32 } tcp dport 19443",
            "ip saddr { 10.0.1.11, 10.0.1.12 } tcp dport 29443",
        ]
    );
    // Nodes without a balancer before them are reached by users.
    let single = self::tree("vm-pattern-0", &[]);
    says(
        &openings(&single, "aio-1").join("\n"),
        &["\ntcp dport 9443", "\ntcp dport 8243"],
    );
    // nginx does not ask nodes whether they are ready.
    let nginx = self::tree("vm-pattern-3", &[("kind: haproxy", "kind: nginx")]);
    assert!(
        !openings(&nginx, "tm-1")
            .iter()
            .any(|it| it.ends_with("9763"))
    );
}

#[test]
fn balancers_have_every_node_at_its_port_with_the_affinity_of_the_endpoint() {
    let tree = tree("vm-pattern-3", &[]);
    let file = &tree["hosts/lb-1/etc/haproxy/haproxy.cfg"];
    let part = |name: &str| {
        let at = file.find(&format!("\n{name}\n")).expect("there");
        file[at + 1..]
            .split("\n\n")
            .next()
            .expect("a part")
            .to_owned()
    };
    let portals = part("backend public_management");
    says(
        &portals,
        &[
            "cookie AM_NODE insert",
            "  server cp-1 10.0.1.11:9443 cookie cp-1\n  server cp-2 10.0.1.12:9443 cookie cp-2",
            "http-check send meth GET uri /services/Version",
            "check port 9763 ssl verify required ca-file /etc/ssl/certs/am-ca.pem",
        ],
    );
    let gateways = part("backend public_gateway");
    says(
        &gateways,
        &[
            "  server gw-1 10.0.1.31:8243\n  server gw-2 10.0.1.32:8243",
            "check port 9443 check-ssl",
        ],
    );
    lacks(&gateways, &["cookie", "backup"]);
    let services = part("listen traffic-manager_servlet-https");
    says(
        &services,
        &[
            "bind :19443",
            "server tm-1 10.0.1.21:9443\n  server tm-2 10.0.1.22:9443 backup",
        ],
    );
    says(
        &part("frontend public_443"),
        &[
            "use_backend public_websocket if { req.hdr(host),field(1,:),lower -m str ws.plant.example.com }",
        ],
    );
    lacks(file, &["5672", "9611", "9711"]);

    let nginx = &self::tree("vm-pattern-1", &[])["hosts/lb-1/etc/nginx/nginx.conf"];
    says(
        nginx,
        &[
            "upstream public_management {\n    ip_hash;\n    server 10.0.2.11:9443",
            "upstream public_gateway {\n    server 10.0.2.11:8243",
            "server_name hooks.town.example.com;",
            "proxy_ssl_name am.town.example.com;",
            "proxy_ssl_verify on;",
        ],
    );
}

#[test]
fn two_components_of_a_host_have_ports_of_their_own() {
    let tree = tree("vm-pattern-5", &[]);
    says(toml(&tree, "both-1", "key-manager"), &["  offset = 1\n"]);
    says(
        toml(&tree, "both-1", "gateway"),
        &[
            "  offset = 0\n",
            r#"service_url = "https://10.0.5.10:9444/services/""#,
        ],
    );
    says(
        &openings(&tree, "both-2").join("\n"),
        &["{ 10.0.5.10 } tcp dport 9444"],
    );
    let nginx = &tree["hosts/lb-1/etc/nginx/nginx.conf"];
    says(nginx, &["server 10.0.5.32:9444", "listen 9444;"]);
}

#[test]
fn an_inventory_says_how_each_node_is_installed_and_in_which_order() {
    let tree = tree("vm-pattern-5", &[]);
    let inventory: Value = serde_saphyr::from_str(&tree["ansible/inventory.yaml"]).expect("YAML");
    let all = &inventory["all"];
    let both = &all["hosts"]["both-1"];
    assert_eq!(both["ansible_host"], "10.0.5.31");
    let manager = &both["am_components"][1];
    assert_eq!(manager["name"], "key-manager");
    assert_eq!(manager["pack"], "wso2am-acp-4.7.0");
    assert_eq!(manager["start_script"], "key-manager.sh");
    assert_eq!(manager["profile"], "key-manager");
    assert_eq!(manager["port_offset"], 1);
    assert_eq!(manager["readiness"]["port"], 9764);
    assert_eq!(manager["files"][0]["from"], "database-driver.jar");
    assert_eq!(
        both["am_components"][0]["files"].as_array().map(Vec::len),
        Some(2),
        "keystores alone"
    );
    let order = all["children"]["am_nodes"]["children"]
        .as_object()
        .expect("groups");
    let order: Vec<&String> = order.keys().collect();
    assert_eq!(order, ["all_in_one", "key_manager", "gateway"]);
    assert!(all["children"]["key_manager"]["hosts"]["both-2"].is_object());
    assert!(all["children"]["load_balancer"]["hosts"]["lb-1"].is_object());
    let own = self::tree("vm-pattern-4", &[]);
    says(
        &own["ansible/inventory.yaml"],
        &[
            "- path: repository/resources/security/wso2carbon.jks\n              from: keystores/wso2carbon.jks",
        ],
    );
    says(
        toml(&own, "km-1", "key-manager"),
        &[r#"file_name = "wso2carbon.jks""#],
    );
}

#[test]
fn databases_are_told_with_their_users_and_scripts_in_order() {
    let database = &tree("vm-pattern-2", &[])["database/README.md"];
    says(
        database,
        &[
            "MariaDB at `db.farm.example.com:3307`",
            "| 1 | `shared_db` | `dbscripts/mysql.sql` | `farm_shared_db_username` | `farm_shared_db_password` |\n| 2 | `apim_db` | `dbscripts/apimgt/mysql.sql`",
        ],
    );
}

#[test]
fn databases_in_files_are_made_by_the_unit_before_its_server_starts() {
    let tree = tree("vm-pattern-0", &[]);
    says(
        &tree["database/README.md"],
        &[
            "There is nothing to do",
            "| 2 | `apim_db` | `dbscripts/apimgt/h2.sql` |",
        ],
    );
    says(
        &tree["hosts/aio-1/etc/systemd/system/am-all-in-one.service"],
        &[
            "ExecStartPre=/bin/sh /opt/am/all-in-one/current/bin/am-databases.sh\nTimeoutStartSec=300\nExecStart=",
        ],
    );
    says(
        &tree["hosts/aio-1/opt/am/all-in-one/overlay/bin/am-databases.sh"],
        &[
            "make shared_db \"$AM_SHARED_DB_USERNAME\" \"$AM_SHARED_DB_PASSWORD\" dbscripts/h2.sql\n",
            "make apim_db \"$AM_APIM_DB_USERNAME\" \"$AM_APIM_DB_PASSWORD\" dbscripts/apimgt/h2.sql\n",
        ],
    );
    let server = self::tree("vm-pattern-3", &[]);
    assert!(!server.keys().any(|path| path.ends_with("am-databases.sh")));
}

#[test]
fn the_readme_says_which_certificates_a_load_balancer_and_its_nodes_need() {
    let files = made("d.yaml", &example("vm-pattern-3")).expect("it is made");
    let readme = String::from_utf8_lossy(&files["README.md"]).into_owned();
    says(
        &readme,
        &[
            "| `am.plant.example.com` | Portals and management APIs of dc1: the address of its load balancer, `10.0.1.10` |",
            "| lb-1 | `/etc/ssl/private/am.pem` | certificates and key for `am.plant.example.com`, `gw.plant.example.com`, `ws.plant.example.com`, PEM in one file |",
            "| lb-1 | `/etc/ssl/certs/am-ca.pem` | certificates of those who signed the nodes', PEM |",
            "| nodes of gateway | the keystore among the packs | a certificate for `gw.plant.example.com` |",
        ],
    );
    let alone = made("d.yaml", &example("vm-pattern-0")).expect("it is made");
    let alone = String::from_utf8_lossy(&alone["README.md"]).into_owned();
    assert!(
        !alone.contains("### DNS") && !alone.contains("### Certificates"),
        "{alone}"
    );
}

#[test]
fn what_values_mount_is_laid_over_the_pack_and_what_secrets_hold_comes_from_the_packs() {
    let values = "    values:\n      gateway:\n        files: {repository/conf/extra.properties: \"a=1\\n\"}\n        filesFrom: [{path: repository/conf/more.jks, secret: {name: mine, key: more.jks}}]\n        extraEnv: [{name: TOKEN, valueFrom: {secretKeyRef: {name: other, key: api-token}}}, {name: TEXT, value: 'a \"b\" $c'}]\n    vm:\n";
    let tree = tree("vm-pattern-3", &[("    vm:\n", values)]);
    let file = &tree["hosts/gw-1/opt/am/gateway/overlay/repository/conf/extra.properties"];
    says(file, &["# Generated by `cargo xtask deploy`", "\na=1\n"]);
    says(
        &tree["ansible/inventory.yaml"],
        &["path: repository/conf/more.jks\n              from: mine/more.jks"],
    );
    says(
        &tree["hosts/gw-1/etc/am/gateway.secrets.env.j2"],
        &["TOKEN=\"{{ vault_other_api_token }}\""],
    );
    says(
        &tree["hosts/gw-1/etc/am/gateway.env"],
        &[r#"TEXT="a \"b\" \$c""#],
    );
}

#[test]
fn three_event_hub_nodes_publish_to_each_by_files_of_their_own() {
    let third = "        cp-3: {address: 10.0.1.13, runs: [control-plane]}\n        tm-1:";
    let values = "    values: {eventHub: {acceptMoreThanTwoNodes: true}}\n    vm:\n";
    let tree = tree(
        "vm-pattern-3",
        &[("        tm-1:", third), ("    vm:\n", values)],
    );
    let below = "hosts/cp-1/opt/am/control-plane/overlay/repository";
    let publisher =
        format!("{below}/deployment/server/eventpublishers/tokenRevocationJMSPublisher-node-2.xml");
    says(
        &tree[&publisher],
        &["Generated by `cargo xtask deploy`", "<eventPublisher"],
    );
    let jndi =
        format!("{below}/resources/conf/templates/repository/conf/jndi-node-2.properties.j2");
    says(&tree[&jndi], &["10.0.1.13:5672"]);
    says(
        &openings(&tree, "cp-3").join("\n"),
        &["10.0.1.11, 10.0.1.12, 10.0.1.21"],
    );
}
