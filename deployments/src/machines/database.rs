//! The databases of a site, and what is done for them by hand.

use am_generator::diagnostic::Diagnostic;
use am_product::data::File;
use serde_json::json;

use super::layout::Layout;
use super::own_databases;
use super::said::Said;
use super::tree::Hosts;
use crate::resolved::Site;
use crate::template::render;

const README: File = File::new(
    "deployments/templates/machines/database.md.hbs",
    include_str!("../../templates/machines/database.md.hbs"),
);

/// Databases, their users and scripts, in order.
pub(crate) fn readme(
    layout: &Layout<'_, '_>,
    said: &Said<'_>,
    site: &Site,
    hosts: &Hosts,
    notice: &str,
) -> Result<String, Diagnostic> {
    let steps = site.scripts.iter().enumerate().map(|(index, step)| {
        // The name of a variable tells its database.
        let of = |ending: &str| {
            let name = format!("_{}_DB_{ending}", step.key.to_uppercase());
            let mut variables = hosts.secrets.iter();
            let found = variables.find(|(variable, _)| variable.ends_with(&name));
            found.map_or("", |(_, ansible)| ansible.as_str()).to_owned()
        };
        json!({
            "number": index + 1,
            "database": step.database,
            "script": step.script,
            "user": of("USERNAME"),
            "password": of("PASSWORD"),
        })
    });
    let clusters = layout.components.iter().filter_map(|component| {
        let own = site
            .integrators
            .iter()
            .find(|it| it.name == component.name)?;
        let database = own.database.as_ref()?;
        let of = |key: &str| said.secret(&(component.name.to_owned(), key.to_owned()));
        Some(json!({
            "name": component.name,
            "title": own.title,
            "database": database.name,
            "script": database.script,
            "user": of("coordination-db-username"),
            "password": of("coordination-db-password"),
        }))
    });
    let mut components = layout.components.iter();
    let own = components.find_map(|component| {
        let folder = own_databases::folder(layout, component)?;
        let script = &own_databases::of_unit(layout, component)["script"];
        Some(json!({"folder": folder, "script": script}))
    });
    let bundles = layout.components.iter().filter(|it| {
        let cluster = it.cluster.filter(|it| it.kind.loads_bundles);
        cluster.is_some() && said.needs_driver(it)
    });
    let bundles: Vec<&str> = bundles.map(|component| component.name).collect();
    render(
        &README,
        &json!({
            "notice": notice,
            "site": site.name,
            "database": site.database,
            "steps": steps.collect::<Vec<_>>(),
            "clusters": clusters.collect::<Vec<_>>(),
            "bundles": bundles,
            "driver": layout.data.driver.from,
            "own": own,
        }),
    )
}
