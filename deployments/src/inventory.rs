//! A document in short: the machines of one site that runs a whole pattern.

use am_generator::Model;
use am_generator::diagnostic::Diagnostics;
use am_generator::model::Loaded;
use am_generator::model::table::Table;
use am_generator::yaml::{self, Text};
use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::{Location, Spanned};

use crate::document::machines::Machines;
use crate::document::reference::Reference;
use crate::document::{Database, Deployment, Environment, Site};
use crate::{Document, Vocabulary};

/// What a site on machines may say; its pattern is said elsewhere.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Inventory {
    #[serde(default)]
    name: Option<Text>,
    #[serde(default)]
    product_version: Option<Text>,
    #[serde(default)]
    hostnames: Table<Text>,
    #[serde(default)]
    database: Option<Database>,
    #[serde(default)]
    environment: Option<Environment>,
    #[serde(default)]
    keystores: Option<Reference>,
    vm: Machines,
    #[serde(default)]
    values: Table<Value>,
}

/// What a site is called that has no name.
const NAME: &str = "machines";

/// Reads the fields of one site without its pattern, as strictly as a whole document; the newest product version unless it says another.
///
/// # Errors
/// When the text is no such inventory.
pub fn read_inventory(
    file: &str,
    text: &str,
    pattern: u32,
    model: &Model,
    vocabulary: &Vocabulary,
) -> Result<Document, Diagnostics> {
    let inventory: Inventory = yaml::parse(file, text)?;
    let newest = model.versions.last().map(|it| it.version.value.as_str());
    let name = inventory.name.unwrap_or_else(|| unwritten(NAME.to_owned()));
    let site = Site {
        name: name.clone(),
        pattern: unwritten(pattern),
        part: None,
        main: None,
        kubernetes: None,
        vm: Some(inventory.vm),
        cidrs: Vec::new(),
        hostnames: inventory.hostnames,
        database: inventory.database,
        environment: inventory.environment,
        exposes: Table::default(),
        identity_server: None,
        integrators: Vec::new(),
        replicas: Table::default(),
        values: inventory.values,
    };
    let version = inventory.product_version;
    let value = Deployment {
        api_version: unwritten(vocabulary.api_version.clone()),
        kind: unwritten(vocabulary.kind.clone()),
        name,
        product_version: version
            .unwrap_or_else(|| unwritten(newest.unwrap_or_default().to_owned())),
        topology: None,
        credentials: None,
        keystores: inventory.keystores,
        link: None,
        tenants: Vec::new(),
        sites: unwritten(vec![site]),
    };
    Ok(Document {
        loaded: Loaded {
            file: file.to_owned(),
            value,
        },
        text: text.to_owned(),
    })
}

/// A value that stands nowhere in the file.
fn unwritten<T>(value: T) -> Spanned<T> {
    Spanned {
        value,
        referenced: Location::UNKNOWN,
        defined: Location::UNKNOWN,
    }
}
