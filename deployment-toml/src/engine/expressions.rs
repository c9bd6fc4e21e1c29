//! `$env{}`, `$sys{}`, `$ref{}`, `$secret{}` without a value, and keys that the product's own defaults refer to.

use std::collections::BTreeSet;

use super::fault::{Fault, FaultKind, Severity};
use crate::catalogue::Catalogue;
use crate::document::Document;
use crate::effective::{Effective, Problem, Unresolved};
use crate::expression::{Source, expressions};
use crate::key::{KeyPath, Segment};
use crate::product::Product;

/// Nothing supplies a value for these: the product's defaults refer to them.
const REQUIRED: [&str; 5] = [
    "server.hostname",
    "super_admin.username",
    "super_admin.password",
    "database.shared_db.url",
    "database.shared_db.username",
];

pub(super) fn check(document: &Document, effective: &Effective, faults: &mut Vec<Fault>) {
    faults.extend(effective.unresolved().iter().map(unresolved));
    secrets(document, effective, faults);
    for key in required_keys(effective.product()) {
        if effective.get(key).is_some() {
            continue;
        }
        let path = KeyPath::from(key);
        // The table's header is the best place to point at.
        let table = path.parent().unwrap_or_default();
        let header = document
            .headers()
            .iter()
            .find(|header| header.path == table);
        faults.push(
            Fault::new(
                FaultKind::MissingKey,
                Severity::StartUpFails,
                "the server exits, its defaults refer to this key and nothing sets it",
            )
            .at(&path, header.map(|header| header.span))
            .help(missing_help(key)),
        );
    }
}

/// `[plain text]` is what the cipher tool takes to encrypt; the server refuses it where a key refers to it.
fn secrets(document: &Document, effective: &Effective, faults: &mut Vec<Fault>) {
    let referred: BTreeSet<String> = effective
        .values()
        .values()
        .flat_map(|found| found.raw.strings())
        .flat_map(expressions)
        .filter(|expression| expression.source == Source::Secret)
        .map(|expression| expression.name)
        .collect();
    let tables = [KeyPath::from("secrets"), KeyPath::from("runtime_secrets")];
    for entry in document.entries() {
        let Some(table) = tables.iter().find(|table| entry.path.starts_with(table)) else {
            continue;
        };
        let is_list = matches!(entry.path.segments().get(1), Some(Segment::Index(_)));
        let text = entry.value.as_str().filter(|_| !is_list);
        let Some(text) = text else {
            faults.push(
                Fault::new(
                    FaultKind::WrongType,
                    Severity::StartUpFails,
                    format!("the server exits, everything in [{table}] is text"),
                )
                .at(&entry.path, entry.span)
                .help("write a text in quotes"),
            );
            continue;
        };
        let is_plain = text
            .split_once('[')
            .is_some_and(|(_, after)| after.contains(']'));
        let is_referred = entry
            .path
            .last_key()
            .is_some_and(|alias| referred.contains(alias));
        if is_plain && is_referred {
            faults.push(
                Fault::new(
                    FaultKind::PlainSecret,
                    Severity::StartUpFails,
                    "the server exits, the secret is not encrypted",
                )
                .at(&entry.path, entry.span)
                .help("encrypt it with the cipher tool before the first start"),
            );
        }
    }
}

/// The keys that a product does not start without, of those that it knows. `database.shared_db.url` may also come from
/// `type`, `hostname`, `port` and `name`.
pub(super) fn required_keys(product: Product) -> impl Iterator<Item = &'static str> {
    // Some have a database of their own by default.
    let has_no_default = move |key: &&str| {
        let catalogue = Catalogue::of(product.distribution);
        let record = catalogue.record(&KeyPath::from(*key));
        record.is_some_and(|record| record.default_for(product).is_none())
    };
    REQUIRED.into_iter().filter(has_no_default)
}

fn missing_help(key: &str) -> String {
    if key == "database.shared_db.url" {
        "set url, or type (one of mysql, mariadb, oracle, mssql, db2, postgre, h2) with hostname, port and name".to_owned()
    } else {
        format!("set {key}")
    }
}

fn unresolved(unresolved: &Unresolved) -> Fault {
    let expression = &unresolved.expression;
    let name = &expression.name;
    let (kind, severity, message, help) = match unresolved.problem {
        Problem::Missing => return missing(unresolved),
        Problem::Cycle => (
            FaultKind::UnresolvedReference,
            Severity::StartUpFails,
            format!("the server exits, {expression} leads back to this key"),
            "write the value in one of the keys",
        ),
        Problem::StaysText => (
            match expression.source {
                Source::Ref => FaultKind::UnresolvedReference,
                _ => FaultKind::UnsetVariable,
            },
            Severity::SilentlyWrong,
            format!("the engine does not look for {expression} in this array, it stays a text"),
            "write the value itself",
        ),
        Problem::Unfit => (
            FaultKind::UnsafeForEngine,
            Severity::StartUpFails,
            format!("the server exits, the value of {name} holds a `$` or ends in a `\\`"),
            "use letters and digits only",
        ),
        Problem::Altered => (
            FaultKind::UnsafeForEngine,
            Severity::SilentlyWrong,
            format!("the engine changes the value of {name}, which holds a `$` or a `\\`"),
            "use letters and digits only",
        ),
    };
    Fault::new(kind, severity, message)
        .at(&unresolved.key, unresolved.span)
        .help(help)
}

fn missing(unresolved: &Unresolved) -> Fault {
    let name = &unresolved.expression.name;
    let (kind, what, help) = match unresolved.expression.source {
        Source::Env => (
            FaultKind::UnsetVariable,
            format!("environment variable {name} is not set"),
            format!("set {name} in the container's environment"),
        ),
        Source::Sys => (
            FaultKind::UnsetVariable,
            format!("system property {name} is not set"),
            format!("start the server with -D{name}=…"),
        ),
        Source::Ref => (
            FaultKind::UnresolvedReference,
            format!("key {name} has no value"),
            format!("set {name}, or refer to a key that has a value"),
        ),
        Source::Secret => (
            FaultKind::UnresolvedSecret,
            format!("[secrets] has no {name}"),
            format!("add {name} to [secrets]"),
        ),
    };
    Fault::new(
        kind,
        Severity::StartUpFails,
        format!("the server exits, {what}"),
    )
    .at(&unresolved.key, unresolved.span)
    .help(help)
}
