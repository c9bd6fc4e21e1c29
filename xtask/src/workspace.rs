//! Where the workspace is.

use std::path::{Path, PathBuf};

use am_conformance::{SuiteError, suite};
use am_product::data;

/// Reads data from a copy of the workspace instead of from this program; refuses what cannot be used.
pub(crate) fn choose(copy: Option<&Path>) -> Result<(), SuiteError> {
    match copy {
        Some(copy) => {
            data::read_from(copy)?;
            suite::check_data()
        }
        None => Ok(am_product::check()?),
    }
}

/// The root of the workspace: the copy that was named, else the one that this command was built from.
pub(crate) fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    data::root()
        .or_else(|| own.parent())
        .unwrap_or(own)
        .to_owned()
}
