//! What servers beside API Manager need of it: a way to the service catalogue, and gateways that may call them.

use am_generator::chart::Part;
use serde_json::{Map, Value, json};

use super::Builder;
use crate::integrators::Cluster;
use crate::overlay::own;
use crate::ports::Ports;

/// Where a user's values restrict what gateways call, as a JSON pointer and as keys.
const BACKENDS: &str = "/networkPolicy/backends";

impl Builder<'_, '_> {
    /// Those that register services are let in where the catalogue is.
    pub(super) fn catalogue_rule(&self, part: &Part<'_>) -> Option<Value> {
        let catalogue = &self.vocabulary.catalogue;
        let player = self.site.player(&catalogue.role)?;
        let clusters = self.clusters.iter().filter(|it| it.kind.registers);
        let from: Vec<Value> = clusters.map(|it| self.pods(it)).collect();
        if player.name() != part.name() || from.is_empty() {
            return None;
        }
        let number = Ports::in_pods(self.site, part, &catalogue.port);
        Some(json!({"from": from, "ports": [{"port": number, "protocol": "TCP"}]}))
    }

    /// Where gateways may not call everybody, they may call these.
    pub(super) fn backends(&self, values: &mut Map<String, Value>) {
        let own = own(self.site);
        let restricted = own.pointer(BACKENDS).and_then(Value::as_array);
        if restricted.is_none_or(Vec::is_empty) || self.clusters.is_empty() {
            return;
        }
        let pods: Vec<Value> = self.clusters.iter().map(|it| self.pods(it)).collect();
        values.insert("networkPolicy".into(), json!({"backends": [{"to": pods}]}));
    }

    /// The pods of a cluster, as a peer.
    fn pods(&self, cluster: &Cluster<'_>) -> Value {
        let release = &self.vocabulary.peers.release;
        json!({"podSelector": {"matchLabels": {(release.clone()): cluster.full_name()}}})
    }
}
