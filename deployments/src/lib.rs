//! Turns a deployment (one document about one or several sites) into what installs it: values and a script for each site, and what people
//! have to do besides.
//!
//! Pure: [`read()`] takes the text of a document, [`deploy`] gives files. What runs in a site, who connects to whom and on which port follows from
//! the generator's model, so that nothing is said twice.

mod check;
pub mod document;
mod integrators;
mod inventory;
mod links;
mod machines;
mod names;
mod needs;
mod notes;
mod output;
mod overlay;
mod ports;
mod resolved;
mod schema;
mod site_values;
mod sites;
mod specification;
mod template;
mod vocabulary;
mod ways_in;

use am_generator::diagnostic::{Diagnostic, Diagnostics, Place};
use am_generator::model::Loaded;
use am_generator::output::Files;
use am_generator::{ChartTree, Families, GenerateError, Selection, yaml};

use document::Deployment;
use integrators::{Cluster, Clusters};
use machines::layout::Layout;
use machines::{Beside, Trouble};
use output::Sources;
use ports::Ports;
use resolved::Resolved;
use site_values::SiteValues;
use sites::Placed;
use vocabulary::Topology;

pub use inventory::read_inventory;
pub use machines::{Render, Rendering};
pub use schema::schema;
pub use template::MAKER;
pub use vocabulary::Vocabulary;

/// A document as it was read.
#[derive(Debug, Clone)]
pub struct Document {
    loaded: Loaded<Deployment>,
    text: String,
}

/// Reads a document strictly: unknown fields, keys that are there twice and wrong types are errors with their place. `file` is how errors
/// name it.
///
/// # Errors
/// When the text is no such document.
pub fn read(file: &str, text: &str) -> Result<Document, Diagnostics> {
    let value = yaml::parse(file, text)?;
    Ok(Document {
        loaded: Loaded {
            file: file.to_owned(),
            value,
        },
        text: text.to_owned(),
    })
}

impl Document {
    /// Which charts it needs: API Manager's in one product version, and those of its integrators, each beside a version of API Manager.
    ///
    /// # Errors
    /// When a version, a pattern or an integrator does not exist.
    pub fn selections(
        &self,
        families: &Families,
        vocabulary: &Vocabulary,
    ) -> Result<Vec<Selection>, Diagnostics> {
        let mut found = Diagnostics::default();
        let patterns = check::charts(&self.loaded, families.main(), &mut found);
        self.so_far(&mut found)?;
        let own = integrators::charts(&self.loaded, families, vocabulary, &mut found);
        self.so_far(&mut found)?;
        let first = Selection {
            version: self.loaded.product_version.value.clone(),
            patterns,
        };
        let own = own.into_iter().map(|(version, chart)| Selection {
            version,
            patterns: vec![chart],
        });
        Ok(std::iter::once(first).chain(own).collect())
    }

    /// Makes the charts that it needs.
    ///
    /// # Errors
    /// As [`Self::selections`], and when the charts cannot be made.
    pub fn charts(
        &self,
        families: &Families,
        vocabulary: &Vocabulary,
    ) -> Result<ChartTree, Diagnostics> {
        let mut tree = ChartTree::default();
        for selection in self.selections(families, vocabulary)? {
            let charts = families.generate(&selection);
            tree.extend(charts.map_err(|error| match error {
                GenerateError::Input(found) => found,
                unknown @ GenerateError::Unknown { .. } => {
                    Diagnostic::new(Place::file(&self.loaded.file), unknown.to_string()).into()
                }
            })?);
        }
        Ok(tree)
    }

    /// Ends where something was found.
    fn so_far(&self, found: &mut Diagnostics) -> Result<(), Diagnostics> {
        let sources = [(self.loaded.file.clone(), self.text.clone())].into();
        std::mem::take(found).into_result((), &sources)
    }
}

/// What follows from a document.
struct Plan<'m> {
    topology: &'m Topology,
    sites: Vec<Placed<'m>>,
    values: Vec<SiteValues>,
    /// Servers beside API Manager, for each site, with the values of their releases.
    clusters: Vec<Clusters<'m>>,
    beside: Vec<Beside<'m>>,
    resolved: Resolved,
}

fn plan<'m>(
    document: &'m Document,
    families: &'m Families,
    vocabulary: &'m Vocabulary,
    charts: &ChartTree,
) -> Result<Plan<'m>, Diagnostics> {
    let loaded = &document.loaded;
    let model = families.main();
    let mut found = Diagnostics::default();
    check::words(loaded, model, vocabulary, &mut found);
    integrators::words(loaded, families, vocabulary, &mut found);
    document.so_far(&mut found)?;
    let sites = sites::place(loaded, model, vocabulary, &mut found);
    document.so_far(&mut found)?;
    let topology = sites::topology(loaded, vocabulary);
    let (topology_name, topology) = topology
        .ok_or_else(|| Diagnostic::new(Place::file(&loaded.file), "the topology is unknown"))?;
    let ports = Ports::new(loaded, vocabulary, charts, &sites);
    check::sites(loaded, topology, &sites, vocabulary, charts, &mut found);
    let clusters = sites.iter();
    let clusters = clusters.map(|it| integrators::place(loaded, it.site, families, vocabulary));
    let clusters: Vec<Vec<Cluster<'_>>> = clusters.collect();
    let named = (topology_name, topology);
    integrators::check(
        loaded, named, &sites, &clusters, vocabulary, charts, &mut found,
    );
    let links = links::find(&sites, topology, vocabulary);
    check::exposures(&sites, &links, &ports, &mut found);
    document.so_far(&mut found)?;
    let values = site_values::of_all(&sites, &links, &ports, &clusters, &mut found);
    document.so_far(&mut found)?;
    let beside = (0..sites.len()).map(|number| Beside::of(&sites, &links, &ports, number));
    let beside: Vec<Beside<'_>> = beside.collect();
    let mut of_clusters = Vec::new();
    for (number, site) in sites.iter().enumerate() {
        let effective = &values[number].effective;
        let clusters = &clusters[number];
        let beside = &beside[number];
        let layout = Layout::of(site, vocabulary, beside, effective, clusters.iter());
        if let Some(layout) = &layout {
            check::machine_ports(&ports, layout, &mut found);
        }
        let clusters = clusters.iter();
        let values =
            clusters.map(|it| integrators::values(it, site, layout.as_ref(), &ports, &mut found));
        of_clusters.push(values.collect::<Vec<_>>());
    }
    let clusters = clusters.into_iter().zip(of_clusters);
    let clusters = clusters.map(|(clusters, values)| clusters.into_iter().zip(values).collect());
    let clusters: Vec<Clusters<'_>> = clusters.collect();
    check::values(loaded, topology, &sites, &values, &mut found);
    document.so_far(&mut found)?;
    Ok(Plan {
        topology,
        resolved: resolved::resolve(
            &sites, &links, &ports, topology, &values, &clusters, &beside,
        ),
        sites,
        values,
        clusters,
        beside,
    })
}

/// The files of a deployment by their paths below the output directory; `charts` are those of [`Document::charts`], and `render` is asked for what
/// releases render to.
///
/// # Errors
/// When the document asks for something that is not possible; the error holds every mistake that could be seen.
pub fn deploy(
    document: &Document,
    families: &Families,
    vocabulary: &Vocabulary,
    charts: &ChartTree,
    render: &Render<'_>,
) -> Result<Files, Diagnostics> {
    let plan = plan(document, families, vocabulary, charts)?;
    let file = &document.loaded.file;
    let files = output::files(&Sources {
        document: file.rsplit('/').next().unwrap_or(file),
        resolved: &plan.resolved,
        topology: plan.topology,
        sites: &plan.sites,
        values: &plan.values,
        clusters: &plan.clusters,
        beside: &plan.beside,
        charts,
        vocabulary,
        render,
    });
    files.or_else(|(site, trouble)| {
        let mut found = Diagnostics::default();
        found.push(match trouble {
            Trouble::Broken(diagnostic) => diagnostic,
            Trouble::Release { release, why } => {
                let name = &plan.sites[site].site.name;
                let message = format!(
                    "release {release} of site {} cannot be rendered: {why}",
                    name.value
                );
                document.loaded.diagnose(name, message)
            }
            Trouble::Refused(why) => {
                let name = &plan.sites[site].site.name;
                let message = format!("the hosts of site {} cannot be made: {why}", name.value);
                document.loaded.diagnose(name, message)
            }
        });
        document.so_far(&mut found)?;
        Ok(Files::new())
    })
}

/// What the conformance suite is told of a deployment, as a specification: the releases with the values that [`deploy`] makes, and what the document says of
/// names, databases and addresses outside. `chart_folder` has the charts, `folder` the files.
///
/// # Errors
/// As [`deploy`].
pub fn specification(
    document: &Document,
    families: &Families,
    vocabulary: &Vocabulary,
    charts: &ChartTree,
    chart_folder: &str,
    folder: &str,
) -> Result<serde_json::Value, Diagnostics> {
    let plan = plan(document, families, vocabulary, charts)?;
    Ok(specification::of(&plan.resolved, chart_folder, folder))
}
