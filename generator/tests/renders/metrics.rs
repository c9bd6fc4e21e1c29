//! Metrics: the exporter, who reads it, alerts and the dashboard.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use am_toolchain::{StderrProgress, Tool, Toolchain};
use serde_json::{Value, json};

use crate::support::{Release, refusal, release};

const SHA: &str = "7d61f737fd661610ccc14aea79764faa1ea94a340cbc8f0029b3d2edea3d80c1";

/// ServiceMonitors, with a jar from a URL.
fn monitored() -> Value {
    let exporter = json!({"url": "https://files.example.com:8444/jmx.jar", "sha256": SHA});
    json!({"serviceMonitor": {"enabled": true}, "metrics": {"exporter": exporter}})
}

fn container<'r>(release: &'r Release, component: &str) -> &'r Value {
    &release.pod(component)["containers"][0]
}

fn variable<'r>(container: &'r Value, name: &str) -> Option<&'r str> {
    let variables = container["env"].as_array().expect("variables");
    let found = variables.iter().find(|variable| variable["name"] == name);
    found.and_then(|variable| variable["value"].as_str())
}

fn port(ports: &Value, name: &str) -> Option<Value> {
    let ports = ports.as_array().expect("ports");
    ports.iter().find(|port| port["name"] == name).cloned()
}

#[test]
fn a_service_monitor_finds_an_exporter_on_every_component() {
    let release = release(4, monitored());
    for component in ["control-plane", "gateway", "traffic-manager", "key-manager"] {
        let container = container(&release, component);
        assert_eq!(
            variable(container, "JAVA_OPTS"),
            Some(
                "-javaagent:/home/wso2carbon/metrics/exporter.jar=9404:/home/wso2carbon/metrics/exporter.yaml"
            )
        );
        let listens = port(&container["ports"], "metrics").expect("a port");
        assert_eq!(listens["containerPort"], 9404, "{component}");
        let name = format!("apim-{component}");
        let service = release.find("Service", &name).expect("a Service");
        let offered = port(&service["spec"]["ports"], "metrics").expect("a port");
        assert_eq!(offered["targetPort"], "metrics", "{component}");
        let monitor = release.find("ServiceMonitor", &name).expect("a monitor");
        assert_eq!(
            monitor["spec"]["selector"]["matchLabels"], service["spec"]["selector"],
            "{component}"
        );
        assert_eq!(monitor["spec"]["endpoints"][0]["port"], "metrics");
    }
    let all: Vec<_> = release.all("ServiceMonitor").collect();
    assert_eq!(all.len(), 4);
}

#[test]
fn own_options_of_java_follow_the_exporter() {
    let mut values = monitored();
    values["gateway"] = json!({"jvm": {"options": "-Dx=1"}});
    let release = release(3, values);
    let options = variable(container(&release, "gateway"), "JAVA_OPTS").expect("options");
    assert!(
        options.starts_with("-javaagent:") && options.ends_with(" -Dx=1"),
        "{options}"
    );
}

#[test]
fn a_jar_from_a_url_is_checked_before_a_server_starts() {
    let release = release(3, monitored());
    let script = release.script("gateway", "fetch-metrics-exporter");
    assert!(
        script.contains("'https://files.example.com:8444/jmx.jar'"),
        "{script}"
    );
    assert!(script.contains(&format!("{SHA}  new")), "{script}");
    let mounts = container(&release, "gateway")["volumeMounts"].to_string();
    assert!(
        mounts.contains(r#""mountPath":"/home/wso2carbon/metrics/exporter.jar""#),
        "{mounts}"
    );
}

#[test]
fn a_jar_comes_from_an_image_or_a_claim_as_well() {
    let image = json!({"repository": "tools/jmx", "tag": "1.0.1"});
    let values = |exporter: &Value| json!({"metrics": {"enabled": true, "exporter": exporter}, "global": {"imageRegistry": "r.example.com"}});
    let from_image = release(3, values(&json!({"image": image, "path": "/jmx.jar"})));
    let container = from_image
        .init_containers("gateway")
        .iter()
        .find(|container| container["name"] == "fetch-metrics-exporter")
        .expect("an init container");
    assert_eq!(container["image"], "r.example.com/tools/jmx:1.0.1");
    assert_eq!(
        container["args"],
        json!(["/jmx.jar", "/fetched/exporter.jar"])
    );
    assert_eq!(
        container["securityContext"]["allowPrivilegeEscalation"],
        false
    );

    let from_claim = release(
        3,
        values(&json!({"claim": {"name": "jars", "path": "jmx.jar"}})),
    );
    let names = from_claim.init_names("gateway");
    assert!(!names.contains(&"fetch-metrics-exporter"), "{names:?}");
    let volumes = from_claim.pod("gateway")["volumes"].to_string();
    assert!(
        volumes.contains(r#"{"claimName":"jars","readOnly":true}"#),
        "{volumes}"
    );
}

#[test]
fn a_source_that_does_not_fit_is_refused_with_what_to_set() {
    let image = json!({"repository": "tools/jmx", "tag": "1"});
    for (exporter, message) in [
        (
            json!({}),
            "serviceMonitor.enabled is true, but metrics.exporter says nowhere where the exporter's jar comes from: set metrics.exporter.url and sha256",
        ),
        (
            json!({"url": "https://a/b.jar"}),
            "metrics.exporter.sha256 is empty",
        ),
        (
            json!({"image": image}),
            "metrics.exporter.path is empty: say where the file is in the image tools/jmx",
        ),
        (
            json!({"claim": {"name": "jars"}}),
            "metrics.exporter.claim.path is empty",
        ),
        (
            json!({"url": "https://a/b.jar", "sha256": SHA, "claim": {"name": "jars", "path": "b.jar"}}),
            "metrics.exporter: url and claim are given",
        ),
    ] {
        let values =
            json!({"serviceMonitor": {"enabled": true}, "metrics": {"exporter": exporter}});
        let said = refusal(3, values);
        assert!(said.contains(message), "{said}");
    }
    let mut taken = monitored();
    taken["metrics"]["port"] = json!(9443);
    let said = refusal(3, taken);
    assert!(
        said.contains("metrics.port 9443 is the port servlet-https of controlPlane"),
        "{said}"
    );
}

#[test]
fn an_exporter_of_the_users_own_takes_the_place_of_the_charts() {
    let own = json!([{"name": "metrics", "containerPort": 2112}]);
    let release = release(
        0,
        json!({"serviceMonitor": {"enabled": true}, "allInOne": {"extraPorts": own}, "networkPolicy": {"enabled": true}}),
    );
    let container = container(&release, "all-in-one");
    assert_eq!(variable(container, "JAVA_OPTS"), None);
    assert_eq!(
        port(&container["ports"], "metrics").expect("a port")["containerPort"],
        2112
    );
    let policy = release
        .find("NetworkPolicy", "apim-all-in-one")
        .expect("a policy");
    assert!(policy["spec"]["ingress"].to_string().contains("2112"));
}

#[test]
fn policies_let_scrapers_in_and_the_jar_come() {
    let scrapers = json!([{"namespaceSelector": {"matchLabels": {"team": "watch"}}}]);
    let mut values = monitored();
    values["networkPolicy"] = json!({"enabled": true, "scrapers": scrapers});
    let release = release(3, values);
    let policy = release
        .find("NetworkPolicy", "apim-traffic-manager")
        .expect("a policy");
    let metrics = json!({"from": scrapers, "ports": [{"port": 9404, "protocol": "TCP"}]});
    assert!(
        policy["spec"]["ingress"]
            .as_array()
            .expect("rules")
            .contains(&metrics)
    );
    let download = json!({"ports": [{"port": 8444, "protocol": "TCP"}]});
    assert!(
        policy["spec"]["egress"]
            .as_array()
            .expect("rules")
            .contains(&download)
    );
}

/// The rules of the exporter of a component.
fn exporter(release: &Release, component: &str) -> Value {
    let map = release.find("ConfigMap", &format!("apim-{component}-config"));
    let text = map.expect("a ConfigMap")["data"]["exporter.yaml"].as_str();
    serde_saphyr::from_str(text.expect("rules")).expect("YAML")
}

#[test]
fn only_components_that_serve_apis_are_asked_for_their_traffic() {
    let release = release(3, monitored());
    for (component, has) in [("gateway", true), ("control-plane", false)] {
        let text = exporter(&release, component).to_string();
        assert_eq!(
            text.contains("wso2am_gateway_messages_received_total"),
            has,
            "{component}"
        );
        assert!(text.contains("wso2am_database_connections"), "{component}");
    }
    let mut own = monitored();
    own["metrics"]["rules"] = json!([{"pattern": "x<>y", "name": "z"}]);
    let release = crate::support::release(3, own);
    assert_eq!(exporter(&release, "gateway")["rules"][0]["name"], "z");
}

/// Runs promtool; what it says when it is not satisfied.
fn promtool(folder: &Path, arguments: &[&str]) -> Result<(), String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let program = Toolchain::new(&workspace)
        .ensure(Tool::Promtool, &mut StderrProgress::default())
        .unwrap_or_else(|error| panic!("{error}"));
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("promtool runs");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    output.status.success().then_some(()).ok_or(said)
}

fn rules(pattern: u32, rule: &Value) -> Value {
    let mut rule = rule.clone();
    rule["enabled"] = json!(true);
    let release = release(pattern, json!({"prometheusRule": rule}));
    release
        .find("PrometheusRule", "apim-alerts")
        .expect("a rule")["spec"]
        .clone()
}

fn names(rules: &Value) -> BTreeSet<String> {
    let rules = rules["groups"][0]["rules"].as_array().expect("rules");
    let names = rules
        .iter()
        .map(|rule| rule["alert"].as_str().expect("a name").to_owned());
    names.collect()
}

const TESTS: &str = include_str!("alerts.test.yaml");

#[test]
fn promtool_accepts_the_alerts_of_every_pattern_and_sees_each_fire() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("rules.yaml");
    for pattern in 0..=5 {
        std::fs::write(&file, rules(pattern, &json!({})).to_string()).expect("written");
        promtool(
            folder.path(),
            &["check", "rules", "--lint-fatal", "rules.yaml"],
        )
        .unwrap_or_else(|said| panic!("pattern {pattern}: {said}"));
    }
    let rules = rules(3, &json!({}));
    std::fs::write(&file, rules.to_string()).expect("written");
    std::fs::write(folder.path().join("alerts.test.yaml"), TESTS).expect("written");
    promtool(folder.path(), &["test", "rules", "alerts.test.yaml"])
        .unwrap_or_else(|said| panic!("{said}"));
    for name in names(&rules) {
        let fires = format!("alertname=\"{name}\"");
        assert!(TESTS.contains(&fires), "no test sees {name} fire");
    }
    // The tests can fail.
    let broken = rules.to_string().replace("> 0.92", "> 0.99");
    std::fs::write(&file, broken).expect("written");
    promtool(folder.path(), &["test", "rules", "alerts.test.yaml"]).expect_err("it fires late");
}

#[test]
fn alerts_are_left_out_labelled_and_added_by_values() {
    let added = json!({"alert": "Mine", "expr": "up{job=\"apim\"} == 0"});
    let changed = rules(
        3,
        &json!({"disabled": ["WSO2AMDeadlock"], "alertLabels": {"team": "a"}, "rules": [added]}),
    );
    let names = names(&changed);
    assert!(
        !names.contains("WSO2AMDeadlock") && names.contains("Mine"),
        "{names:?}"
    );
    let rules = changed["groups"][0]["rules"].as_array().expect("rules");
    assert_eq!(rules[0]["labels"]["team"], "a");
    assert_eq!(
        rules.last().expect("a rule")["expr"],
        "up{job=\"apim\"} == 0"
    );
    let said = refusal(
        3,
        json!({"prometheusRule": {"enabled": true, "disabled": ["Deadlock"]}}),
    );
    assert!(
        said.contains(
            "prometheusRule.disabled: there is no alert Deadlock; the alerts are WSO2AMNotScraped"
        ),
        "{said}"
    );
}

#[test]
fn alerts_about_apis_are_for_releases_that_serve_them() {
    let all = names(&rules(3, &json!({})));
    let apart = release(
        3,
        json!({
            "prometheusRule": {"enabled": true},
            "credentials": {"existingSecret": "s"},
            "gateway": {"enabled": false, "addresses": {"service": {"host": "gw.example.com"}}},
        }),
    );
    let rule = apart.find("PrometheusRule", "apim-alerts").expect("a rule");
    let some = names(&rule["spec"]);
    let missing: Vec<_> = all.difference(&some).map(String::as_str).collect();
    assert_eq!(missing, ["WSO2AMBackendFaults", "WSO2AMGatewayQueue"]);
}

fn dashboard(pattern: u32) -> Value {
    let release = release(pattern, json!({"grafanaDashboard": {"enabled": true}}));
    let map = release
        .find("ConfigMap", "apim-dashboard")
        .expect("a ConfigMap");
    assert_eq!(map["metadata"]["labels"]["grafana_dashboard"], "1");
    serde_json::from_str(map["data"]["apim.json"].as_str().expect("a text")).expect("JSON")
}

/// What Grafana's own linter asks of a dashboard; its module cannot be had here.
#[test]
fn the_dashboard_keeps_the_rules_of_grafanas_linter() {
    for pattern in 0..=5 {
        let dashboard = dashboard(pattern);
        assert_eq!(dashboard["editable"], false);
        let variables = dashboard["templating"]["list"]
            .as_array()
            .expect("variables");
        let known: Vec<&str> = variables
            .iter()
            .filter_map(|one| one["name"].as_str())
            .collect();
        assert_eq!(known, ["datasource", "job", "instance"]);
        let mut places = BTreeSet::new();
        for panel in dashboard["panels"].as_array().expect("panels") {
            for field in ["title", "description"] {
                assert!(
                    panel[field].as_str().is_some_and(|text| !text.is_empty()),
                    "{panel}"
                );
            }
            assert!(
                panel["fieldConfig"]["defaults"]["unit"].is_string(),
                "{panel}"
            );
            assert_eq!(panel["datasource"]["uid"], "${datasource}");
            assert!(
                places.insert(panel["gridPos"].to_string()),
                "two panels at one place"
            );
            let expression = panel["targets"][0]["expr"].as_str().expect("an expression");
            let selectors = expression.matches('{').count();
            assert_eq!(
                expression
                    .matches("job=~\"$job\",instance=~\"$instance\"")
                    .count(),
                selectors
            );
            assert_eq!(
                expression.contains("rate("),
                expression.contains("[$__rate_interval]"),
                "{expression}"
            );
        }
    }
}

#[test]
fn promtool_parses_every_expression_of_the_dashboard() {
    let folder = tempfile::tempdir().expect("a folder");
    let dashboard = dashboard(3);
    let panels = dashboard["panels"].as_array().expect("panels");
    let record = |(index, panel): (usize, &Value)| {
        let expression = panel["targets"][0]["expr"].as_str().expect("an expression");
        json!({"record": format!("panel:{index}"), "expr": expression.replace("$__rate_interval", "5m")})
    };
    let rules: Vec<Value> = panels.iter().enumerate().map(record).collect();
    assert!(rules.len() > 10);
    let text = json!({"groups": [{"name": "panels", "rules": rules}]}).to_string();
    let file = folder.path().join("rules.yaml");
    std::fs::write(&file, &text).expect("written");
    promtool(folder.path(), &["check", "rules", "rules.yaml"])
        .unwrap_or_else(|said| panic!("{said}"));
    std::fs::write(&file, text.replacen("sum by", "sum be", 1)).expect("written");
    promtool(folder.path(), &["check", "rules", "rules.yaml"]).expect_err("it is no PromQL");
}
