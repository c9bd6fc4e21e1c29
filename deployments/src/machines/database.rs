//! What is done by hand before the first start.

use am_generator::diagnostic::Diagnostic;
use am_generator::model::product::Database;
use am_product::data::File;
use serde_json::json;

use super::data::Paths;
use super::layout::Layout;
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
    let user = |database| {
        layout
            .components
            .iter()
            .find(|component| layout.site.chart.uses(component.name, database))
    };
    let steps = site.scripts.iter().enumerate().map(|(index, step)| {
        // The name of a variable tells its database.
        let of = |ending: &str| {
            let name = format!("_{}_DB_{ending}", step.key.to_uppercase());
            let mut variables = hosts.secrets.iter();
            let found = variables.find(|(variable, _)| variable.ends_with(&name));
            let (variable, ansible) = found.map_or(("", ""), |(a, b)| (a.as_str(), b.as_str()));
            if site.database.is_some() {
                ansible.to_owned()
            } else {
                variable.to_owned()
            }
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
    let bundles = layout.components.iter().filter(|it| {
        let cluster = it.cluster.filter(|it| it.kind.loads_bundles);
        cluster.is_some() && said.needs_driver(it)
    });
    let bundles: Vec<&str> = bundles.map(|component| component.name).collect();
    let name = user(Database::Apim).map_or("", |component| component.name);
    let paths = &layout.data.paths;
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
            "user": said.user,
            "data": Paths::absolute(&paths.data, name),
            "current": Paths::absolute(&paths.current, name),
            "environment": Paths::absolute(&paths.environment, name),
            "secrets": Paths::absolute(&paths.secrets, name),
        }),
    )
}
