//! On an empty shared database one node starts first.

use serde_json::json;

use crate::support::{attempts, release};

const NAME: &str = "wait-for-first-node";

#[test]
fn nodes_wait_for_any_other_one_at_the_port_of_the_startup_probe() {
    let release = release(1, json!({"allInOne": {"replicas": 2, "portOffset": 3}}));
    assert_eq!(
        attempts(release.script("all-in-one", NAME)),
        [
            "apim-all-in-one-0.apim-all-in-one-headless/9446",
            "apim-all-in-one-1.apim-all-in-one-headless/9446"
        ]
    );
}

#[test]
fn a_single_node_and_one_that_waits_for_others_anyway_do_not_wait_for_a_first_node() {
    assert!(
        !release(5, json!({}))
            .init_names("all-in-one")
            .contains(&NAME)
    );
    let distributed = release(4, json!({}));
    for component in ["gateway", "key-manager", "traffic-manager"] {
        assert!(
            !distributed.init_names(component).contains(&NAME),
            "{component}"
        );
    }
}

#[test]
fn another_database_is_waited_for_anew() {
    let marker = |name: &str| {
        let release = release(3, json!({"database": {"shared": {"name": name}}}));
        let script = release.script("control-plane", NAME);
        let marker = script.lines().find(|line| line.starts_with("marker="));
        marker.expect("the script names its marker").to_owned()
    };
    assert_eq!(marker("shared_db"), marker("shared_db"));
    assert_ne!(marker("shared_db"), marker("other_db"));
}

#[test]
fn the_marker_lies_on_the_nodes_own_volume() {
    for enabled in [true, false] {
        let release = release(
            3,
            json!({"controlPlane": {"persistence": {"enabled": enabled}}}),
        );
        let containers = release.init_containers("control-plane");
        let wait = containers
            .iter()
            .find(|container| container["name"] == NAME)
            .expect("it waits");
        assert_eq!(
            wait["volumeMounts"],
            json!([{"name": "database", "mountPath": "/home/wso2carbon/solr/database"}])
        );
        let script = wait["args"][0].as_str().expect("a script");
        assert!(script.starts_with("marker=/home/wso2carbon/solr/database/.first-start-"));
    }
}
