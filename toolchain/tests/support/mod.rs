//! The built tools and the fixture chart, for all tests.

use std::path::{Path, PathBuf};

use am_toolchain::{StderrProgress, Tool, Toolchain};

pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub(crate) fn tool(tool: Tool) -> PathBuf {
    Toolchain::new(workspace())
        .ensure(tool, &mut StderrProgress::default())
        .unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}
