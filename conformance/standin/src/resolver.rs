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
        // As the C library does, before the DNS is asked. Kubernetes writes `hostAliases` there.
        let file = std::fs::read_to_string(HOSTS).unwrap_or_default();
        let listed = in_hosts(&file, host);
        if !listed.is_empty() {
            return Ok(listed);
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

/// The addresses that a hosts file has for a name.
fn in_hosts(file: &str, host: &str) -> Vec<IpAddr> {
    let lines = file.lines().filter_map(|line| line.split('#').next());
    lines
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let ip = words.next()?.parse().ok()?;
            words
                .any(|name| name.eq_ignore_ascii_case(host))
                .then_some(ip)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::in_hosts;

    #[test]
    fn a_hosts_file_lists_names_after_their_address() {
        let file = "127.0.0.1 localhost\n# Entries added by HostAliases.\n10.0.0.2\thub-0.us.example.com\thub-1.us.example.com # a\n";
        let found = in_hosts(file, "hub-1.us.example.com");
        assert_eq!(
            found,
            ["10.0.0.2".parse::<std::net::IpAddr>().expect("an address")]
        );
        assert!(in_hosts(file, "hub-2.us.example.com").is_empty());
        assert!(in_hosts(file, "a").is_empty());
    }
}
