//! The table of the product and the key catalogue, where an image brings others than the stand-in holds in itself: those of the
//! workspace from which the suite was told to read.

use std::borrow::Cow;
use std::path::Path;

use am_deployment_toml::{Catalogue, catalogue};
use am_product::data::{DataError, read_from, root};

/// Where an image has them.
const FOLDER: &str = "/usr/share/am-charts";

/// Reads from the image what it brings.
///
/// # Errors
/// When that cannot be used.
pub fn choose() -> Result<(), DataError> {
    let folder = Path::new(FOLDER);
    if folder.is_dir() {
        read_from(folder)?;
        Catalogue::check()?;
    }
    am_product::check()
}

/// The files that an image must bring, with their places in it; none where the stand-in holds the right ones.
pub(crate) fn of_images() -> Result<Vec<(String, Cow<'static, str>)>, DataError> {
    if root().is_none() {
        return Ok(Vec::new());
    }
    let files = catalogue::files().chain([am_product::TABLE_FILE]);
    files
        .map(|file| Ok((format!("{FOLDER}/{}", file.path), file.text()?)))
        .collect()
}
