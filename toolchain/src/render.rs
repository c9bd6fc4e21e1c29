//! What a render needs and what it yields, whoever renders.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One render of one chart: the arguments of `helm template`.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of `helm template`"
)]
pub struct RenderRequest {
    /// The chart's directory.
    pub chart: PathBuf,
    /// The release's name.
    pub release: String,
    /// The release's namespace.
    pub namespace: String,
    /// Values files; a later one overrides an earlier one (`--values`).
    pub values_files: Vec<PathBuf>,
    /// Values given inline; they override the files. `null` when there are none.
    pub values: Value,
    /// `key=value` assignments in Helm's own syntax; they override all others (`--set`).
    pub set: Vec<(String, String)>,
    /// The Kubernetes version that the chart shall see, such as `1.31` (`--kube-version`); Helm's default otherwise.
    pub kube_version: Option<String>,
    /// API versions that the chart shall see besides Helm's default ones (`--api-versions`).
    pub api_versions: Vec<String>,
    /// Render as for an upgrade (`--is-upgrade`).
    pub is_upgrade: bool,
    /// Leave out the hooks of `helm test` (`--skip-tests`).
    pub skip_tests: bool,
    /// Do not check values against `values.schema.json` (`--skip-schema-validation`).
    pub skip_schema_validation: bool,
    /// Ask for the text of `NOTES.txt`, which `helm template` does not print.
    pub include_notes: bool,
    /// What `lookup` finds, as if it were in the cluster. Only the render server can: `helm template` finds nothing.
    pub objects: Vec<Value>,
    /// Pass over what is wrong with the text of single documents, and tell it in [`Rendered::flaws`]. Where one is no YAML, Helm
    /// refuses the release; the documents then come in the order of their templates' names. Only the render server can.
    pub lenient: bool,
}

impl RenderRequest {
    /// A render of a chart with its own default values.
    pub fn new(
        chart: impl Into<PathBuf>,
        release: impl Into<String>,
        namespace: impl Into<String>,
    ) -> Self {
        Self {
            chart: chart.into(),
            release: release.into(),
            namespace: namespace.into(),
            ..Self::default()
        }
    }

    /// Helm takes a path that does not exist for the name of a chart in a repository, and may go and look there.
    pub(crate) fn require_chart(&self) -> Result<(), RenderError> {
        let found = self.chart.metadata();
        found.map(drop).map_err(|source| RenderError::Io {
            action: "read chart",
            path: self.chart.clone(),
            source: Arc::new(source),
        })
    }
}

/// What a chart renders to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rendered {
    /// The documents in Helm's order: install order of kinds, then hooks. Documents without content are left out.
    pub documents: Vec<RenderedDocument>,
    /// The text of `NOTES.txt`, when it was asked for, the chart has one and the renderer can tell it.
    pub notes: Option<String>,
    /// What a lenient render passes over.
    pub flaws: Vec<Flaw>,
}

/// What is wrong with the text of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// The template, relative to the chart.
    pub template: String,
    /// The YAML text as it was rendered.
    pub text: String,
    /// The line in that text, counted from 1.
    pub line: usize,
    /// What it is.
    pub kind: FlawKind,
}

/// A kind of flaw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlawKind {
    /// The text is no YAML: Helm refuses the whole release. The parser's words, without place.
    NotYaml(String),
    /// A mapping has this key twice: Helm takes the last.
    KeyTwice(String),
}

/// One Kubernetes document of a render.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderedDocument {
    /// The template, relative to the chart: `templates/service.yaml`.
    pub template: String,
    /// The first line of `text` in what `helm template` prints, counted from 1.
    pub line_in_template_output: usize,
    /// The YAML text as it was rendered.
    pub text: String,
    /// The same, parsed as Kubernetes parses it.
    pub value: Value,
}

/// Something that renders charts as Helm does.
pub trait Renderer {
    /// Renders one chart.
    ///
    /// # Errors
    /// [`RenderError`] with Helm's own words when the values or the chart are wrong, or when Helm could not be run.
    fn render(&mut self, request: &RenderRequest) -> Result<Rendered, RenderError>;
}

/// A value that `values.schema.json` refuses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValuesViolation {
    /// The name of the chart or subchart whose schema it is.
    pub chart: String,
    /// The place in the values, as a JSON pointer; empty for the values as a whole.
    pub path: String,
    /// What is wrong there.
    pub message: String,
}

/// Why there is no render.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RenderError {
    /// Helm or the render server could not be started or talked to.
    #[error("could not {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The program or file.
        path: PathBuf,
        /// What the system said.
        source: Arc<std::io::Error>,
    },
    /// The values break the chart's `values.schema.json`.
    #[error("values do not meet the schema of chart {chart}: {}", list(violations))]
    Schema {
        /// The name of the chart or subchart whose schema it is.
        chart: String,
        /// Each refused value.
        violations: Vec<ValuesViolation>,
        /// Helm's own message.
        message: String,
    },
    /// A template failed: a syntax error, a function that failed, or a `fail` of the chart.
    #[error("{message}")]
    Template {
        /// The template, relative to the chart.
        template: String,
        /// The line in the template, counted from 1.
        line: Option<usize>,
        /// Helm's own message.
        message: String,
    },
    /// Helm refused for another reason, such as a missing chart or values file.
    #[error("{message}")]
    Helm {
        /// Helm's own message.
        message: String,
    },
    /// A rendered document is no valid YAML, or has a key twice.
    #[error("{template} renders to a document that is not valid YAML: {message}")]
    Document {
        /// The template, relative to the chart.
        template: String,
        /// The line in what `helm template` prints, counted from 1.
        line_in_template_output: usize,
        /// The parser's message.
        message: String,
    },
    /// The render server answered something that is no answer, or went away.
    #[error("the render server {}: {message}", path.display())]
    Server {
        /// The render server's program.
        path: PathBuf,
        /// What happened.
        message: String,
    },
}

/// How Helm begins the message of a template that refuses; every other failure of a template has other words.
const ON_PURPOSE: &str = "execution error at (";

impl RenderError {
    /// Whether the chart refused on purpose: by its schema, or by `fail` or `required` in a template.
    #[must_use]
    pub fn is_on_purpose(&self) -> bool {
        match self {
            Self::Schema { .. } => true,
            Self::Template { message, .. } => message.starts_with(ON_PURPOSE),
            Self::Io { .. } | Self::Helm { .. } | Self::Document { .. } | Self::Server { .. } => {
                false
            }
        }
    }
}

fn list(violations: &[ValuesViolation]) -> String {
    let lines: Vec<String> = violations
        .iter()
        .map(|violation| {
            let path = if violation.path.is_empty() {
                "/"
            } else {
                &violation.path
            };
            format!("{path}: {}", violation.message)
        })
        .collect();
    lines.join("; ")
}
