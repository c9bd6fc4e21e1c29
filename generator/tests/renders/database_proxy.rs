//! The Cloud SQL Auth Proxy beside servers that have a database.

use serde_json::{Value, json};

use crate::support::{Release, refusal, release};

/// Values with a proxy, and more for the database.
fn values(more: Value) -> Value {
    let mut values = json!({
        "credentials": {"existingSecret": "own"},
        "database": {"mode": "external", "type": "postgre", "authProxy": {"instance": "p:r:i"}},
    });
    let Value::Object(more) = more else {
        panic!("{more} is no table");
    };
    for (key, value) in more {
        values["database"][key] = value;
    }
    values
}

fn proxy<'r>(release: &'r Release, component: &str) -> Option<&'r Value> {
    let mut found = release.init_containers(component).iter();
    found.find(|container| container["name"] == "cloud-sql-proxy")
}

#[test]
fn the_proxy_is_a_sidecar_of_exactly_the_servers_with_a_database() {
    let release = release(3, values(json!({})));
    let found = proxy(&release, "control-plane").expect("a proxy");
    assert_eq!(found["restartPolicy"], "Always");
    assert_eq!(found["securityContext"]["allowPrivilegeEscalation"], false);
    let arguments = found["args"].as_array().expect("arguments");
    assert_eq!(arguments.last(), Some(&json!("p:r:i")));
    for argument in [
        "--port=5432",
        "--private-ip",
        "--http-address=0.0.0.0",
        "--http-port=9801",
    ] {
        assert!(arguments.contains(&json!(argument)), "{argument}");
    }
    assert!(proxy(&release, "gateway").is_none());
}

#[test]
fn the_job_that_makes_the_schema_has_it_too_and_can_end() {
    let more = json!({
        "schemaJob": {"enabled": true},
        "driverJar": {"claim": {"name": "drivers", "path": "driver.jar"}},
    });
    let release = release(3, values(more));
    let job = release.all("Job").next().expect("a Job");
    let containers = job["spec"]["template"]["spec"]["initContainers"].as_array();
    let containers = containers.expect("init containers");
    let proxy = containers
        .iter()
        .find(|container| container["name"] == "cloud-sql-proxy");
    assert_eq!(proxy.expect("a proxy")["restartPolicy"], "Always");
    let text = job.to_string();
    assert!(
        text.contains("jdbc:postgresql://127.0.0.1:5432/apim_db"),
        "{text}"
    );
}

#[test]
fn servers_connect_to_the_proxy_in_clear_text_whatever_tls_says() {
    let authorities = json!({"mode": "verify-ca", "caConfigMap": {"name": "cloudsql-ca"}});
    let release = release(3, values(json!({"tls": authorities})));
    assert!(
        !release
            .pod("control-plane")
            .to_string()
            .contains("cloudsql-ca")
    );
    let map = release
        .find("ConfigMap", "apim-control-plane-config")
        .expect("a ConfigMap");
    let toml = map["data"]["node-0.toml"]
        .as_str()
        .expect("a deployment.toml");
    assert!(
        toml.contains("jdbc:postgresql://127.0.0.1:5432/apim_db"),
        "{toml}"
    );
    assert!(toml.contains("sslmode=disable"), "{toml}");
}

#[test]
fn policies_let_the_proxy_out_to_the_instance_and_to_google() {
    let mut values = values(json!({}));
    values["networkPolicy"] =
        json!({"enabled": true, "database": [{"ipBlock": {"cidr": "10.20.0.5/32"}}]});
    let release = release(3, values);
    let policy = release
        .find("NetworkPolicy", "apim-control-plane")
        .expect("a policy");
    let rules = policy["spec"]["egress"].as_array().expect("rules");
    let ports = |rule: &Value| rule["ports"][0]["port"].as_u64();
    let to_instance = rules
        .iter()
        .find(|rule| ports(rule) == Some(3307))
        .expect("a rule");
    assert_eq!(to_instance["to"][0]["ipBlock"]["cidr"], "10.20.0.5/32");
    for port in [80, 987, 443] {
        assert!(rules.iter().any(|rule| ports(rule) == Some(port)), "{port}");
    }
    assert!(!rules.iter().any(|rule| ports(rule) == Some(5432)));
}

#[test]
fn what_does_not_fit_the_proxy_is_refused() {
    let cases = [
        (
            json!({"host": "10.20.0.5"}),
            "database.host is 10.20.0.5, but with database.authProxy.instance",
        ),
        (
            json!({"type": "oracle"}),
            "database.type is oracle, but Cloud SQL",
        ),
        (
            json!({"authProxy": {"instance": "apim"}}),
            "/database/authProxy/instance",
        ),
    ];
    for (more, told) in cases {
        let message = refusal(3, values(more));
        assert!(message.contains(told), "{message}");
    }
}
