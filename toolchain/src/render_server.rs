//! The render server: one long-lived process that holds Helm's packages, asked by JSON lines.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::documents::{parse_documents, parse_leniently};
use crate::helm_message;
use crate::pod_security::{PodSecurityQuestion, PodVerdict, PodViolation};
use crate::render::{RenderError, RenderRequest, Rendered, Renderer};
use crate::template_tree::{ParseQuestion, TemplateAnswer, TemplateText, TemplateTree};

/// Renders in a process of its own that lives as long as this value. A server that crashes is started again.
#[derive(Debug)]
pub struct RenderServer {
    program: PathBuf,
    deterministic: bool,
    process: Option<Process>,
}

#[derive(Debug)]
struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Question<'a> {
    Render(RenderQuestion<'a>),
    Lint(LintQuestion<'a>),
    PodSecurity(PodSecurityQuestion<'a>),
    Parse(ParseQuestion<'a>),
    Kinds {},
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of `helm template`"
)]
struct RenderQuestion<'a> {
    chart: &'a Path,
    release: &'a str,
    namespace: &'a str,
    values_files: &'a [PathBuf],
    #[serde(skip_serializing_if = "Value::is_null")]
    values: &'a Value,
    set: Vec<String>,
    kube_version: &'a str,
    #[serde(rename = "apiVersions")]
    api_versions: &'a [String],
    is_upgrade: bool,
    skip_tests: bool,
    skip_schema_validation: bool,
    #[serde(skip_serializing_if = "<[Value]>::is_empty")]
    objects: &'a [Value],
    deterministic: bool,
    lenient: bool,
    parse: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LintQuestion<'a> {
    chart: &'a Path,
    values_files: &'a [PathBuf],
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    render: Option<RenderAnswer>,
    lint: Option<LintAnswer>,
    pod_security: Option<Vec<PodVerdict>>,
    parse: Option<Vec<TemplateAnswer>>,
    kinds: Option<Vec<String>>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct RenderAnswer {
    manifest: String,
    #[serde(default)]
    notes: String,
    #[serde(default)]
    documents: Vec<Value>,
}

#[derive(Deserialize)]
struct LintAnswer {
    messages: Vec<String>,
}

impl RenderServer {
    /// A server run from the given executable ([`crate::Tool::Renderer`]). The process starts with the first request.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            deterministic: false,
            process: None,
        }
    }

    /// Replaces the random template functions (`randAlphaNum`, `uuidv4`, `now` …) by constants of the same shape, so
    /// that two renders can be compared. Keys and certificates made by a template stay random.
    #[must_use]
    pub fn deterministic(mut self, deterministic: bool) -> Self {
        self.deterministic = deterministic;
        self
    }

    /// The documents of a render as Kubernetes' own YAML parser reads them, in the order of
    /// [`Rendered::documents`]. Slower than [`Renderer::render`]; meant for proving that both read the same.
    ///
    /// # Errors
    /// As [`Renderer::render`].
    pub fn render_as_kubernetes_reads(
        &mut self,
        request: &RenderRequest,
    ) -> Result<Vec<Value>, RenderError> {
        Ok(self
            .ask_render(request, self.deterministic, true)?
            .documents)
    }

    /// Renders with the random template functions as they are, even where the server is
    /// [deterministic](Self::deterministic): two such renders show what a chart leaves to chance and time.
    ///
    /// # Errors
    /// As [`Renderer::render`].
    pub fn render_with_chance(&mut self, request: &RenderRequest) -> Result<Rendered, RenderError> {
        let answer = self.ask_render(request, false, false)?;
        rendered(answer, request)
    }

    /// As [`crate::HelmCommand::lint_strict`], without a process of its own.
    ///
    /// # Errors
    /// With Helm's own words when the values files cannot be read or the path is no chart.
    pub fn lint_strict(
        &mut self,
        chart: &Path,
        values_files: &[PathBuf],
    ) -> Result<Vec<String>, RenderError> {
        let answer = self.ask(&Question::Lint(LintQuestion {
            chart,
            values_files,
        }))?;
        match (answer.lint, answer.error) {
            (Some(lint), None) => Ok(lint.messages),
            (_, Some(message)) => Err(helm_message::read(&message)),
            (None, None) => Err(self.failed("gave no messages")),
        }
    }

    /// What the restricted level of Pod Security admission forbids, as the newest Kubernetes version has it, in the order
    /// of `pods`. Each pod is an object with `metadata` and `spec`, such as a workload's `spec.template`; no violation
    /// means admitted. A field of a wrong type counts as left out.
    ///
    /// # Errors
    /// When the server cannot be asked.
    pub fn pod_security(&mut self, pods: &[Value]) -> Result<Vec<Vec<PodViolation>>, RenderError> {
        if pods.is_empty() {
            return Ok(Vec::new());
        }
        let answer = self.ask(&Question::PodSecurity(PodSecurityQuestion { pods }))?;
        match (answer.pod_security, answer.error) {
            (Some(verdicts), None) if verdicts.len() == pods.len() => Ok(verdicts
                .into_iter()
                .map(|verdict| verdict.violations)
                .collect()),
            (_, Some(message)) => Err(self.failed(message)),
            _ => Err(self.failed("gave no verdict")),
        }
    }

    /// The trees of template files, given by name and text, as Go's own parser makes them; Go's message for a text that is
    /// no template. Any function may be called.
    ///
    /// # Errors
    /// When the server cannot be asked.
    pub fn parse_templates(
        &mut self,
        templates: &[(&str, &str)],
    ) -> Result<Vec<Result<TemplateTree, String>>, RenderError> {
        if templates.is_empty() {
            return Ok(Vec::new());
        }
        let question = Question::Parse(ParseQuestion {
            templates: templates
                .iter()
                .map(|&(name, text)| TemplateText { name, text })
                .collect(),
        });
        let answer = self.ask(&question)?;
        match (answer.parse, answer.error) {
            (Some(trees), None) if trees.len() == templates.len() => {
                Ok(trees.into_iter().map(Into::into).collect())
            }
            (_, Some(message)) => Err(self.failed(message)),
            _ => Err(self.failed("gave no trees")),
        }
    }

    /// `apiVersion Kind` of everything that an API server has without custom resources, as Kubernetes' own client knows it.
    ///
    /// # Errors
    /// When the server cannot be asked.
    pub fn kinds(&mut self) -> Result<Vec<String>, RenderError> {
        let answer = self.ask(&Question::Kinds {})?;
        match (answer.kinds, answer.error) {
            (Some(kinds), None) => Ok(kinds),
            (_, Some(message)) => Err(self.failed(message)),
            (None, None) => Err(self.failed("gave no kinds")),
        }
    }

    fn ask_render(
        &mut self,
        request: &RenderRequest,
        deterministic: bool,
        parse: bool,
    ) -> Result<RenderAnswer, RenderError> {
        request.require_chart()?;
        let question = Question::Render(RenderQuestion {
            chart: &request.chart,
            release: &request.release,
            namespace: &request.namespace,
            values_files: &request.values_files,
            values: &request.values,
            set: request
                .set
                .iter()
                .map(|(key, value)| format!("{key}={value}"))
                .collect(),
            kube_version: request.kube_version.as_deref().unwrap_or_default(),
            api_versions: &request.api_versions,
            is_upgrade: request.is_upgrade,
            skip_tests: request.skip_tests,
            skip_schema_validation: request.skip_schema_validation,
            objects: &request.objects,
            deterministic,
            lenient: request.lenient,
            parse,
        });
        let answer = self.ask(&question)?;
        match (answer.render, answer.error) {
            (Some(render), None) => Ok(render),
            (_, Some(message)) => Err(helm_message::read(&message)),
            (None, None) => Err(self.failed("gave no render")),
        }
    }

    /// Asks, and once more in a new process when the old one is gone.
    fn ask(&mut self, question: &Question<'_>) -> Result<Answer, RenderError> {
        let mut line = serde_json::to_string(question).map_err(|error| self.failed(error))?;
        line.push('\n');
        let mut answer = self.exchange(&line);
        if answer.is_err() {
            self.process = None;
            answer = self.exchange(&line);
        }
        let answer = answer.inspect_err(|_| self.process = None)?;
        serde_json::from_str(&answer).map_err(|error| {
            // What comes next on the stream cannot be trusted.
            self.process = None;
            self.failed(format_args!("wrote a line that is no answer: {error}"))
        })
    }

    fn exchange(&mut self, line: &str) -> Result<String, RenderError> {
        if self.process.is_none() {
            self.process = Some(self.start()?);
        }
        let exchanged = self.process.as_mut().map_or_else(
            || Err(std::io::ErrorKind::NotConnected.into()),
            |process| {
                let mut answer = String::new();
                if let Some(stdin) = &mut process.stdin {
                    stdin.write_all(line.as_bytes())?;
                }
                process.stdout.read_line(&mut answer).map(|_| answer)
            },
        );
        match exchanged {
            Ok(answer) if answer.ends_with('\n') => Ok(answer),
            Ok(_) => Err(self.failed("ended while it was asked")),
            Err(error) => Err(self.failed(format_args!("cannot be talked to: {error}"))),
        }
    }

    fn start(&self) -> Result<Process, RenderError> {
        let failed = |source| RenderError::Io {
            action: "run",
            path: self.program.clone(),
            source: Arc::new(source),
        };
        let mut child = Command::new(&self.program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .map_err(failed)?;
        let stdin = child.stdin.take();
        let stdout = child
            .stdout
            .take()
            .ok_or_else(|| failed(std::io::ErrorKind::BrokenPipe.into()))?;
        Ok(Process {
            child,
            stdin,
            stdout: BufReader::new(stdout),
        })
    }

    fn failed(&self, message: impl std::fmt::Display) -> RenderError {
        RenderError::Server {
            path: self.program.clone(),
            message: message.to_string(),
        }
    }
}

impl Renderer for RenderServer {
    fn render(&mut self, request: &RenderRequest) -> Result<Rendered, RenderError> {
        let answer = self.ask_render(request, self.deterministic, false)?;
        rendered(answer, request)
    }
}

fn rendered(answer: RenderAnswer, request: &RenderRequest) -> Result<Rendered, RenderError> {
    let notes = (request.include_notes && !answer.notes.is_empty()).then_some(answer.notes);
    let (documents, flaws) = if request.lenient {
        parse_leniently(&answer.manifest)
    } else {
        (parse_documents(&answer.manifest)?, Vec::new())
    };
    Ok(Rendered {
        documents,
        notes,
        flaws,
    })
}

impl Drop for Process {
    fn drop(&mut self) {
        // The end of its input ends the server; one that is busy with a render is not waited for.
        self.stdin = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
