//! Characters that break what values are copied into: nothing is escaped.

use std::collections::BTreeSet;

use super::{Fault, FaultKind, Severity};
use crate::catalogue::Catalogue;
use crate::effective::{Effective, EffectiveValue, Provenance};
use crate::key::KeyPath;

pub(super) fn check(effective: &Effective, faults: &mut Vec<Fault>) {
    let mut reported = BTreeSet::new();
    for (key, found) in effective.values() {
        if found.references.is_empty() && !found.provenance.is_written() {
            continue;
        }
        let Some(record) = Catalogue::get().record(key) else {
            continue;
        };
        let is_login = matches!(key.last_key(), Some("username" | "password"));
        let rules = [
            (FaultKind::UnsafeForXml, record.xml, unsafe_for_xml as Rule),
            (
                FaultKind::UnsafeForJndi,
                record.jndi && is_login,
                unsafe_for_jndi as Rule,
            ),
        ];
        for (kind, applies, rule) in rules {
            if !applies {
                continue;
            }
            for (origin, value) in origins(key, found, effective) {
                let characters = characters(value, rule);
                if !characters.is_empty() && reported.insert((kind, origin.clone())) {
                    faults.push(fault(kind, origin, value, key, &characters));
                }
            }
        }
    }
}

type Rule = fn(&str) -> BTreeSet<char>;

/// The written values that went into an effective one: its own, or those that its references end at.
fn origins<'a>(
    key: &'a KeyPath,
    found: &'a EffectiveValue,
    effective: &'a Effective,
) -> Vec<(&'a KeyPath, &'a EffectiveValue)> {
    let own = std::iter::once((key, found));
    let referred = found
        .references
        .iter()
        .filter_map(|key| effective.values().get(key).map(|value| (key, value)));
    own.chain(referred)
        .filter(|(_, value)| value.provenance.is_written() && value.references.is_empty())
        .map(|(key, value)| (value.written_as.as_ref().unwrap_or(key), value))
        .collect()
}

fn characters(value: &EffectiveValue, rule: Rule) -> BTreeSet<char> {
    value.value.strings().into_iter().flat_map(rule).collect()
}

fn fault(
    kind: FaultKind,
    origin: &KeyPath,
    value: &EffectiveValue,
    key: &KeyPath,
    characters: &BTreeSet<char>,
) -> Fault {
    let listed: Vec<String> = characters
        .iter()
        .map(|c| {
            if c.is_whitespace() {
                "a blank".to_owned()
            } else {
                format!("`{c}`")
            }
        })
        .collect();
    let listed = listed.join(", ");
    let source = match &value.provenance {
        Provenance::Env { name, .. } => format!("the value of environment variable {name}"),
        _ => "the value".to_owned(),
    };
    let (what, help) = match kind {
        FaultKind::UnsafeForXml => (
            "into XML, which is then no longer well-formed, and components do not start",
            "write &amp;, &lt; or &quot; instead, or use letters and digits only",
        ),
        _ => (
            "into an AMQP URL, which is then read otherwise",
            "use letters and digits only",
        ),
    };
    let via = if origin == key {
        String::new()
    } else {
        format!(" (as {key})")
    };
    let severity = if kind == FaultKind::UnsafeForXml {
        Severity::StartUpFails
    } else {
        Severity::SilentlyWrong
    };
    Fault::new(
        kind,
        severity,
        format!("{source} holds {listed} and is copied unescaped{via} {what}"),
    )
    .at(origin, value.provenance.span())
    .help(help)
}

/// An `&` that starts an entity is what the product needs.
fn unsafe_for_xml(text: &str) -> BTreeSet<char> {
    let mut found: BTreeSet<char> = text.chars().filter(|c| matches!(c, '<' | '"')).collect();
    let bare = text
        .match_indices('&')
        .any(|(at, _)| !is_entity(&text[at + 1..]));
    if bare {
        found.insert('&');
    }
    found
}

fn is_entity(after: &str) -> bool {
    let Some((name, _)) = after.split_once(';') else {
        return false;
    };
    if let Some(number) = name.strip_prefix('#') {
        let digits = number.strip_prefix('x').unwrap_or(number);
        return !digits.is_empty() && digits.chars().all(|c| c.is_ascii_hexdigit());
    }
    matches!(name, "amp" | "lt" | "gt" | "quot" | "apos")
}

fn unsafe_for_jndi(text: &str) -> BTreeSet<char> {
    // An expression of a secret or of an unknown variable is not what will be copied.
    if text.contains("$env{") || text.contains("$secret{") || text.contains("${") {
        return BTreeSet::new();
    }
    text.chars()
        .filter(|c| matches!(c, '@' | ':' | '/' | '\'' | '?') || c.is_whitespace())
        .collect()
}
