//! Checks that every name in the model refers to something, and that patterns can be wired.

mod patterns;
mod product;
mod starts;
mod values;
mod wiring;

use super::{Loaded, Model, strings};
use crate::diagnostic::Diagnostics;
use crate::yaml::Text;

/// Everything that is wrong with a model whose files could be read.
pub(super) fn validate(model: &Model) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    product::validate(model, &mut diagnostics);
    patterns::validate(model, &mut diagnostics);
    wiring::validate(model, &mut diagnostics);
    starts::validate(model, &mut diagnostics);
    values::validate(model, &mut diagnostics);
    diagnostics
}

/// Reports a name that is not among the known ones, with the nearest of them.
fn require_known<'k, T>(
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

fn components(model: &Model) -> impl Iterator<Item = &str> {
    model.components.keys().map(String::as_str)
}

fn versions(model: &Model) -> impl Iterator<Item = &str> {
    model
        .versions
        .iter()
        .map(|version| version.value.version.value.as_str())
}
