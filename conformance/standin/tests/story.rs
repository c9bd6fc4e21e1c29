//! Deploy, throttle, revoke: over two control planes and two traffic managers, with one of each gone mid-way.

#[allow(dead_code)]
mod support;

use support::database::{Database, shared};
use support::{Network, Standin, start, toml, wait_until};

fn status(gateway: &Standin, path: &str, token: &str) -> Option<u16> {
    gateway.get(8280, path, Some(token))
}

fn wait_for_status(gateway: &Standin, path: &str, token: &str, wanted: u16) {
    wait_until(
        &format!("{wanted} for {path} with {token}"),
        || match status(gateway, path, token) {
            Some(found) if found == wanted => Ok(()),
            found => Err(format!(
                "last status {found:?}, {:#?}",
                gateway
                    .observations()
                    .map(|seen| (seen.story, seen.warnings))
            )),
        },
    );
}

#[test]
fn the_story_ends_well_when_a_node_of_each_pair_dies() {
    let network = Network::new(7);
    let gateway_ip = network.ip(1);
    let planes = [network.ip(2), network.ip(3)];
    let managers = [network.ip(4), network.ip(5)];
    let folder = tempfile::tempdir().expect("a folder");
    let _database = Database::start(network.ip(6), folder.path());
    let plane_toml = |own| {
        let toml = toml::control_plane(own, &planes, gateway_ip);
        shared(&toml, network.ip(6))
    };
    let first_plane = start(
        "wso2am-acp-4.7.0",
        "cp-0",
        planes[0],
        &plane_toml(planes[0]),
    );
    first_plane.wait_for("the first node", |seen| seen.open);
    let second_plane = start(
        "wso2am-acp-4.7.0",
        "cp-1",
        planes[1],
        &plane_toml(planes[1]),
    );
    let [first_manager, second_manager] =
        [("tm-0", managers[0]), ("tm-1", managers[1])].map(|(pod, ip)| {
            start(
                "wso2am-tm-4.7.0",
                pod,
                ip,
                &toml::traffic_manager(ip, &managers, &planes),
            )
        });
    for node in [&second_plane, &first_manager, &second_manager] {
        node.wait_for("the start", |seen| seen.open);
    }
    let gateway = start(
        "wso2am-universal-gw-4.7.0",
        "gateway-0",
        gateway_ip,
        &toml::gateway(&managers, &planes, "[\"Default\"]"),
    );
    gateway.wait_for("all links", |seen| {
        seen.ready
            && seen.story.subscriptions.len() == 2
            && seen
                .story
                .subscriptions
                .iter()
                .all(|link| link.peer.is_some())
    });
    assert_eq!(status(&gateway, "/pizza", "a"), Some(404));

    // Deployed on the first control plane, fetched from the second: only the shared database can bring it there.
    let (code, answer) = first_plane.command("/standin/deploy", r#"{"api": "pizza"}"#);
    assert_eq!(code, 200, "{answer}");
    wait_for_status(&gateway, "/pizza/menu", "a", 200);
    assert_eq!(
        second_plane
            .command(
                "/standin/deploy",
                r#"{"api": "soup", "environments": ["Elsewhere"]}"#
            )
            .0,
        409
    );

    wait_for_status(&gateway, "/pizza/menu", "a", 429);
    assert_eq!(status(&gateway, "/pizza/menu", "b"), Some(200));
    second_manager.wait_for("the same decision", |seen| {
        seen.story.throttled.contains("pizza a")
    });

    drop(first_plane);
    drop(first_manager);
    // What is published before the gateway listens to the others is lost, as it is on the product.
    gateway.wait_for("links to the nodes that are left", |seen| {
        let peers = seen.story.subscriptions.iter().map(|link| &link.peer);
        peers
            .flatten()
            .filter(|peer| peer.pod.ends_with("-1"))
            .count()
            == 2
    });
    let (code, answer) = second_plane.command("/standin/deploy", r#"{"api": "pasta"}"#);
    assert_eq!(code, 200, "{answer}");
    wait_for_status(&gateway, "/pasta", "c", 200);
    wait_for_status(&gateway, "/pasta", "c", 429);
    let (code, answer) = second_plane.command("/standin/revoke", r#"{"token": "d"}"#);
    assert_eq!(code, 200, "{answer}");
    wait_for_status(&gateway, "/pasta", "d", 401);

    let back = start(
        "wso2am-acp-4.7.0",
        "cp-0",
        planes[0],
        &plane_toml(planes[0]),
    );
    back.wait_for("what happened meanwhile", |seen| {
        seen.open && back.get(9763, "/internal/data/v1/runtime-artifacts", None) == Some(200) && {
            let database = &seen.story.database;
            database.apis.len() == 2 && database.revoked_tokens.contains("d")
        }
    });
}

#[test]
fn a_gateway_does_not_serve_what_is_deployed_for_other_labels() {
    let network = Network::new(8);
    let (gateway_ip, plane, manager) = (network.ip(1), network.ip(2), network.ip(3));
    let plane_toml = toml::control_plane(plane, &[plane], gateway_ip)
        + "\n[[apim.gateway.environment]]\nname = \"Second\"\nservice_url = \"https://localhost:9443/services/\"\n";
    let control_plane = start("wso2am-acp-4.7.0", "cp-0", plane, &plane_toml);
    let toml = toml::gateway(&[manager], &[plane], "[\"Second\"]");
    control_plane.wait_for("the start", |seen| seen.open);
    let gateway = start("wso2am-universal-gw-4.7.0", "gateway-0", gateway_ip, &toml);
    gateway.wait_for("readiness", |seen| {
        seen.ready
            && seen
                .story
                .subscriptions
                .iter()
                .any(|link| link.peer.is_some())
    });
    assert_eq!(
        control_plane
            .command(
                "/standin/deploy",
                r#"{"api": "first", "environments": ["Default"]}"#
            )
            .0,
        200
    );
    assert_eq!(
        control_plane
            .command(
                "/standin/deploy",
                r#"{"api": "second", "environments": ["Second"]}"#
            )
            .0,
        200
    );
    wait_for_status(&gateway, "/second", "a", 200);
    assert_eq!(status(&gateway, "/first", "a"), Some(404));
}

#[test]
fn a_gateway_that_publishes_to_itself_is_never_throttled() {
    let network = Network::new(9);
    let (gateway_ip, plane) = (network.ip(1), network.ip(2));
    let control_plane = start(
        "wso2am-acp-4.7.0",
        "cp-0",
        plane,
        &toml::control_plane(plane, &[plane], gateway_ip),
    );
    // Without url_group the product publishes to itself, where a gateway has no receiver.
    let complete = toml::gateway(&[network.ip(3)], &[plane], "[\"Default\"]");
    let group = complete
        .find("\n[[apim.throttling.url_group]]")
        .expect("a group");
    let after = complete[group..]
        .find("\n[apim.event_hub]")
        .expect("an event hub")
        + group;
    let toml = format!("{}{}", &complete[..group], &complete[after..]);
    control_plane.wait_for("the start", |seen| seen.open);
    let gateway = start("wso2am-universal-gw-4.7.0", "gateway-0", gateway_ip, &toml);
    gateway.wait_for("the event hub", |seen| {
        let listeners = &seen.story.subscriptions;
        seen.ready && listeners.iter().any(|link| link.peer.is_some())
    });
    assert_eq!(
        control_plane
            .command("/standin/deploy", r#"{"api": "pizza"}"#)
            .0,
        200
    );
    wait_for_status(&gateway, "/pizza", "a", 200);
    for _ in 0..10 {
        assert_eq!(status(&gateway, "/pizza", "a"), Some(200));
    }
    let seen = gateway.observations().expect("observations");
    assert!(
        seen.warnings
            .iter()
            .any(|warning| warning.contains("this node itself")),
        "{:?}",
        seen.warnings
    );
}
