//! How readiness is asked.

use serde_json::json;

use crate::support::release;

#[test]
fn readiness_takes_an_answer_of_200_and_no_redirect() {
    let release = release(3, json!({"gateway": {"portOffset": 2}}));
    let probe = &release.pod("gateway")["containers"][0]["readinessProbe"];
    let command: Vec<&str> = probe["exec"]["command"]
        .as_array()
        .expect("a command")
        .iter()
        .filter_map(|word| word.as_str())
        .collect();
    let [shell, flag, script] = command[..] else {
        panic!("{command:?}")
    };
    assert_eq!((shell, flag), ("/bin/bash", "-c"));
    assert_eq!(
        script,
        r#"[ "$(curl --silent --insecure --max-time 4 --output /dev/null --write-out "%{http_code}" https://localhost:9445/api/am/gateway/v2/server-startup-healthcheck)" = 200 ]"#
    );
}

#[test]
fn another_handler_replaces_the_command() {
    let probe = json!({"httpGet": {"path": "/", "port": "servlet-http"}});
    let release = release(3, json!({"gateway": {"readinessProbe": probe}}));
    let probe = &release.pod("gateway")["containers"][0]["readinessProbe"];
    assert!(probe.get("exec").is_none(), "{probe}");
    assert_eq!(probe["httpGet"]["path"], "/");
}
