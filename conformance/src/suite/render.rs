//! Rendering: who does it, and documents from what it gives.

use std::path::{Path, PathBuf};

use am_toolchain::{HelmCommand, RenderError, RenderPool, RenderRequest, Rendered, Renderer as _};

use serde_json::Value;

use crate::{
    machines,
    manifest::{Flaw, FlawKind, Manifest, Object},
    subject::Subject,
    upstream::Upstream,
};

/// Renders charts for several threads at once.
pub trait RenderService: Sync {
    /// Renders one release; the same request gives the same documents, whatever the chart leaves to chance.
    ///
    /// # Errors
    /// With Helm's own words when the chart or its values are wrong.
    fn render(&self, request: &RenderRequest) -> Result<Rendered, RenderError>;

    /// Renders one release as a user's Helm would: with chance and time.
    ///
    /// # Errors
    /// As [`RenderService::render`].
    fn render_with_chance(&self, request: &RenderRequest) -> Result<Rendered, RenderError>;

    /// Renders one release by a Helm program, such as an older one.
    ///
    /// # Errors
    /// As [`RenderService::render`].
    fn render_by(&self, program: &Path, request: &RenderRequest) -> Result<Rendered, RenderError> {
        HelmCommand::new(program).render(request)
    }

    /// The warnings and errors of `helm lint --strict` about a chart with values files.
    ///
    /// # Errors
    /// With Helm's own words when there is nothing to lint.
    fn lint(&self, chart: &Path, values_files: &[PathBuf]) -> Result<Vec<String>, RenderError>;

    /// The code of Go and Kubernetes that comes with it.
    fn upstream(&self) -> &dyn Upstream;
}

impl RenderService for RenderPool {
    fn render(&self, request: &RenderRequest) -> Result<Rendered, RenderError> {
        self.with(|server| server.render(request))
    }

    fn render_with_chance(&self, request: &RenderRequest) -> Result<Rendered, RenderError> {
        self.with(|server| server.render_with_chance(request))
    }

    fn lint(&self, chart: &Path, values_files: &[PathBuf]) -> Result<Vec<String>, RenderError> {
        self.with(|server| server.lint_strict(chart, values_files))
    }

    fn upstream(&self) -> &dyn Upstream {
        self
    }
}

/// The documents of a subject: those of its releases, or of its machines.
///
/// # Errors
/// As [`render_all`]; for machines when there is no inventory that can be read.
pub(crate) fn documents_of(
    subject: &Subject,
    renderer: &dyn RenderService,
    renders: &mut usize,
) -> Result<Manifest, String> {
    let mut manifest = match &subject.tree {
        Some(tree) => machines::documents(tree, subject.site(), subject.cluster())?,
        None => render_all(&subject.renders, renderer, renders)?,
    };
    if !subject.beside.is_empty() {
        let beside = render_all(&subject.beside, renderer, renders)?;
        if let Some(message) = beside.missing_release() {
            return Err(format!("beside it, {message}"));
        }
        manifest.beside = Some(Box::new(beside));
    }
    for site in &subject.sites {
        let documents = match &site.tree {
            Some(tree) => machines::documents(tree, &site.name, None)?,
            None => render_all(&site.renders, renderer, renders)?,
        };
        if let Some(message) = documents.missing_release() {
            return Err(format!("in site {}, {message}", site.name));
        }
        manifest.sites.insert(site.name.clone(), documents);
    }
    Ok(manifest)
}

/// The documents of all releases. What is wrong with one release or one document hides nothing of the others.
///
/// # Errors
/// When a release cannot be rendered for a reason that is not the charts'.
pub(crate) fn render_all(
    requests: &[RenderRequest],
    renderer: &dyn RenderService,
    renders: &mut usize,
) -> Result<Manifest, String> {
    let mut manifest = Manifest::default();
    for request in requests {
        *renders += 1;
        let lenient = RenderRequest {
            lenient: true,
            ..request.clone()
        };
        match renderer.render(&lenient) {
            Ok(documents) => {
                let flaws = documents.flaws.iter().map(|flaw| told(request, flaw));
                manifest.flaws.extend(flaws);
                manifest.objects.extend(objects_of(request, documents));
            }
            Err(error) => {
                let flaw = not_rendered(request, &error);
                manifest.flaws.push(flaw.ok_or_else(|| {
                    format!("release {} does not render: {error}", request.release)
                })?);
            }
        }
    }
    Ok(manifest)
}

/// A release that does not render; `None` when that is not the chart's fault.
fn not_rendered(request: &RenderRequest, error: &RenderError) -> Option<Flaw> {
    let (template, line) = match error {
        RenderError::Template { template, line, .. } => (template.clone(), *line),
        RenderError::Schema { .. } => ("values.schema.json".to_owned(), None),
        RenderError::Helm { .. } | RenderError::Document { .. } => ("Chart.yaml".to_owned(), None),
        RenderError::Io { .. } | RenderError::Server { .. } => return None,
    };
    Some(Flaw {
        object: object(request, template, String::new(), Value::Null),
        line,
        kind: FlawKind::NotRendered(error.to_string()),
    })
}

fn told(request: &RenderRequest, flaw: &am_toolchain::Flaw) -> Flaw {
    Flaw {
        object: object(
            request,
            flaw.template.clone(),
            flaw.text.clone(),
            Value::Null,
        ),
        line: Some(flaw.line),
        kind: match &flaw.kind {
            am_toolchain::FlawKind::NotYaml(message) => FlawKind::NotYaml(message.clone()),
            am_toolchain::FlawKind::KeyTwice(key) => FlawKind::KeyTwice(key.clone()),
        },
    }
}

/// The documents of one release.
pub(crate) fn objects_of(request: &RenderRequest, rendered: Rendered) -> Vec<Object> {
    let documents = rendered.documents.into_iter();
    documents
        .map(|document| object(request, document.template, document.text, document.value))
        .collect()
}

fn object(request: &RenderRequest, template: String, text: String, value: Value) -> Object {
    Object {
        release: request.release.clone(),
        chart: request
            .chart
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default(),
        template,
        text,
        release_namespace: request.namespace.clone(),
        value,
    }
}
