//! A cluster of servers beside API Manager, and what follows from its kind.

use am_generator::Families;
use am_generator::chart::{Chart, Part};
use am_generator::model::{Loaded, Model};
use am_generator::yaml::Text;

use super::placeholders::filled;
use crate::document::integrators::{Integrator, Tenant, Tenants};
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
    /// Its release.
    pub(crate) release: String,
}

impl Cluster<'_> {
    pub(crate) fn nodes(&self) -> u32 {
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
        let name = said.name.as_ref().unwrap_or(&said.kind);
        let shared = format!("{}-{}", document.name.value, name.value);
        let cluster = |tenant: Option<&'m Tenant>| Cluster {
            said,
            kind,
            chart,
            part,
            tenant,
            release: tenant.map_or(shared.clone(), |it| format!("{shared}-{}", it.label())),
        };
        match &said.tenants {
            None => clusters.push(cluster(None)),
            Some(tenants) => {
                let its = document.tenants.iter().map(|tenant| &tenant.value);
                let its = its.filter(|tenant| has(&tenants.value, tenant.domain()));
                clusters.extend(its.map(|tenant| cluster(Some(tenant))));
            }
        }
    }
    clusters
}

fn has(tenants: &Tenants, domain: &str) -> bool {
    match tenants {
        Tenants::Word(word) => word == EACH,
        Tenants::Some(domains) => domains.iter().any(|it| it == domain),
    }
}
