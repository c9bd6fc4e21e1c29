//! What a document's releases render to, before any of them is installed.

use std::path::Path;

use am_deployments::Rendering;
use am_toolchain::{RenderRequest, RenderServer, Renderer as _, StderrProgress, Tool, Toolchain};
use serde_json::Value;

/// The documents of a chart that is in memory, or Helm's own words where it refuses.
pub(crate) fn render(workspace: &Path, rendering: &Rendering) -> Result<Vec<Value>, String> {
    let program = Toolchain::new(workspace)
        .ensure(Tool::Renderer, &mut StderrProgress::default())
        .map_err(|error| error.to_string())?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    for (path, content) in &rendering.chart {
        let path = folder.path().join(path);
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        made.and_then(|()| std::fs::write(&path, content))
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let mut request = RenderRequest::new(folder.path(), &rendering.release, &rendering.release);
    request.values = rendering.values.clone();
    let rendered = RenderServer::new(program)
        .deterministic(true)
        .render(&request)
        .map_err(|error| error.to_string())?;
    let documents = rendered.documents.into_iter();
    Ok(documents.map(|document| document.value).collect())
}
