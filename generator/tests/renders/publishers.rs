//! Further event hub nodes hear every event.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Release, refusal, release};

fn hub(nodes: u32) -> Value {
    json!({"controlPlane": {"replicas": nodes}, "eventHub": {"acceptMoreThanTwoNodes": true}})
}

fn publishers(release: &Release) -> serde_json::Map<String, Value> {
    let found = release.find("ConfigMap", "apim-control-plane-publishers");
    found
        .and_then(|document| document["data"].as_object().cloned())
        .unwrap_or_default()
}

#[test]
fn more_than_two_nodes_are_refused_until_they_are_accepted() {
    let message = refusal(3, json!({"controlPlane": {"replicas": 3}}));
    assert!(message.contains("controlPlane.replicas is 3, but more than 2 event hub nodes have not been seen to work on the genuine WSO2 API Manager"), "{message}");
    assert!(
        message.contains("eventHub.acceptMoreThanTwoNodes true"),
        "{message}"
    );
    release(3, json!({"trafficManager": {"replicas": 3}}));
}

#[test]
fn two_nodes_need_no_publishers_of_ours() {
    let release = release(3, json!({}));
    assert!(publishers(&release).is_empty());
    assert!(
        !release
            .pod("control-plane")
            .to_string()
            .contains("publishers")
    );
}

#[test]
fn each_node_has_a_pair_for_every_further_node() {
    for nodes in [3, 4] {
        let keys: BTreeSet<String> = publishers(&release(3, hub(nodes)))
            .into_iter()
            .map(|(key, _)| key)
            .collect();
        let mut expected = BTreeSet::new();
        for node in 0..nodes {
            let others = (0..nodes).filter(|other| *other != node).skip(1);
            for other in others {
                expected.insert(format!("node-{node}.jndi-node-{other}.properties.j2"));
                for publisher in ["tokenRevocationJMSPublisher", "asyncWebhooksEventPublisher"] {
                    expected.insert(format!("node-{node}.{publisher}-node-{other}.xml"));
                }
            }
        }
        assert_eq!(keys, expected);
    }
}

#[test]
fn the_products_own_publisher_has_one_other_node() {
    let release = release(3, hub(3));
    let config = release
        .find("ConfigMap", "apim-control-plane-config")
        .expect("a configuration");
    for (node, other) in [(0, 1), (1, 0), (2, 0)] {
        let toml = config["data"][format!("node-{node}.toml")]
            .as_str()
            .expect("a file");
        let expected = format!(
            "event_duplicate_url = [\"tcp://apim-control-plane-{other}.apim-control-plane-headless:5672\"]"
        );
        assert!(toml.contains(&expected), "node {node}: {toml}");
    }
}

#[test]
fn a_pair_leads_to_its_node_and_holds_no_credential() {
    let mut values = hub(3);
    values["credentials"] = json!({"admin": {"username": "boss", "password": "very-secret"}});
    values["controlPlane"]["portOffset"] = json!(1);
    let release = release(3, values);
    let files = publishers(&release);
    let jndi = files["node-2.jndi-node-1.properties.j2"]
        .as_str()
        .expect("text");
    assert!(jndi.contains("amqp://{{apim.event_hub.username}}:{{apim.event_hub.password}}@clientid/carbon?brokerlist='tcp://apim-control-plane-1.apim-control-plane-headless:5673?"), "{jndi}");
    assert!(
        jndi.contains("topic.tokenRevocation = tokenRevocation\n"),
        "{jndi}"
    );
    let publisher = files["node-2.tokenRevocationJMSPublisher-node-1.xml"]
        .as_str()
        .expect("text");
    assert!(
        publisher.contains(">repository/conf/jndi-node-1.properties<"),
        "{publisher}"
    );
    assert!(
        publisher.contains("streamName=\"org.wso2.apimgt.token.revocation.stream\""),
        "{publisher}"
    );
    for map in release.all("ConfigMap") {
        let text = map.to_string();
        assert!(
            !text.contains("very-secret") && !text.contains("boss"),
            "{text}"
        );
    }
}

#[test]
fn every_file_is_mounted_where_its_node_looks() {
    let release = release(3, hub(3));
    let pod = release.pod("control-plane");
    let volumes = pod["volumes"].as_array().expect("volumes");
    let volume = volumes
        .iter()
        .find(|volume| volume["name"] == "publishers")
        .expect("a volume");
    let items = volume["configMap"]["items"].as_array().expect("items");
    assert_eq!(items.len(), publishers(&release).len());
    for item in items {
        let (key, path) = (
            item["key"].as_str().expect("a key"),
            item["path"].as_str().expect("a path"),
        );
        let (node, file) = key.split_once('.').expect("the key begins with its node");
        let folder = if file.starts_with("jndi") {
            "jndi"
        } else {
            "publishers"
        };
        assert_eq!(
            path,
            format!(
                "apim-control-plane-{}/{folder}/{file}",
                node.trim_start_matches("node-")
            )
        );
    }
}

#[test]
fn a_users_file_in_a_directory_of_the_chart_is_refused() {
    let mut values = hub(3);
    let path = "repository/deployment/server/eventpublishers/mine.xml";
    values["controlPlane"]["files"] = json!({path: "<eventPublisher/>"});
    let message = refusal(3, values);
    assert!(
        message.contains(&format!(
            "controlPlane.files: {path} lies in a directory that the chart fills"
        )),
        "{message}"
    );
}
