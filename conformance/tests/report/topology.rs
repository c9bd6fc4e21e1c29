//! Topologies of the hand-made report.

use am_conformance::{
    Component,
    report::{Edge, EdgeVerdict, Exposure, Node, Topology},
};

fn of(name: &str) -> Component {
    Component::from_name(name).expect("a component of the table")
}

pub(crate) fn pattern_0() -> Topology {
    Topology {
        nodes: vec![node(of("all-in-one"), 1)],
        edges: vec![
            edge(
                of("all-in-one"),
                Some(of("all-in-one")),
                9443,
                "https",
                "apim.key_manager.service_url",
            ),
            database(of("all-in-one")),
        ],
        exposures: vec![exposure(of("all-in-one"), "am.example.com", 9443)],
        crossings: Vec::new(),
    }
}

pub(crate) fn pattern_3() -> Topology {
    let mut edges = distributed();
    for edge in &mut edges {
        if edge.key == "apim.oauth_config.revoke_endpoint" {
            edge.to = None;
            edge.host = "apim-key-manager".into();
            edge.verdict = EdgeVerdict::Dangles;
            edge.broken_by = vec!["AM-WIRE-003".into()];
        }
        if edge.key == "apim.throttling.url_group" {
            edge.broken_by = vec!["AM-WIRE-007".into()];
        }
    }
    let mut unknown = edge(of("gateway"), None, 443, "https", "apim.webhooks.callback");
    unknown.host = "$env{CALLBACK_HOST}".into();
    unknown.verdict = EdgeVerdict::Unknown;
    edges.push(unknown);
    Topology {
        nodes: vec![
            node(of("control-plane"), 2),
            node(of("traffic-manager"), 2),
            node(of("gateway"), 2),
        ],
        edges,
        exposures: vec![
            exposure(of("control-plane"), "cp.am.example.com", 9443),
            exposure(of("gateway"), "gw.am.example.com", 8243),
        ],
        crossings: Vec::new(),
    }
}

pub(crate) fn pattern_4() -> Topology {
    let mut edges = distributed();
    for edge in &mut edges {
        if [
            "apim.key_manager.service_url",
            "apim.oauth_config.revoke_endpoint",
        ]
        .contains(&edge.key.as_str())
        {
            edge.to = Some(of("key-manager"));
            edge.host = host(of("key-manager"));
        }
    }
    edges.push(edge(
        of("key-manager"),
        Some(of("control-plane")),
        9443,
        "https",
        "apim.event_hub.service_url",
    ));
    edges.push(edge(
        of("key-manager"),
        Some(of("control-plane")),
        9443,
        "https",
        "event_listener[token_revocation].properties.notification_endpoint",
    ));
    edges.extend(per_node(
        of("key-manager"),
        of("control-plane"),
        5672,
        "tcp",
        "apim.event_hub.event_listening_endpoints",
    ));
    edges.push(database(of("key-manager")));
    Topology {
        nodes: vec![
            node(of("control-plane"), 2),
            node(of("traffic-manager"), 2),
            node(of("gateway"), 7),
            node(of("key-manager"), 2),
        ],
        edges,
        exposures: vec![exposure(of("gateway"), "gw.am.example.com", 8243)],
        crossings: Vec::new(),
    }
}

fn distributed() -> Vec<Edge> {
    let mut edges = vec![
        edge(
            of("gateway"),
            Some(of("control-plane")),
            9443,
            "https",
            "apim.key_manager.service_url",
        ),
        edge(
            of("gateway"),
            Some(of("control-plane")),
            9443,
            "https",
            "apim.event_hub.service_url",
        ),
        edge(
            of("gateway"),
            Some(of("traffic-manager")),
            9443,
            "https",
            "apim.throttling.service_url",
        ),
        edge(
            of("control-plane"),
            Some(of("control-plane")),
            9443,
            "https",
            "apim.oauth_config.revoke_endpoint",
        ),
        edge(
            of("control-plane"),
            Some(of("gateway")),
            9443,
            "https",
            "apim.gateway.environment[0].service_url",
        ),
        edge(
            of("control-plane"),
            Some(of("control-plane")),
            5672,
            "tcp",
            "apim.event_hub.event_duplicate_url",
        ),
        edge(
            of("traffic-manager"),
            Some(of("traffic-manager")),
            5672,
            "tcp",
            "apim.throttling.event_duplicate_url",
        ),
        edge(
            of("traffic-manager"),
            Some(of("control-plane")),
            9443,
            "https",
            "apim.event_hub.service_url",
        ),
        database(of("control-plane")),
    ];
    edges.extend(per_node(
        of("gateway"),
        of("traffic-manager"),
        9611,
        "tcp",
        "apim.throttling.url_group",
    ));
    edges.extend(per_node(
        of("gateway"),
        of("traffic-manager"),
        5672,
        "tcp",
        "apim.throttling.throttle_decision_endpoints",
    ));
    edges.extend(per_node(
        of("gateway"),
        of("control-plane"),
        5672,
        "tcp",
        "apim.event_hub.event_listening_endpoints",
    ));
    edges
}

fn node(component: Component, replicas: usize) -> Node {
    let mut ports = vec!["servlet-https:9443".to_owned(), "servlet-http:9763".into()];
    match component.name() {
        "gateway" => ports.extend(
            [
                "gateway-https:8243",
                "gateway-http:8280",
                "wss:8099",
                "ws:9099",
            ]
            .map(String::from),
        ),
        "key-manager" => {}
        _ => ports.extend(["thrift:9611", "thrift-ssl:9711", "jms:5672"].map(String::from)),
    }
    let kind = match component.name() {
        "gateway" | "key-manager" => "Deployment",
        _ => "StatefulSet",
    };
    Node {
        component,
        replicas,
        workloads: vec![format!("{kind} {}", host(component))],
        ports,
        services: vec![host(component)],
    }
}

fn host(component: Component) -> String {
    format!("apim-{component}")
}

fn edge(from: Component, to: Option<Component>, port: u16, scheme: &str, key: &str) -> Edge {
    Edge {
        from,
        to,
        host: to.map(host).unwrap_or_default(),
        port,
        scheme: scheme.into(),
        key: key.into(),
        verdict: EdgeVerdict::Resolves,
        broken_by: Vec::new(),
    }
}

fn per_node(from: Component, to: Component, port: u16, scheme: &str, key: &str) -> [Edge; 2] {
    [0, 1].map(|index| Edge {
        host: format!("{0}-{index}.{0}-headless", host(to)),
        ..edge(from, Some(to), port, scheme, key)
    })
}

fn database(from: Component) -> Edge {
    Edge {
        host: "db.am.example.com".into(),
        verdict: EdgeVerdict::External,
        ..edge(from, None, 5432, "jdbc", "database.apim_db.url")
    }
}

fn exposure(to: Component, host: &str, port: u16) -> Exposure {
    Exposure {
        to,
        host: host.into(),
        port,
        kind: "HTTPRoute".into(),
        name: format!("apim-{to}"),
    }
}
