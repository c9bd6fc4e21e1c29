//! A site on virtual machines: the files of its hosts, made of what its chart renders to.

mod ansible;
mod artifacts;
mod balancer;
mod balancer_view;
mod beside;
pub(crate) mod data;
mod database;
mod drain;
mod fronts;
mod identity_server;
mod inventory;
pub(crate) mod layout;
mod node_files;
mod nodes;
mod notice;
mod own_databases;
mod render;
mod said;
mod tree;
mod unit;
mod ways;

use std::collections::{BTreeMap, BTreeSet};

use am_generator::ChartTree;
use serde::Serialize;
use serde_json::Value;

use crate::integrators::Cluster;
use crate::resolved;
use crate::site_values::SiteValues;
use crate::sites::Placed;
use crate::vocabulary::Vocabulary;
use layout::Layout;
use node_files::Documents;
use render::Rendered;

pub(crate) use beside::Beside;
pub(crate) use inventory::group;
pub(crate) use render::said_by_the_chart;
pub use render::{Render, Rendering};
pub(crate) use said::{CREDENTIALS, Said};
pub(crate) use tree::Trouble;

/// What the files of a site are made of.
pub(crate) struct Sources<'s, 'm> {
    /// The document, as files name it.
    pub(crate) document: &'s str,
    pub(crate) site: &'s Placed<'m>,
    pub(crate) said: &'s resolved::Site,
    pub(crate) values: &'s SiteValues,
    pub(crate) release: &'s str,
    /// Its integrators, with the values of their releases.
    pub(crate) clusters: &'s [(Cluster<'m>, SiteValues)],
    pub(crate) vocabulary: &'s Vocabulary,
    pub(crate) beside: &'s Beside<'m>,
    pub(crate) charts: &'s ChartTree,
    pub(crate) render: &'s Render<'s>,
}

/// The files of a site, and what people must have for them.
#[derive(Debug, Default)]
pub(crate) struct Made {
    /// By their paths below the folder of the site.
    pub(crate) files: BTreeMap<String, String>,
    /// Folders of packs, each with the components that are made of it.
    pub(crate) packs: Vec<Needed>,
    /// Files that are laid over packs.
    pub(crate) given: Vec<Needed>,
    /// Variables of Ansible with credentials.
    pub(crate) variables: BTreeSet<String>,
}

/// Something that is in the folder of packs.
#[derive(Debug, Serialize)]
pub(crate) struct Needed {
    name: String,
    /// Where it goes below the server's home.
    path: String,
    components: Vec<String>,
}

/// Makes the files of a site on machines; none where it runs in a cluster.
pub(crate) fn files(sources: &Sources<'_, '_>) -> Result<Made, Trouble> {
    let effective = &sources.values.effective;
    let clusters = sources.clusters.iter().map(|(cluster, _)| cluster);
    let Some(layout) = Layout::of(
        sources.site,
        sources.vocabulary,
        sources.beside,
        effective,
        clusters,
    ) else {
        return Ok(Made::default());
    };
    let values: Value = sources.values.tree();
    let credentials = values["credentials"]["existingSecret"].as_str();
    let said = Said::new(&layout, credentials.unwrap_or_default());
    let rendered = |of: Option<&Cluster<'_>>, values: &'_ SiteValues| {
        let release = of.map_or(sources.release, |it| &it.release);
        let mut tree = values.tree();
        if let (Some(_), Some(entries)) = (of, tree.as_object_mut()) {
            // They are laid over the pack, and not by a volume.
            entries.remove(artifacts::APPS);
            // Firewalls say it.
            entries.remove("networkPolicy");
        }
        let rendering = render::rendering(&layout, of, release, tree, sources.charts);
        (sources.render)(&rendering).map(Documents).map_err(|why| {
            let why = said_by_the_chart(&why);
            Trouble::Refused(match of {
                Some(cluster) => format!("{}: {why}", cluster.name),
                None => why.to_owned(),
            })
        })
    };
    let own = Rendered {
        documents: rendered(None, sources.values)?,
        effective,
    };
    let clusters = sources.clusters.iter().map(|(cluster, values)| {
        Ok(Rendered {
            documents: rendered(Some(cluster), values)?,
            effective: &values.effective,
        })
    });
    let clusters = clusters.collect::<Result<Vec<_>, Trouble>>()?;
    let all = std::iter::repeat_n(&own, sources.site.runs.len()).chain(&clusters);
    let all: Vec<&Rendered<'_>> = all.collect();
    let notice = notice::notice(sources.document);
    let hosts = tree::hosts(&layout, &said, &all, &sources.said.scripts, &notice)?;
    let inventory = inventory::text(&layout, &said, &hosts, &notice);
    let database = database::readme(&layout, &said, sources.said, &hosts, &notice)?;
    let mut made = Made::default();
    for component in &layout.components {
        let name = component.name;
        need(&mut made.packs, &node_files::pack(component), "", name);
        for (path, from) in hosts.given.get(name).into_iter().flatten() {
            need(&mut made.given, from, path, name);
        }
    }
    made.variables = hosts.secrets.into_values().collect();
    let files = &mut made.files;
    files.extend(hosts.files);
    files.insert("ansible/inventory.yaml".to_owned(), inventory);
    files.insert("database/README.md".to_owned(), database);
    files.extend(ansible::files(&notice)?);
    files.extend(identity_server::files(&own.documents.0, &values, &notice)?);
    Ok(made)
}

fn need(all: &mut Vec<Needed>, name: &str, path: &str, component: &str) {
    match all.iter_mut().find(|it| it.name == name && it.path == path) {
        Some(known) => known.components.push(component.to_owned()),
        None => all.push(Needed {
            name: name.to_owned(),
            path: path.to_owned(),
            components: vec![component.to_owned()],
        }),
    }
}
