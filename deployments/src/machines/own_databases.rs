//! Databases that are files of a node: made by a script before its server starts, as the charts' init container does.

use am_generator::diagnostic::Diagnostic;
use am_product::data::File;
use serde_json::{Value, json};

use super::data::Paths;
use super::layout::{Component, Layout};
use super::node_files::{NodeFiles, data_folders};
use crate::resolved::DatabaseStep;
use crate::template::render;

const SCRIPT: File = File::new(
    "deployments/templates/machines/databases.sh.hbs",
    include_str!("../../templates/machines/databases.sh.hbs"),
);

/// The script: its path below the server's home, and its text. None where a component has no databases of its own.
pub(super) fn file(
    layout: &Layout<'_, '_>,
    component: &Component<'_, '_>,
    steps: &[DatabaseStep],
    node: &NodeFiles,
    notice: &str,
) -> Result<Option<(String, String)>, Diagnostic> {
    let Some(folder) = folder(layout, component) else {
        return Ok(None);
    };
    let variable = |key: &str, ending: &str| {
        // The name of a variable tells its database.
        let name = format!("_{}_DB_{ending}", key.to_uppercase());
        let mut names = node.secrets.iter().map(|(variable, _)| variable);
        names.find(|it| it.ends_with(&name))
    };
    let steps: Vec<Value> = steps
        .iter()
        .filter_map(|step| {
            Some(json!({
                "database": step.database,
                "script": step.script,
                "user": variable(step.key, "USERNAME")?,
                "password": variable(step.key, "PASSWORD")?,
            }))
        })
        .collect();
    let data = json!({
        "notice": notice,
        "folder": folder,
        "java": layout.data.variables.java,
        "current": Paths::absolute(&layout.data.paths.current, component.name),
        "steps": steps,
    });
    let path = layout.data.own_databases.script.clone();
    Ok(Some((path, render(&SCRIPT, &data)?)))
}

/// The script as the unit calls it, and how long it may take; null where there is none.
pub(super) fn of_unit(layout: &Layout<'_, '_>, component: &Component<'_, '_>) -> Value {
    if folder(layout, component).is_none() {
        return Value::Null;
    }
    let current = Paths::absolute(&layout.data.paths.current, component.name);
    let own = &layout.data.own_databases;
    json!({"script": format!("{current}/{}", own.script), "seconds": own.seconds})
}

/// Where a component keeps databases of its own, which no server holds for it.
pub(super) fn folder(layout: &Layout<'_, '_>, component: &Component<'_, '_>) -> Option<String> {
    let site = layout.site;
    if site.site.database.is_some() || component.cluster.is_some() || !site.uses_databases() {
        return None;
    }
    let holds = &layout.data.own_databases.holds;
    let folders = data_folders(layout.data, component);
    let mut folders = folders.into_iter().filter(|(held, _)| held == holds);
    folders.next().map(|(_, folder)| folder)
}
