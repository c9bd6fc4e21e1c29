//! The charts that integrators need.

use am_generator::Families;
use am_generator::diagnostic::Diagnostics;
use am_generator::model::{Loaded, Model};

use super::cluster::{beside, family};
use crate::check::unknown;
use crate::document::Deployment;
use crate::document::integrators::Integrator;
use crate::vocabulary::{IntegratorKind, Vocabulary};

/// The charts of the integrators of a document: the version of API Manager beside which each is made, and its name.
pub(crate) fn charts(
    document: &Loaded<Deployment>,
    families: &Families,
    vocabulary: &Vocabulary,
    found: &mut Diagnostics,
) -> Vec<(String, String)> {
    let mut charts: Vec<(String, String)> = Vec::new();
    for said in document.sites.value.iter().flat_map(|it| &it.integrators) {
        let kind = vocabulary.integrators.get(&said.kind.value);
        let Some((kind, (model, name))) =
            kind.and_then(|kind| Some((kind, family(kind, families)?)))
        else {
            unknown_kind(document, said, vocabulary, found);
            continue;
        };
        let Some(beside) = beside(said, model, &document.product_version.value) else {
            unknown_version(document, said, model, found);
            continue;
        };
        match charts.iter().find(|(_, chart)| chart == name) {
            Some((other, _)) if *other != beside => {
                second_version(document, said, kind, found);
            }
            Some(_) => {}
            None => charts.push((beside, name.to_owned())),
        }
    }
    charts
}

fn unknown_kind(
    document: &Loaded<Deployment>,
    said: &Integrator,
    vocabulary: &Vocabulary,
    found: &mut Diagnostics,
) {
    let known = vocabulary.integrators.names();
    found.push(unknown(document, "integrator", &said.kind, known));
}

fn unknown_version(
    document: &Loaded<Deployment>,
    said: &Integrator,
    model: &Model,
    found: &mut Diagnostics,
) {
    if let Some(version) = &said.version {
        let known = model.versions.iter().map(|it| it.version.value.as_str());
        let what = format!("version of {}", model.product.name);
        found.push(unknown(document, &what, version, known));
    }
}

fn second_version(
    document: &Loaded<Deployment>,
    said: &Integrator,
    kind: &IntegratorKind,
    found: &mut Diagnostics,
) {
    let at = said.version.as_ref().unwrap_or(&said.kind);
    let message = format!("a deployment has one version of {}", kind.chart);
    let hint = "give all of them the same, or write a document for each";
    found.push(document.diagnose(at, message).hint(hint));
}
