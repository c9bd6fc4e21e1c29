//! The stand-in's images, built without Docker.

use std::path::{Path, PathBuf};

use am_deployment_toml::product::ProductVersion;
use am_standin::image::{ImageSpec, Programs, write_archive};
use am_toolchain::{StderrProgress, Tool, Toolchain};

use crate::error::LiveError;

/// Builds the stand-in and its shell, and writes an archive with its images for every version to `folder`.
///
/// # Errors
/// When one of them cannot be built or the archive cannot be written.
pub(crate) async fn build(
    workspace: &Path,
    folder: &Path,
    versions: &[ProductVersion],
) -> Result<PathBuf, LiveError> {
    let images: Vec<ImageSpec> = versions
        .iter()
        .flat_map(|version| ImageSpec::all_of(*version))
        .collect();
    let (workspace, out) = (workspace.to_owned(), folder.join("standin-images.tar"));
    let built = tokio::task::spawn_blocking(move || {
        let shell = Toolchain::new(&workspace)
            .ensure(Tool::Shell, &mut StderrProgress::default())
            .map_err(|error| error.to_string())?;
        let programs = Programs::build(&workspace, shell).map_err(|error| error.to_string())?;
        write_archive(&programs, &out, &images).map_err(|error| error.to_string())?;
        Ok::<_, String>(out)
    });
    match built.await {
        Ok(Ok(out)) => Ok(out),
        Ok(Err(reason)) => Err(LiveError::unavailable(
            reason,
            "the stand-in must build with `cargo build -p am-standin`, its shell with `go -C tools/shell build`",
        )),
        Err(error) => Err(LiveError::unavailable(
            format!("the build of the stand-in's images broke off: {error}"),
            "report this as a bug",
        )),
    }
}
