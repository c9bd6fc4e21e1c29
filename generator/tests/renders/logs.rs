//! What is logged where, traces and shared counters.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{Release, refusal, release};

fn data<'r>(release: &'r Release, component: &str, key: &str) -> Option<&'r str> {
    let map = release.find("ConfigMap", &format!("apim-{component}-config"));
    map.expect("a ConfigMap")["data"][key].as_str()
}

/// log4j2.properties, read as the product reads it.
fn properties(values: Value, component: &str) -> BTreeMap<String, String> {
    let release = release(3, values);
    let text = data(&release, component, "log4j2.properties").expect("log4j2.properties");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once(" = "))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn the_images_own_file_stays_unless_a_form_is_asked_for() {
    let release = release(3, json!({}));
    assert_eq!(data(&release, "gateway", "log4j2.properties"), None);
    let toml = data(&release, "gateway", "deployment.toml").expect("a file");
    assert!(!toml.contains("useLogger"), "{toml}");
    let own =
        json!({"gateway": {"log4j2": "rootLogger.level = WARN"}, "logging": {"format": "json"}});
    let release = crate::support::release(3, own);
    assert_eq!(
        data(&release, "gateway", "log4j2.properties").map(str::trim),
        Some("rootLogger.level = WARN")
    );
}

#[test]
fn audit_access_and_correlation_logs_go_to_standard_output_in_every_form() {
    for format in ["text", "json"] {
        let properties = properties(json!({"logging": {"format": format}}), "gateway");
        assert_eq!(properties["appender.CARBON_CONSOLE.type"], "Console");
        for logger in [
            "AUDIT_LOG",
            "HTTP_ACCESS",
            "org-apache-synapse-transport-http-access-logs",
            "correlation",
            "API_LOG",
        ] {
            assert_eq!(
                properties[&format!("logger.{logger}.level")],
                "INFO",
                "{logger}"
            );
            assert_eq!(properties[&format!("logger.{logger}.additivity")], "false");
            assert_eq!(
                properties[&format!("logger.{logger}.appenderRef.CARBON_CONSOLE.ref")],
                "CARBON_CONSOLE"
            );
        }
        let listed: Vec<&str> = properties["loggers"].split(", ").collect();
        let named = properties
            .keys()
            .filter(|key| key.starts_with("logger.") && key.ends_with(".name"));
        assert_eq!(named.count(), listed.len());
        let appenders: Vec<&str> = properties["appenders"].split(", ").collect();
        for (_, appender) in properties
            .iter()
            .filter(|(key, _)| key.contains(".appenderRef."))
        {
            let known = appenders
                .iter()
                .any(|name| properties[&format!("appender.{name}.name")] == *appender);
            assert!(known, "{appender}");
        }
    }
}

#[test]
fn a_line_of_json_has_time_level_logger_message_context_and_exception() {
    let properties = properties(json!({"logging": {"format": "json"}}), "control-plane");
    assert_eq!(
        properties["appender.CARBON_CONSOLE.layout.type"],
        "JsonTemplateLayout"
    );
    let template = &properties["appender.CARBON_CONSOLE.layout.eventTemplate"];
    // A backslash would be an escape of the properties file.
    assert!(!template.contains('\\'), "{template}");
    let event: Value = serde_json::from_str(template).expect("JSON");
    for (field, resolver) in [
        ("@timestamp", "timestamp"),
        ("level", "level"),
        ("logger", "logger"),
        ("message", "message"),
        ("thread", "thread"),
        ("context", "mdc"),
        ("exception", "exception"),
    ] {
        assert_eq!(event[field]["$resolver"], resolver, "{field}");
    }
    assert_eq!(event["component"], "control-plane");
}

#[test]
fn access_logs_of_servlets_go_through_the_logging_system() {
    let release = release(4, json!({"logging": {"format": "text"}}));
    for component in ["control-plane", "gateway", "traffic-manager", "key-manager"] {
        let own = data(&release, component, "node-0.toml");
        let toml = own.or_else(|| data(&release, component, "deployment.toml"));
        let toml = toml.expect("a file");
        assert!(
            toml.contains("[http_access_log]\n  useLogger = true"),
            "{component}: {toml}"
        );
    }
    let off = properties(
        json!({"logging": {"format": "text", "access": false}}),
        "gateway",
    );
    assert_eq!(off["logger.HTTP_ACCESS.level"], "OFF");
    assert_eq!(
        off["logger.org-apache-synapse-transport-http-access-logs.level"],
        "OFF"
    );
}

#[test]
fn levels_are_set_by_the_names_of_loggers() {
    let levels = json!({"org.wso2.carbon.apimgt": "DEBUG", "org.wso2.carbon": "WARN"});
    let values = json!({"logging": {"format": "text", "level": "WARN", "levels": levels}});
    let properties = properties(values, "gateway");
    assert_eq!(properties["rootLogger.level"], "WARN");
    assert_eq!(properties["logger.org-wso2-carbon-apimgt.level"], "DEBUG");
    assert_eq!(properties["logger.org-wso2-carbon.level"], "WARN");
    let said = refusal(3, json!({"logging": {"levels": {"org.wso2": "debug"}}}));
    assert!(said.contains("org.wso2"), "{said}");
}

#[test]
fn correlation_logs_are_switched_on_by_an_argument_of_the_start_script() {
    let values = json!({"logging": {"correlation": true}, "gateway": {"args": ["-Dx=1"]}});
    let release = release(3, values);
    let args = |component: &str| release.pod(component)["containers"][0]["args"].clone();
    assert_eq!(
        args("gateway"),
        json!(["-DenableCorrelationLogs=true", "-Dx=1"])
    );
    assert_eq!(
        args("control-plane"),
        json!(["-DenableCorrelationLogs=true"])
    );
}

fn variable<'r>(release: &'r Release, component: &str, name: &str) -> Option<&'r Value> {
    let variables = release.pod(component)["containers"][0]["env"].as_array();
    let mut variables = variables.expect("variables").iter();
    variables.find(|variable| variable["name"] == name)
}

#[test]
fn gateways_send_traces_with_headers_from_a_secret() {
    let values = json!({
        "openTelemetry": {
            "enabled": true,
            "url": "https://otlp.example.com:4318/v1/traces",
            "resourceAttributes": {"service.name": "apim"},
            "headers": [{"name": "api-key", "secret": {"name": "tracing", "key": "token"}}],
        },
        "networkPolicy": {"enabled": true, "backends": [{"ports": [{"port": 7, "protocol": "TCP"}]}]},
    });
    let release = release(3, values);
    let toml = data(&release, "gateway", "deployment.toml").expect("a file");
    for line in [
        "name = \"otlp\"",
        "url = \"https://otlp.example.com:4318/v1/traces\"",
        "[[apim.open_telemetry.remote_tracer.properties]]",
        "value = \"$env{AM_TRACE_HEADER_0}\"",
        "[[apim.open_telemetry.resource_attributes]]",
    ] {
        assert!(toml.contains(line), "{line}: {toml}");
    }
    let header = variable(&release, "gateway", "AM_TRACE_HEADER_0").expect("a variable");
    assert_eq!(
        header["valueFrom"]["secretKeyRef"],
        json!({"name": "tracing", "key": "token"})
    );
    assert_eq!(
        variable(&release, "control-plane", "AM_TRACE_HEADER_0"),
        None
    );
    let policy = release
        .find("NetworkPolicy", "apim-gateway")
        .expect("a policy");
    let collector = json!({"ports": [{"port": 4318, "protocol": "TCP"}]});
    assert!(
        policy["spec"]["egress"]
            .as_array()
            .expect("rules")
            .contains(&collector)
    );
}

#[test]
fn jaeger_and_zipkin_are_reached_by_host_and_their_own_port() {
    for (kind, port) in [("jaeger", 14250), ("zipkin", 9411)] {
        let values = json!({"openTelemetry": {"enabled": true, "type": kind, "host": "traces"}});
        let release = release(0, values);
        let map = release
            .find("ConfigMap", "apim-all-in-one-config")
            .expect("a ConfigMap");
        let toml = map["data"]["node-0.toml"].as_str().expect("a file");
        assert!(toml.contains("hostname = \"traces\""), "{toml}");
        assert!(toml.contains(&format!("port = {port}")), "{toml}");
    }
    for (traces, message) in [
        (json!({}), "openTelemetry.url is empty"),
        (
            json!({"type": "jaeger"}),
            "openTelemetry.host is empty: set it to the host of the jaeger collector",
        ),
        (
            json!({"type": "zipkin", "host": "z", "url": "http://z"}),
            "openTelemetry.url and headers are for type otlp",
        ),
    ] {
        let mut traces = traces;
        traces["enabled"] = json!(true);
        let said = refusal(3, json!({"openTelemetry": traces}));
        assert!(said.contains(message), "{said}");
    }
}

#[test]
fn traffic_managers_share_counters_with_credentials_from_a_secret() {
    let secret = json!({"name": "valkey", "usernameKey": "user", "passwordKey": "pass"});
    let values = json!({
        "distributedThrottling": {"enabled": true, "type": "valkey", "host": "valkey.db", "port": 6380, "ssl": true, "existingSecret": secret},
        "networkPolicy": {"enabled": true},
    });
    let release = release(3, values);
    for component in ["traffic-manager", "control-plane"] {
        let toml = data(&release, component, "node-0.toml").expect("a file");
        for line in [
            "[apim.distributed_throttling]",
            "type = \"valkey\"",
            "host = \"valkey.db\"",
            "port = 6380",
            "ssl = true",
            "user = \"$env{AM_THROTTLING_USERNAME}\"",
            "password = \"$env{AM_THROTTLING_PASSWORD}\"",
        ] {
            assert!(toml.contains(line), "{component}: {line}: {toml}");
        }
        let password = variable(&release, component, "AM_THROTTLING_PASSWORD").expect("a variable");
        assert_eq!(
            password["valueFrom"]["secretKeyRef"],
            json!({"name": "valkey", "key": "pass"})
        );
        let policy = release
            .find("NetworkPolicy", &format!("apim-{component}"))
            .expect("a policy");
        let counters = json!({"ports": [{"port": 6380, "protocol": "TCP"}]});
        assert!(
            policy["spec"]["egress"]
                .as_array()
                .expect("rules")
                .contains(&counters)
        );
    }
    assert_eq!(
        variable(&release, "gateway", "AM_THROTTLING_PASSWORD"),
        None
    );
    let said = refusal(3, json!({"distributedThrottling": {"enabled": true}}));
    assert!(
        said.contains("distributedThrottling.host is empty"),
        "{said}"
    );
}
