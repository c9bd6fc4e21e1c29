//! Which part of its pattern each site runs.

use am_generator::Model;
use am_generator::chart::{Chart, Part, ResolvedEdge};
use am_generator::diagnostic::Diagnostics;
use am_generator::model::Loaded;
use am_generator::model::product::Database;

use crate::document::{Deployment, IdentityServer, Site};
use crate::names::{full_name, sentence};
use crate::vocabulary::{PartOfPattern, Shape, Topology, Vocabulary};

/// A site with what it runs.
#[derive(Debug)]
pub(crate) struct Placed<'m> {
    pub(crate) site: &'m Site,
    pub(crate) chart: Chart<'m>,
    /// The name of its part.
    pub(crate) part: &'m str,
    pub(crate) is_main: bool,
    /// Components that it runs.
    pub(crate) runs: Vec<Part<'m>>,
    /// Components of its pattern that it does not run.
    pub(crate) rest: Vec<Part<'m>>,
    /// The identity server whose tokens it accepts: its own, or that of the main site.
    pub(crate) identity_server: Option<&'m IdentityServer>,
    /// Components whose place the identity server takes, so that nobody runs them.
    pub(crate) replaced: Vec<Part<'m>>,
}

impl<'m> Placed<'m> {
    pub(crate) fn name(&self) -> &'m str {
        &self.site.name.value
    }

    /// What the names of the release's objects begin with.
    pub(crate) fn full_name(&self, document: &Deployment) -> String {
        full_name(&self.site.values, &document.name.value).to_owned()
    }

    pub(crate) fn runs(&self, component: &str) -> bool {
        self.runs.iter().any(|part| part.name() == component)
    }

    /// The component that plays a role here, if this site runs it.
    pub(crate) fn player(&self, role: &str) -> Option<Part<'m>> {
        let player = self.chart.role(role)?;
        self.runs.iter().find(|part| part.name() == player).copied()
    }

    /// The edges of a component, with those who really are at their other ends.
    pub(crate) fn edges_on(&self, component: &'m str) -> Vec<ResolvedEdge<'m>> {
        let mut edges = self.chart.edges_on(component);
        for edge in &mut edges {
            let is_replaced = self.replaced.iter().any(|part| part.name() == edge.peer);
            if let Some(alternate) = edge.alternate.filter(|_| is_replaced) {
                edge.peer = alternate.peer;
                edge.reach = alternate.reach;
            }
        }
        edges
    }

    /// Number of nodes of a component that it runs.
    pub(crate) fn nodes(&self, part: &Part<'_>) -> u32 {
        if let Some(machines) = &self.site.vm {
            let count = machines.nodes(part.name()).count();
            return u32::try_from(count).unwrap_or(u32::MAX);
        }
        let own = self.site.replicas.get(&part.key());
        own.map_or(part.member.replicas.value, |own| own.value)
    }

    /// Whether one of its components uses a database.
    pub(crate) fn uses_databases(&self) -> bool {
        let uses = |part: &Part<'_>, database| self.chart.uses(part.name(), database);
        self.runs
            .iter()
            .any(|part| uses(part, Database::Apim) || uses(part, Database::Shared))
    }
}

/// The topology of a document.
pub(crate) fn topology<'m>(
    document: &'m Deployment,
    vocabulary: &'m Vocabulary,
) -> Option<(&'m str, &'m Topology)> {
    let named = document.topology.as_ref().map(|it| it.value.as_str());
    let name = named.unwrap_or(&vocabulary.default_topology);
    Some((name, vocabulary.topologies.get(name)?))
}

/// Says what each site runs; in the order in which they are installed, the main site first.
pub(crate) fn place<'m>(
    document: &'m Loaded<Deployment>,
    model: &'m Model,
    vocabulary: &'m Vocabulary,
    diagnostics: &mut Diagnostics,
) -> Vec<Placed<'m>> {
    let Some((name, topology)) = topology(document, vocabulary) else {
        return Vec::new();
    };
    let sites = &document.sites.value;
    if !has_its_sites(document, name, topology, vocabulary, diagnostics) {
        return Vec::new();
    }
    let mut placed = Vec::new();
    for site in sites {
        let is_main = topology.shape == Shape::One || says_main(site);
        let part = if is_main {
            &topology.main
        } else {
            topology.others.as_ref().unwrap_or(&topology.main)
        };
        if let Some(own) = site.part.as_ref().filter(|own| own.value != *part) {
            let message = format!(
                "in topology {name} site {} runs the part `{part}`, not `{}`",
                site.name.value, own.value
            );
            diagnostics.push(document.diagnose(own, message).hint("remove `part`"));
            continue;
        }
        let version = model.version(&document.product_version.value);
        let pattern = model
            .patterns
            .iter()
            .find(|it| it.number == site.pattern.value);
        let (Some(version), Some(pattern), Some(row)) =
            (version, pattern, vocabulary.parts.get(part))
        else {
            continue;
        };
        let chart = Chart {
            model,
            version,
            pattern,
        };
        if sites.len() > 1 && is_single_node(&chart) {
            let several: Vec<u32> = charts(&chart)
                .filter(|it| !is_single_node(it))
                .map(|it| it.pattern.number)
                .collect();
            let message = format!(
                "pattern {} is a single node for {}; a deployment of several sites needs another one",
                pattern.number, pattern.purpose
            );
            let hint = format!(
                "use pattern {}",
                several
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(" or ")
            );
            diagnostics.push(document.diagnose(&site.pattern, message).hint(hint));
            continue;
        }
        match row.members(&chart) {
            Ok(mut runs) => {
                let main = sites.iter().find(|site| says_main(site));
                let identity_server = main.unwrap_or(site).identity_server.as_ref();
                let is_replaced = |part: &Part<'_>| {
                    let mut named = identity_server.into_iter().flat_map(|it| &it.replaces);
                    let mut able = chart.replaceable().into_iter();
                    named.any(|key| key.value == part.key())
                        && able.any(|(name, _)| name == part.name())
                };
                let mut rest = chart.parts();
                rest.retain(|one| !runs.iter().any(|other| other.name() == one.name()));
                let replaced = chart.parts().into_iter().filter(|it| is_replaced(it));
                let replaced = replaced.collect();
                runs.retain(|part| !is_replaced(part));
                rest.retain(|part| !is_replaced(part));
                placed.push(Placed {
                    site,
                    chart,
                    part,
                    is_main,
                    runs,
                    rest,
                    identity_server,
                    replaced,
                });
            }
            Err((component, roles)) => {
                let message = format!(
                    "pattern {} has no part `{part}`: its {} plays the roles {}, too",
                    pattern.number,
                    component.name(),
                    sentence(&roles)
                );
                let diagnostic = document.diagnose(&site.pattern, message);
                diagnostics
                    .push(diagnostic.hint(format!("use pattern {}", divisible(&chart, row))));
            }
        }
    }
    placed.sort_by_key(|it| !it.is_main);
    placed
}

fn says_main(site: &Site) -> bool {
    site.main.as_ref().is_some_and(|main| main.value)
}

/// As many sites, and as many main ones, as the topology has.
fn has_its_sites(
    document: &Loaded<Deployment>,
    name: &str,
    topology: &Topology,
    vocabulary: &Vocabulary,
    diagnostics: &mut Diagnostics,
) -> bool {
    let sites = &document.sites.value;
    let mains: Vec<&Site> = sites.iter().filter(|site| says_main(site)).collect();
    let several = vocabulary
        .topologies
        .iter()
        .filter(|(_, it)| it.shape != Shape::One);
    let several: Vec<&str> = several.map(|(name, _)| name.value.as_str()).collect();
    match (topology.shape, sites.as_slice()) {
        (Shape::One, [_, second, ..]) => {
            let message = format!("topology {name} has one site, and this is one more");
            let hint = format!(
                "for several sites write `topology: {}`",
                several.join("` or `topology: ")
            );
            diagnostics.push(document.diagnose(&second.name, message).hint(hint));
            false
        }
        (Shape::Star | Shape::Mesh, [only]) => {
            let message = format!("topology {name} needs at least two sites");
            diagnostics.push(document.diagnose(&only.name, message).hint(format!(
                "add one, or write `topology: {}`",
                vocabulary.default_topology
            )));
            false
        }
        (Shape::Mesh, _) if !mains.is_empty() => {
            for main in mains.iter().filter_map(|site| site.main.as_ref()) {
                let message = format!("in topology {name} no site is the main one");
                diagnostics.push(document.diagnose(main, message).hint("remove `main`"));
            }
            false
        }
        (Shape::Star, _) if mains.len() != 1 => {
            let names: Vec<&str> = mains.iter().map(|site| site.name.value.as_str()).collect();
            let message = match mains.as_slice() {
                [] => format!("{name} needs exactly one site with `main: true`, and none has it"),
                _ => format!(
                    "{name} needs exactly one site with `main: true`; {} have it",
                    sentence(&names)
                ),
            };
            let diagnostic = match mains.get(1).and_then(|site| site.main.as_ref()) {
                Some(second) => document.diagnose(second, message),
                None => document.diagnose(&document.sites, message),
            };
            diagnostics.push(
                diagnostic
                    .hint("the main site is the one with the control plane that the others use"),
            );
            false
        }
        _ => true,
    }
}

/// A pattern of one node.
pub(crate) fn is_single_node(chart: &Chart<'_>) -> bool {
    chart
        .parts()
        .iter()
        .all(|part| part.member.maximum == Some(1))
}

/// The same product version in every pattern.
fn charts<'m>(chart: &Chart<'m>) -> impl Iterator<Item = Chart<'m>> {
    let Chart { model, version, .. } = *chart;
    model.patterns.iter().map(move |pattern| Chart {
        model,
        version,
        pattern,
    })
}

/// Numbers of the patterns that have a part.
fn divisible(chart: &Chart<'_>, part: &PartOfPattern) -> String {
    let numbers = charts(chart).filter(|it| part.members(it).is_ok());
    numbers
        .map(|it| it.pattern.number.to_string())
        .collect::<Vec<_>>()
        .join(" or ")
}
