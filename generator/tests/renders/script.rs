//! The waits' scripts, run by bash as the images run them.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::json;

use crate::support::release;

fn run(script: &str, environment: &[(&str, &str)]) -> Output {
    Command::new("bash")
        .args(["-c", script])
        .envs(environment.iter().copied())
        .output()
        .expect("bash runs")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The gateway's wait for event hubs at ports of this machine.
fn wait_for(ports: &[u16], seconds: u32) -> String {
    let endpoints: Vec<String> = ports
        .iter()
        .map(|port| format!("tcp://127.0.0.1:{port}"))
        .collect();
    let config = json!({"apim": {"event_hub": {"event_listening_endpoints": endpoints}}});
    let values = json!({"gateway": {"config": config, "startup": {"waitSeconds": seconds}}});
    let release = release(3, values);
    release.script("gateway", "wait-for-event-hub").to_owned()
}

/// A port on which nobody listens.
fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

#[test]
fn a_wait_ends_when_one_of_its_peers_accepts() {
    let open = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = open.local_addr().expect("an address").port();
    let output = run(&wait_for(&[closed_port(), port], 60), &[]);
    assert!(output.status.success(), "{output:?}");
    let text = text(&output);
    assert!(
        text.contains("gateway waits until one of 127.0.0.1:"),
        "{text}"
    );
    assert!(
        text.contains(&format!("127.0.0.1:{port} accepts connections after ")),
        "{text}"
    );
}

#[test]
fn the_only_peer_is_believed_once_it_went_on_accepting() {
    let open = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = open.local_addr().expect("an address").port();
    // Half of the bound, where that is less than `settleSeconds`.
    let script = wait_for(&[port], 8);
    assert!(
        script.contains("accepts connections (event hub) for 4 s, or comes up"),
        "{script}"
    );
    let output = run(&script, &[]);
    assert!(output.status.success(), "{output:?}");
    let seconds = seconds_of(&text(&output));
    assert!((4..8).contains(&seconds), "{seconds}");
}

#[test]
fn the_only_peer_is_waited_for_again_when_it_stops_while_it_should_go_on() {
    let old = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = old.local_addr().expect("an address");
    let script = wait_for(&[address.port()], 40);
    let upgrade = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(1));
        drop(old);
        std::thread::sleep(Duration::from_secs(4));
        TcpListener::bind(address).map(|new| {
            std::thread::sleep(Duration::from_secs(6));
            drop(new);
        })
    });
    let output = run(&script, &[]);
    assert!(output.status.success(), "{output:?}");
    // The new one was seen to come up, so nothing more is waited for.
    let seconds = seconds_of(&text(&output));
    assert!((4..15).contains(&seconds), "{seconds}");
    upgrade
        .join()
        .expect("joins")
        .expect("the port is free again");
}

fn seconds_of(text: &str) -> u32 {
    let after = text.split("accepts connections after ").nth(1);
    let number = after.and_then(|rest| rest.split(' ').next());
    number
        .and_then(|number| number.parse().ok())
        .expect("a number of seconds")
}

#[test]
fn a_wait_that_nobody_ends_fails_and_says_whom_it_did_not_reach() {
    let port = closed_port();
    let output = run(&wait_for(&[port], 1), &[]);
    assert_eq!(output.status.code(), Some(1));
    let text = text(&output);
    assert!(
        text.contains(&format!(
            "none of 127.0.0.1:{port} accepted a connection within 1 s: look at the logs of control-plane"
        )),
        "{text}"
    );
}

/// The control plane's wait for its first node, with the nodes and the volume moved to this machine.
fn wait_for_first_node(folder: &Path, port: u16) -> String {
    let values = json!({"controlPlane": {"startup": {"waitSeconds": 1}}});
    let script = release(3, values)
        .script("control-plane", "wait-for-first-node")
        .replace("/home/wso2carbon/solr/database", &folder.to_string_lossy());
    ["0", "1"].iter().fold(script, |script, node| {
        let address = format!("apim-control-plane-{node}.apim-control-plane-headless");
        script
            .replace(
                &format!("/dev/tcp/{address}/9443"),
                &format!("/dev/tcp/127.0.0.1/{port}"),
            )
            .replace(&format!("{address}:9443"), "a node")
    })
}

#[test]
fn the_first_node_waits_for_nobody() {
    let folder = tempfile::tempdir().expect("temporary directory");
    let script = wait_for_first_node(folder.path(), closed_port());
    let output = run(&script, &[("POD_NAME", "apim-control-plane-0")]);
    assert!(output.status.success(), "{output:?}");
    assert!(
        text(&output).starts_with("nothing to wait for"),
        "{output:?}"
    );
}

#[test]
fn another_node_waits_once_and_not_when_its_peers_are_gone_later() {
    let folder = tempfile::tempdir().expect("temporary directory");
    let node = [("POD_NAME", "apim-control-plane-10")];
    let open = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = open.local_addr().expect("an address").port();
    let script = wait_for_first_node(folder.path(), port);
    let output = run(&script, &node);
    assert!(
        text(&output).contains("accepts connections after "),
        "{output:?}"
    );
    drop(open);
    let output = run(&script, &node);
    assert!(
        text(&output).starts_with("nothing to wait for"),
        "{output:?}"
    );
}

#[test]
fn a_node_whose_peers_never_come_starts_all_the_same() {
    let folder = tempfile::tempdir().expect("temporary directory");
    let script = wait_for_first_node(folder.path(), closed_port());
    let output = run(&script, &[("POD_NAME", "apim-control-plane-1")]);
    assert!(output.status.success(), "{output:?}");
    assert!(
        text(&output).contains("apim-control-plane-1 starts all the same"),
        "{output:?}"
    );
    let kept = std::fs::read_dir(folder.path()).expect("readable").count();
    assert_eq!(kept, 0, "a wait that failed is no first start");
}
