//! A cluster of servers beside API Manager, and what follows from its kind.

use am_generator::Families;
use am_generator::chart::{Chart, Part};
use am_generator::model::{Loaded, Model};
use am_generator::yaml::Text;
use am_product::{Port, Protocol};
use serde_json::Value;

use super::placeholders::{differs, filled};
use crate::document::integrators::{Artifacts, Integrator, Tenant, Tenants};
use crate::document::machines::Machines;
use crate::document::{Deployment, Site};
use crate::names::full_name;
use crate::vocabulary::{IntegratorKind, Vocabulary};

/// The word for all tenants of the document.
pub(super) const EACH: &str = "each";

/// A cluster of servers beside API Manager, which is a release.
#[derive(Debug)]
pub(crate) struct Cluster<'m> {
    /// What the document says of it, and perhaps of others.
    pub(crate) said: &'m Integrator,
    pub(crate) kind: &'m IntegratorKind,
    pub(crate) chart: Chart<'m>,
    pub(crate) part: Part<'m>,
    /// Whose it is; everybody's without one.
    pub(crate) tenant: Option<&'m Tenant>,
    /// What hosts of machines call it: its own name, and the label of its tenant.
    pub(crate) name: String,
    /// Its release.
    pub(crate) release: String,
    /// The machines of its site.
    pub(crate) machines: Option<&'m Machines>,
}

impl<'m> Cluster<'m> {
    pub(crate) fn nodes(&self) -> u32 {
        if let Some(machines) = self.machines {
            let count = machines.nodes(&self.name).count();
            return u32::try_from(count).unwrap_or(u32::MAX);
        }
        let said = self.said.replicas.as_ref();
        said.map_or(self.kind.replicas, |it| it.value)
    }

    /// What the names of the release's objects begin with.
    pub(crate) fn full_name(&self) -> String {
        filled(full_name(&self.said.values, &self.release), self.tenant)
    }

    /// A text with the tenant's names filled in.
    pub(crate) fn text(&self, text: &Text) -> String {
        filled(&text.value, self.tenant)
    }

    /// What it is called where it runs.
    pub(crate) fn called(&self) -> &str {
        match self.machines {
            Some(_) => &self.name,
            None => &self.release,
        }
    }

    /// Whether what it runs has the same place for every tenant.
    pub(crate) fn has_shared_artifacts(&self) -> bool {
        let artifacts = self.said.artifacts.iter();
        let mut places = artifacts.flat_map(Artifacts::named).peekable();
        self.tenant.is_some()
            && places.peek().is_some()
            && places.all(|(_, it)| !differs(&it.value))
    }

    /// How much higher its ports are: on a host, and by its own nature.
    pub(crate) fn offset(&self) -> u16 {
        let own = self.part.component.defaults.get("portOffset");
        let own = own
            .and_then(Value::as_u64)
            .and_then(|it| u16::try_from(it).ok());
        let machines = self.machines.iter();
        let here: u16 = machines.map(|it| it.offset(&self.name)).sum();
        own.unwrap_or_default().saturating_add(here)
    }

    /// Who may call it besides gateways, as values have it.
    pub(crate) fn clients(&self) -> impl Iterator<Item = &'m Value> {
        let policy = self.said.values.get("networkPolicy");
        let clients = policy.and_then(|policy| policy["clients"].as_array());
        clients.into_iter().flatten()
    }

    /// Ranges of addresses among these.
    pub(crate) fn client_ranges(&self) -> Vec<&'m str> {
        let ranges = self.clients().map(|it| it["ipBlock"]["cidr"].as_str());
        ranges.flatten().collect()
    }

    /// The ports at which its nodes are called, each with its number.
    pub(crate) fn ports(&self) -> Vec<(&'m str, u16)> {
        self.ports_that(|port| matches!(port.speaks, Protocol::Integrations | Protocol::Streams))
    }

    /// The ports at which its nodes find each other.
    pub(crate) fn own_ports(&self) -> Vec<(&'m str, u16)> {
        self.ports_that(|port| port.speaks == Protocol::Cluster)
    }

    fn ports_that(&self, is_one: impl Fn(&Port) -> bool) -> Vec<(&'m str, u16)> {
        let ports = self.part.component.ports.iter();
        let ports = ports.filter(|name| {
            let mut all = Port::all().iter();
            all.any(|port| port.name == name.value && is_one(port))
        });
        ports
            .filter_map(|name| {
                let port = self.chart.model.ports.get(&name.value)?;
                let number = port.number.value.saturating_add(self.offset());
                Some((name.value.as_str(), number))
            })
            .collect()
    }
}

/// What hosts of machines call the clusters of a site.
pub(crate) fn names(document: &Deployment, site: &Site) -> Vec<String> {
    let all = site.integrators.iter();
    all.flat_map(|said| names_of(document, said).into_iter().map(|(name, _)| name))
        .collect()
}

/// The clusters of an integrator: what each is called, and whose it is.
fn names_of<'m>(
    document: &'m Deployment,
    said: &'m Integrator,
) -> Vec<(String, Option<&'m Tenant>)> {
    let name = &said.name.as_ref().unwrap_or(&said.kind).value;
    let Some(tenants) = &said.tenants else {
        return vec![(name.clone(), None)];
    };
    let its = document.tenants.iter().map(|tenant| &tenant.value);
    let its = its.filter(|tenant| has(&tenants.value, tenant.domain()));
    its.map(|tenant| (format!("{name}-{}", tenant.label()), Some(tenant)))
        .collect()
}

/// The model and the pattern of a kind of server.
pub(super) fn family<'f>(
    kind: &IntegratorKind,
    families: &'f Families,
) -> Option<(&'f Model, &'f str)> {
    let model = families.of_chart(&kind.chart)?;
    Some((model, model.pattern(&kind.chart)?.name.value.as_str()))
}

/// The version of API Manager beside which an integrator's charts are made.
pub(super) fn beside(
    integrator: &Integrator,
    model: &Model,
    product_version: &str,
) -> Option<String> {
    let Some(version) = &integrator.version else {
        return Some(product_version.to_owned());
    };
    let version = model.version(&version.value)?;
    version.beside.as_ref().map(|it| it.value.clone())
}

/// The clusters of a site, in the order of the document.
pub(crate) fn place<'m>(
    document: &'m Loaded<Deployment>,
    site: &'m Site,
    families: &'m Families,
    vocabulary: &'m Vocabulary,
) -> Vec<Cluster<'m>> {
    let mut clusters = Vec::new();
    for said in &site.integrators {
        let Some(kind) = vocabulary.integrators.get(&said.kind.value) else {
            continue;
        };
        let Some((model, _)) = family(kind, families) else {
            continue;
        };
        let beside = beside(said, model, &document.product_version.value);
        let version = beside.and_then(|beside| model.version_beside(&beside));
        let (Some(version), Some(pattern)) = (version, model.pattern(&kind.chart)) else {
            continue;
        };
        let chart = Chart {
            model,
            version,
            pattern,
        };
        let Some(part) = chart.parts().first().copied() else {
            continue;
        };
        let all = names_of(document, said).into_iter();
        clusters.extend(all.map(|(name, tenant)| Cluster {
            said,
            kind,
            chart,
            part,
            tenant,
            release: format!("{}-{name}", document.name.value),
            name,
            machines: site.vm.as_ref(),
        }));
    }
    clusters
}

fn has(tenants: &Tenants, domain: &str) -> bool {
    match tenants {
        Tenants::Word(word) => word == EACH,
        Tenants::Some(domains) => domains.iter().any(|it| it == domain),
    }
}
