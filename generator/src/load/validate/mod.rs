//! Checks that every name in the model refers to something, and that patterns can be wired.

mod names;
mod observability;
mod patterns;
mod product;
mod releases;
mod starts;
mod values;
mod wiring;

use crate::diagnostic::Diagnostics;
use crate::model::Model;

/// Everything that is wrong with a model whose files could be read.
pub(super) fn validate(model: &Model) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    product::validate(model, &mut diagnostics);
    releases::validate(model, &mut diagnostics);
    patterns::validate(model, &mut diagnostics);
    wiring::validate(model, &mut diagnostics);
    starts::validate(model, &mut diagnostics);
    observability::validate(model, &mut diagnostics);
    values::validate(model, &mut diagnostics);
    diagnostics
}
