//! From the files of a model directory to a checked model.

mod read;
mod validate;

use std::path::Path;

use crate::diagnostic::Diagnostics;
use crate::model::Model;

impl Model {
    /// Reads a model directory and checks every reference in it.
    ///
    /// `label` stands for the directory in errors and in the source map. All mistakes are reported at once, except that
    /// references are only checked once every file can be read.
    pub fn load(directory: &Path, label: &str) -> Result<Self, Diagnostics> {
        let (model, sources) = read::read(directory, label)?;
        validate::validate(&model).into_result(model, &sources)
    }
}
