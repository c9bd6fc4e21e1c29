//! The model once for all tests, and documents that are the examples with something changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use am_deployments::{Vocabulary, deploy, read};
use am_generator::output::Files;
use am_generator::{ChartTree, Model, Selection, Templates, generate};

pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub(crate) fn model() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| {
        let folder = workspace().join("generator/model");
        Model::load(&folder, "generator/model").expect("the model is sound")
    })
}

/// The charts that tests need, made once.
fn charts() -> &'static ChartTree {
    static CHARTS: OnceLock<ChartTree> = OnceLock::new();
    CHARTS.get_or_init(|| {
        let folder = workspace().join("generator/templates");
        let templates =
            Templates::load(&folder, "generator/templates").expect("templates are sound");
        let selection = Selection {
            patterns: vec!["am-pattern-3".into(), "am-pattern-4".into()],
            ..Selection::all(model())
        };
        generate(model(), &templates, &selection).expect("the charts are made")
    })
}

pub(crate) fn example(name: &str) -> String {
    let path = workspace().join(format!("deployments/examples/{name}.yaml"));
    fs::read_to_string(path).expect("the example")
}

/// The files of a document, or everything that is wrong with it.
pub(crate) fn made(name: &str, text: &str) -> Result<Files, String> {
    let document = read(name, text).map_err(|error| error.to_string())?;
    document
        .charts(model())
        .map_err(|error| error.to_string())?;
    let vocabulary = Vocabulary::load().expect("the vocabulary is sound");
    deploy(&document, model(), &vocabulary, charts()).map_err(|error| error.to_string())
}

/// A text with each of these replaced, which must be there once.
pub(crate) fn changed(text: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(text.to_owned(), |text, (old, new)| {
        assert_eq!(text.matches(old).count(), 1, "{old:?} is there once");
        text.replacen(old, new, 1)
    })
}
