//! Clusters beside API Manager: one of each kind, or one for each tenant.

use serde_json::{Value, json};

use super::known::Cluster;
use super::{Writer, address};
use crate::logic::whole;
use crate::recommend::Component;

impl Writer<'_> {
    /// Domains of tenants with clusters of their own. A document must not name others.
    pub(super) fn tenants(&self) -> Vec<String> {
        let labels = self.labels().into_iter().flatten();
        labels
            .map(|label| format!("{label}.{}", self.known.domain))
            .collect()
    }

    /// What clusters of tenants are called after; none where a cluster is everybody's.
    fn labels(&self) -> Option<Vec<String>> {
        let is_apart = self.number("tenants") > 1 && self.clusters().next().is_some();
        is_apart.then(|| {
            let numbers = 1..=self.number("namedTenants");
            let label = |number: usize| self.known.tenant.replace("{number}", &number.to_string());
            numbers.map(label).collect()
        })
    }

    /// The components that are clusters beside API Manager, with what is known of each.
    fn clusters(&self) -> impl Iterator<Item = (&Component, &str, &Cluster)> {
        let components = self.recommendation.components.iter();
        components.filter_map(|component| {
            let kind = &component.integrator.as_ref()?.kind;
            Some((component, kind.as_str(), self.known.integrators.get(kind)?))
        })
    }

    /// What a site says of them.
    pub(super) fn integrators(&self) -> Value {
        let machines = self.is("onMachines");
        let is_apart = self.labels().is_some();
        let clusters = self.clusters().map(|(component, kind, known)| {
            let named = |text: &str| {
                if is_apart {
                    text.to_owned()
                } else {
                    text.replace("{tenant}", &self.known.everybody)
                }
            };
            let pair = known.pair.as_ref().filter(|_| component.release > 1.0);
            let key = component.integrator.as_ref().map(|it| it.key.as_str());
            let sizes = key.filter(|_| self.is("production")).map(|key| {
                let sizes = self.sizes(component).map(|line| format!("  {line}"));
                std::iter::once(format!("{key}:"))
                    .chain(sizes)
                    .collect::<Vec<_>>()
            });
            json!({
                "kind": kind,
                "note": known.note,
                "apart": is_apart,
                "replicas": (!machines).then(|| whole(component.release)),
                "artifacts": named(if machines { &known.machines } else { &known.clusters }),
                "database": pair.map(|it| named(it)),
                "secret": (!machines).then(|| named(&known.secret)),
                "values": sizes,
            })
        });
        json!(clusters.collect::<Vec<_>>())
    }

    /// The machines of a site that run them; `first` is where their addresses begin.
    pub(super) fn integrator_hosts(&self, site: usize, first: usize) -> Vec<Value> {
        let mut hosts = Vec::new();
        let mut at = first;
        for (component, kind, _) in self.clusters() {
            let labels = self.labels();
            let names = labels.map_or_else(
                || vec![kind.to_owned()],
                |labels| labels.iter().map(|it| format!("{kind}-{it}")).collect(),
            );
            for name in names {
                for node in 0..whole(component.release) {
                    hosts.push(json!({
                        "name": format!("{name}-{}", node + 1),
                        "address": address(site, at, node),
                        "runs": name,
                    }));
                }
                at += 1;
            }
        }
        hosts
    }
}
