//! The faults of a row, in words.

use am_deployment_toml::effective::Provenance;

use super::edge::Row;
use crate::{context::Fault, facts::Reach, graph::Link};

impl Row<'_, '_> {
    pub(super) fn missing(&self) -> Fault<'_> {
        let key = self.missing_key();
        Fault::new(
            format!(
                "{} is not told where the {} is: `{key}` is missing",
                self.who(),
                self.peer_in_words(),
            ),
            format!("set `{key}` to {}", self.wanted_address()),
        )
        .at(self.configuration, key, None)
        .peer(self.peer_in_words())
    }

    /// The key that is missing: a group that is written may lack its addresses alone.
    fn missing_key(&self) -> String {
        let key = &self.fact.key;
        let has_group = self
            .node
            .effective()
            .is_some_and(|effective| effective.group_count(key) > 0);
        match self.fact.shape.group_fields() {
            Some((field, _)) if has_group => format!("{key}[0].{field}"),
            _ => key.clone(),
        }
    }

    pub(super) fn silent(&self, link: &Link) -> Fault<'_> {
        Fault::new(
            format!(
                "{} talks to itself instead of the {}: `{}` is missing, the product falls back to the node itself and logs nothing",
                self.who(),
                self.peer_in_words(),
                self.fact.key,
            ),
            format!("set `{}` to {}", self.fact.key, self.wanted_address()),
        )
        .at(self.configuration, self.fact.key.clone(), link.reference.span)
        .value(link.reference.raw.clone())
        .peer(self.peer_in_words())
    }

    /// A fault of one address: `message` continues the sentence that starts with key and address.
    pub(super) fn fault(&self, link: &Link, message: &str, help: impl Into<String>) -> Fault<'_> {
        let fallback = match &link.reference.provenance {
            Provenance::FallbackFrom { key, .. } => {
                format!(" (missing, so the product uses `{key}`)")
            }
            _ => String::new(),
        };
        Fault::new(
            format!(
                "on {}, `{}`{fallback} {message}",
                self.who(),
                link.reference.key
            ),
            help,
        )
        .at(
            self.configuration,
            link.reference.key.to_string(),
            link.reference.span,
        )
        .value(link.reference.raw.clone())
        .peer(self.peer_in_words())
    }

    fn who(&self) -> String {
        format!("the {}", self.context.graph.describe(self.node.id))
    }

    pub(super) fn peer_in_words(&self) -> String {
        let title = self.peer.title();
        match self.fact.reach {
            Reach::Service => title.to_owned(),
            Reach::EveryNode => format!("{title} (every node)"),
            Reach::OwnNode => format!("{title} (the node itself)"),
            Reach::OtherNodes => format!("{title} (every other node)"),
            Reach::AnotherNode => format!("{title} (another node)"),
            Reach::OwnServer => format!("{title} (the server itself)"),
        }
    }
}
