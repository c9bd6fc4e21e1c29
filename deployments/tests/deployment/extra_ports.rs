//! Ports that sources of a Streaming Integrator open themselves, where values name them.

use crate::refusals::{refused, says};
use crate::support::{changed, example, made};

const EXAMPLE: &str = "vm-standard-ha-multitenancy";

/// The pair of the example with a port of a source.
const ORDERS: (&str, &str) = (
    "kind: si\n",
    "kind: si\n        values: {streamingIntegrator: {extraPorts: [{name: orders, containerPort: 8006}]}}\n",
);

fn file(changes: &[(&str, &str)], path: &str) -> String {
    let files = made("d.yaml", &changed(&example(EXAMPLE), changes)).expect("it is made");
    let text = files.get(path);
    let text = text.unwrap_or_else(|| panic!("{path} is none of {:?}", files.keys()));
    String::from_utf8(text.clone()).expect("text")
}

#[test]
fn the_load_balancer_leads_to_the_active_node_and_asks_the_port_itself() {
    let haproxy = file(&[ORDERS], "sites/dc1/hosts/lb-1/etc/haproxy/haproxy.cfg");
    let (_, orders) = haproxy
        .split_once("\nlisten si-acme_orders\n")
        .expect(&haproxy);
    let orders = &orders[..orders.find("\n\n").unwrap_or(orders.len())];
    assert!(orders.contains("  bind :8006\n"), "{orders}");
    assert!(
        orders.contains("server acme-3 10.0.6.23:8006\n"),
        "{orders}"
    );
    assert!(
        orders.contains("server acme-4 10.0.6.24:8006 backup"),
        "{orders}"
    );
    assert!(
        orders.contains(" check\n") && !orders.contains("port "),
        "{orders}"
    );
    let nginx = file(
        &[ORDERS, ("kind: haproxy", "kind: nginx")],
        "sites/dc1/hosts/lb-1/etc/nginx/nginx.conf",
    );
    assert!(nginx.contains("server 10.0.6.24:8006 max_fails=3 fail_timeout=10s backup;"));
}

#[test]
fn firewalls_let_in_the_callers_of_the_cluster_and_nobody_else() {
    let balancer = file(&[ORDERS], "sites/dc1/hosts/lb-1/etc/nftables.d/am.nft");
    let gateways = "ip saddr { 10.0.6.11, 10.0.6.12 } tcp dport 8006 accept";
    assert!(balancer.contains(gateways), "{balancer}");
    let node = file(&[ORDERS], "sites/dc1/hosts/acme-3/etc/nftables.d/am.nft");
    assert!(
        node.contains("ip saddr { 10.0.6.10 } tcp dport 8006 accept"),
        "{node}"
    );
    let closes = |text: &str| {
        text.lines()
            .any(|line| line.contains("8006") && line.contains("drop"))
    };
    assert!(closes(&balancer) && closes(&node), "{node}");
    let others = file(&[ORDERS], "sites/dc1/hosts/globex-1/etc/nftables.d/am.nft");
    assert!(!others.contains("8006"), "{others}");
    // A node that leaves refuses newcomers there, too.
    let drain = file(&[ORDERS], "sites/dc1/hosts/acme-3/etc/am/si-acme.drain.nft");
    assert!(drain.contains("8006"), "{drain}");
}

#[test]
fn a_single_node_is_called_at_its_host() {
    let alone = (
        "        acme-4: {address: 10.0.6.24, runs: [si-acme]}\n",
        "",
    );
    let node = file(
        &[ORDERS, alone],
        "sites/dc1/hosts/acme-3/etc/nftables.d/am.nft",
    );
    let gateways = "ip saddr { 10.0.6.11, 10.0.6.12 } tcp dport 8006 accept";
    assert!(node.contains(gateways), "{node}");
    let readme = file(&[ORDERS, alone], "README.md");
    assert!(readme.contains("`orders 10.0.6.23:8006`"), "{readme}");
}

#[test]
fn an_offset_moves_the_servers_own_ports_only() {
    let moved = (
        "10.0.6.23, runs: [si-acme]",
        "10.0.6.23, runs: [{component: si-acme, portOffset: 5}]",
    );
    let other = (
        "10.0.6.24, runs: [si-acme]",
        "10.0.6.24, runs: [{component: si-acme, portOffset: 5}]",
    );
    let readme = file(&[ORDERS, moved, other], "README.md");
    assert!(readme.contains("`si-thrift 10.0.6.10:7616`"), "{readme}");
    assert!(readme.contains("`orders 10.0.6.10:8006`"), "{readme}");
}

#[test]
fn a_port_is_one_listeners_of_a_host() {
    let beside = (
        "10.0.6.23, runs: [si-acme]",
        "10.0.6.23, runs: [si-acme, mi-acme]",
    );
    let taken = (
        "kind: si\n",
        "kind: si\n        values: {streamingIntegrator: {extraPorts: [{name: orders, containerPort: 8253}]}}\n",
    );
    says(
        &refused(EXAMPLE, &[taken, beside]),
        &[
            "host acme-3 runs si-acme and mi-acme, both on port 8253",
            "give one of them a `portOffset`: `runs: [{component: …, portOffset: 1}]`, or a host of its own",
        ],
    );
}
