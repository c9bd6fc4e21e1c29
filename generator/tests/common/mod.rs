//! The mini model and its templates: small enough to know every generated line.

use std::path::{Path, PathBuf};

use am_generator::{ChartTree, Model, Selection, Templates, generate};

pub(crate) fn mini() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mini")
}

pub(crate) fn model() -> Model {
    Model::load(&mini().join("model"), "mini/model").unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

pub(crate) fn templates() -> Templates {
    Templates::load(&mini().join("templates"), "mini/templates")
        .unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

#[allow(dead_code, reason = "not every test file needs it")]
pub(crate) fn tree() -> ChartTree {
    let model = model();
    generate(&model, &templates(), &Selection::all(&model))
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Copies a directory.
#[allow(dead_code, reason = "not every test file needs it")]
pub(crate) fn copy(from: &Path, to: &Path) {
    am_toolchain::copy_folder(from, to).expect("a temporary copy");
}
