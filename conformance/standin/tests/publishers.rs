//! Who hears of a revoked token when there are several event hub nodes.

#[allow(dead_code)]
mod support;

use std::net::Ipv4Addr;

use am_standin::edge::Transport;
use am_standin::event::Topic;
use am_standin::observations::{LinkObservation, Observations};
use support::{Network, Standin, Start, start, toml};

const FOLDER: &str = "repository/deployment/server/eventpublishers";
const STREAM: &str = "org.wso2.apimgt.token.revocation.stream";

fn has_heard(seen: &Observations, token: &str) -> bool {
    let heard = seen.story.heard.get(&Topic::TokenRevocation);
    let id = format!("revoked/{token}");
    heard.is_some_and(|heard| heard.contains(&id))
}

fn notify(hub: &Standin, token: &str) {
    let (code, answer) = hub.command("/standin/notify", &format!(r#"{{"token": "{token}"}}"#));
    assert_eq!(code, 200, "{answer}");
}

/// A publisher of revocations over the JNDI file of a node.
fn publisher(name: &str, processing: &str, stream: &str, jndi: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<eventPublisher name="{name}" processing="{processing}" statistics="disable" trace="disable" xmlns="http://wso2.org/carbon/eventpublisher">
  <from streamName="{stream}" version="1.0.0"/>
  <mapping customMapping="disable" type="json"/>
  <to eventAdapterType="jms">
    <property name="java.naming.factory.initial">org.wso2.andes.jndi.PropertiesFileInitialContextFactory</property>
    <property name="java.naming.provider.url">repository/conf/{jndi}.properties</property>
    <property name="transport.jms.DestinationType">topic</property>
    <property name="transport.jms.Destination">tokenRevocation</property>
    <property name="transport.jms.ConcurrentPublishers">allow</property>
    <property name="transport.jms.ConnectionFactoryJNDIName">TopicConnectionFactory</property>
  </to>
</eventPublisher>
"#
    )
}

fn jndi(broker: Ipv4Addr) -> String {
    format!(
        "connectionfactory.TopicConnectionFactory = amqp://{{{{apim.event_hub.username}}}}:{{{{apim.event_hub.password}}}}\
         @clientid/carbon?brokerlist='tcp://{broker}:5672?retries='5'%26connectdelay='50';'\n\
         topic.tokenRevocation = tokenRevocation\n"
    )
}

/// Three event hub nodes, and a gateway that listens to each; `files` of a node by its number.
fn three_nodes(
    network: &Network,
    duplicates: impl Fn(usize) -> Vec<usize>,
    files: impl Fn(usize) -> Vec<(String, String)>,
) -> (Vec<Standin>, Vec<Standin>) {
    let ip = |number: usize| network.ip(u8::try_from(number).expect("a small number") + 1);
    let hubs: Vec<Standin> = (0..3)
        .map(|number| {
            let mut listed: Vec<Ipv4Addr> = duplicates(number).into_iter().map(ip).collect();
            listed.push(ip(number));
            let toml = toml::control_plane(ip(number), &listed, network.ip(9));
            let files = files(number);
            let files: Vec<(&str, &str)> = files
                .iter()
                .map(|(path, text)| (path.as_str(), text.as_str()))
                .collect();
            Start {
                home: "wso2am-acp-4.7.0",
                pod: &format!("cp-{number}"),
                ip: ip(number),
                toml: &toml,
                variables: &[("STANDIN_RECONNECT_DELAY", "100ms")],
            }
            .run_with(&files)
        })
        .collect();
    for hub in &hubs {
        hub.wait_for("the start and every publisher", |seen| {
            // Thrift connects again when there is something to send.
            let mut publishers = seen.story.publishers.iter();
            let works =
                |link: &LinkObservation| link.transport != Transport::Jms || link.peer.is_some();
            seen.open && publishers.all(works)
        });
    }
    let gateways = (0..3)
        .map(|number| {
            let toml = toml::gateway(&[network.ip(9)], &[ip(number)], "[\"Default\"]");
            let gateway = start(
                "wso2am-universal-gw-4.7.0",
                &format!("gateway-{number}"),
                ip(number + 4),
                &toml,
            );
            gateway.wait_for("a listener", |seen| {
                let listeners = &seen.story.subscriptions;
                listeners.iter().any(|link| link.peer.is_some())
            });
            gateway
        })
        .collect();
    (hubs, gateways)
}

#[test]
fn a_duplicate_list_is_one_publisher_so_that_a_third_node_loses_revocations() {
    let network = Network::new(0);
    let others = |own| (0..3).filter(|other| *other != own).collect();
    let (hubs, gateways) = three_nodes(&network, others, |_| Vec::new());
    notify(&hubs[2], "lost");
    // Node 2 lists nodes 0 and 1: the first of them gets the event, and the other never does.
    gateways[0].wait_for("the event", |seen| has_heard(seen, "lost"));
    notify(&hubs[1], "found");
    gateways[1].wait_for("the event", |seen| has_heard(seen, "found"));
    let seen = gateways[1].observations().expect("observations");
    assert!(!has_heard(&seen, "lost"), "{:?}", seen.story);
}

#[test]
fn a_publisher_for_each_further_node_lets_every_listener_hear_of_every_revocation() {
    let network = Network::new(1);
    let first_other = |own: usize| vec![usize::from(own == 0)];
    let files = |own: usize| {
        let further = (0..3).filter(|other| *other != own).nth(1).expect("a node");
        let broker = network.ip(u8::try_from(further).expect("a small number") + 1);
        let (name, node) = (
            format!("tokenRevocationJMSPublisher-node-{further}"),
            format!("jndi-node-{further}"),
        );
        vec![
            (
                format!("{FOLDER}/{name}.xml"),
                publisher(&name, "enable", STREAM, &node),
            ),
            (
                format!("repository/resources/conf/templates/repository/conf/{node}.properties.j2"),
                jndi(broker),
            ),
        ]
    };
    let (hubs, gateways) = three_nodes(&network, first_other, files);
    for (number, hub) in hubs.iter().enumerate() {
        let token = format!("revoked-at-{number}");
        notify(hub, &token);
        for gateway in &gateways {
            gateway.wait_for("the event", |seen| has_heard(seen, &token));
        }
    }
    let seen = hubs[0].observations().expect("observations");
    assert_eq!(seen.warnings, Vec::<String>::new());
    // The brokers of the files are addresses like those of the configuration: each is tried and judged.
    assert!(
        seen.edges
            .iter()
            .any(|edge| edge.edge.key == "repository/conf/jndi-node-2.properties[0]")
    );
}

#[test]
fn a_publisher_that_cannot_work_is_warned_of_and_one_that_is_off_is_not() {
    let network = Network::new(2);
    let own = network.ip(1);
    let toml = toml::control_plane(own, &[own], network.ip(9));
    let file = |name: &str| format!("{FOLDER}/{name}.xml");
    let without_topic =
        "connectionfactory.TopicConnectionFactory = amqp://a:b@c/carbon?brokerlist='tcp://h:5672'";
    let files = [
        (file("a"), publisher("a", "disable", STREAM, "missing")),
        (file("b"), publisher("b", "enable", STREAM, "missing")),
        (file("c"), publisher("b", "enable", STREAM, "jndi")),
        (
            file("d"),
            publisher("d", "enable", "org.wso2.nothing", "jndi"),
        ),
        (file("e"), publisher("e", "enable", STREAM, "bare")),
        (file("f"), "<eventPublisher".to_owned()),
        ("repository/conf/jndi.properties".to_owned(), jndi(own)),
        (
            "repository/conf/bare.properties".to_owned(),
            without_topic.to_owned(),
        ),
    ];
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let hub = Start {
        home: "wso2am-acp-4.7.0",
        pod: "cp-0",
        ip: own,
        toml: &toml,
        variables: &[],
    }
    .run_with(&files);
    let seen = hub.wait_for("the start", |seen| seen.open);
    let warned = |text: &str| seen.warnings.iter().any(|warning| warning.contains(text));
    assert!(!warned("/a.xml"), "{:?}", seen.warnings);
    for text in [
        "/b.xml: JNDI file repository/conf/missing.properties",
        "/c.xml: another event publisher is called b",
        "/d.xml: there is no stream",
        "/e.xml: repository/conf/bare.properties has no topic.tokenRevocation",
        "/f.xml: no event publisher",
    ] {
        assert!(warned(text), "{text}: {:?}", seen.warnings);
    }
    assert_eq!(
        seen.story.publishers.len(),
        1,
        "the thrift receiver of its own"
    );
}
