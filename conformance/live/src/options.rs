//! What a live run is asked to do.

use std::path::PathBuf;

use am_conformance::suite::ChartDirectory;

use crate::cluster::KindOptions;

/// What a live run is asked to do.
#[derive(Debug, Clone)]
pub struct Options {
    /// The workspace: where `tools/` and `fixtures/` are.
    pub workspace: PathBuf,
    /// Where to run.
    pub cluster: Cluster,
    /// What runs in the pods.
    pub images: Images,
    /// The charts, one directory per product version, the oldest first; upgrades go through all of them.
    pub charts: Vec<ChartDirectory>,
    /// Pattern numbers; empty for all.
    pub patterns: Vec<u8>,
    /// Patterns at a time; 0 for as many as memory allows.
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

impl std::str::FromStr for Cluster {
    type Err = String;

    /// `kind`, `envtest` or `context=NAME`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            None if text == "kind" => Ok(Self::Kind(KindOptions::default())),
            None if text == "envtest" => Ok(Self::Envtest),
            Some(("context", name)) if !name.is_empty() => Ok(Self::Context(name.to_owned())),
            _ => Err(format!(
                "`{text}` is no cluster: write kind, envtest or context=NAME"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Cluster;

    #[test]
    fn clusters_are_named_in_three_ways() {
        assert!(matches!("kind".parse(), Ok(Cluster::Kind(_))));
        assert!(matches!("envtest".parse(), Ok(Cluster::Envtest)));
        assert!(matches!("context=prod".parse(), Ok(Cluster::Context(name)) if name == "prod"));
        for wrong in ["context", "context=", "minikube", "kind=x", ""] {
            assert!(wrong.parse::<Cluster>().is_err(), "{wrong}");
        }
    }
}
