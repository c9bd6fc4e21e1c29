//! Configurations of load balancers: on which ports and for which names they listen, and to whom they lead.

mod haproxy;
mod nginx;

use super::tree::Tree;
use crate::manifest::{Balanced, Front};

/// How a kind of load balancer is configured: its file on a host, and what reads it.
type Kind = (&'static str, fn(&str) -> Vec<Front>);

const KINDS: [Kind; 2] = [
    ("/etc/haproxy/haproxy.cfg", haproxy::fronts),
    ("/etc/nginx/nginx.conf", nginx::fronts),
];

/// The file of a host's load balancer, its text and what it says.
pub(super) fn of<'t>(tree: &'t Tree, host: &str) -> Option<(&'t str, &'t str, Vec<Front>)> {
    KINDS.iter().find_map(|(file, read)| {
        let (path, text) = tree.of_host(host, file)?;
        Some((path, text, read(text)))
    })
}

/// The port at the end of an address such as `10.0.0.1:8243`, `*:443`, `[::]:443` or `443`.
fn port_of(address: &str) -> Option<u16> {
    address.rsplit(':').next()?.parse().ok()
}

/// A backend at `host:port`.
fn backend(address: &str, is_backup: bool, line: usize) -> Option<Balanced> {
    let (host, port) = address.rsplit_once(':')?;
    Some(Balanced {
        host: host.trim_matches(['[', ']']).to_owned(),
        port: port.parse().ok()?,
        is_backup,
        check_port: None,
        line,
    })
}
