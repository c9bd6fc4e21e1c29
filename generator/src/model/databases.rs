//! `databases.yaml`: kinds of databases, and what their drivers want.

use serde::{Deserialize, Serialize};

use crate::model::table::Table;

/// A kind of database.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DatabaseType {
    /// Name for people.
    pub title: String,
    /// Class of the usual driver.
    pub driver: String,
    /// Packages of its drivers, each with its last dot.
    pub packages: Vec<String>,
    /// How its JDBC URLs begin.
    pub scheme: String,
    /// The usual port.
    pub port: u16,
    /// A JDBC URL with `{server}` and `{name}`.
    pub url: String,
    /// How parameters are joined to a URL.
    pub parameters: Joints,
    /// What a pool asks to see whether a connection lives.
    pub validation_query: String,
    /// The product's script, if it has one that makes the schema over JDBC.
    #[serde(default)]
    pub schema: Option<Schema>,
    /// What the driver is told about TLS.
    #[serde(default)]
    pub tls: Option<Tls>,
}

/// How parameters are joined to a URL.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Joints {
    /// Before the first.
    pub first: String,
    /// Between two.
    pub next: String,
    /// Behind the last.
    #[serde(default)]
    pub last: String,
}

/// The product's script.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(
    deny_unknown_fields,
    rename_all(deserialize = "kebab-case", serialize = "camelCase")
)]
pub struct Schema {
    /// File name in `dbscripts` and `dbscripts/apimgt`.
    pub script: String,
    /// What ends a statement there, in the words of `CreateSchema.java`.
    pub style: Style,
    /// A `CREATE` is a part of a transaction.
    pub takes_back_create: bool,
}

/// What ends a statement.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Style {
    /// A semicolon; texts between dollars.
    Semicolon,
    /// A semicolon, or what `DELIMITER` names.
    Mysql,
    /// A slash at the end of a line.
    Slash,
    /// A semicolon outside of blocks, or a line `GO`.
    Go,
}

/// What a driver is told about TLS.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tls {
    /// Parameters that only `database.tls` sets.
    pub owned: Vec<String>,
    /// The URL with TLS, where that is another one.
    #[serde(default)]
    pub url: Option<String>,
    /// The usual port with TLS, where that is another one.
    #[serde(default)]
    pub port: Option<u16>,
    /// Parameters for each `database.tls.mode` that the driver knows.
    pub modes: Table<Vec<String>>,
    /// What it reads authorities from.
    pub ca: Ca,
    /// Parameters for verifying by Java's own trust store.
    #[serde(default)]
    pub verify_without_ca: Vec<String>,
}

/// What a driver reads authorities from.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Ca {
    /// Kind of file.
    pub form: CaForm,
    /// Parameters with `{ca}`, the path of the file.
    pub parameters: Vec<String>,
}

/// Kind of a file with authorities.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CaForm {
    /// Certificates as text.
    Pem,
    /// A key store of Java's, without a password.
    Pkcs12,
}
