//! Texts that stand where an address belongs, and are none.

use am_deployment_toml::{
    effective::{Effective, EffectiveValue},
    key::KeyPath,
    span::Span,
    value::Value,
};

use super::edge::Row;
use crate::{context::Fault, facts::without_indices};

/// Schemes of addresses that need a host; others, such as `file` and `jdbc:sqlserver`, may go without.
const WITH_HOST: [&str; 10] = [
    "http", "https", "ws", "wss", "tcp", "ssl", "ldap", "ldaps", "amqp", "redis",
];

/// What is wrong with a text that should be one address.
pub(super) fn problem_of(text: &str) -> Option<String> {
    if text.trim().is_empty() {
        return Some("is empty, and the product takes it as it is written".to_owned());
    }
    let mut later = text.match_indices("://").skip(1).map(|(at, _)| at);
    if let Some(second) = later.next()
        && text[..second].contains(',')
    {
        return Some(format!(
            "holds several addresses with a comma in one text, `{text}`"
        ));
    }
    let (scheme, rest) = text.split_once("://")?;
    let end = rest.find(['/', '?', ';']).unwrap_or(rest.len());
    let authority = rest[..end].rsplit('@').next().unwrap_or_default();
    let has_no_host =
        authority.starts_with(':') || (authority.is_empty() && WITH_HOST.contains(&scheme.trim()));
    if has_no_host {
        Some(format!("has no host: `{text}`"))
    } else if authority.ends_with(':') {
        Some(format!("has no port behind its colon: `{text}`"))
    } else {
        None
    }
}

/// A text of a row that is no address.
pub(super) struct NoAddress {
    pub(super) key: KeyPath,
    span: Option<Span>,
    text: String,
    problem: String,
}

/// The texts below a value, with their keys and places. An empty list is an empty text.
pub(super) fn texts(key: &KeyPath, found: &EffectiveValue) -> Vec<(KeyPath, Option<Span>, String)> {
    let span = found.provenance.span();
    match &found.value {
        Value::String(text) => vec![(key.clone(), span, text.clone())],
        Value::Array(items) if items.is_empty() => vec![(key.clone(), span, String::new())],
        Value::Array(items) => items
            .iter()
            .enumerate()
            .filter_map(|(at, item)| {
                let place = found.elements.get(at).copied().or(span);
                Some((key.element(at), place, item.as_str()?.to_owned()))
            })
            .collect(),
        _ => Vec::new(),
    }
}

impl Row<'_, '_> {
    /// The key of the row's addresses, with `[]` for any number.
    fn pattern(&self) -> String {
        let key = without_indices(&self.fact.key);
        match self.fact.shape.group_fields() {
            Some((field, _)) => format!("{key}[].{field}"),
            None => key,
        }
    }

    /// What the file writes for this row and is no address.
    pub(super) fn no_addresses(&self) -> Vec<NoAddress> {
        let pattern = self.pattern();
        let values = self.node.effective().map(Effective::values);
        values
            .into_iter()
            .flatten()
            .filter(|(key, found)| {
                found.provenance.is_written() && key.pattern() == pattern && self.is_wanted(key)
            })
            .flat_map(|(key, found)| texts(key, found))
            .filter_map(|(key, span, text)| {
                let problem = problem_of(&text)?;
                Some(NoAddress {
                    key,
                    span,
                    text,
                    problem,
                })
            })
            .collect()
    }

    /// The fault of a text that is no address.
    pub(super) fn is_none(&self, none: &NoAddress) -> Fault<'_> {
        let who = self.context.graph.describe(self.node.id);
        let help = if none.problem.contains("comma") {
            format!("write one item for each: {}", self.wanted_address())
        } else {
            format!("write {}", self.wanted_address())
        };
        Fault::new(
            format!("on the {who}, `{}` {}", none.key, none.problem),
            help,
        )
        .at(self.configuration, none.key.to_string(), none.span)
        .value(none.text.clone())
        .peer(self.peer_in_words())
    }
}

#[cfg(test)]
mod tests {
    use super::problem_of;

    #[test]
    fn what_has_no_host_or_port_or_two_addresses_is_no_address() {
        for (text, why) in [
            ("", "empty"),
            ("https://:9443/services/", "no host"),
            ("https:///services/", "no host"),
            ("tcp://:5672", "no host"),
            ("https://cp:/services/", "no port"),
            ("tcp://a:9611,tcp://b:9611", "comma"),
        ] {
            let problem = problem_of(text).unwrap_or_default();
            assert!(problem.contains(why), "{text}: {problem}");
        }
    }

    #[test]
    fn what_can_be_read_is_an_address() {
        for text in [
            "https://cp:9443/services/",
            "https://${carbon.local.ip}:${mgt.transport.https.port}/services/",
            "tcp://$env{HOST}:5672",
            "jdbc:mysql://a:3306,b:3306/apim_db",
            "jdbc:sqlserver://;serverName=a",
            "https://[::1]:9443/services/",
            "file:///home/x",
            "https://cp/services/?to=https://other",
        ] {
            assert_eq!(problem_of(text), None, "{text}");
        }
    }
}
