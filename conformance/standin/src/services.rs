//! The service catalogue: what is in it, and what a server of integrations says of where it registers (facts: integration-and-vm.md, 1.5).

use am_deployment_toml::effective::Effective;
use serde::{Deserialize, Serialize};

/// Where the catalogue is, below the address that a configuration names.
pub(crate) const SERVICES: &str = "/api/am/service-catalog/v1/services";
/// Below that, where services are taken.
pub(crate) const IMPORT: &str = "/import";
/// The tenant of accounts that name none.
pub const SUPER_TENANT: &str = "carbon.super";

/// The first entry of `[[service_catalog]]`, the only one that is read.
const ENTRY: &str = "service_catalog[0]";
/// A service of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Service {
    /// What tells it from others of its tenant.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where gateways call it.
    pub service_url: String,
}

/// Where a server registers its services. Account and password are as written, so that `$env{…}` stays `$env{…}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    pub(crate) address: String,
    pub(crate) username: String,
    pub(crate) password: String,
}

impl Registration {
    /// What a `deployment.toml` says of it, if it says anything.
    pub(crate) fn read(effective: &Effective) -> Option<Self> {
        if !effective.is_on(&format!("{ENTRY}.enable"), false) {
            return None;
        }
        let raw = |key: &str| {
            let found = effective.get(&format!("{ENTRY}.{key}"));
            found
                .and_then(|found| found.raw.scalar_text())
                .unwrap_or_default()
        };
        Some(Self {
            address: effective.text(&format!("{ENTRY}.apim_host"))?,
            username: raw("username"),
            password: raw("password"),
        })
    }
}

/// What stands behind a text of a configuration: an environment variable's value for `$env{…}`.
pub(crate) fn written(text: &str) -> String {
    let variable = text.strip_prefix("$env{");
    match variable.and_then(|rest| rest.strip_suffix('}')) {
        Some(variable) => std::env::var(variable).unwrap_or_default(),
        None => text.to_owned(),
    }
}

/// What is kept of an account's password.
pub(crate) fn digest(password: &str) -> String {
    crate::image::digest(password.as_bytes())
}
