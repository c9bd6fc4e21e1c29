//! What operators have to know of a deployment that is accepted.

use crate::integrators::Cluster;
use crate::sites::{Placed, is_single_node};
use crate::vocabulary::Topology;

/// Notes of the topology, and of what its sites run.
pub(crate) fn notes<'c, 'm: 'c>(
    topology: &Topology,
    sites: impl Iterator<Item = (&'c Placed<'m>, Vec<&'c Cluster<'m>>)>,
) -> Vec<String> {
    let mut notes = topology.notes.clone();
    for (site, clusters) in sites {
        // Beside a single node of API Manager nobody expects more.
        if !is_single_node(&site.chart) {
            let alone = clusters.iter().filter(|it| it.nodes() == 1);
            notes.extend(alone.map(|cluster| of_one_node(cluster)));
        }
        notes.extend(of_shared_artifacts(&clusters));
    }
    notes
}

fn of_one_node(cluster: &Cluster<'_>) -> String {
    let more = match cluster.machines {
        Some(_) => format!("give it a second host with `runs: [{}]`", cluster.name),
        None => format!("write `replicas: {}`", cluster.kind.replicas),
    };
    format!(
        "`{}` has one node: while that is stopped or away, {}. For high availability {more}.",
        cluster.called(),
        cluster.kind.without
    )
}

/// Tenants may well run the same, and may just as well have been meant to run each its own.
fn of_shared_artifacts(clusters: &[&Cluster<'_>]) -> Vec<String> {
    let mut notes = Vec::new();
    let mut before: Vec<&Cluster<'_>> = Vec::new();
    for cluster in clusters.iter().filter(|it| it.has_shared_artifacts()) {
        let is_twin = |other: &&&Cluster<'_>| std::ptr::eq(other.said, cluster.said);
        if let (Some(first), Some(artifacts)) =
            (before.iter().find(is_twin), &cluster.said.artifacts)
        {
            let names = artifacts
                .named()
                .map(|(_, text)| format!("`{}`", text.value));
            let names: Vec<String> = names.collect();
            notes.push(format!(
                "`{}` runs the artifacts of `{}` ({}). Where tenants shall have their own, name them with `{{tenant}}`.",
                cluster.called(),
                first.called(),
                names.join(", ")
            ));
        }
        before.push(cluster);
    }
    notes
}
