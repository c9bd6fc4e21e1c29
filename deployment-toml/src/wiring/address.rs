//! The parts of one URL.

use serde::Serialize;

/// Scheme, host, port and path of a URL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Address {
    /// `https`, `tcp`, `ssl`, `jdbc:mysql`, …; empty for a bare `host:port`.
    pub scheme: String,
    /// The host, without brackets; may be a placeholder such as `${carbon.local.ip}`.
    pub host: String,
    /// The port, or `None` if the text names none or it is no number.
    pub port: Option<u16>,
    /// What follows, from the first `/`, `?` or `;` on.
    pub path: String,
}

impl Address {
    /// The port, or what the scheme stands for (`https` 443, `http` 80, `ldap` 389, JDBC drivers theirs).
    pub fn port_or_default(&self) -> Option<u16> {
        self.port.or(match self.scheme.as_str() {
            "https" | "wss" => Some(443),
            "http" | "ws" => Some(80),
            "jdbc:mysql" | "jdbc:mariadb" => Some(3306),
            "jdbc:postgresql" => Some(5432),
            "jdbc:sqlserver" => Some(1433),
            "jdbc:oracle:thin" => Some(1521),
            "jdbc:db2" => Some(50000),
            "jdbc:h2:tcp" => Some(9092),
            "ldap" => Some(389),
            "ldaps" => Some(636),
            "redis" | "rediss" => Some(6379),
            _ => None,
        })
    }

    /// Splits `host:port` (with `user:password@` before it, if any).
    pub(super) fn from_authority(scheme: &str, authority: &str, path: &str) -> Option<Self> {
        let after_user = authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host);
        let (host, port) = split_port(after_user);
        if host.is_empty() {
            return None;
        }
        Some(Self {
            scheme: scheme.to_owned(),
            host: host.to_owned(),
            port: port.and_then(|text| text.parse().ok()),
            path: path.to_owned(),
        })
    }
}

fn split_port(authority: &str) -> (&str, Option<&str>) {
    if let Some((host, after)) = authority
        .strip_prefix('[')
        .and_then(|inner| inner.split_once(']'))
    {
        return (host, after.strip_prefix(':'));
    }
    // A colon inside `${…}` separates nothing.
    let colon = authority.rfind(':').filter(|&at| {
        let after = &authority[at..];
        after.matches('}').count() <= after.matches('{').count()
    });
    match colon {
        Some(at) => {
            let host = authority[..at].split('\\').next().unwrap_or_default();
            (host, Some(&authority[at + 1..]))
        }
        None => (authority.split('\\').next().unwrap_or_default(), None),
    }
}
