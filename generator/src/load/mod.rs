//! From the files of a model directory to a checked model.

mod family;
mod layers;
mod read;
mod validate;

use std::path::Path;

use crate::diagnostic::Diagnostics;
use crate::model::Model;

pub use family::Families;
pub(crate) use layers::Layer;

impl Model {
    /// Reads a model directory and checks every reference in it.
    ///
    /// `label` stands for the directory in errors and in the source map. All mistakes are reported at once, except that
    /// references are only checked once every file can be read.
    pub fn load(directory: &Path, label: &str) -> Result<Self, Diagnostics> {
        Self::load_layers(&[Layer::whole(directory, label)], &[])
    }

    /// As [`Self::load`], from several folders, of which the first is the family's own. It has none of the files `without`.
    pub(crate) fn load_layers(layers: &[Layer], without: &[&str]) -> Result<Self, Diagnostics> {
        let (model, sources) = read::read(layers, without)?;
        validate::validate(&model).into_result(model, &sources)
    }
}
