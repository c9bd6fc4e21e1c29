//! A site on virtual machines: the files of its hosts, made of what its chart renders to.

mod ansible;
mod balancer_view;
pub(crate) mod data;
mod database;
mod inventory;
pub(crate) mod layout;
mod node_files;
mod render;
mod said;
mod tree;
mod ways;

use std::collections::BTreeMap;

use am_generator::ChartTree;
use serde_json::Value;

use crate::resolved;
use crate::site_values::SiteValues;
use crate::sites::Placed;
use data::MachineData;
use layout::Layout;
use said::Said;

pub(crate) use inventory::group;
pub use render::{Render, Rendering};
pub(crate) use said::CREDENTIALS;
pub(crate) use tree::Trouble;

/// What the files of a site are made of.
pub(crate) struct Sources<'s, 'm> {
    /// The document, as files name it.
    pub(crate) document: &'s str,
    pub(crate) site: &'s Placed<'m>,
    pub(crate) said: &'s resolved::Site,
    pub(crate) values: &'s SiteValues,
    pub(crate) release: &'s str,
    pub(crate) data: &'s MachineData,
    pub(crate) charts: &'s ChartTree,
    pub(crate) render: &'s Render<'s>,
}

/// The files of a site on machines, by their paths below its folder; none where it runs in a cluster.
pub(crate) fn files(sources: &Sources<'_, '_>) -> Result<BTreeMap<String, String>, Trouble> {
    let Some(machines) = &sources.site.site.vm else {
        return Ok(BTreeMap::new());
    };
    let effective = &sources.values.effective;
    let layout = Layout::new(sources.site, machines, sources.data, effective);
    let values: Value = sources.values.tree();
    let credentials = values["credentials"]["existingSecret"].as_str();
    let said = Said::new(&layout, credentials.unwrap_or_default());
    let rendering = render::rendering(&layout, sources.release, values.clone(), sources.charts);
    let documents = (sources.render)(&rendering).map_err(Trouble::Refused)?;
    let notice = tree::notice(sources.document);
    let hosts = tree::hosts(&layout, &said, effective, &documents, &notice)?;
    let inventory = inventory::text(&layout, &said, &hosts, &notice);
    let database = database::readme(&layout, &said, sources.said, &hosts, &notice)?;
    let mut files = hosts.files;
    files.insert("ansible/inventory.yaml".to_owned(), inventory);
    files.insert("database/README.md".to_owned(), database);
    files.extend(ansible::files(&notice)?);
    Ok(files)
}
