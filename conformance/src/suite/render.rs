//! Rendering: who does it, and documents from what it gives.

use std::path::{Path, PathBuf};

use am_toolchain::{
    RenderError, RenderPool, RenderRequest, Rendered, RenderedDocument, Renderer as _,
};

use crate::{
    manifest::{Manifest, Object},
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

/// The documents of all releases; the error names the release.
pub(crate) fn render_all(
    requests: &[RenderRequest],
    renderer: &dyn RenderService,
    renders: &mut usize,
) -> Result<Manifest, String> {
    let mut manifest = Manifest::default();
    for request in requests {
        *renders += 1;
        let documents = renderer
            .render(request)
            .map_err(|error| format!("release {} does not render: {error}", request.release))?;
        manifest.objects.extend(objects_of(request, documents));
    }
    Ok(manifest)
}

/// The documents of one release.
pub(crate) fn objects_of(request: &RenderRequest, rendered: Rendered) -> Vec<Object> {
    let chart = request
        .chart
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let object = |document: RenderedDocument| Object {
        release: request.release.clone(),
        chart: chart.clone(),
        template: document.template,
        text: document.text,
        release_namespace: request.namespace.clone(),
        value: document.value,
    };
    rendered.documents.into_iter().map(object).collect()
}
