//! Inference from keys that the file sets, and the product's defaults for keys that nothing set.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::{EffectiveValue, Provenance, Values};
use crate::catalogue::{Catalogue, KeyType};
use crate::key::{KeyPath, Segment};
use crate::product::{Distribution, Product, ProductVersion};
use crate::value::Value;

const SERVER_ROLE: &str = "server.server_role";
const DATABASE: &str = "database";

pub(super) fn infer(values: &mut Values, product: Product) {
    infer_role(values, product);
    infer_databases(values);
}

/// Only `default` is described in the catalogue; other roles exist in the all-in-one distribution alone.
fn infer_role(values: &mut Values, product: Product) {
    let role = KeyPath::from(SERVER_ROLE);
    let is_default = values
        .get(&role)
        .is_some_and(|found| found.value.as_str() == Some("default"));
    if !is_default {
        return;
    }
    for (key, value) in Catalogue::get().inferred_by_default_role(product.distribution) {
        set_inferred(values, KeyPath::from(key), value, SERVER_ROLE);
    }
}

/// Driver and URL follow from `type`; the URL's host, port and name are the keys beside it.
fn infer_databases(values: &mut Values) {
    let prefix = KeyPath::root().child(DATABASE);
    let types: Vec<(KeyPath, String)> = values
        .range(&prefix..)
        .take_while(|(path, _)| path.starts_with(&prefix))
        .filter(|(path, _)| path.segments().len() == 3 && path.last_key() == Some("type"))
        .filter_map(|(path, found)| Some((path.parent()?, found.value.as_str()?.to_owned())))
        .filter(|(database, _)| is_word(database))
        .collect();
    for (database, kind) in types {
        let Some((driver, url)) = database_of_type(&kind, &database.to_string()) else {
            continue;
        };
        let from = database.child("type").to_string();
        set_inferred(values, database.child("driver"), driver.into(), &from);
        set_inferred(values, database.child("url"), url.as_str().into(), &from);
    }
}

/// The product's rule matches word characters only.
fn is_word(database: &KeyPath) -> bool {
    match database.segments().last() {
        Some(Segment::Key(name)) => name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'),
        _ => false,
    }
}

/// Driver and URL; of the URL only scheme, host, port and name are relied on, options are left out.
fn database_of_type(kind: &str, database: &str) -> Option<(&'static str, String)> {
    let reference = |key: &str| format!("$ref{{{database}.{key}}}");
    let address = format!("{}:{}", reference("hostname"), reference("port"));
    let name = reference("name");
    Some(match kind {
        "mysql" => (
            "com.mysql.jdbc.Driver",
            format!("jdbc:mysql://{address}/{name}"),
        ),
        "mariadb" => (
            "org.mariadb.jdbc.Driver",
            format!("jdbc:mariadb://{address}/{name}"),
        ),
        "postgre" => (
            "org.postgresql.Driver",
            format!("jdbc:postgresql://{address}/{name}"),
        ),
        "db2" => (
            "com.ibm.db2.jcc.DB2Driver",
            format!("jdbc:db2://{address}/{name}"),
        ),
        "mssql" => (
            "com.microsoft.sqlserver.jdbc.SQLServerDriver",
            format!("jdbc:sqlserver://{address};databaseName={name}"),
        ),
        "oracle" => (
            "oracle.jdbc.OracleDriver",
            format!("jdbc:oracle:thin:@{address}/{}", reference("sid")),
        ),
        "h2" => (
            "org.h2.Driver",
            format!("jdbc:h2:./repository/database/{name}"),
        ),
        _ => return None,
    })
}

/// The file's own value wins over an inferred one.
fn set_inferred(values: &mut Values, key: KeyPath, value: Value, from: &str) {
    let provenance = Provenance::Inferred {
        from: from.to_owned(),
    };
    values
        .entry(key)
        .or_insert_with(|| EffectiveValue::made(value, provenance));
}

/// The product's defaults with `own` values over them; arrays are replaced whole.
pub(super) fn with_defaults(own: Values, product: Product) -> Values {
    let mut values = DEFAULTS.get(&product).cloned().unwrap_or_default();
    // What such a trigger infers is not in the catalogue: no value is better than a wrong one.
    for (key, triggers) in Catalogue::get().inferred_otherwise() {
        if triggers.iter().any(|trigger| own.contains_key(trigger)) {
            values.remove(key);
        }
    }
    values.extend(own);
    values
}

/// Built once: every product has well over a thousand.
static DEFAULTS: LazyLock<BTreeMap<Product, Values>> = LazyLock::new(|| {
    let mut all = BTreeMap::new();
    for version in ProductVersion::ALL {
        for distribution in Distribution::ALL {
            let product = Product::new(version, distribution);
            all.insert(product, defaults(product));
        }
    }
    all
});

fn defaults(product: Product) -> Values {
    Catalogue::get()
        .defaults(product)
        .filter(|(record, _)| {
            let is_concrete = !record.key.contains(['*', '$', '[']);
            is_concrete && record.key_type != KeyType::ArrayOfTables
        })
        .map(|(record, default)| {
            let value = EffectiveValue::made(default, Provenance::ProductDefault);
            (record.path.clone(), value)
        })
        .collect()
}
