//! The schema of a `deployment.yaml` takes what the product ships and refuses slips.

use am_product::ConfigurationFormat;
use serde_json::Value;

const SHIPPED: &str = include_str!("data/deployment.yaml");

fn faults(file: &str) -> Vec<String> {
    let schema = ConfigurationFormat::Yaml.schema().expect("a schema");
    let schema: Value = serde_json::from_str(&schema.text().expect("held")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let file: Value = serde_saphyr::from_str(file).expect("YAML");
    let faults = validator.iter_errors(&file);
    faults
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect()
}

fn with(from: &str, to: &str) -> Vec<String> {
    assert!(SHIPPED.contains(from), "{from}");
    faults(&SHIPPED.replacen(from, to, 1))
}

#[test]
fn the_file_that_the_versions_ship_is_taken() {
    assert_eq!(faults(SHIPPED), [""; 0]);
    assert_eq!(ConfigurationFormat::Toml.schema().map(|it| it.path), None);
}

#[test]
fn two_nodes_in_high_availability_are_taken() {
    let more = "deployment.config:\n  type: ha\n  passiveNodeDetailsWaitTimeOutMillis: 300000\n  eventSyncServer:\n    \
                host: 0.0.0.0\n    port: 9893\n    advertisedHost: ${env:AM_NODE_NAME}\n    advertisedPort: ${env:PORT,9893}\n";
    assert_eq!(faults(&format!("{SHIPPED}{more}")), [""; 0]);
}

#[test]
fn a_slip_in_a_section_a_key_or_a_value_is_refused() {
    for (from, to) in [
        ("cluster.config:", "cluster.confg:"),
        ("  groupId:", "  groupID:"),
        ("    heartbeatInterval:", "    heartBeatInterval:"),
        ("  workerThreads: 10", "  workerThread: 10"),
        ("  workerThreads: 10", "  workerThreads: ten"),
        ("jdbcUrl:", "url:"),
        ("keyStoreFile:", "keystoreFile:"),
        ("  enabled: false", "  enabled: no thanks"),
        ("  enabled: false", "  enabled: ${HOME}"),
        (
            "wso2.carbon:\n  id: wso2-si",
            "wso2.carbon:\n  ident: wso2-si",
        ),
    ] {
        assert!(!with(from, to).is_empty(), "{to}");
    }
}
