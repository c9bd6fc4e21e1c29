//! `credentials.yaml`: every credential, the Secrets that hold them, and the stores that they may come from.

use serde::{Deserialize, Serialize};

use crate::model::product::Database;
use crate::model::table::Table;
use crate::yaml::Text;

/// What servers must know and nobody else may.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Credentials {
    /// The Secrets, each for one circle of readers.
    pub secrets: Table<Secret>,
    /// The keys of the Secrets.
    pub keys: Table<Key>,
    /// Providers of the Secrets Store CSI driver.
    pub csi_providers: Table<CsiProvider>,
}

/// A Secret.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Secret {
    /// Value below `credentials.csi` with the user's own list of a store's objects.
    pub objects: String,
    /// Who reads it.
    pub doc: String,
}

/// A key of a Secret.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Key {
    /// The Secret that holds it.
    pub secret: Text,
    /// Only components that use this database read it.
    #[serde(default)]
    pub database: Option<Database>,
    /// Only product versions with `encryption-key` read it.
    #[serde(default)]
    pub encryption: bool,
    /// Helm condition under which it is read.
    #[serde(default)]
    pub when: Option<String>,
    /// Value below `credentials` that gives it.
    #[serde(default)]
    pub value: Option<String>,
    /// What is made up when no value gives it.
    #[serde(default)]
    pub generate: Option<Generate>,
}

/// What is made up.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Generate {
    /// Letters and digits.
    Password,
    /// 64 hexadecimal digits.
    Hexadecimal,
}

/// How a provider is told what to fetch.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(
    deny_unknown_fields,
    rename_all(deserialize = "kebab-case", serialize = "camelCase")
)]
pub struct CsiProvider {
    /// Parameter of the `SecretProviderClass` that lists the objects.
    pub parameter: String,
    /// What `credentials.csi.secretName` is for it.
    pub name: StoreName,
    /// Parameters; of each row one must be given.
    #[serde(default)]
    pub required: Vec<Vec<String>>,
    /// Helm text before the objects.
    #[serde(default)]
    pub head: String,
    /// Helm text for each key.
    pub each: String,
}

/// What names the secrets of a store.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(
    deny_unknown_fields,
    rename_all(deserialize = "kebab-case", serialize = "camelCase")
)]
pub struct StoreName {
    /// Regular expression.
    pub pattern: String,
    /// A name of that shape.
    pub example: String,
    /// What it names.
    pub doc: String,
}
