//! What a live run is asked to do.

use std::path::PathBuf;

use am_conformance::suite::ChartDirectory;
use am_product::Pattern;

use crate::cluster::KindOptions;
use crate::machines::MachineSite;

/// What a live run is asked to do.
#[derive(Debug, Clone)]
pub struct Options {
    /// The workspace: where `tools/` and `fixtures/` are.
    pub workspace: PathBuf,
    /// Where to run.
    pub cluster: Cluster,
    /// What runs in the pods.
    pub images: Images,
    /// What is played on it.
    pub scenario: Scenario,
    /// The charts, one directory per product version, the oldest first; upgrades go through all of them.
    pub charts: Vec<ChartDirectory>,
    /// The sites of the scenario `machines`.
    pub machines: Vec<MachineSite>,
    /// Pattern numbers; empty for all.
    pub patterns: Vec<Pattern>,
    /// Play what shows components, and not wiring, on representative patterns only.
    pub representative: bool,
    /// Play the broken charts of the scenario beside the sound ones, to see that each is caught.
    pub with_selftest: bool,
    /// Patterns at a time; 0 for as many as the machine carries.
    pub jobs: usize,
    /// Keep the cluster, or on an existing one the namespaces, when the run ends.
    pub keep: bool,
    /// The command that repeats this run, for the report.
    pub command: String,
}

/// Where to run.
#[derive(Debug, Clone)]
pub enum Cluster {
    /// A new kind cluster, removed afterwards.
    Kind(KindOptions),
    /// An existing cluster, by the name of a kubeconfig context.
    Context(String),
    /// A bare API server: admission and validation only.
    Envtest,
    /// No cluster: machines of the run's own.
    Machines,
}

/// What is played on a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scenario {
    /// Every pattern, with the database that the chart brings.
    #[default]
    Patterns,
    /// What production adds: real databases, secrets and certificates from controllers, larger volumes, another pattern.
    Production,
    /// A chart out of a registry, installed by Helm 3 and by Helm 4.
    Published,
    /// Sites on virtual machines, by their playbooks; no cluster.
    Machines,
    /// Deployments of two sites, each in a cluster of its own, whose link is cut.
    Regions,
    /// API Manager with its integration layer: for everybody, for each tenant, scaled.
    Integration,
}

/// What runs in the pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Images {
    /// Stand-ins, built here.
    #[default]
    Standin,
    /// The vendor's images, which the cluster must be able to pull.
    Real,
}
