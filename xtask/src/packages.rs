//! What `package`, `publish` and `changelog` share: the model, and how a failure is told.

use std::path::{Path, PathBuf};

use am_conformance::SuiteError;
use am_generator::diagnostic::Diagnostics;
use am_generator::{Families, Model, Templates};
use am_packaging::{PackagingError, Provenance};
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::exit::ExitStatus;
use crate::workspace;

/// Where packages are below the workspace.
pub(crate) const DEFAULT_PACKAGES: &str = "target/packages";

/// How a result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text for people.
    Human,
    /// One JSON document.
    Json,
}

/// Which charts are packed.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Only the charts of this version of API Manager; other families' charts are of the version beside it. May be repeated; all versions unless given.
    #[arg(long, value_name = "VERSION")]
    pub(crate) product_version: Vec<String>,
    /// Only this pattern, by number or name, or the chart of another family by its name. May be repeated; all charts unless given.
    #[arg(long, value_name = "N")]
    pub(crate) pattern: Vec<String>,
    /// Refuse unless the newest release in generator/model/releases.yaml is this one and has a date; a leading `v` is left out.
    #[arg(long, value_name = "VERSION")]
    pub(crate) release: Option<String>,
}

/// The OpenPGP key of provenance files.
#[derive(Debug, Args)]
pub(crate) struct OpenPgp {
    /// Name of the OpenPGP key for provenance files (`helm package --key`), or a part of it.
    #[arg(long, value_name = "NAME", requires = "keyring")]
    pub(crate) provenance_key: Option<String>,
    /// File with the secret OpenPGP key, binary or armoured.
    #[arg(long, value_name = "FILE", requires = "provenance_key")]
    pub(crate) keyring: Option<PathBuf>,
    /// File with its passphrase.
    #[arg(long, value_name = "FILE", requires = "provenance_key")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

impl OpenPgp {
    pub(crate) fn provenance(&self) -> Option<Provenance> {
        Some(Provenance {
            key: self.provenance_key.clone()?,
            keyring: self.keyring.clone()?,
            passphrase_file: self.passphrase_file.clone(),
        })
    }
}

/// Why a command ended, with its exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    status: ExitStatus,
    message: String,
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self {
            status: ExitStatus::Usage,
            message: message.into(),
        }
    }

    pub(crate) fn unable(message: impl Into<String>) -> Self {
        Self {
            status: ExitStatus::Unable,
            message: message.into(),
        }
    }

    pub(crate) fn tell(self, as_json: bool) -> ExitStatus {
        if as_json {
            println!("{}", json!({"error": self.message}));
        } else {
            eprintln!("error: {}", self.message);
        }
        self.status
    }
}

impl From<Failure> for SuiteError {
    fn from(failure: Failure) -> Self {
        match failure.status {
            ExitStatus::Usage => Self::usage(failure.message),
            _ => Self::cannot_check(failure.message),
        }
    }
}

impl From<Diagnostics> for Failure {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::usage(diagnostics.to_string())
    }
}

impl From<PackagingError> for Failure {
    fn from(error: PackagingError) -> Self {
        if error.exit_code() == 2 {
            Self::usage(error.to_string())
        } else {
            Self::unable(error.to_string())
        }
    }
}

/// All families of the workspace.
pub(crate) fn families() -> Result<Families, Failure> {
    Ok(Families::load(&workspace::root())?)
}

/// API Manager's model and templates.
pub(crate) fn load() -> Result<(Model, Templates), Failure> {
    let root = workspace::root();
    let model = Model::load(&root.join("generator/model"), "generator/model")?;
    let templates = Templates::load(&root.join("generator/templates"), "generator/templates")?;
    Ok((model, templates))
}

/// Refuses a release that the model does not have, or that is not finished.
pub(crate) fn check_release(model: &Model, wanted: Option<&str>) -> Result<(), Failure> {
    let Some(wanted) = wanted else {
        return Ok(());
    };
    let number = wanted.strip_prefix('v').unwrap_or(wanted);
    let newest = model.newest_release();
    let has = newest.map_or("", |release| release.version.value.as_str());
    if has != number {
        return Err(Failure::usage(format!(
            "the newest release in {} is {has}, not {number}; add it there, or tag the commit that has it",
            model.releases.file
        )));
    }
    if newest.is_none_or(|release| release.date.is_none()) {
        return Err(Failure::usage(format!(
            "release {number} has no date in {}; write it, run `cargo xtask changelog --write`, and tag that commit",
            model.releases.file
        )));
    }
    Ok(())
}

/// Writes a file whole or not at all.
pub(crate) fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let mut unfinished = file.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let written =
        std::fs::write(&unfinished, text).and_then(|()| std::fs::rename(&unfinished, file));
    written.map_err(|error| Failure::unable(format!("could not write {}: {error}", file.display())))
}
