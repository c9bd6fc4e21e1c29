//! The arguments of `cargo xtask conformance`.

use std::path::PathBuf;

use am_conformance::report::Output;
use clap::{Args, Subcommand, ValueEnum};

use super::{fail_level::FailLevel, init, mutate, requirements, selftest};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Check the `am-pattern-N` charts in this directory instead of charts-out.
    #[arg(long, value_name = "DIR", conflicts_with = "spec")]
    pub(super) charts: Option<PathBuf>,
    /// Check the releases listed in this specification (kind `PatternUnderTest`), whatever charts they use.
    #[arg(long, value_name = "FILE")]
    pub(super) spec: Option<PathBuf>,
    /// Check what this deployment (kind `ApiManagerDeployment`) becomes: every site, and the ways between them. With --scenario
    /// machines, play it.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["charts", "spec", "watch", "changed_since"])]
    pub(super) deployment: Option<PathBuf>,
    /// Check only this pattern: its number, `mi` or `si`. May be repeated.
    #[arg(long, value_name = "N")]
    pub(super) pattern: Vec<String>,
    /// Check only this platform: the name of an overlay, or `none` for the chart without one. May be repeated.
    #[arg(long, value_name = "NAME")]
    pub(super) platform: Vec<String>,
    /// Check only this product version. May be repeated.
    #[arg(long, value_name = "VERSION")]
    pub(super) product_version: Vec<String>,
    /// Render for this Kubernetes version; may be repeated. With --cluster kind, the version of the cluster.
    #[arg(long, value_name = "VERSION")]
    pub(super) kubernetes_version: Vec<String>,
    /// Check only these requirements: an id, a prefix of ids, or a family. May be repeated.
    #[arg(long, value_name = "REQUIREMENT")]
    pub(super) only: Vec<String>,
    /// Skip a requirement; the report shows the reason. May be repeated.
    #[arg(long, value_name = "REQUIREMENT=REASON")]
    pub(super) skip: Vec<String>,
    /// Also check the requirements in this file (kind `Requirements`), described in docs/your-own-requirements.md. May be
    /// repeated.
    #[arg(long, value_name = "FILE")]
    pub(super) requirements: Vec<PathBuf>,
    /// Hosts outside the cluster; `*` matches any characters. May be repeated.
    #[arg(long, value_name = "PATTERN")]
    pub(super) external: Vec<String>,
    /// How many subjects to check in parallel; 0 means one per CPU core. With --cluster, how many patterns to run in
    /// parallel; 0 means as many as fit into memory.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) jobs: usize,
    /// Skip the variants: names, namespaces, replicas, offsets, Kubernetes versions.
    #[arg(long)]
    pub(super) no_variants: bool,
    #[command(flatten)]
    pub(super) incremental: Incremental,
    /// Write a report: FORMAT=PATH, or PATH with an ending that implies the format. May be repeated. Unless one of them is
    /// JSON, a JSON report is also written to target/conformance/report.json.
    #[arg(long, value_name = "[FORMAT=]PATH")]
    pub(super) report: Vec<Output>,
    /// What makes the run end with 1.
    #[arg(
        long,
        value_enum,
        value_name = "LEVEL",
        default_value = "must",
        conflicts_with = "cluster"
    )]
    pub(super) fail_level: FailLevel,
    #[command(flatten)]
    pub(super) live: Live,
    #[command(subcommand)]
    pub(super) action: Option<Action>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Print a requirement with an example of a failure and its fix.
    Explain {
        /// Id, such as AM-WIRE-003.
        id: String,
    },
    /// Write a first specification (kind `PatternUnderTest`) of charts: what can be told, and comments on what cannot.
    Init(init::Arguments),
    /// Print, write or check the Markdown page that lists every requirement.
    Requirements(requirements::Arguments),
    /// Break sound charts on purpose and check that exactly the intended requirement reports it; with --cluster, install
    /// broken charts and check that each is caught and named.
    Selftest(selftest::Arguments),
    /// Change rendered charts at random and list the changes that no requirement reports.
    Mutate(mutate::Arguments),
}

/// Options of runs that judge less than everything.
//
// Named apart from the static arguments that it is flattened into.
#[derive(Debug, Args)]
#[group(id = "incremental")]
pub(crate) struct Incremental {
    /// Check every subject again. By default the outcomes of a subject are taken from target/conformance/cache when its
    /// charts, values, tools and suite have not changed; the report says how many were.
    #[arg(long)]
    pub(super) no_cache: bool,
    /// Check only what changed since this branch left REF, including uncommitted and untracked files. A pattern is
    /// affected when its files or the generator's output for it changed, a platform when its file in fixtures/values
    /// changed, and everything when the suite changed. When nothing is affected, nothing is checked and the exit code is 0.
    #[arg(long, value_name = "REF", conflicts_with = "watch")]
    pub(super) changed_since: Option<String>,
    /// Keep running: when a file is saved, check again what it affects and print what is new. For our own charts, the
    /// model's output is checked and charts-out is not written. Ctrl-C ends it with 0 or 1, depending on the last result.
    #[arg(long, conflicts_with = "cluster")]
    pub(super) watch: bool,
}

impl Incremental {
    /// The option by which only a part is judged, if one is given.
    pub(super) fn named(&self) -> Option<&'static str> {
        [
            (self.watch, "--watch"),
            (self.changed_since.is_some(), "--changed-since"),
        ]
        .into_iter()
        .find_map(|(given, name)| given.then_some(name))
    }
}

/// Options of live runs.
//
// Named apart from the static arguments that it is flattened into.
#[derive(Debug, Args)]
#[group(id = "live")]
pub(crate) struct Live {
    /// Check on a cluster: kind (a new one), context=NAME (an existing one) or envtest (an API server only).
    #[arg(long, value_name = "CLUSTER")]
    pub(super) cluster: Option<Cluster>,
    /// Node image of the kind cluster.
    #[arg(long, value_name = "IMAGE", requires = "cluster")]
    pub(super) kind_image: Option<String>,
    /// Name of the kind cluster.
    #[arg(long, value_name = "NAME", requires = "cluster")]
    pub(super) name: Option<String>,
    /// Do not delete the kind cluster, or the namespaces in an existing cluster, at the end.
    #[arg(long, requires = "cluster")]
    pub(super) keep: bool,
    /// Play upgrades, outages and the like on representative patterns only: the fewest that have every component, as a
    /// single node and as several. The others are installed, wired, called and removed. Which were left out is told.
    #[arg(long, requires = "cluster")]
    pub(super) representative: bool,
    /// Play the broken charts of the self-test beside the sound ones, on the same cluster. One that is not caught makes the
    /// exit code 4.
    #[arg(long)]
    pub(super) with_selftest: bool,
    /// What runs in the pods.
    #[arg(long, value_enum, default_value_t = Images::Standin, requires = "cluster")]
    pub(super) images: Images,
    /// What is played: every pattern, what production adds to one of them, a chart out of a registry, deployments of two sites,
    /// API Manager with its integration layer, or, without --cluster, sites on virtual machines.
    #[arg(long, value_enum, default_value_t = Scenario::Patterns)]
    pub(super) scenario: Scenario,
}

/// Where to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cluster {
    /// A new kind cluster, removed afterwards.
    Kind,
    /// An existing cluster, by the name of a kubeconfig context.
    Context(String),
    /// A bare API server: admission and validation only.
    Envtest,
    /// No cluster: machines of the run's own, which no option names.
    Machines,
}

impl std::str::FromStr for Cluster {
    type Err = String;

    /// `kind`, `envtest` or `context=NAME`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            None if text == "kind" => Ok(Self::Kind),
            None if text == "envtest" => Ok(Self::Envtest),
            Some(("context", name)) if !name.is_empty() => Ok(Self::Context(name.to_owned())),
            _ => Err(format!(
                "`{text}` is no cluster: write kind, envtest or context=NAME"
            )),
        }
    }
}

/// What is played on a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// Every pattern, from its installation to its removal.
    Patterns,
    /// Real databases, secrets and certificates from controllers, larger volumes, another pattern.
    Production,
    /// Charts out of a registry on this machine, installed by Helm 3 and by Helm 4.
    Published,
    /// Sites on virtual machines (deployments/examples), which are namespaces of this machine, installed by their playbooks.
    Machines,
    /// Deployments of two sites, each in a cluster of its own: events from site to site, and what happens without the link.
    Regions,
    /// API Manager with Micro Integrator and Streaming Integrator: for everybody, for each tenant, scaled.
    Integration,
}

/// What runs in the pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Images {
    /// Stand-ins, built here.
    Standin,
    /// The vendor's images; the cluster must be able to pull them.
    Real,
}

#[cfg(test)]
mod tests {
    use super::Cluster;

    #[test]
    fn clusters_are_named_in_three_ways() {
        assert_eq!("kind".parse(), Ok(Cluster::Kind));
        assert_eq!("envtest".parse(), Ok(Cluster::Envtest));
        assert_eq!("context=prod".parse(), Ok(Cluster::Context("prod".into())));
        for wrong in ["context", "context=", "minikube", "kind=x", ""] {
            assert!(wrong.parse::<Cluster>().is_err(), "{wrong}");
        }
    }
}
