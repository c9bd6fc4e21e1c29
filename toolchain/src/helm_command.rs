//! The `helm` program, one process for each render.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use crate::documents::parse_documents;
use crate::helm_message;
use crate::render::{RenderError, RenderRequest, Rendered, Renderer};

/// Renders with `helm template`. Works with Helm 3 and Helm 4.
#[derive(Debug, Clone)]
pub struct HelmCommand {
    /// The `helm` executable.
    pub helm: PathBuf,
}

impl HelmCommand {
    /// Renders with the given executable.
    pub fn new(helm: impl Into<PathBuf>) -> Self {
        Self { helm: helm.into() }
    }

    /// What `helm template` prints.
    ///
    /// # Errors
    /// As [`Renderer::render`].
    pub fn template(&self, request: &RenderRequest) -> Result<String, RenderError> {
        request.require_chart()?;
        // A file, because inline values may hold secrets, which other processes could read from the arguments.
        let inline = inline_values(request)?;
        let mut command =
            self.template_command(request, inline.as_ref().map(tempfile::NamedTempFile::path));
        let output = self.run(&mut command)?;
        if !output.status.success() {
            return Err(helm_message::read(&String::from_utf8_lossy(&output.stderr)));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The command line of `helm template` for a request whose inline values, if it has any, are in a file.
    pub fn template_command(
        &self,
        request: &RenderRequest,
        inline_values: Option<&Path>,
    ) -> Command {
        let mut command = Command::new(&self.helm);
        command
            .arg("template")
            .arg(&request.release)
            .arg(&request.chart)
            .arg("--namespace")
            .arg(&request.namespace);
        let files = request.values_files.iter().map(PathBuf::as_path);
        for file in files.chain(inline_values) {
            command.arg("--values").arg(file);
        }
        for (key, value) in &request.set {
            command.arg("--set").arg(format!("{key}={value}"));
        }
        if let Some(version) = &request.kube_version {
            command.arg("--kube-version").arg(version);
        }
        for version in &request.api_versions {
            command.arg("--api-versions").arg(version);
        }
        for (wanted, flag) in [
            (request.is_upgrade, "--is-upgrade"),
            (request.skip_tests, "--skip-tests"),
            (request.skip_schema_validation, "--skip-schema-validation"),
        ] {
            if wanted {
                command.arg(flag);
            }
        }
        isolate(&mut command);
        command
    }

    /// `helm lint --strict`: the messages of level warning and error; empty when the chart is clean.
    ///
    /// # Errors
    /// When `helm` cannot be run.
    pub fn lint_strict(
        &self,
        chart: &Path,
        values_files: &[PathBuf],
    ) -> Result<Vec<String>, RenderError> {
        let mut command = Command::new(&self.helm);
        command.args(["lint", "--strict", "--quiet"]).arg(chart);
        for file in values_files {
            command.arg("--values").arg(file);
        }
        let output = self.run(&mut command)?;
        if output.status.success() {
            return Ok(Vec::new());
        }
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        let findings = lint_findings(&text);
        // A failure in other words must not look like success.
        Ok(if findings.is_empty() {
            vec![text.trim().to_owned()]
        } else {
            findings
        })
    }

    /// `helm package`: makes the chart's archive in the folder and returns its path.
    ///
    /// # Errors
    /// When `helm` cannot be run, or with its own words when it refuses the chart.
    pub fn package(&self, chart: &Path, destination: &Path) -> Result<PathBuf, RenderError> {
        let mut command = Command::new(&self.helm);
        command
            .arg("package")
            .arg(chart)
            .arg("--destination")
            .arg(destination);
        let output = self.run(&mut command)?;
        let stdout = String::from_utf8_lossy(&output.stdout);
        match stdout.trim().rsplit_once(": ") {
            Some((_, archive)) if output.status.success() => Ok(PathBuf::from(archive)),
            _ => Err(helm_message::read(&String::from_utf8_lossy(&output.stderr))),
        }
    }

    fn run(&self, command: &mut Command) -> Result<Output, RenderError> {
        isolate(command);
        command.output().map_err(|source| RenderError::Io {
            action: "run",
            path: self.helm.clone(),
            source: Arc::new(source),
        })
    }
}

/// The messages of `helm lint`, some of which go on over several lines.
fn lint_findings(printed: &str) -> Vec<String> {
    let mut findings: Vec<String> = Vec::new();
    let mut is_open = false;
    for line in printed.lines() {
        if line.starts_with("[ERROR]") || line.starts_with("[WARNING]") {
            findings.push(line.to_owned());
            is_open = true;
        } else if line.is_empty() || line.starts_with("[INFO]") || line.starts_with("==>") {
            is_open = false;
        } else if let (true, Some(last)) = (is_open, findings.last_mut()) {
            last.push('\n');
            last.push_str(line);
        }
    }
    findings
}

/// A user's cluster, plugins and repositories must not change what a chart renders to.
fn isolate(command: &mut Command) {
    command
        .stdin(Stdio::null())
        .env_remove("HELM_NAMESPACE")
        .env_remove("HELM_DEBUG")
        .env("HELM_PLUGINS", "")
        .env("KUBECONFIG", "/dev/null");
}

impl Renderer for HelmCommand {
    /// Renders with `helm template`, which prints no notes: [`Rendered::notes`] is `None` even when they are asked for.
    fn render(&mut self, request: &RenderRequest) -> Result<Rendered, RenderError> {
        let output = self.template(request)?;
        Ok(Rendered {
            documents: parse_documents(&output)?,
            notes: None,
            flaws: Vec::new(),
        })
    }
}

fn inline_values(request: &RenderRequest) -> Result<Option<tempfile::NamedTempFile>, RenderError> {
    if request.values.is_null() {
        return Ok(None);
    }
    let failed = |source| RenderError::Io {
        action: "write inline values to",
        path: std::env::temp_dir(),
        source: Arc::new(source),
    };
    let mut file = tempfile::Builder::new()
        .prefix("values-")
        .suffix(".json")
        .tempfile()
        .map_err(failed)?;
    file.write_all(request.values.to_string().as_bytes())
        .map_err(failed)?;
    Ok(Some(file))
}
