//! Event hubs that publish to other regions, and the way to each of their nodes.

use serde_json::{Value, json};

use crate::support::{Release, refusal, release};

/// A region of pattern 3 that tells another one with two nodes.
fn region() -> Value {
    json!({
        "credentials": {"existingSecret": "apim-credentials"},
        "regions": [{"name": "us", "nodes": [{"host": "cp-0.us.example.com"}, {"host": "cp-1.us.example.com", "ports": {"jms": 30672}}]}],
    })
}

fn with(change: impl FnOnce(&mut Value)) -> Value {
    let mut values = region();
    change(&mut values);
    values
}

fn with_tls() -> Value {
    with(|values| {
        values["keystores"]["existingSecret"] = json!("apim-keystores");
        values["jms"]["tls"]["enabled"] = json!(true);
    })
}

fn files(release: &Release) -> serde_json::Map<String, Value> {
    let map = release.find("ConfigMap", "apim-control-plane-regions");
    map.expect("files")["data"]
        .as_object()
        .expect("data")
        .clone()
}

fn text<'f>(files: &'f serde_json::Map<String, Value>, key: &str) -> &'f str {
    files[key].as_str().expect("a text")
}

#[test]
fn nothing_of_it_is_there_unless_asked_for() {
    let release = release(3, json!({}));
    assert!(
        release
            .find("ConfigMap", "apim-control-plane-regions")
            .is_none()
    );
    assert!(
        release
            .find("Service", "apim-control-plane-0-node")
            .is_none()
    );
    let pod = release.pod("control-plane").to_string();
    assert!(
        !pod.contains("publishers") && !pod.contains("jms-tls"),
        "{pod}"
    );
    let toml = release.toml("control-plane");
    assert!(!toml.contains("ssl_connection"), "{toml}");
}

#[test]
fn every_node_of_a_region_has_a_file_and_a_publisher_of_each_stream() {
    let files = files(&release(3, region()));
    let topics = [
        "notification",
        "tokenRevocation",
        "keyManager",
        "throttleData",
        "asyncWebhooksData",
        "opaqueAPIKeyInfo",
        "opaqueAPIKeyAssociationInfo",
    ];
    assert_eq!(files.len(), 2 * (1 + topics.len()));
    for node in ["us-0", "us-1"] {
        let jndi = text(&files, &format!("jndi-{node}.properties.j2"));
        for topic in topics {
            assert!(
                jndi.contains(&format!("\ntopic.{topic} = {topic}\n")),
                "{jndi}"
            );
            let publisher = text(&files, &format!("{topic}-{node}.xml"));
            for part in [
                format!("name=\"{topic}-{node}\" processing=\"enable\""),
                format!(">repository/conf/jndi-{node}.properties<"),
                format!("\"transport.jms.Destination\">{topic}<"),
            ] {
                assert!(publisher.contains(&part), "{part}: {publisher}");
            }
        }
    }
}

#[test]
fn a_file_leads_to_one_node_and_leaves_credentials_to_the_product() {
    let files = files(&release(3, region()));
    for (node, at) in [
        ("us-0", "cp-0.us.example.com:5672"),
        ("us-1", "cp-1.us.example.com:30672"),
    ] {
        let jndi = text(&files, &format!("jndi-{node}.properties.j2"));
        let expected = format!(
            "connectionfactory.TopicConnectionFactory = amqp://{{{{apim.event_hub.username}}}}:{{{{apim.event_hub.password}}}}@clientid/carbon?brokerlist='tcp://{at}?retries='5'%26connectdelay='50';'\n"
        );
        assert!(jndi.starts_with(&expected), "{jndi}");
    }
}

#[test]
fn every_node_mounts_every_file_beside_those_for_further_nodes() {
    for (nodes, others) in [(2, 0), (3, 9)] {
        let release = release(
            3,
            with(|values| {
                values["controlPlane"]["replicas"] = json!(nodes);
                values["eventHub"]["acceptMoreThanTwoNodes"] = json!(true);
            }),
        );
        let files = files(&release);
        let pod = release.pod("control-plane");
        let volumes = pod["volumes"].as_array().expect("volumes");
        let volume = volumes.iter().find(|volume| volume["name"] == "publishers");
        let sources = volume.expect("a volume")["projected"]["sources"].as_array();
        let items: Vec<&Value> = sources
            .expect("sources")
            .iter()
            .flat_map(|source| source["configMap"]["items"].as_array().expect("items"))
            .collect();
        assert_eq!(items.len(), nodes * files.len() + others);
        for node in 0..nodes {
            for file in files.keys() {
                let folder = if file.starts_with("jndi") {
                    "jndi"
                } else {
                    "publishers"
                };
                let path = format!("apim-control-plane-{node}/{folder}/{file}");
                assert!(items.iter().any(|item| item["path"] == path), "{path}");
            }
        }
    }
}

#[test]
fn another_node_of_another_region_restarts_the_event_hub() {
    let checksum = |values: Value| {
        let release = release(3, values);
        let set = release
            .find("StatefulSet", "apim-control-plane")
            .expect("a workload");
        set["spec"]["template"]["metadata"]["annotations"]["checksum/publishers"].clone()
    };
    let fewer =
        with(|values| values["regions"][0]["nodes"] = json!([{"host": "cp-0.us.example.com"}]));
    assert!(checksum(region()).is_string());
    assert_ne!(checksum(region()), checksum(fewer));
}

#[test]
fn each_node_has_a_service_with_the_port_that_crosses() {
    let values = with(|values| {
        values["controlPlane"]["portOffset"] = json!(3);
        values["controlPlane"]["nodeServices"] = json!({
            "enabled": true,
            "annotations": {"dns": "cp-{{ .node }}.eu.example.com", "who": "{{ .Release.Name }}"},
            "loadBalancerSourceRanges": ["10.30.0.0/16"],
            "nodePorts": [30001, 30002],
        });
    });
    let release = release(3, values);
    for (node, port) in [(0, 30001), (1, 30002)] {
        let name = format!("apim-control-plane-{node}-node");
        let service = release.find("Service", &name).expect("a Service");
        let spec = &service["spec"];
        assert_eq!(
            spec["selector"]["statefulset.kubernetes.io/pod-name"],
            format!("apim-control-plane-{node}")
        );
        assert_eq!(
            spec["ports"],
            json!([{"name": "jms", "port": 5675, "targetPort": "jms", "protocol": "TCP", "nodePort": port}])
        );
        assert_eq!(spec["type"], "LoadBalancer");
        assert_eq!(spec["loadBalancerSourceRanges"], json!(["10.30.0.0/16"]));
        assert_eq!(
            service["metadata"]["annotations"],
            json!({"dns": format!("cp-{node}.eu.example.com"), "who": "apim"})
        );
    }
    assert!(
        release
            .find("Service", "apim-control-plane-2-node")
            .is_none()
    );
}

#[test]
fn policies_open_the_way_in_both_directions() {
    let release = release(
        3,
        with(|values| {
            values["networkPolicy"]["enabled"] = json!(true);
            values["regions"][0]["peers"] = json!([{"ipBlock": {"cidr": "10.30.0.0/16"}}]);
            values["controlPlane"]["nodeServices"] = json!({"enabled": true, "type": "NodePort", "peers": [{"ipBlock": {"cidr": "10.40.0.0/16"}}]});
        }),
    );
    let policy = release
        .find("NetworkPolicy", "apim-control-plane")
        .expect("a policy");
    let rules = |direction: &str| policy["spec"][direction].as_array().expect("rules").clone();
    let port = |number: u16| json!({"port": number, "protocol": "TCP"});
    let inward = json!({"from": [{"ipBlock": {"cidr": "10.40.0.0/16"}}], "ports": [port(5672)]});
    let outward =
        json!({"to": [{"ipBlock": {"cidr": "10.30.0.0/16"}}], "ports": [port(5672), port(30672)]});
    assert!(rules("ingress").contains(&inward), "{policy}");
    assert!(rules("egress").contains(&outward), "{policy}");
}

#[test]
fn with_tls_what_crosses_is_encrypted_and_the_rest_stays() {
    let mut values = with_tls();
    values["controlPlane"]["nodeServices"]["enabled"] = json!(true);
    let release = release(3, values);
    let files = files(&release);
    let jndi = text(&files, "jndi-us-0.properties.j2");
    assert!(
        jndi.contains("'tcp://cp-0.us.example.com:8672?retries='5'%26connectdelay='50'%26ssl='true'%26ssl_cert_alias='wso2carbon'%26trust_store='repository/resources/security/{{truststore.file_name}}'%26trust_store_password='{{truststore.password}}'%26key_store='repository/resources/security/{{keystore.primary.file_name}}'%26key_store_password='{{keystore.primary.password}}';'\n"),
        "{jndi}"
    );
    let service = release
        .find("Service", "apim-control-plane-1-node")
        .expect("a Service");
    assert_eq!(
        service["spec"]["ports"],
        json!([{"name": "jms-tls", "port": 8672, "targetPort": "jms-tls", "protocol": "TCP"}])
    );
    let toml = release.toml("control-plane");
    for line in [
        "ssl_enabled_protocols = \"TLSv1.2\"",
        "port = 8672",
        "event_listening_endpoints = [\"tcp://localhost:5672\"]",
    ] {
        assert!(toml.contains(line), "{line}: {toml}");
    }
    assert!(!toml.contains("\n  ssl ="), "{toml}");
}

#[test]
fn a_tls_keystore_of_its_own_serves_the_link() {
    let mut values = with_tls();
    values["keystores"]["tls"] =
        json!({"existingSecret": "apim-tls", "fileName": "tls.p12", "alias": "link"});
    let files = files(&release(3, values));
    let jndi = text(&files, "jndi-us-1.properties.j2");
    assert!(jndi.contains("ssl_cert_alias='link'"), "{jndi}");
    assert!(
        jndi.contains("key_store_password='{{keystore.tls.password}}'"),
        "{jndi}"
    );
}

#[test]
fn gateways_reach_an_event_hub_elsewhere_with_tls() {
    let elsewhere = |nodes: Value, peers: Value| json!({"enabled": false, "addresses": {"service": {"host": "hub.example.com"}, "nodes": nodes, "peers": peers}});
    let nodes =
        json!([{"host": "hub-0.example.com"}, {"host": "hub-1.example.com", "ports": {"jms": 1}}]);
    let mut values = with_tls();
    values["regions"] = json!([]);
    values["controlPlane"] = elsewhere(nodes, json!([]));
    let release = release(3, values);
    for component in ["gateway", "traffic-manager"] {
        let toml = release.toml(component);
        for line in [
            "event_listening_endpoints = [\"tcp://hub-0.example.com:8672\", \"tcp://hub-1.example.com:1\"]",
            "ssl = \"true'%26ssl_cert_alias='wso2carbon'%26trust_store='repository/resources/security/client-truststore.jks'%26trust_store_password='$env{AM_TRUSTSTORE_PASSWORD}'%26key_store='repository/resources/security/wso2carbon.jks'%26key_store_password='$env{AM_KEYSTORE_PASSWORD}\"",
        ] {
            assert!(toml.contains(line), "{line}: {toml}");
        }
        assert!(!toml.contains("ssl_connection"), "{toml}");
    }
}

#[test]
fn every_version_has_its_streams_and_pattern_0_has_none_of_the_values() {
    assert!(refusal(0, region()).contains("regions"));
    for pattern in 1..=5 {
        release(pattern, with_tls());
    }
}

#[test]
fn what_cannot_be_right_is_refused_with_its_place() {
    let node = |host: &str| json!([{"host": host}]);
    let us = |nodes: Value| json!([{"name": "us", "nodes": nodes}]);
    let services = |extra: Value| {
        with(|values| {
            values["controlPlane"]["nodeServices"] = extra;
        })
    };
    let cases = [
        (
            with(|values| values["regions"] = us(json!([]))),
            "regions[0].nodes is empty: list every event hub node of us",
        ),
        (
            with(
                |values| values["regions"] = json!([{"name": "us", "nodes": [{"host": "a.example.com"}]}, {"name": "us", "nodes": [{"host": "b.example.com"}]}]),
            ),
            "regions[1].name: us is there already, as regions[0]",
        ),
        (
            with(|values| values["regions"][0]["name"] = json!("node")),
            "regions[0].name is node",
        ),
        (
            with(|values| {
                values["regions"][0]["nodes"][1] = json!({"host": "cp-0.us.example.com"});
            }),
            "regions[0].nodes[1] leads to cp-0.us.example.com:5672, as regions[0].nodes[0] does",
        ),
        (
            with(|values| values["regions"][0]["nodes"][0]["ports"] = json!({"thrift": 9611})),
            "regions[0].nodes[0].ports: nobody connects to thrift there; the port is jms",
        ),
        (
            with(|values| values["regions"] = us(node("apim-control-plane-0-node"))),
            "which is in this release",
        ),
        (
            with(|values| {
                values["regions"] = us(node(
                    "apim-control-plane-1.apim-control-plane-headless.apim.svc.cluster.local",
                ));
            }),
            "which is in this release",
        ),
        (
            with(|values| values["regions"] = us(node("localhost"))),
            "regions[0].nodes[0].host is localhost",
        ),
        (
            with(|values| {
                values["hostnames"]["management"] = json!("am.us.example.com");
                values["regions"] = us(node("am.us.example.com"));
            }),
            "which is hostnames.management of this release",
        ),
        (
            with(|values| values["credentials"] = json!({})),
            "but the other regions (us) must have the same elsewhere",
        ),
        (
            with(
                |values| values["controlPlane"] = json!({"enabled": false, "addresses": {"service": {"host": "h"}, "nodes": [{"host": "a"}, {"host": "b"}]}}),
            ),
            "regions lists other regions, but controlPlane.enabled is false",
        ),
        (
            with(|values| values["jms"]["tls"]["enabled"] = json!(true)),
            "jms.tls.enabled is true, but no keystore is yours",
        ),
        (
            with(|values| {
                values["jms"]["tls"]["enabled"] = json!(true);
                values["keystores"]["tls"] = json!({"existingSecret": "t", "fileName": "t.p12"});
            }),
            "jms.tls.enabled is true, but the truststore is the image's",
        ),
        (
            json!({"jms": {"tls": {"enabled": true}}}),
            "nothing of the event hub crosses to another site",
        ),
        (
            with(|values| values["jms"]["tls"]["certificateAlias"] = json!("a")),
            "jms.tls.certificateAlias is set, but jms.tls.enabled is false",
        ),
        (
            {
                let mut values = with_tls();
                values["jms"]["tls"]["port"] = json!(5672);
                values
            },
            "jms.tls.port is 5672, where the broker listens without TLS",
        ),
        (
            services(json!({"peers": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]})),
            "controlPlane.nodeServices.peers is set, but controlPlane.nodeServices.enabled is false",
        ),
        (
            services(json!({"enabled": true, "nodePorts": [30001]})),
            "controlPlane.nodeServices.nodePorts has 1 ports, but controlPlane.replicas is 2",
        ),
        (
            services(json!({"enabled": true, "nodePorts": [30001, 30001]})),
            "controlPlane.nodeServices.nodePorts has a port twice",
        ),
        (
            services(
                json!({"enabled": true, "type": "NodePort", "loadBalancerSourceRanges": ["10.0.0.0/8"]}),
            ),
            "controlPlane.nodeServices.loadBalancerSourceRanges is set, but controlPlane.nodeServices.type is NodePort",
        ),
        (
            services(json!({"enabled": true, "type": "ClusterIP", "nodePorts": [1, 2]})),
            "controlPlane.nodeServices.type is ClusterIP",
        ),
        (
            with(|values| {
                values["networkPolicy"]["enabled"] = json!(true);
                values["controlPlane"]["nodeServices"]["enabled"] = json!(true);
            }),
            "would let nobody in by controlPlane.nodeServices",
        ),
        (
            with(|values| {
                values["controlPlane"]["files"] =
                    json!({"repository/deployment/server/eventpublishers/a.xml": "x"});
            }),
            "lies in a directory that the chart fills for further event hub nodes and other regions",
        ),
    ];
    for (values, expected) in cases {
        let message = refusal(3, values);
        assert!(message.contains(expected), "{expected}: {message}");
    }
}
