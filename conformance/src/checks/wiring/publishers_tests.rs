//! An event hub of three nodes, whose publishers somebody wrote by hand.

use super::publishers::every_node_is_told;
use crate::checks::harness::{Subject, messages};

const STREAMS: [(&str, &str, &str); 2] = [
    (
        "revocation",
        "org.wso2.apimgt.token.revocation.stream",
        "tokenRevocation",
    ),
    (
        "webhooks",
        "org.wso2.apimgt.webhooks.request.stream",
        "asyncWebhooksData",
    ),
];

/// Files of node `node`: publishers to the other node that its list does not name first.
fn files(node: usize) -> Vec<(String, String)> {
    let other = if node == 2 { 1 } else { 2 };
    let mut files = vec![(
        format!("node-{node}.jndi.j2"),
        format!(
            "connectionfactory.F = amqp://{{{{u}}}}:{{{{p}}}}@clientid/carbon?brokerlist='tcp://cp-{other}.cp:5672?retries='5';'\ntopic.tokenRevocation = tokenRevocation\ntopic.asyncWebhooksData = asyncWebhooksData"
        ),
    )];
    for (name, stream, topic) in STREAMS {
        files.push((
            format!("node-{node}.{name}.xml"),
            format!(
                "<eventPublisher name=\"{name}-{other}\" statistics=\"disable\" xmlns=\"http://wso2.org/carbon/eventpublisher\"><from streamName=\"{stream}\" version=\"1.0.0\"/><to eventAdapterType=\"jms\"><property name=\"java.naming.provider.url\">repository/conf/jndi-further.properties</property><property name=\"transport.jms.Destination\">{topic}</property><property name=\"transport.jms.ConnectionFactoryJNDIName\">F</property></to></eventPublisher>"
            ),
        ));
    }
    files
}

fn documents() -> String {
    let mut data = String::new();
    let mut add = |key: &str, text: &str| {
        data.extend(["\n  ", key, ": |\n    ", &text.replace('\n', "\n    ")]);
    };
    let mut items = Vec::new();
    for node in 0..3 {
        let first = usize::from(node == 0);
        let toml = format!(
            "[apim.event_hub]\nevent_listening_endpoints = [\"tcp://localhost:5672\"]\nevent_duplicate_url = [\"tcp://cp-{first}.cp:5672\"]"
        );
        add(&format!("node-{node}.toml"), &toml);
        items.push(format!(
            "{{key: node-{node}.toml, path: cp-{node}/conf/deployment.toml}}"
        ));
        for (key, text) in files(node) {
            add(&key, &text);
            let path = match key.strip_suffix(".j2") {
                Some(_) => "templates/jndi-further.properties.j2".to_owned(),
                None => format!("publishers/{key}"),
            };
            items.push(format!("{{key: {key}, path: cp-{node}/{path}}}"));
        }
    }
    let volume = "/home/wso2carbon/wso2-config-volume/repository";
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: cp}}\ndata:{data}\n---\n\
         {{apiVersion: v1, kind: Service, metadata: {{name: cp}}, spec: {{clusterIP: None, selector: {{app: cp}}, ports: [{{port: 9443}}]}}}}\n---\n\
         {{apiVersion: apps/v1, kind: StatefulSet, metadata: {{name: cp}}, spec: {{replicas: 3, serviceName: cp, \
         template: {{metadata: {{labels: {{app: cp}}}}, spec: {{volumes: [{{name: c, configMap: {{name: cp, items: [{}]}}}}], \
         containers: [{{name: server, image: wso2am-acp, env: [{{name: POD, valueFrom: {{fieldRef: {{fieldPath: metadata.name}}}}}}], volumeMounts: [\
         {{name: c, mountPath: {volume}/conf/deployment.toml, subPathExpr: $(POD)/conf/deployment.toml}}, \
         {{name: c, mountPath: {volume}/resources/conf/templates/repository/conf/jndi-further.properties.j2, subPathExpr: $(POD)/templates/jndi-further.properties.j2}}, \
         {{name: c, mountPath: {volume}/deployment/server/eventpublishers, subPathExpr: $(POD)/publishers}}]}}]}}}}}}}}",
        items.join(", ")
    )
}

fn judge(documents: &str) -> Vec<String> {
    messages(&Subject::default().judge("AM-WIRE-019", every_node_is_told, documents))
}

#[test]
fn a_publisher_for_every_further_node_is_enough() {
    assert_eq!(judge(&documents()), Vec::<String>::new());
}

#[test]
fn every_fault_of_a_publisher_is_found() {
    for (from, to, told) in [
        ("cp-2.cp:5672?", "cp-1.cp:5672?", "tells already"),
        ("cp-2.cp:5672?", "cp-7.cp:5672?", "no node of the event hub"),
        ("cp-2.cp:5672?", "cp-2.cp:9443?", "no node of the event hub"),
        (
            "tcp://cp-2.cp:5672?retries='5';",
            "tcp://cp-2.cp:5672?retries='5';tcp://cp-1.cp:5672?retries='5';",
            "2 brokers",
        ),
        (
            "webhooks-1\"",
            "revocation-1\"",
            "name of another publisher",
        ),
        (
            "statistics=\"disable\"",
            "processing=\"disable\"",
            "switched off",
        ),
        (
            "path: cp-1/templates/jndi-further.properties.j2",
            "path: cp-1/templates/other.properties.j2",
            "is not there",
        ),
        (
            "Destination\">tokenRevocation",
            "Destination\">revocations",
            "listeners listen to",
        ),
        ("topic.asyncWebhooksData =", "topic.async =", "has no line"),
        ("</eventPublisher>", "", "is no publisher"),
        (
            "token.revocation.stream",
            "token.other.stream",
            "does not tell control plane (cp-2) of revoked tokens",
        ),
    ] {
        let good = documents();
        assert!(good.contains(from), "{from}");
        let found = judge(&good.replacen(from, to, 1));
        assert!(
            found.iter().any(|message| message.contains(told)),
            "{from} -> {to}: {found:?}"
        );
    }
}
