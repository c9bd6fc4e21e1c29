//! Configurations of load balancers: on which ports and for which names they listen, and to whom they lead.

mod address;
mod haproxy;
mod nginx;

use super::tree::Tree;
use crate::manifest::Front;

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
