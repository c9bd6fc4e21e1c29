//! What a run is asked to do.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};

use am_deployment_toml::product::ProductVersion;
use am_product::Pattern;

use super::Affected;
use crate::{
    context::{SchemaValidator, SourceMap},
    schemas::PinnedSchemas,
};

/// Which variants of the matrix are judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Variants {
    /// Every one.
    All,
    /// None: only the plain combinations.
    None,
    /// The one of this name.
    Only(String),
}

impl Variants {
    pub(super) fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::Only(only) => only == name,
        }
    }
}

/// What a run is asked to do. An empty list of patterns, platforms, versions or requirements means all.
#[derive(Clone)]
pub struct Options {
    /// The workspace: where `tools/` and `fixtures/` are.
    pub workspace: PathBuf,
    /// The charts under test.
    pub input: Input,
    /// Pattern numbers.
    pub patterns: Vec<Pattern>,
    /// Platforms; `none` is the bare chart.
    pub platforms: Vec<String>,
    /// Product versions.
    pub product_versions: Vec<ProductVersion>,
    /// Kubernetes versions that templates are told, such as `1.29`.
    pub kubernetes_versions: Vec<String>,
    /// Requirements to judge: ids, starts of ids, or families.
    pub only: Vec<String>,
    /// Requirements not to judge, each with its reason.
    pub skip: Vec<Skip>,
    /// Files of requirements that the user brings.
    pub requirements: Vec<PathBuf>,
    /// Subjects judged at a time; 0 for as many as there are CPU cores.
    pub jobs: usize,
    /// Variants (names, namespaces, replicas, offsets) to judge besides the plain combinations.
    pub variants: Variants,
    /// Further hosts that live outside, as patterns with `*`.
    pub external: Vec<String>,
    /// The command that repeats this run, for the report.
    pub command: String,
    /// The digest of the suite, under which the result of a self-test is kept; without it none is shown.
    pub suite: Option<String>,
    /// Where the generator wrote what.
    pub source_map: Option<Arc<dyn SourceMap>>,
    /// Schemas of Kubernetes and custom resources.
    pub schemas: Option<Arc<dyn SchemaValidator>>,
    /// The folder where judged subjects are kept for later runs; none are kept unless given.
    pub cache: Option<PathBuf>,
    /// Which of the chosen subjects changes affect; all are judged unless given.
    pub affected: Option<Affected>,
    /// Ends the run before its next subject when it becomes true.
    pub stop: Option<Arc<AtomicBool>>,
}

/// The charts under test.
#[derive(Debug, Clone)]
pub enum Input {
    /// Directories with `am-pattern-N` charts, one per product version.
    Charts(Vec<ChartDirectory>),
    /// A specification of several releases that make one pattern.
    Spec(PathBuf),
}

impl Input {
    /// How reports name it: the path of the charts of the newest version, or of the specification, relative to the
    /// workspace where it is inside.
    pub fn name(&self, workspace: &Path) -> String {
        let path = match self {
            Self::Charts(directories) => directories
                .iter()
                .max_by_key(|directory| directory.version)
                .map(|directory| directory.path.as_path()),
            Self::Spec(file) => Some(file.as_path()),
        };
        let path = path.unwrap_or(Path::new(""));
        let path = path.strip_prefix(workspace).unwrap_or(path);
        path.to_string_lossy().into_owned()
    }
}

/// A directory with `am-pattern-N` charts.
#[derive(Debug, Clone)]
pub struct ChartDirectory {
    /// Product version of the charts.
    pub version: ProductVersion,
    /// The directory.
    pub path: PathBuf,
}

/// A requirement that is not judged, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skip {
    /// Id, start of an id, or family.
    pub requirement: String,
    /// The user's reason.
    pub reason: String,
}

impl Options {
    /// A run over everything.
    pub fn new(workspace: impl Into<PathBuf>, input: Input) -> Self {
        Self {
            workspace: workspace.into(),
            input,
            patterns: Vec::new(),
            platforms: Vec::new(),
            product_versions: Vec::new(),
            kubernetes_versions: Vec::new(),
            only: Vec::new(),
            skip: Vec::new(),
            requirements: Vec::new(),
            jobs: 0,
            variants: Variants::All,
            external: Vec::new(),
            command: "cargo xtask conformance".into(),
            suite: None,
            source_map: None,
            schemas: Some(Arc::new(PinnedSchemas)),
            cache: None,
            affected: None,
            stop: None,
        }
    }
}
