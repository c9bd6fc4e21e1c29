//! What a server is given besides its files.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::{refusal, release};

fn duplicate(pattern: u32, values: Value, name: &str) {
    let message = refusal(pattern, values);
    assert!(
        message.contains(&format!(
            "extraEnv: {name} is set twice, or by the chart itself"
        )),
        "{message}"
    );
}

#[test]
fn a_variable_is_set_once() {
    let twice = json!([{"name": "A", "value": "1"}, {"name": "B", "value": "2"}, {"name": "A", "value": "3"}]);
    duplicate(3, json!({"gateway": {"extraEnv": twice}}), "A");
    duplicate(3, json!({"defaults": {"extraEnv": twice}}), "A");
}

#[test]
fn variables_of_the_chart_are_not_set_again() {
    for name in [
        "POD_NAME",
        "JVM_MEM_OPTS",
        "AM_ADMIN_PASSWORD",
        "AM_ENCRYPTION_KEY",
    ] {
        duplicate(
            3,
            json!({"gateway": {"extraEnv": [{"name": name, "value": "x"}]}}),
            name,
        );
    }
    duplicate(
        4,
        json!({"keyManager": {"extraEnv": [{"name": "PROFILE_NAME", "value": "x"}]}}),
        "PROFILE_NAME",
    );
    // A name that a template makes counts as well.
    duplicate(
        3,
        json!({"controlPlane": {"extraEnv": [{"name": "POD_{{ upper \"name\" }}", "value": "x"}]}}),
        "POD_NAME",
    );
    let options = json!([{"name": "JAVA_OPTS", "value": "-Dx=1"}]);
    duplicate(
        3,
        json!({"gateway": {"jvm": {"options": "-Dy=1"}, "extraEnv": options}}),
        "JAVA_OPTS",
    );
    let release = release(3, json!({"gateway": {"extraEnv": options}}));
    let env = release.pod("gateway")["containers"][0]["env"]
        .as_array()
        .expect("variables");
    assert_eq!(env.last(), Some(&options[0]));
}

#[test]
fn arguments_go_to_the_start_script() {
    let release = release(
        3,
        json!({"gateway": {"args": ["-Da=b", "--debug", "5005"]}}),
    );
    let container = &release.pod("gateway")["containers"][0];
    assert_eq!(container["args"], json!(["-Da=b", "--debug", "5005"]));
    assert_eq!(container.get("command"), None);
}

#[test]
fn a_read_only_root_is_refused() {
    let values = json!({"securityContext": {"container": {"readOnlyRootFilesystem": true}}});
    let message = refusal(0, values);
    assert!(message.contains("securityContext.container.readOnlyRootFilesystem is true, but the product writes its own home"), "{message}");
    release(
        0,
        json!({"securityContext": {"container": {"readOnlyRootFilesystem": false}}}),
    );
}

/// Runs the script of the init container under a hard limit of open files.
fn granted(script: &str, files: u32) -> (bool, String) {
    let command = format!("ulimit -Hn {files}; exec /bin/bash -c \"$0\"");
    let output = Command::new("/bin/bash")
        .args(["-c", &format!("ulimit -Sn {files}; {command}"), script])
        .output();
    let output = output.expect("bash");
    (
        output.status.success(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
    )
}

#[test]
fn a_node_that_grants_less_is_told_before_the_server_starts() {
    let release = release(
        3,
        json!({"defaults": {"ulimits": {"openFiles": 512}}, "gateway": {"ulimits": {"openFiles": 0}}}),
    );
    assert_eq!(
        release.init_names("gateway").first(),
        Some(&"wait-for-event-hub")
    );
    assert_eq!(release.init_names("control-plane").first(), Some(&"limits"));
    let script = release.script("control-plane", "limits");
    assert_eq!(granted(script, 512), (true, String::new()));
    let (passed, said) = granted(script, 256);
    assert!(!passed);
    assert!(said.contains("this node grants 256 open files, but controlPlane.ulimits (or defaults.ulimits) asks for 512"), "{said}");
}
