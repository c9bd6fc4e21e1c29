//! The stand-in's images, built without Docker.

use std::path::{Path, PathBuf};

use am_deployment_toml::product::ProductVersion;
use am_standin::image::{ImageSpec, Programs, write_archive};
use am_toolchain::{StderrProgress, Tool, Toolchain};

use crate::error::LiveError;
use crate::process::Program;

/// Builds the stand-in and its shell, and writes an archive with its images for every version to `folder`. `below` is a file system
/// that goes below them.
///
/// # Errors
/// When one of them cannot be built or the archive cannot be written.
pub(crate) async fn build(
    workspace: &Path,
    folder: &Path,
    versions: &[ProductVersion],
    below: Option<PathBuf>,
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
        write_archive(&programs, &out, &images, below.as_deref())
            .map_err(|error| error.to_string())?;
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

/// The file system with databases and a JDK, made by the first run that needs it.
///
/// # Errors
/// When its packages cannot be had.
pub(crate) async fn databases(workspace: &Path) -> Result<PathBuf, LiveError> {
    let folder = workspace.join("target/tools/databases");
    std::fs::create_dir_all(&folder).map_err(LiveError::file("create", &folder))?;
    let made = folder.join("file-system.tar");
    let hint = "it needs root, Debian and its packages";
    Program::new(&workspace.join("tools/databases/build"), hint)
        .arg(&made)
        .run()
        .await?;
    Ok(made)
}
