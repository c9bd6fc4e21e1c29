//! The stand-in's images, built without Docker.

use std::path::{Path, PathBuf};

use am_deployment_toml::product::ProductVersion;
use am_standin::image::{ImageSpec, build_static_binary, write_archive};

use crate::error::LiveError;

/// Builds the stand-in and writes an archive with its images for every version to `folder`.
///
/// # Errors
/// When the stand-in cannot be built or the archive cannot be written.
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
        let binary = build_static_binary(&workspace).map_err(|error| error.to_string())?;
        write_archive(&binary, &out, &images).map_err(|error| error.to_string())?;
        Ok::<_, String>(out)
    });
    match built.await {
        Ok(Ok(out)) => Ok(out),
        Ok(Err(reason)) => Err(LiveError::unavailable(
            reason,
            "the stand-in must build with `cargo build -p am-standin`",
        )),
        Err(error) => Err(LiveError::unavailable(
            format!("the build of the stand-in's images broke off: {error}"),
            "report this as a bug",
        )),
    }
}
