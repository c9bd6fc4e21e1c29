//! What the product's engine makes of a file that is legal TOML: where it stops the start-up, and where it goes on with
//! something else than was meant.
//!
//! The rules were observed on the engine itself; each [`FaultKind`] names its rule.

mod characters;
mod expressions;
mod fault;
mod keys;
mod shape;
mod structure;
mod types;

pub use fault::{Fault, FaultKind, Severity};

use crate::document::Document;
use crate::effective::Effective;
use crate::environment::Environment;
use crate::product::Product;

/// Every fault of `text`, in the order of the text. A text that is no TOML has that one fault.
pub fn inspect(text: &str, product: Product, environment: &Environment) -> Vec<Fault> {
    match Document::parse(text) {
        Ok(document) => faults(&document, product, environment),
        Err(error) => vec![Fault::from(error)],
    }
}

/// Every fault of a document, in the order of the text.
pub fn faults(document: &Document, product: Product, environment: &Environment) -> Vec<Fault> {
    faults_in(
        document,
        &Effective::resolve(document, product, environment),
    )
}

/// Every fault of a document whose effective configuration is at hand: spares resolving it again.
pub fn faults_in(document: &Document, effective: &Effective) -> Vec<Fault> {
    let mut faults = Vec::new();
    structure::check(document, &mut faults);
    types::check(document, effective, &mut faults);
    expressions::check(document, effective, &mut faults);
    characters::check(effective, &mut faults);
    shape::check(effective, &mut faults);
    keys::check(document, effective, &mut faults);
    faults.sort_by(|a, b| (a.span, a.kind, &a.key).cmp(&(b.span, b.kind, &b.key)));
    faults
}

#[cfg(test)]
mod tests;
