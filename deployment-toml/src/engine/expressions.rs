//! `$env{}`, `$sys{}`, `$ref{}`, `$secret{}` without a value, and keys that the product's own defaults refer to.

use super::{Fault, FaultKind, Severity};
use crate::document::Document;
use crate::effective::{Effective, Unresolved};
use crate::expression::Source;
use crate::key::KeyPath;
use crate::product::{Distribution, Product, ProductVersion};

/// Nothing supplies a value for these: the product's defaults refer to them.
const REQUIRED: [&str; 3] = [
    "server.hostname",
    "super_admin.username",
    "super_admin.password",
];
const REQUIRED_DATABASE: [&str; 2] = ["database.shared_db.url", "database.shared_db.username"];

pub(super) fn check(document: &Document, effective: &Effective, faults: &mut Vec<Fault>) {
    faults.extend(effective.unresolved().iter().map(unresolved));
    plain_secrets(document, faults);
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

/// `[plain text]` is what the cipher tool takes to encrypt; the server itself refuses it.
fn plain_secrets(document: &Document, faults: &mut Vec<Fault>) {
    let secrets = KeyPath::from("secrets");
    for entry in document.entries_under(&secrets) {
        let is_plain = entry
            .value
            .as_str()
            .is_some_and(|text| text.starts_with('[') && text.ends_with(']'));
        if is_plain {
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

/// The keys that a product does not start without. `database.shared_db.url` may also come from
/// `type`, `hostname`, `port` and `name`.
pub(super) fn required_keys(product: Product) -> impl Iterator<Item = &'static str> {
    // From 4.7 on the gateway and the traffic manager have a default for the database.
    let has_own_database = product.version >= ProductVersion::V4_7
        && matches!(
            product.distribution,
            Distribution::Gateway | Distribution::TrafficManager
        );
    let databases = if has_own_database {
        &[][..]
    } else {
        &REQUIRED_DATABASE[..]
    };
    REQUIRED.iter().chain(databases).copied()
}

fn missing_help(key: &str) -> String {
    if key == "database.shared_db.url" {
        "set url, or type (one of mysql, mariadb, oracle, mssql, db2, postgre, h2) with hostname, port and name".to_owned()
    } else {
        format!("set {key}")
    }
}

fn unresolved(unresolved: &Unresolved) -> Fault {
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
