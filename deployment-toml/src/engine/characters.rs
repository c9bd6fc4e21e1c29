//! Characters that break what values are copied into: nothing is escaped, and templates are looked for in values too.

use std::collections::BTreeSet;

use super::fault::{Fault, FaultKind, Severity};
use crate::catalogue::{Catalogue, Use};
use crate::effective::{Effective, EffectiveValue, Provenance};
use crate::key::KeyPath;

pub(super) fn check(effective: &Effective, faults: &mut Vec<Fault>) {
    let mut reported = BTreeSet::new();
    let catalogue = Catalogue::of(effective.product().distribution);
    for (key, found) in effective.values() {
        if found.references.is_empty() && !found.provenance.is_written() {
            continue;
        }
        let record = catalogue.record(key);
        let Some(record) = record.filter(|record| record.is_read_by(effective.product())) else {
            continue;
        };
        let is_login = matches!(key.last_key(), Some("username" | "password"));
        let is_template = record.uses.contains(&Use::Template);
        let rules: [(FaultKind, bool, Rule); 4] = [
            (FaultKind::TemplateSyntax, is_template, template_syntax),
            (FaultKind::UnsafeForXml, record.xml, unsafe_for_text),
            (
                FaultKind::UnsafeForXml,
                record.xml_attribute,
                unsafe_for_attribute,
            ),
            (
                FaultKind::UnsafeForJndi,
                record.jndi && is_login,
                unsafe_for_jndi,
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

type Rule = fn(&str) -> BTreeSet<String>;

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

fn characters(value: &EffectiveValue, rule: Rule) -> BTreeSet<String> {
    value.value.strings().into_iter().flat_map(rule).collect()
}

fn fault(
    kind: FaultKind,
    origin: &KeyPath,
    value: &EffectiveValue,
    key: &KeyPath,
    characters: &BTreeSet<String>,
) -> Fault {
    let listed: Vec<String> = characters
        .iter()
        .map(|text| match text.trim() {
            "" => "a blank".to_owned(),
            text => format!("`{text}`"),
        })
        .collect();
    let listed = listed.join(", ");
    let source = match &value.provenance {
        Provenance::Env { name, .. } => format!("the value of environment variable {name}"),
        _ => "the value".to_owned(),
    };
    let fails = characters.contains(TAG);
    let (severity, what, help) = match kind {
        FaultKind::TemplateSyntax if fails => (
            Severity::StartUpFails,
            "into a template, which takes it for a tag of its own, and the server exits",
            "use letters and digits only",
        ),
        FaultKind::TemplateSyntax => (
            Severity::SilentlyWrong,
            "into a template, which evaluates it and copies the result",
            "use letters and digits only",
        ),
        FaultKind::UnsafeForXml => (
            Severity::StartUpFails,
            "into XML, which is then no longer well-formed, and components do not start",
            "write &amp;, &lt;, &gt; or &quot; instead, or use letters and digits only",
        ),
        _ => (
            Severity::SilentlyWrong,
            "into an AMQP URL, which is then read otherwise",
            "use letters and digits only",
        ),
    };
    let via = if origin == key {
        String::new()
    } else {
        format!(" (as {key})")
    };
    Fault::new(
        kind,
        severity,
        format!("{source} holds {listed} and is copied unescaped{via} {what}"),
    )
    .at(origin, value.provenance.span())
    .help(help)
}

/// The start of a template's tag.
const TAG: &str = "{%";

fn template_syntax(text: &str) -> BTreeSet<String> {
    those_in(text, &["{{", TAG])
}

fn unsafe_for_text(text: &str) -> BTreeSet<String> {
    unsafe_for_xml(text, &["<", "]]>"])
}

fn unsafe_for_attribute(text: &str) -> BTreeSet<String> {
    unsafe_for_xml(text, &["<", "\""])
}

/// An `&` that starts an entity is what the product needs.
fn unsafe_for_xml(text: &str, wrong: &[&str]) -> BTreeSet<String> {
    let mut found = those_in(text, wrong);
    let bare = text
        .match_indices('&')
        .any(|(at, _)| !is_entity(&text[at + 1..]));
    if bare {
        found.insert("&".to_owned());
    }
    found
}

fn those_in(text: &str, wanted: &[&str]) -> BTreeSet<String> {
    let found = wanted.iter().filter(|wanted| text.contains(**wanted));
    found.map(|text| (*text).to_owned()).collect()
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

fn unsafe_for_jndi(text: &str) -> BTreeSet<String> {
    // An expression of a secret or of an unknown variable is not what will be copied.
    if text.contains("$env{") || text.contains("$secret{") || text.contains("${") {
        return BTreeSet::new();
    }
    text.chars()
        .filter(|c| matches!(c, '@' | ':' | '/' | '\'' | '?') || c.is_whitespace())
        .map(String::from)
        .collect()
}
