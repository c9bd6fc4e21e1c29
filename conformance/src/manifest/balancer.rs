//! What load balancers of machines listen on, and how they speak with nodes.

use serde_json::{Value, json};

/// Something that a load balancer listens on, and where it leads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a property of its own that a configuration says or does not"
)]
pub struct Front {
    /// What its configuration calls it.
    pub name: String,
    /// The port on which it listens.
    pub port: u16,
    /// The host names that it serves.
    pub names: Vec<String>,
    /// Whether it also serves names that no other one on its port has.
    pub is_default: bool,
    /// Whether who came to one node comes to it again.
    pub is_sticky: bool,
    /// Whether it reads requests of HTTP, or passes on what comes.
    pub is_http: bool,
    /// Whether it ends TLS of clients.
    pub ends_tls: bool,
    /// The host name that nodes are told, where it is not the one that was asked for.
    pub told_host: Option<Said>,
    /// Number of the line on which it says where it listens.
    pub line: usize,
    /// Number of the line on which it says to whom it leads.
    pub pass_line: usize,
    /// To whom it leads.
    pub backends: Vec<Balanced>,
}

/// A node behind a load balancer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Balanced {
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether it is asked only when the others do not answer.
    pub is_backup: bool,
    /// Whether nobody is sent there.
    pub is_down: bool,
    /// How it is spoken to with TLS; none where bytes are passed on as they are.
    pub tls: Option<Tls>,
    /// How it is asked whether it is well, where it is asked otherwise than by a connection.
    pub check: Option<Check>,
    /// Number of its line, from 1.
    pub line: usize,
}

/// A text, and the number of its line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// The text.
    pub text: String,
    /// Number of its line, from 1.
    pub line: usize,
}

/// How a load balancer speaks TLS with a node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// Whether it verifies who answers.
    pub verifies: bool,
    /// Number of the line that says whether, from 1.
    pub line: usize,
    /// The name that the certificate must have, as far as it is known before anybody asks.
    pub name: Option<Said>,
}

impl Tls {
    /// What it says, wherever.
    pub(crate) fn said(&self) -> (bool, Option<&str>) {
        (
            self.verifies,
            self.name.as_ref().map(|name| name.text.as_str()),
        )
    }
}

/// How a load balancer asks a node whether it is well.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Check {
    /// The port, where it is not the one that is balanced.
    pub port: Option<u16>,
    /// The path, if it is asked by HTTP for one.
    pub path: Option<String>,
    /// Whether it is asked over TLS.
    pub is_tls: bool,
    /// Number of the line that says so, from 1.
    pub line: usize,
    /// What a node that is well answers, in the load balancer's words.
    pub expects: Option<Said>,
}

impl Check {
    /// It and its path, if it has one.
    fn with_path(&self) -> Option<(&Self, &str)> {
        Some((self, self.path.as_deref()?))
    }
}

impl Balanced {
    /// Another port on which it is asked whether it is well.
    pub(crate) fn check_port(&self) -> Option<u16> {
        self.check.as_ref()?.port
    }
}

impl Front {
    /// For documents.
    pub(crate) fn to_value(&self) -> Value {
        let backends = self.backends.iter().map(|backend| {
            let mut made =
                json!({"host": backend.host, "port": backend.port, "backup": backend.is_backup});
            if let Some((check, path)) = backend.check.as_ref().and_then(Check::with_path) {
                let port = check.port.unwrap_or(backend.port);
                made["check"] = json!({"port": port, "path": path, "tls": check.is_tls});
            }
            made
        });
        json!({
            "name": self.name,
            "port": self.port,
            "names": self.names,
            "sticky": self.is_sticky,
            "backends": backends.collect::<Vec<_>>(),
        })
    }
}
