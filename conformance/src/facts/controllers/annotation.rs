//! What annotations and ports say of the protocol behind them.

use serde::Deserialize;
use serde_json::Value;

use crate::manifest::{Object, Service, ServicePort};

/// By what a controller takes a Service's port for one that speaks TLS.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PortSigns {
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    numbers: Vec<u16>,
    /// Values of `appProtocol`.
    #[serde(default)]
    pub(crate) app_protocols: Vec<String>,
    #[serde(default)]
    exact: bool,
}

/// An annotation, and what it must hold to say so.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Annotation {
    #[serde(rename = "annotation")]
    pub(crate) name: String,
    /// Kinds on which it is read.
    #[serde(default)]
    pub(crate) on: Vec<String>,
    #[serde(default)]
    pub(crate) holds: Holds,
    #[serde(default)]
    pub(crate) words: Vec<String>,
    /// Whether words count only as they are written here.
    #[serde(default)]
    exact: bool,
}

/// What stands in an annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Holds {
    /// One of the words.
    #[default]
    Words,
    /// Names of Services.
    Services,
    /// Names or numbers of ports of the Service.
    Ports,
    /// JSON from names of ports to words.
    Protocols,
}

impl PortSigns {
    /// Whether a port is one that speaks TLS.
    pub(crate) fn say_so(&self, port: &ServicePort<'_>) -> bool {
        let name = port.name.unwrap_or_default();
        self.numbers.contains(&port.number)
            || self
                .names
                .iter()
                .any(|start| name.starts_with(start.as_str()))
            || port
                .app_protocol
                .is_some_and(|protocol| is_among(&self.app_protocols, self.exact, protocol))
    }
}

impl Annotation {
    /// Whether it stands on `object`, where it is read, and says so of the port.
    pub(crate) fn says_so(
        &self,
        object: &Object,
        service: Service<'_>,
        port: &ServicePort<'_>,
    ) -> bool {
        let annotations = object.annotations();
        let is_read = self.on.iter().any(|kind| kind == object.kind());
        let Some(text) = annotations.get(self.name.as_str()).filter(|_| is_read) else {
            return false;
        };
        let number = port.number.to_string();
        let is_port = |name: &str| Some(name) == port.name || name == number;
        let mut items = text.split(',').map(str::trim);
        match self.holds {
            Holds::Words => self.has_word(text.trim()),
            Holds::Services => items.any(|name| name == service.name()),
            Holds::Ports => items.any(is_port),
            Holds::Protocols => serde_json::from_str::<Value>(text)
                .ok()
                .as_ref()
                .and_then(Value::as_object)
                .is_some_and(|protocols| {
                    let mut of_port = protocols.iter().filter(|(name, _)| is_port(name));
                    of_port.any(|(_, word)| word.as_str().is_some_and(|word| self.has_word(word)))
                }),
        }
    }

    /// Whether it stands on `object` and has one of its words, or anything where there are none.
    pub(crate) fn is_set(&self, object: &Object) -> bool {
        let annotations = object.annotations();
        let text = annotations.get(self.name.as_str());
        text.is_some_and(|text| self.words.is_empty() || self.has_word(text.trim()))
    }

    fn has_word(&self, word: &str) -> bool {
        is_among(&self.words, self.exact, word)
    }

    /// What to write so that it says so of a port of a Service.
    pub(crate) fn example(&self, service: Service<'_>, port: &ServicePort<'_>) -> String {
        let word = self.words.first().map_or("", String::as_str);
        let named = port
            .name
            .map_or_else(|| port.number.to_string(), str::to_owned);
        let value = match self.holds {
            Holds::Words => format!("{word:?}"),
            Holds::Services => service.name().to_owned(),
            Holds::Ports => format!("{named:?}"),
            Holds::Protocols => format!("'{{{named:?}: {word:?}}}'"),
        };
        format!("{}: {value}", self.name)
    }
}

fn is_among(words: &[String], exact: bool, word: &str) -> bool {
    let is_it = |own: &String| own == word || (!exact && own.eq_ignore_ascii_case(word));
    words.iter().any(is_it)
}
