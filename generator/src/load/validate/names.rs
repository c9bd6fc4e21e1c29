//! Names in the model: which there are, and what is said of one that is unknown.

use crate::diagnostic::Diagnostics;
use crate::model::{Loaded, Model};
use crate::yaml::Text;

/// Reports a name that is not among the known ones, with the nearest of them.
pub(super) fn require_known<'k, T>(
    diagnostics: &mut Diagnostics,
    file: &Loaded<T>,
    name: &Text,
    what: &str,
    known: impl Iterator<Item = &'k str>,
) {
    let known: Vec<&str> = known.collect();
    if !known.contains(&name.value.as_str()) {
        let diagnostic = file.diagnose(name, format!("there is no {what} `{}`", name.value));
        diagnostics.push(diagnostic.maybe_hint(am_suggest::hint(&name.value, known)));
    }
}

pub(super) fn components(model: &Model) -> impl Iterator<Item = &str> {
    model.components.keys().map(String::as_str)
}

pub(super) fn versions(model: &Model) -> impl Iterator<Item = &str> {
    model
        .versions
        .iter()
        .map(|version| version.value.version.value.as_str())
}
