//! The databases: kind, driver and URLs.

use serde_json::{Value, json};

use crate::carry::Refusal;
use crate::report::Class;
use crate::work::Work;

/// The kind that the product itself brings, which the chart sets up by itself.
const OWN: &str = "h2";

fn own() -> Refusal {
    Refusal(Class::Wired, "the product's own H2; the chart has one of its own, and what was in the old Pod's files stays behind".into())
}

/// A kind is that of a server outside, unless it is the product's own.
pub(crate) fn database_type(
    work: &mut Work<'_>,
    item: usize,
    value: Value,
) -> Result<Value, Refusal> {
    if value == json!(OWN) {
        return Err(own());
    }
    let value = match value.as_str() {
        Some("postgresql" | "postgres") => json!("postgre"),
        _ => value,
    };
    work.put(item, "database.mode", json!("external"));
    Ok(value)
}

/// A class that follows from the kind is left out.
pub(crate) fn driver(_: &mut Work<'_>, _: usize, value: Value) -> Result<Value, Refusal> {
    if value
        .as_str()
        .is_some_and(|class| class.starts_with("org.h2."))
    {
        return Err(own());
    }
    Ok(value)
}

/// A URL is kept as it is, unless it is that of files in the Pod.
pub(crate) fn jdbc_url(_: &mut Work<'_>, _: usize, value: Value) -> Result<Value, Refusal> {
    if value
        .as_str()
        .is_some_and(|url| url.starts_with("jdbc:h2:"))
    {
        return Err(own());
    }
    Ok(value)
}
