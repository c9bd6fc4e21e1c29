//! What an identity server is told, and the command that registers it: what a release in a cluster has in a `ConfigMap`.

use std::collections::BTreeMap;

use am_generator::diagnostic::Diagnostic;
use am_product::data::File;
use serde_json::{Value, json};

use super::notice::with_notice;
use crate::template::render;

const REGISTER: File = File::new(
    "deployments/templates/machines/register.sh.hbs",
    include_str!("../../templates/machines/register.sh.hbs"),
);
/// The part of the identity server's own configuration.
const PART: &str = "identity-server.toml";
/// What is registered.
const REGISTRATION: &str = "registration.json";

/// The files, where the chart rendered what they are made of.
pub(super) fn files(
    documents: &[Value],
    values: &Value,
    notice: &str,
) -> Result<BTreeMap<String, String>, Diagnostic> {
    let mut files = BTreeMap::new();
    let both = |document: &Value| {
        let data = document.get("data")?;
        let text = |key: &str| data.get(key).and_then(Value::as_str).map(str::to_owned);
        Some((text(PART)?, text(REGISTRATION)?))
    };
    let Some((part, registration)) = documents.iter().find_map(both) else {
        return Ok(files);
    };
    let part = with_notice(PART, &part, notice).unwrap_or(part);
    files.insert(format!("identity-server/{PART}"), part);
    // The shell fills them in, quoted as JSON wants it.
    let filled = ["IDENTITY_SERVER_USERNAME", "IDENTITY_SERVER_PASSWORD"];
    let registration = filled.iter().fold(registration, |text, name| {
        text.replace(&format!("${name}"), &format!("$(quoted \"${name}\")"))
    });
    let data = json!({
        "notice": notice,
        "host": values["hostnames"]["management"],
        "registration": registration.trim_end(),
    });
    files.insert(
        "identity-server/register.sh".to_owned(),
        render(&REGISTER, &data)?,
    );
    Ok(files)
}
