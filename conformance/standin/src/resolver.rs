//! Names to addresses, by the rules of `/etc/resolv.conf`.
//!
//! A static binary has no name service of the C library, so that the stand-in reads `/etc/hosts` and asks the DNS itself. Nothing is cached:
//! who is behind a Service changes while the suite looks.

use std::io;
use std::net::{IpAddr, TcpStream};
use std::time::Duration;

use hickory_resolver::TokioResolver;

/// Names that need no DNS.
const HOSTS: &str = "/etc/hosts";

/// Asks the DNS that the pod is configured for.
pub(crate) struct Resolver {
    dns: Option<TokioResolver>,
}

impl Resolver {
    /// Reads the system's configuration; without one only addresses and `localhost` resolve.
    pub(crate) fn of_system() -> Self {
        let built = TokioResolver::builder_tokio().and_then(|mut builder| {
            builder.options_mut().cache_size = 0;
            builder.build()
        });
        Self { dns: built.ok() }
    }

    /// The addresses of `host`.
    pub(crate) async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        if let Ok(ip) = host.trim_matches(['[', ']']).parse() {
            return Ok(vec![ip]);
        }
        // Files before DNS, as the C library has it; hickory would still ask the DNS for addresses of the other kind.
        let known = std::fs::read_to_string(HOSTS).map(|text| addresses_in(&text, host));
        if let Some(addresses) = known.ok().filter(|addresses| !addresses.is_empty()) {
            return Ok(addresses);
        }
        let not_found = |reason: String| io::Error::new(io::ErrorKind::NotFound, reason);
        let Some(dns) = &self.dns else {
            return Err(not_found("no DNS is configured".to_owned()));
        };
        let found = dns
            .lookup_ip(host)
            .await
            .map_err(|error| not_found(error.to_string()))?;
        Ok(found.iter().collect())
    }
}

/// The addresses that a hosts file gives a name.
fn addresses_in(text: &str, host: &str) -> Vec<IpAddr> {
    let lines = text.lines().filter_map(|line| line.split('#').next());
    lines
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let address = words.next()?.parse().ok()?;
            words
                .any(|name| name.eq_ignore_ascii_case(host))
                .then_some(address)
        })
        .collect()
}

/// Resolves outside the server, for the small clients.
pub(crate) fn resolve_blocking(host: &str) -> io::Result<Vec<IpAddr>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async { Resolver::of_system().resolve(host).await })
}

/// Connects to the first address of `host` that accepts; each may take as long as `patience`.
pub(crate) fn connect_blocking(host: &str, port: u16, patience: Duration) -> io::Result<TcpStream> {
    let mut outcome = Err(io::Error::new(
        io::ErrorKind::NotFound,
        "the name has no address",
    ));
    for ip in resolve_blocking(host)? {
        outcome = TcpStream::connect_timeout(&(ip, port).into(), patience);
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::addresses_in;

    #[test]
    fn a_hosts_file_may_know_a_name() {
        let text = "127.0.0.1 localhost\n10.0.1.10 am.example.com gw.example.com # both\n";
        assert_eq!(
            addresses_in(text, "GW.example.com"),
            ["10.0.1.10".parse::<std::net::IpAddr>().expect("an address")]
        );
        assert!(addresses_in(text, "both").is_empty());
    }
}
