//! The first start of servers on one empty shared database.

#[allow(dead_code)]
mod support;

use std::net::Ipv4Addr;
use std::time::Duration;

use support::database::{Database, shared};
use support::{Network, Standin, Start, toml};

fn start(network: &Network, host: u8, database: Ipv4Addr, delay: &str) -> Standin {
    start_with(network, host, database, &[("STANDIN_STARTUP_DELAY", delay)])
}

fn start_with(
    network: &Network,
    host: u8,
    database: Ipv4Addr,
    variables: &[(&str, &str)],
) -> Standin {
    let ip = network.ip(host);
    let nodes = [network.ip(1), network.ip(2)];
    let toml = shared(&toml::control_plane(ip, &nodes, network.ip(9)), database);
    Start {
        home: "wso2am-acp-4.7.0",
        pod: &format!("cp-{host}"),
        ip,
        toml: &toml,
        variables,
    }
    .run()
}

/// Waits until one of two hangs; that one first.
fn loser_and_winner<'s>(one: &'s Standin, other: &'s Standin) -> (&'s Standin, &'s Standin) {
    let hangs = |node: &Standin| node.observations().and_then(|seen| seen.hangs);
    support::wait_until("a clash", || {
        let is_one = hangs(one).is_some() != hangs(other).is_some();
        is_one.then_some(()).ok_or_else(String::new)
    });
    if hangs(one).is_some() {
        (one, other)
    } else {
        (other, one)
    }
}

#[test]
fn two_first_starts_at_once_clash_and_the_loser_hangs_until_it_is_started_again() {
    let network = Network::new(0);
    let folder = tempfile::tempdir().expect("a folder");
    let address = network.ip(3);
    let database = Database::start(address, folder.path());
    let first = start(&network, 1, address, "6s");
    let second = start(&network, 2, address, "6s");
    // Either may be first at the database; the other one hangs.
    let (loser, winner) = loser_and_winner(&first, &second);
    winner.wait_for("the start", |seen| seen.open);
    let seen = loser.observations().expect("observations");
    let reason = seen.hangs.unwrap_or_default();
    assert!(reason.contains("unique key violation"), "{reason}");
    for port in [9443, 5672] {
        assert!(!loser.is_open(port) && winner.is_open(port), "port {port}");
    }

    drop((first, second));
    drop(database);
    // The database remembers in its file that it is filled, so that nobody clashes any more.
    let _database = Database::start(address, folder.path());
    for node in [1, 2].map(|host| start(&network, host, address, "1s")) {
        node.wait_for("the start", |seen| seen.open);
    }
}

#[test]
fn servers_far_apart_meet_where_the_first_is_told_to_go_on_filling() {
    let network = Network::new(3);
    let folder = tempfile::tempdir().expect("a folder");
    let address = network.ip(3);
    let _database = Database::start(address, folder.path());
    let variables = [
        ("STANDIN_STARTUP_DELAY", "100ms"),
        ("STANDIN_LONGEST_FILL", "60s"),
    ];
    let first = start_with(&network, 1, address, &variables);
    // Far longer than the start takes.
    std::thread::sleep(Duration::from_secs(3));
    assert!(!first.is_open(5672), "it opens before anybody met it");
    let second = start_with(&network, 2, address, &variables);
    let (_, winner) = loser_and_winner(&first, &second);
    winner.wait_for("the start", |seen| seen.open);
}

#[test]
fn a_server_that_waits_for_the_first_one_does_not_clash() {
    let network = Network::new(1);
    let folder = tempfile::tempdir().expect("a folder");
    let address = network.ip(3);
    let _database = Database::start(address, folder.path());
    let first = start(&network, 1, address, "100ms");
    first.wait_for("the start", |seen| seen.open);
    let second = start(&network, 2, address, "100ms");
    let seen = second.wait_for("the start", |seen| seen.open);
    assert_eq!(seen.hangs, None);
}

#[test]
fn a_node_with_a_database_of_its_own_keeps_what_it_deployed_and_clashes_with_nobody() {
    let network = Network::new(2);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("shared");
    let toml = toml::common().replace(
        "./repository/database/WSO2SHARED_DB",
        &file.to_string_lossy(),
    ) + "\n[[apim.gateway.environment]]\nname = \"Default\"\nservice_url = \"https://localhost:9443/services/\"\n";
    for round in 0..2 {
        let node = support::start("wso2am-4.7.0", "aio-0", network.ip(1), &toml);
        node.wait_for("the start", |seen| {
            let listeners = &seen.story.subscriptions;
            seen.ready && listeners.len() == 2 && listeners.iter().all(|link| link.peer.is_some())
        });
        if round == 0 {
            let (code, answer) = node.command("/standin/deploy", r#"{"api": "pizza"}"#);
            assert_eq!(code, 200, "{answer}");
        }
        support::wait_until("the API", || match node.get(8280, "/pizza", None) {
            Some(200) => Ok(()),
            other => Err(format!("{other:?}")),
        });
    }
}
