//! Addresses as configurations of load balancers write them.

use crate::manifest::Balanced;

/// The port at the end of an address such as `10.0.0.1:8243`, `*:443`, `[::]:443` or `443`.
pub(super) fn port_of(address: &str) -> Option<u16> {
    address.rsplit(':').next()?.parse().ok()
}

/// A backend at `host:port`.
pub(super) fn backend(address: &str, line: usize) -> Option<Balanced> {
    let (host, port) = address.rsplit_once(':')?;
    Some(Balanced {
        host: host.trim_matches(['[', ']']).to_owned(),
        port: port.parse().ok()?,
        line,
        ..Balanced::default()
    })
}
