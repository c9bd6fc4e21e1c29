//! The databases of a site, and the scripts that make them.

use serde::Serialize;
use serde_json::Value;

use crate::sites::Placed;
use crate::vocabulary::{DatabaseScript, Topology, Vocabulary};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Database {
    pub(crate) title: String,
    pub(crate) host: String,
    pub(crate) port: u16,
    /// A Job of the release makes the schema.
    pub(crate) by_job: bool,
    pub(crate) steps: Vec<DatabaseStep>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DatabaseStep {
    /// Its key in the charts' values.
    #[serde(skip)]
    pub(crate) key: &'static str,
    pub(crate) database: String,
    pub(crate) script: String,
}

/// The database server of a site.
pub(super) fn database(
    placed: &Placed<'_>,
    vocabulary: &Vocabulary,
    shape: &Topology,
    effective: &Value,
) -> Option<Database> {
    let database = placed.site.database.as_ref()?;
    let row = placed.chart.model.databases.get(&database.kind.value)?;
    Some(Database {
        title: row.title.clone(),
        host: database.host.value.clone(),
        port: database.port.as_ref().map_or(row.port, |it| it.value),
        by_job: effective["database"]["schemaJob"]["enabled"] == true,
        steps: scripts(placed, vocabulary, shape, effective)?,
    })
}

/// The scripts that make the databases; those for files of a node where there is no server.
pub(super) fn scripts(
    placed: &Placed<'_>,
    vocabulary: &Vocabulary,
    shape: &Topology,
    effective: &Value,
) -> Option<Vec<DatabaseStep>> {
    let database = placed.site.database.as_ref();
    let replicated = database.filter(|_| shape.replicated_databases);
    let scripts: &[DatabaseScript] = match replicated {
        Some(it) => vocabulary.replicated_database_scripts.get(&it.kind.value)?,
        None => &vocabulary.database_scripts,
    };
    let databases = &placed.chart.model.databases;
    let script = match database {
        Some(it) => &databases.get(&it.kind.value)?.schema.as_ref()?.script,
        None => &vocabulary.machines.own_databases.product_script,
    };
    let steps = scripts.iter().map(|step| {
        let key = step.database.key();
        let name = effective["database"][key]["name"].as_str();
        DatabaseStep {
            key,
            database: name.unwrap_or(key).to_owned(),
            script: step.path.replace("{script}", script),
        }
    });
    Some(steps.collect())
}
