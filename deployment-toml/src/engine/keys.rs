//! Keys that nothing reads, and values of keys that are there to trigger something.

use super::fault::{Fault, FaultKind, Severity};
use crate::catalogue::{Catalogue, Lookup};
use crate::document::{Document, Entry};
use crate::effective::Effective;
use crate::key::KeyPath;
use crate::product::Product;

const SERVER_ROLE: &str = "server.server_role";

/// Keys whose other values do nothing; the product checks some of them itself and exits.
const TRIGGERS: [(&str, Severity); 6] = [
    ("apim.jwt.encoding", Severity::SilentlyWrong),
    ("database.$1.type", Severity::SilentlyWrong),
    ("encryption.type", Severity::StartUpFails),
    ("server.mode", Severity::SilentlyWrong),
    ("transport.receiver.type", Severity::SilentlyWrong),
    ("user_store.type", Severity::StartUpFails),
];

pub(super) fn check(document: &Document, effective: &Effective, faults: &mut Vec<Fault>) {
    let product = effective.product();
    for entry in document.entries() {
        faults.extend(known(entry, product));
        faults.extend(trigger(entry, effective));
    }
    faults.extend(role(document, effective));
}

fn known(entry: &Entry, product: Product) -> Option<Fault> {
    let catalogue = Catalogue::of(product.distribution);
    let (kind, message, help) = match catalogue.lookup(&entry.path, product) {
        Lookup::Known(_) => return None,
        Lookup::Dead(_) => (
            FaultKind::DeadKey,
            "the product names this key but nothing reads it".to_owned(),
            "remove it".to_owned(),
        ),
        Lookup::NotInVersion { versions } => {
            let releases = versions.iter().map(|it| product.distribution.release(*it));
            let releases: Vec<&str> = releases.collect();
            (
                FaultKind::KeyNotInVersion,
                format!("{} does not read this key", product.release()),
                format!("remove it; it is read in {}", releases.join(", ")),
            )
        }
        Lookup::NotInDistribution { distributions } => (
            FaultKind::KeyNotInDistribution,
            format!("{product} does not read this key"),
            format!("move it to a node of {}", list(&distributions)),
        ),
        Lookup::Unknown { did_you_mean } => (
            FaultKind::UnknownKey,
            "nothing reads this key".to_owned(),
            if did_you_mean.is_empty() {
                "remove it, or check the spelling of its table".to_owned()
            } else {
                format!("did you mean {}?", did_you_mean.join(" or "))
            },
        ),
    };
    Some(
        Fault::new(kind, Severity::Ignored, message)
            .at(&entry.path, entry.key_span)
            .help(help),
    )
}

fn list<T: ToString>(items: &[T]) -> String {
    let names: Vec<String> = items.iter().map(ToString::to_string).collect();
    names.join(", ")
}

fn trigger(entry: &Entry, effective: &Effective) -> Option<Fault> {
    let distribution = effective.product().distribution;
    let record = Catalogue::of(distribution).record(&entry.path)?;
    let (_, severity) = TRIGGERS.iter().find(|(key, _)| *key == record.key)?;
    // That a server exits was seen with the product alone.
    let severity = if distribution.is_companion() {
        &Severity::SilentlyWrong
    } else {
        severity
    };
    let value = effective.values().get(&entry.path)?.value.scalar_text()?;
    // A database whose URL is written needs no inference.
    let url = entry.path.parent()?.child("url");
    let is_moot = record.key == "database.$1.type"
        && effective
            .values()
            .get(&url)
            .is_some_and(|found| found.provenance.is_written());
    if record.infer_values.contains(&value) || value.contains('$') || is_moot {
        return None;
    }
    let what = match severity {
        Severity::StartUpFails => "the server exits",
        _ => "nothing follows from it",
    };
    Some(
        Fault::new(
            FaultKind::UnlistedValue,
            *severity,
            format!("{value:?} is no value that the product knows here, {what}"),
        )
        .at(&entry.path, entry.span)
        .help(format!("use one of {}", record.infer_values.join(", "))),
    )
}

/// Where it is optional, a distribution works without a role; in the others it switches off what is not theirs.
fn role(document: &Document, effective: &Effective) -> Option<Fault> {
    let distribution = effective.product().distribution;
    let key = KeyPath::from(SERVER_ROLE);
    let roles = Catalogue::of(distribution).server_roles(distribution);
    if roles.is_empty() {
        return None;
    }
    let entry = document.entry(&key);
    let message = match effective.server_role() {
        Some(role) if role.contains("$env{") || roles.contains(role.as_str()) => return None,
        Some(role) => format!("{role:?} infers nothing in {distribution}"),
        None if distribution.is_role_optional() => return None,
        None => format!("a missing role infers nothing in {distribution}"),
    };
    let help = if distribution.is_role_optional() {
        format!(
            "use one of {}",
            roles.into_iter().collect::<Vec<_>>().join(", ")
        )
    } else {
        "write server_role = \"default\" in [server]".to_owned()
    };
    Some(
        Fault::new(
            FaultKind::RoleInfersNothing,
            Severity::SilentlyWrong,
            format!("{message}: the switches of the whole product stay as they are"),
        )
        .at(&key, entry.map(|entry| entry.span))
        .help(help),
    )
}
