//! Options of servers.

use std::collections::BTreeMap;

use crate::manifest::{Said, Tls};

/// Options that take no value, and the option that each takes back.
const SWITCHES: [(&str, &str); 4] = [
    ("backup", "no-backup"),
    ("check-ssl", "no-check-ssl"),
    ("disabled", "enabled"),
    ("ssl", "no-ssl"),
];

/// Options with a value.
const VALUES: [&str; 5] = ["port", "sni", "verify", "verifyhost", "weight"];

/// What is said of a server: each option with its value and the number of its line.
#[derive(Debug, Clone, Default)]
pub(super) struct Options<'t> {
    said: BTreeMap<&'t str, (&'t str, usize)>,
}

impl<'t> Options<'t> {
    /// These options, and further ones that count before them.
    pub(super) fn with(&self, words: &[&'t str], line: usize) -> Self {
        let mut said = self.said.clone();
        let mut words = words.iter().copied();
        while let Some(word) = words.next() {
            if VALUES.contains(&word) {
                said.insert(word, (words.next().unwrap_or_default(), line));
            } else if SWITCHES.iter().any(|(on, _)| *on == word) {
                said.insert(word, ("", line));
            } else if let Some((on, _)) = SWITCHES.iter().find(|(_, off)| *off == word) {
                said.remove(on);
            }
        }
        Self { said }
    }

    /// Whether an option without value is there.
    pub(super) fn is_on(&self, switch: &str) -> bool {
        self.said.contains_key(switch)
    }

    /// Whether nobody is sent to the server.
    pub(super) fn is_down(&self) -> bool {
        let weight = self.said.get("weight").map(|(weight, _)| *weight);
        self.is_on("disabled") || weight == Some("0")
    }

    /// The port on which it is asked whether it is well, and the number of the line that says so.
    pub(super) fn check_port(&self) -> Option<(u16, usize)> {
        let (port, line) = self.said.get("port")?;
        Some((port.parse().ok()?, *line))
    }

    /// Whether it is asked over TLS. Only on its own port a server is asked as it is spoken to.
    pub(super) fn is_check_tls(&self) -> bool {
        self.is_on("check-ssl") || (self.check_port().is_none() && self.is_on("ssl"))
    }

    /// How it is spoken to with TLS. Who answers is verified unless something else is said here or, with `trusts_anybody`, for all.
    pub(super) fn tls(&self, trusts_anybody: bool) -> Option<Tls> {
        let (_, encrypts) = self.said.get("ssl")?;
        let verify = self.said.get("verify");
        let fixed = |(value, line): &(&str, usize)| {
            let name = value.strip_prefix("str(")?.strip_suffix(')')?;
            Some(Said {
                text: name.trim_matches(['"', '\'']).to_owned(),
                line: *line,
            })
        };
        let name = match self.said.get("sni") {
            // The name that is sent is the one that is verified.
            Some(sni) => fixed(sni),
            None => self.said.get("verifyhost").map(|(name, line)| Said {
                text: (*name).to_owned(),
                line: *line,
            }),
        };
        Some(Tls {
            verifies: verify.map_or(!trusts_anybody, |(value, _)| *value == "required"),
            line: verify.map_or(*encrypts, |(_, line)| *line),
            name,
        })
    }
}
