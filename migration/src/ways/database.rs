//! The databases: kind, driver and URLs.

use serde_json::{Value, json};

use crate::report::{Class, Refusal};
use crate::work::Work;

/// A kind is that of a server outside, unless it is the product's own.
pub(super) fn kind(work: &mut Work<'_>, item: usize, value: Value) -> Result<Value, Refusal> {
    let databases = &work.charts.databases;
    let Some(named) = value.as_str() else {
        return Ok(value);
    };
    if named == databases.own.kind {
        return Err(own());
    }
    let ours = databases.also_called.get(named);
    let value = ours.map_or_else(|| json!(named), |ours| json!(ours));
    work.put(item, "database.mode", json!("external"));
    Ok(value)
}

/// A class that follows from the kind is left out.
pub(super) fn driver(work: &Work<'_>, value: Value) -> Result<Value, Refusal> {
    kept_unless(value, &work.charts.databases.own.driver)
}

/// A URL is kept as it is, unless it is that of files in the Pod.
pub(super) fn jdbc_url(work: &Work<'_>, value: Value) -> Result<Value, Refusal> {
    kept_unless(value, &work.charts.databases.own.url)
}

fn kept_unless(value: Value, start_of_own: &str) -> Result<Value, Refusal> {
    let is_own = value
        .as_str()
        .is_some_and(|text| text.starts_with(start_of_own));
    if is_own { Err(own()) } else { Ok(value) }
}

fn own() -> Refusal {
    Refusal(Class::Wired, "the product's own H2; the chart has one of its own, and what was in the old Pod's files stays behind".into())
}
