//! Brings packages into a registry: everything is looked at first, and nothing that is there is replaced.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use am_pinned_tools::{Progress, Tool, Toolchain};

use crate::error::{PackagingError, io};
use crate::index::{Index, Package, digest};
use crate::program::run;
use crate::registry::{Client, Found, Registry, layer};
use crate::signature::{Signature, Signer};

/// The tag, and the kinds of configuration and layer, by which Artifact Hub finds what it should know of a repository.
const ARTIFACT_HUB_TAG: &str = "artifacthub.io";
const ARTIFACT_HUB_CONFIG: &str = "application/vnd.cncf.artifacthub.config.v1+yaml";
const ARTIFACT_HUB_LAYER: &str =
    "application/vnd.cncf.artifacthub.repository-metadata.layer.v1.yaml";

/// What to publish, and where.
#[derive(Debug, Clone)]
pub struct PublishOptions {
    /// The folder of packages.
    pub packages: PathBuf,
    /// Where they go.
    pub registry: Registry,
    /// How they are signed there, if they are.
    pub signature: Option<Signature>,
    /// The file that Artifact Hub reads of each repository; left out when there is none.
    pub artifact_hub: Option<PathBuf>,
    /// Change the registry; without it, only say what would be done.
    pub execute: bool,
}

/// What the registry has under a package's version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing.
    Absent,
    /// The same bytes.
    Same,
    /// The same bytes, without the provenance file that the package has now.
    SameWithoutProvenance,
    /// Other bytes.
    Different,
}

/// A package and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The package.
    pub package: Package,
    /// Its reference in the registry.
    pub reference: String,
    /// What was there before.
    pub state: State,
    /// SHA-256 of the archive that was there before.
    pub found: Option<String>,
    /// Digest of the manifest, once it is there.
    pub manifest: Option<String>,
    /// Whether it needed a signature; it has it now when [`PublishOptions::execute`] was set.
    pub signed: bool,
}

/// What came of publishing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Every package of the folder.
    pub packages: Vec<Published>,
    /// Repositories whose metadata for Artifact Hub were not up to date.
    pub artifact_hub: Vec<String>,
    /// Whether anything was changed, or only would be.
    pub executed: bool,
}

impl Outcome {
    /// The packages whose version is taken by other bytes; while there is one, nothing is published.
    pub fn refused(&self) -> impl Iterator<Item = &Published> {
        self.packages
            .iter()
            .filter(|package| package.state == State::Different)
    }
}

/// Publishes a folder of packages, or tells what that would do.
///
/// # Errors
/// When the packages or the key cannot be used, a tool cannot be had, or the registry does not answer. A version that is taken is
/// no error, but [`Outcome::refused`].
pub fn publish(
    toolchain: &Toolchain,
    options: &PublishOptions,
    progress: &mut dyn Progress,
) -> Result<Outcome, PackagingError> {
    let index = Index::read(&options.packages)?;
    check_provenance(&index)?;
    let client = Client {
        registry: &options.registry,
        helm: toolchain.ensure(Tool::Helm4, progress)?,
        oras: toolchain.ensure(Tool::Oras, progress)?,
    };
    let signer = match &options.signature {
        Some(signature) => Some(Signer::new(
            toolchain.ensure(Tool::Cosign, progress)?,
            signature,
            &options.registry,
        )?),
        None => None,
    };
    let mut packages = Vec::new();
    for package in &index.packages {
        let found = client.find(package)?;
        packages.push(looked_at(&options.registry, package, found.as_ref()));
    }
    let may_go = packages
        .iter()
        .all(|package| package.state != State::Different);
    let execute = options.execute && may_go;
    for published in &mut packages {
        if execute && published.state == State::Absent {
            published.manifest = Some(push(&client, &options.packages, &published.package)?);
        }
        if let Some(signer) = signer.as_ref().filter(|_| may_go) {
            sign(signer, &options.registry, published, execute)?;
        }
    }
    let artifact_hub = match &options.artifact_hub {
        Some(file) if may_go => tell_artifact_hub(&client, file, &index, execute)?,
        _ => Vec::new(),
    };
    Ok(Outcome {
        packages,
        artifact_hub,
        executed: execute,
    })
}

/// Charts that tell users which key signed them are signed.
fn check_provenance(index: &Index) -> Result<(), PackagingError> {
    let Some(key) = &index.sign_key else {
        return Ok(());
    };
    match index
        .packages
        .iter()
        .find(|package| package.provenance.is_none())
    {
        Some(package) => Err(PackagingError::Usage(format!(
            "{} says that it is signed with {key} and has no provenance file; make it with `cargo xtask package --sign`",
            package.name()
        ))),
        None => Ok(()),
    }
}

fn looked_at(registry: &Registry, package: &Package, found: Option<&Found>) -> Published {
    let state = match found {
        None => State::Absent,
        Some(found) if found.archive.as_deref() != Some(package.sha256.as_str()) => {
            State::Different
        }
        Some(found) if package.provenance.is_some() && !found.has_provenance => {
            State::SameWithoutProvenance
        }
        Some(_) => State::Same,
    };
    Published {
        reference: format!(
            "oci://{}:{}",
            registry.repository(&package.chart),
            package.version
        ),
        package: package.clone(),
        state,
        found: found.and_then(|found| found.archive.clone()),
        manifest: found.map(|found| found.manifest.clone()),
        signed: false,
    }
}

/// Pushes a package, and makes sure that it is what lies there now: somebody else may push, too.
fn push(client: &Client<'_>, folder: &Path, package: &Package) -> Result<String, PackagingError> {
    client.push(&folder.join(&package.file))?;
    match client.find(package)? {
        Some(found) if found.archive.as_deref() == Some(package.sha256.as_str()) => {
            Ok(found.manifest)
        }
        _ => Err(PackagingError::Unsound(format!(
            "{} was pushed, and the registry does not have it; did somebody else push the same version?",
            package.name()
        ))),
    }
}

fn sign(
    signer: &Signer<'_>,
    registry: &Registry,
    published: &mut Published,
    execute: bool,
) -> Result<(), PackagingError> {
    // By digest: a tag may be moved.
    let reference = published
        .manifest
        .as_ref()
        .map(|digest| format!("{}@{digest}", registry.repository(&published.package.chart)));
    let is_signed = match &reference {
        Some(reference) => signer.is_signed(reference)?,
        None => false,
    };
    published.signed = !is_signed;
    match reference {
        Some(reference) if execute && !is_signed => signer.sign(&reference),
        _ => Ok(()),
    }
}

/// Brings the file for Artifact Hub to each chart's repository. It is no version: a changed file replaces the one before.
fn tell_artifact_hub(
    client: &Client<'_>,
    file: &Path,
    index: &Index,
    execute: bool,
) -> Result<Vec<String>, PackagingError> {
    let wanted = digest(&std::fs::read(file).map_err(io("read", file))?);
    let charts: BTreeSet<&str> = index
        .packages
        .iter()
        .map(|package| package.chart.as_str())
        .collect();
    let mut changed = Vec::new();
    for chart in charts {
        let there = client.manifest(chart, ARTIFACT_HUB_TAG)?;
        let there = there.and_then(|manifest| layer(&manifest["content"], ARTIFACT_HUB_LAYER));
        if there.as_deref() == Some(wanted.as_str()) {
            continue;
        }
        let reference = format!("{}:{ARTIFACT_HUB_TAG}", client.registry.repository(chart));
        if execute {
            push_metadata(client, file, &reference)?;
        }
        changed.push(format!("oci://{reference}"));
    }
    Ok(changed)
}

/// `oras push` of a file with an empty configuration, as Artifact Hub documents it.
fn push_metadata(client: &Client<'_>, file: &Path, reference: &str) -> Result<(), PackagingError> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let folder = tempfile::tempdir().map_err(io("create a folder in", std::env::temp_dir()))?;
    // oras takes the name of a file in the current folder as its title.
    let copy = folder.path().join(&*name);
    std::fs::copy(file, &copy).map_err(io("copy", file))?;
    let configuration = folder.path().join("configuration");
    std::fs::write(&configuration, "").map_err(io("write", &configuration))?;
    let mut push = Command::new(&client.oras);
    push.arg("push")
        .args(client.oras_options())
        .arg(reference)
        .args(["--config", &format!("configuration:{ARTIFACT_HUB_CONFIG}")])
        .arg(format!("{name}:{ARTIFACT_HUB_LAYER}"))
        .current_dir(folder.path());
    run(&mut push, "may you write to this repository?").map(|_| ())
}
