//! Who may connect to whom.

use serde_json::{Value, json};

use crate::support::{Release, refusal, release};

fn policy(pattern: u32, component: &str, mut values: Value) -> Value {
    values["networkPolicy"]["enabled"] = json!(true);
    values["credentials"]["existingSecret"] = json!("accounts");
    let release: Release = release(pattern, values);
    let policy = release.find("NetworkPolicy", &format!("apim-{component}"));
    policy.expect("a policy")["spec"].clone()
}

fn rules(policy: &Value, direction: &str) -> Vec<Value> {
    policy[direction].as_array().cloned().unwrap_or_default()
}

#[test]
fn every_component_takes_more_rules() {
    let rule = json!({"ports": [{"port": 7, "protocol": "TCP"}]});
    let more = json!({"ingress": [rule], "egress": [rule]});
    for (component, key) in [
        ("control-plane", "controlPlane"),
        ("gateway", "gateway"),
        ("traffic-manager", "trafficManager"),
        ("key-manager", "keyManager"),
    ] {
        let policy = policy(4, component, json!({key: {"networkPolicy": more}}));
        for direction in ["ingress", "egress"] {
            assert!(
                rules(&policy, direction).contains(&rule),
                "{component} {direction}"
            );
        }
    }
}

#[test]
fn portals_connect_anywhere_unless_a_value_narrows_them() {
    let anywhere = json!({});
    let open = policy(3, "control-plane", json!({}));
    assert!(rules(&open, "egress").contains(&anywhere));
    let mail = json!({"ports": [{"port": 587, "protocol": "TCP"}]});
    let narrowed = policy(
        3,
        "control-plane",
        json!({"networkPolicy": {"portals": [mail]}}),
    );
    assert!(rules(&narrowed, "egress").contains(&mail));
    assert!(!rules(&narrowed, "egress").contains(&anywhere));
    assert!(!rules(&policy(3, "traffic-manager", json!({})), "egress").contains(&anywhere));
}

/// Who may reach a port, where a rule for more than the chart's own pods names it.
fn clients(policy: &Value, port: u16) -> Option<Value> {
    rules(policy, "ingress")
        .into_iter()
        .filter(|rule| {
            let ports = rule["ports"].as_array().expect("ports");
            ports.iter().any(|named| named["port"] == port)
        })
        .map(|rule| rule.get("from").cloned().unwrap_or(Value::Null))
        .find(|from| !from.to_string().contains("podSelector"))
}

#[test]
fn gateways_without_host_names_are_reached_from_inside_the_cluster() {
    let inside = json!([{"namespaceSelector": {}}]);
    let internal = policy(3, "gateway", json!({}));
    assert_eq!(clients(&internal, 8243).as_ref(), Some(&inside));
    assert_eq!(clients(&internal, 8280).as_ref(), Some(&inside));
    let public = policy(
        3,
        "gateway",
        json!({"hostnames": {"gateway": "api.example.com"}}),
    );
    assert_eq!(clients(&public, 8243), Some(Value::Null));
    assert_eq!(clients(&public, 8280), None);
    let team = json!([{"namespaceSelector": {"matchLabels": {"team": "a"}}}]);
    let narrowed = policy(3, "gateway", json!({"networkPolicy": {"clients": team}}));
    assert_eq!(clients(&narrowed, 8243), Some(team.clone()));
    assert_eq!(clients(&narrowed, 8280), Some(team));
}

/// The ports of a policy's rule that follows the one for names and those for components.
fn database_ports(url: &Value) -> Vec<u64> {
    let scheme = url["url"].as_str().and_then(|url| url.split(':').nth(1));
    let kind = match scheme.expect("a JDBC URL") {
        "postgresql" => "postgre",
        "sqlserver" => "mssql",
        other => other,
    };
    let database = json!({"mode": "external", "type": kind, "apim": url, "shared": url});
    let mut values = json!({"database": database});
    values["networkPolicy"] = json!({"portals": [{"ports": [{"port": 7, "protocol": "TCP"}]}]});
    let policy = policy(3, "control-plane", values);
    let rules = rules(&policy, "egress");
    let rule = &rules[rules.len() - 2];
    assert!(rule.get("to").is_none(), "{rule}");
    let ports = rule["ports"].as_array().expect("ports").iter();
    ports
        .map(|port| port["port"].as_u64().expect("a number"))
        .collect()
}

#[test]
fn the_database_is_reached_at_the_ports_of_its_urls() {
    for (url, ports) in [
        ("jdbc:mysql://db.example.com/apim", vec![3306]),
        (
            "jdbc:mysql://db.example.com:3307/apim?sslMode=REQUIRED",
            vec![3307],
        ),
        (
            "jdbc:mysql://u:123@a:3307,b:3308,c/apim",
            vec![3307, 3308, 3306],
        ),
        ("jdbc:mysql://address=(host=a)(port=3310)/apim", vec![3310]),
        (
            "jdbc:mysql://(host=a,port=3310),(host=b)/apim",
            vec![3310, 3306],
        ),
        ("jdbc:mysql://[fd00::1]:3307/apim?a=1&b=:9", vec![3307]),
        (
            "jdbc:mariadb:sequential:address=(host=a)(port=3311)/apim",
            vec![3311],
        ),
        (
            "jdbc:postgresql://a:5433,b:5434/apim?targetServerType=primary",
            vec![5433, 5434],
        ),
        (
            "jdbc:sqlserver://a:1434;databaseName=apim;encrypt=true",
            vec![1434],
        ),
        (
            "jdbc:sqlserver://;serverName=a;portNumber=1435;databaseName=apim",
            vec![1435],
        ),
        (
            r"jdbc:sqlserver://a\apim;portNumber=1436;databaseName=apim",
            vec![1436],
        ),
        (
            r"jdbc:sqlserver://a\apim:1437;databaseName=apim",
            vec![1437],
        ),
        (
            "jdbc:sqlserver://a;instanceName=apim;portNumber=1438",
            vec![1438],
        ),
        ("jdbc:oracle:thin:@//a:1522/apim", vec![1522]),
        ("jdbc:oracle:thin:@a:1523:APIM", vec![1523]),
        (
            "jdbc:oracle:thin:@tcps://a:2484/apim?wallet_location=/w",
            vec![2484],
        ),
        (
            "jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(PROTOCOL=TCPS)(HOST=a)(PORT=2485))(CONNECT_DATA=(SERVICE_NAME=s)))",
            vec![2485],
        ),
        (
            "jdbc:db2://a:50001/apim:clientRerouteAlternateServerName=b;clientRerouteAlternatePortNumber=50002;",
            vec![50002, 50001],
        ),
        ("jdbc:h2:tcp://a:9093/./apim", vec![9093]),
    ] {
        assert_eq!(database_ports(&json!({"url": url})), ports, "{url}");
    }
}

#[test]
fn each_database_is_reached_at_its_own_port() {
    let database = json!({
        "mode": "external", "type": "postgre", "host": "db", "port": 5544,
        "shared": {"url": "jdbc:postgresql://other/shared_db"},
    });
    let gateways_only = policy(4, "key-manager", json!({"database": database}));
    let text = json!(rules(&gateways_only, "egress")).to_string();
    assert!(text.contains("5544") && text.contains("5432"), "{text}");
    let embedded = policy(0, "all-in-one", json!({"database": {"mode": "embedded"}}));
    assert!(
        !json!(rules(&embedded, "egress"))
            .to_string()
            .contains("9092")
    );
}

#[test]
fn a_named_instance_without_a_port_is_refused() {
    for (url, instance) in [
        (r"jdbc:sqlserver://db\apim;databaseName=apim_db", r"db\apim"),
        (
            "jdbc:sqlserver://db;instanceName=apim;databaseName=apim_db",
            "instanceName=apim",
        ),
    ] {
        let database =
            json!({"mode": "external", "type": "mssql", "host": "db", "shared": {"url": url}});
        let values = json!({"database": database, "networkPolicy": {"enabled": true}, "credentials": {"existingSecret": "apim"}});
        let message = refusal(3, values);
        let expected = format!(
            "database.shared.url names the instance {instance} without its port, which a policy must know: write the port behind the host (HOST:PORT) or as portNumber=PORT into database.shared.url"
        );
        assert!(message.contains(&expected), "{message}");
    }
}

#[test]
fn load_balancers_reach_endpoints_and_the_ports_that_they_probe() {
    let google =
        json!([{"ipBlock": {"cidr": "35.191.0.0/16"}}, {"ipBlock": {"cidr": "130.211.0.0/22"}}]);
    let values = json!({"networkPolicy": {"loadBalancers": google}, "hostnames": {"gateway": "api.example.com"}});
    for (component, ports) in [
        ("gateway", vec![8243, 8099, 8021, 9443]),
        ("control-plane", vec![9443, 9763]),
        ("key-manager", vec![9443, 9763]),
        ("traffic-manager", vec![]),
    ] {
        let policy = policy(4, component, values.clone());
        let rule = rules(&policy, "ingress")
            .into_iter()
            .find(|rule| rule["from"] == google);
        let reached: Vec<Value> = rule.map_or_else(Vec::new, |rule| {
            let ports = rule["ports"].as_array().expect("ports");
            ports.iter().map(|port| port["port"].clone()).collect()
        });
        assert_eq!(json!(reached), json!(ports), "{component}");
    }
}

#[test]
fn names_are_asked_for_where_values_say() {
    let usual = policy(3, "gateway", json!({}));
    let both =
        |port: u16| json!([{"port": port, "protocol": "UDP"}, {"port": port, "protocol": "TCP"}]);
    assert_eq!(rules(&usual, "egress")[0], json!({"ports": both(53)}));
    let pods = json!({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "openshift-dns"}}});
    let local = json!({"ipBlock": {"cidr": "169.254.20.10/32"}});
    let values = json!({"networkPolicy": {"dns": {"ports": [5353], "peers": [pods, local]}}});
    for component in ["gateway", "test"] {
        let narrowed = policy(3, component, values.clone());
        let rule = json!({"to": [pods, local], "ports": both(5353)});
        assert_eq!(rules(&narrowed, "egress")[0], rule, "{component}");
    }
}

#[test]
fn what_no_policy_allows_is_denied_to_every_pod_of_the_release() {
    let deny = policy(3, "default-deny", json!({}));
    let release =
        json!({"app.kubernetes.io/name": "wso2-api-manager", "app.kubernetes.io/instance": "apim"});
    assert_eq!(deny["podSelector"], json!({"matchLabels": release}));
    assert_eq!(deny["policyTypes"], json!(["Ingress", "Egress"]));
    assert!(deny.get("ingress").is_none() && deny.get("egress").is_none());
}

#[test]
fn tests_reach_each_component_at_the_port_that_they_ask() {
    let policy = policy(4, "test", json!({"gateway": {"portOffset": 10}}));
    assert_eq!(policy["ingress"], Value::Null);
    let reached: Vec<String> = rules(&policy, "egress")
        .iter()
        .skip(1)
        .map(|rule| {
            let to = &rule["to"][0]["podSelector"]["matchLabels"]["app.kubernetes.io/component"];
            format!(
                "{}:{}",
                to.as_str().expect("a component"),
                rule["ports"][0]["port"]
            )
        })
        .collect();
    assert_eq!(
        reached,
        [
            "control-plane:9763",
            "traffic-manager:9763",
            "gateway:9773",
            "key-manager:9763"
        ]
    );
}
