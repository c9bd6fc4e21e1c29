//! What the product's parser does not read: newer TOML, tables after their own sub-tables, arrays of mixed types.

use std::collections::BTreeMap;

use super::fault::{Fault, FaultKind, Severity};
use crate::document::{Document, Header};
use crate::key::KeyPath;

pub(super) fn check(document: &Document, faults: &mut Vec<Fault>) {
    table_order(document, faults);
    for refusal in document.refusals() {
        faults.push(
            Fault::new(
                FaultKind::Syntax,
                Severity::StartUpFails,
                format!(
                    "the server exits, its parser does not read {}",
                    refusal.what
                ),
            )
            .at(&KeyPath::root(), refusal.span)
            .help(refusal.instead),
        );
    }
    for (key, span) in document.mixed_arrays() {
        faults.push(
            Fault::new(
                FaultKind::MixedArray,
                Severity::StartUpFails,
                "the server exits, the array's elements have different types",
            )
            .at(key, *span)
            .help("give all elements one type"),
        );
    }
}

/// Parents must come before children, though TOML does not ask for it.
fn table_order(document: &Document, faults: &mut Vec<Fault>) {
    let mut seen: BTreeMap<&KeyPath, &Header> = BTreeMap::new();
    for header in document.headers() {
        let below = seen
            .range::<KeyPath, _>(&header.path..)
            .take_while(|(path, _)| path.starts_with(&header.path))
            .find(|(path, _)| **path != &header.path);
        if let Some((_, earlier)) = below {
            faults.push(
                Fault::new(
                    FaultKind::TableAfterSubtable,
                    Severity::StartUpFails,
                    format!(
                        "the server overflows its stack at start-up, the table comes after its own sub-table {} in line {}",
                        earlier.path, earlier.span.line
                    ),
                )
                .at(&header.path, header.span)
                .help("move the table before its sub-tables"),
            );
        }
        seen.insert(&header.path, header);
    }
}
