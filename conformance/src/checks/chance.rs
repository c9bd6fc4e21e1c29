//! What templates leave to chance.

use std::collections::BTreeSet;

use crate::chart::ChartSource;

/// Functions of Helm whose result is another one each time.
pub(super) const RANDOM: [&str; 13] = [
    "randAlphaNum",
    "randAlpha",
    "randNumeric",
    "randAscii",
    "randBytes",
    "randInt",
    "genPrivateKey",
    "genCA",
    "genSelfSignedCert",
    "genSignedCert",
    "uuidv4",
    "htpasswd",
    "bcrypt",
];

/// The text of a template and of every named template that it calls by a literal name, however deep.
pub(super) fn text_with_includes(chart: &ChartSource, template: &str) -> String {
    let mut text = chart.files.get(template).cloned().unwrap_or_default();
    let mut known: BTreeSet<String> = BTreeSet::new();
    let mut searched = 0;
    while searched < text.len() {
        let new: Vec<String> = called(&text[searched..])
            .into_iter()
            .filter(|name| known.insert(name.clone()))
            .collect();
        searched = text.len();
        for name in new {
            if let Some(body) = definition(chart, &name) {
                text.push_str(body);
            }
        }
    }
    text
}

/// Names after `include` and `template`.
fn called(text: &str) -> BTreeSet<String> {
    ["include \"", "template \""]
        .into_iter()
        .flat_map(|call| text.match_indices(call).map(move |(at, _)| at + call.len()))
        .filter_map(|at| text[at..].split('"').next().map(str::to_owned))
        .collect()
}

/// The text of a named template, up to the next one.
fn definition<'c>(chart: &'c ChartSource, name: &str) -> Option<&'c str> {
    let start = format!("define \"{name}\"");
    let mut templates = chart
        .files
        .iter()
        .filter(|(path, _)| path.contains("templates/"));
    templates.find_map(|(_, text)| {
        let body = &text[text.find(&start)? + start.len()..];
        let end = body.find("define \"").unwrap_or(body.len());
        Some(&body[..end])
    })
}

/// Whether a text has a word that is no part of another one.
pub(super) fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    text.match_indices(word).any(|(at, _)| {
        !text[..at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part)
    })
}
