//! Makes references of the values that hold addresses.

use super::reference::{Purpose, Reference};
use super::scan::{Form, references_in_text};
use crate::effective::{Effective, EffectiveValue};
use crate::key::KeyPath;
use crate::placeholder::expand;
use crate::span::Span;
use crate::value::Value;

/// A configuration, and the references that were found in it.
pub(super) struct Extractor<'a> {
    pub(super) effective: &'a Effective,
    pub(super) offset: u16,
    pub(super) found: Vec<Reference>,
}

impl<'a> Extractor<'a> {
    pub(super) fn new(effective: &'a Effective) -> Self {
        Self {
            effective,
            offset: effective.port_offset(),
            found: Vec::new(),
        }
    }

    pub(super) fn publishes_throttling(&self) -> bool {
        self.effective
            .is_on("apim.throttling.enable_data_publishing", true)
    }

    pub(super) fn uses_event_hub(&self) -> bool {
        self.effective.is_on("apim.event_hub.enable", true)
    }

    /// The references in the value at `key`; each element of a list on its own.
    pub(super) fn at(&self, key: &KeyPath, purpose: &Purpose, enabled: bool) -> Vec<Reference> {
        let Some(found) = self.effective.values().get(key) else {
            return Vec::new();
        };
        match &found.value {
            Value::Array(elements) => elements
                .iter()
                .enumerate()
                .flat_map(|(at, element)| {
                    let span = found.elements.get(at).copied().or(found.provenance.span());
                    let texts = element.strings();
                    texts
                        .into_iter()
                        .flat_map(|text| {
                            self.in_text(&key.element(at), text, found, span, purpose, enabled)
                        })
                        .collect::<Vec<_>>()
                })
                .collect(),
            Value::String(text) => {
                self.in_text(key, text, found, found.provenance.span(), purpose, enabled)
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn in_text(
        &self,
        key: &KeyPath,
        text: &str,
        found: &EffectiveValue,
        span: Option<Span>,
        purpose: &Purpose,
        enabled: bool,
    ) -> Vec<Reference> {
        let expanded = expand(text, self.offset);
        references_in_text(&expanded)
            .into_iter()
            .filter(|reference| *purpose != Purpose::Other || reference.form != Form::HostPort)
            .map(|reference| Reference {
                key: key.clone(),
                purpose: purpose.clone(),
                address: reference.address,
                raw: text.to_owned(),
                span,
                provenance: found.provenance.clone(),
                enabled,
            })
            .collect()
    }

    pub(super) fn text_at(&self, key: &KeyPath) -> Option<String> {
        self.effective.values().get(key)?.value.scalar_text()
    }

    pub(super) fn is_written(&self, key: &str) -> bool {
        self.effective
            .get(key)
            .is_some_and(|found| found.provenance.is_written())
    }
}
