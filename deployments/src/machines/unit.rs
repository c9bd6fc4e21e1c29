//! Units of systemd.

use am_generator::diagnostic::Diagnostic;
use am_product::data::File;
use serde_json::{Value, json};

use super::data::Paths;
use super::drain;
use super::layout::{Component, Layout};
use super::node_files::data_folders;
use super::own_databases;
use super::said::Said;
use crate::template::render;

const UNIT: File = File::new(
    "deployments/templates/machines/unit.service.hbs",
    include_str!("../../templates/machines/unit.service.hbs"),
);

/// The unit that runs a component.
pub(super) fn unit(
    layout: &Layout<'_, '_>,
    said: &Said<'_>,
    component: &Component<'_, '_>,
    effective: &Value,
    notice: &str,
) -> Result<String, Diagnostic> {
    let name = component.name;
    let (paths, unit) = (&layout.data.paths, &layout.data.unit);
    let current = Paths::absolute(&paths.current, name);
    let own = effective[component.part.key()]["shutdown"]["timeoutSeconds"].as_u64();
    let seconds = own.unwrap_or(component.part.component.shutdown_seconds.into());
    let folders = data_folders(layout.data, component);
    let seeds = layout.data.seeds.iter().flat_map(|seed| {
        let places = folders.iter().filter(|(holds, _)| *holds == seed.holds);
        let current = &current;
        places.map(move |(_, folder)| {
            json!({
                "from": format!("{current}/{}/{}", seed.from, seed.file),
                "to": format!("{folder}/{}", seed.file),
            })
        })
    });
    let data = Paths::absolute(&paths.data, name);
    let folders = std::iter::once(&data).chain(folders.iter().map(|(_, folder)| folder));
    let states = folders.filter_map(|folder| folder.strip_prefix("/var/lib/"));
    render(
        &UNIT,
        &json!({
            "notice": notice,
            "name": name,
            "title": component.part.component.title,
            "user": said.user,
            "current": current,
            "environment": Paths::absolute(&paths.environment, name),
            "secrets": Paths::absolute(&paths.secrets, name),
            "states": states.collect::<Vec<_>>(),
            "seeds": seeds.collect::<Vec<_>>(),
            "databases": own_databases::of_unit(layout, component),
            "nft": unit.nft,
            "drain": drain::of_unit(layout, component),
            "startScript": component.part.component.start_script,
            "stopSeconds": seconds + unit.stop_margin,
            "directives": unit.service.iter().chain(&unit.hardening).collect::<Vec<_>>(),
        }),
    )
}
