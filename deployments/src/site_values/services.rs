//! The ways from one site to another: Services for addresses that others use, and addresses of others.

use am_generator::chart::Part;
use serde_json::{Map, Value, json};

use super::{Builder, blocks, peers};
use crate::links::{Link, needed};
use crate::sites::Placed;

impl Builder<'_, '_> {
    /// The brokers of other sites that this one publishes to, and TLS for whatever of them crosses.
    pub(super) fn others(
        &self,
        values: &mut Map<String, Value>,
        comments: &mut Vec<(String, String)>,
    ) {
        let published = self.links.iter().filter(|link| link.from == self.at);
        let is_told = |link: &&Link<'_>| link.to_every_node && self.site.runs(link.server.name());
        for link in published.filter(is_told) {
            let there = &self.sites[link.to];
            let region = json!({
                "name": there.name(),
                "nodes": self.nodes(there, &link.server),
                "peers": peers(there),
            });
            if let Some(Value::Array(regions)) = values.get_mut(link.key) {
                regions.push(region);
                continue;
            }
            let text =
                "Every event hub node of the other sites; each node of this one publishes to each.";
            comments.push((link.key.to_owned(), text.to_owned()));
            values.insert(link.key.to_owned(), json!([region]));
        }
        let crosses = self.links.iter().any(|link| {
            (link.from == self.at || link.to == self.at)
                && link.ports.iter().any(|port| self.ports.is_broker(port))
        });
        if crosses && self.ports.brokers_have_tls() {
            let text = "Events are encrypted where they cross to another site, and nowhere else.";
            comments.push(("jms".into(), text.into()));
            values.insert("jms".into(), json!({"tls": {"enabled": true}}));
        }
    }

    /// The addresses of a component's nodes in another site as values of this one: with the ports that are not those of its own broker.
    pub(super) fn nodes(&self, there: &Placed<'_>, part: &Part<'_>) -> Value {
        let broker = self.vocabulary.broker.port.as_str();
        let usual = self.ports.of_broker(self.site, part);
        let exposure = there.site.exposes.get(&part.key());
        let nodes = exposure.into_iter().flat_map(|it| &it.nodes);
        nodes
            .map(|address| {
                let mut entry = json!({"host": address.host.value});
                let number = self.ports.at(there, part, address, broker);
                if number != usual {
                    entry["ports"] = json!({broker: number});
                }
                entry
            })
            .collect()
    }

    /// Services by which other sites reach each node of a component.
    pub(super) fn node_services(&self, part: &Part<'_>) -> Value {
        let mut services = json!({"enabled": true});
        let Some(exposure) = self.site.site.exposes.get(&part.key()) else {
            return services;
        };
        let broker = self.vocabulary.broker.port.as_str();
        let ranges = self.ranges(part, true);
        if let Some(kind) = self.kind(part) {
            services["type"] = json!(kind);
            let ports = exposure
                .nodes
                .iter()
                .map(|address| self.ports.at(self.site, part, address, broker));
            services["nodePorts"] = ports.collect();
        } else {
            services["loadBalancerSourceRanges"] = json!(ranges);
        }
        if !exposure.annotations.is_empty() {
            services["annotations"] = json!(exposure.annotations);
        }
        // Pods, and so network policies, see who connects.
        services["externalTrafficPolicy"] = json!("Local");
        services["peers"] = blocks(ranges);
        services
    }

    /// A Service for the one name of a component by which other sites reach it.
    pub(super) fn service(&self, part: &Part<'_>) -> Option<Value> {
        let exposure = self.site.site.exposes.get(&part.key())?;
        let address = exposure.service.as_ref()?;
        let wanted = needed(self.links, self.at, part.name());
        let kind = self.kind(part);
        let ports = wanted.service.iter().map(|port| {
            let number = self.ports.at(self.site, part, address, port);
            let mut entry =
                json!({"name": port, "port": number, "targetPort": port, "protocol": "TCP"});
            if kind.is_some() {
                entry["nodePort"] = json!(number);
            }
            entry
        });
        let release = &self.document.name.value;
        let mut metadata =
            json!({"name": self.vocabulary.exposed.name(release, part.name(), None)});
        if !exposure.annotations.is_empty() {
            metadata["annotations"] = json!(exposure.annotations);
        }
        let mut spec = json!({
            "type": kind.unwrap_or_else(|| &self.vocabulary.services[0]),
            // Pods, and so network policies, see who connects.
            "externalTrafficPolicy": "Local",
            "selector": {
                "app.kubernetes.io/name": self.site.chart.model.product.part_of,
                "app.kubernetes.io/instance": release,
                "app.kubernetes.io/component": part.name(),
                &self.vocabulary.exposed.label: "true",
            },
            "ports": ports.collect::<Vec<_>>(),
        });
        if kind.is_none() {
            spec["loadBalancerSourceRanges"] = json!(self.ranges(part, false));
        }
        Some(json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}))
    }

    /// The kind of a component's Services, unless it is the usual one.
    fn kind(&self, part: &Part<'_>) -> Option<&str> {
        let kind = self.site.site.exposes.get(&part.key())?.kind.as_ref()?;
        (Some(&kind.value) != self.vocabulary.services.first()).then_some(kind.value.as_str())
    }

    /// Where those come from that reach a component: its nodes one by one, or all behind one name.
    fn ranges(&self, part: &Part<'_>, one_by_one: bool) -> Vec<&str> {
        let connects = |from: usize| {
            self.links.iter().any(|link| {
                (link.from, link.to) == (from, self.at)
                    && link.server.name() == part.name()
                    && link.to_every_node == one_by_one
            })
        };
        let sites = self.sites.iter().enumerate();
        sites
            .filter(|(from, _)| connects(*from))
            .flat_map(|(_, site)| site.site.cidrs.iter().map(|it| it.value.as_str()))
            .collect()
    }
}
