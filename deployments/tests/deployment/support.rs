//! The model once for all tests, and documents that are the examples with something changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use am_deployments::{Document, Rendering, Vocabulary, deploy, read};
use am_generator::output::Files;
use am_generator::{ChartTree, Families, Model};
use am_toolchain::{RenderPool, RenderRequest, Renderer as _, StderrProgress, Tool, Toolchain};
use serde_json::Value;

pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub(crate) fn families() -> &'static Families {
    static FAMILIES: OnceLock<Families> = OnceLock::new();
    FAMILIES.get_or_init(|| Families::load(&workspace()).expect("the models are sound"))
}

pub(crate) fn model() -> &'static Model {
    families().main()
}

/// The charts that tests need, made once.
fn charts() -> &'static ChartTree {
    static CHARTS: OnceLock<ChartTree> = OnceLock::new();
    CHARTS.get_or_init(|| {
        let all = families().generate(&families().all());
        all.expect("the charts are made")
    })
}

pub(crate) fn example(name: &str) -> String {
    let path = workspace().join(format!("deployments/examples/{name}.yaml"));
    fs::read_to_string(path).expect("the example")
}

/// The files of a document, or everything that is wrong with it.
pub(crate) fn made(name: &str, text: &str) -> Result<Files, String> {
    of(&read(name, text).map_err(|error| error.to_string())?)
}

/// The same of one that was read.
pub(crate) fn of(document: &Document) -> Result<Files, String> {
    let vocabulary = Vocabulary::load().expect("the vocabulary is sound");
    // Those of the newest product version are made already.
    let own = document.selections(families(), &vocabulary);
    let own = own.map_err(|error| error.to_string())?;
    let newest = families().all().version;
    let made;
    let charts = if own.iter().all(|it| it.version == newest) {
        charts()
    } else {
        made = document
            .charts(families(), &vocabulary)
            .map_err(|error| error.to_string())?;
        &made
    };
    deploy(document, families(), &vocabulary, charts, &render).map_err(|error| error.to_string())
}

/// The documents of a chart, by the pinned Helm.
pub(crate) fn render(rendering: &Rendering) -> Result<Vec<Value>, String> {
    static POOL: OnceLock<RenderPool> = OnceLock::new();
    let pool = POOL.get_or_init(|| {
        let toolchain = Toolchain::new(workspace());
        let program = toolchain.ensure(Tool::Renderer, &mut StderrProgress::default());
        RenderPool::new(program.expect("the render server"), 2).deterministic(true)
    });
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, content) in &rendering.chart {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, content).expect("written");
    }
    let mut request = RenderRequest::new(folder.path(), &rendering.release, "default");
    request.values = rendering.values.clone();
    let rendered = pool.with(|server| server.render(&request));
    let documents = rendered.map_err(|error| error.to_string())?.documents;
    Ok(documents.into_iter().map(|it| it.value).collect())
}

/// A text with each of these replaced, which must be there once.
pub(crate) fn changed(text: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(text.to_owned(), |text, (old, new)| {
        assert_eq!(text.matches(old).count(), 1, "{old:?} is there once");
        text.replacen(old, new, 1)
    })
}
