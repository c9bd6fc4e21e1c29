//! Makes archives: Helm packs what the generator makes, with times that are the same on every machine.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use am_generator::model::release::seconds_of_day;
use am_generator::{ChartTree, Families, Selection};
use am_pinned_tools::{Progress, Tool, Toolchain};

use crate::error::{PackagingError, io};
use crate::index::{INDEX_FILE, Index, Package, digest};
use crate::program::{run, said};

/// The key with which Helm signs packages: `helm package --sign`.
#[derive(Debug, Clone)]
pub struct Provenance {
    /// Name of the key, or a part of it.
    pub key: String,
    /// File with the secret key.
    pub keyring: PathBuf,
    /// File with the key's passphrase; not needed for a key without one.
    pub passphrase_file: Option<PathBuf>,
}

/// What Helm says about a key after it has verified a package with it.
const FINGERPRINT: &str = "Using Key With Fingerprint: ";

/// Makes the packages of the selected charts in a folder, and their index. What an earlier index listed there and this one does
/// not is removed; other files are left alone.
///
/// The version of a selection is API Manager's; charts of another family are of the version beside it.
/// The archives are a function of models, templates and Helm's version alone. A provenance file is not: a signature has a time.
///
/// # Errors
/// When the charts cannot be generated, Helm cannot be had or refuses them, or the folder cannot be written.
pub fn package(
    toolchain: &Toolchain,
    families: &Families,
    selected: &[Selection],
    out: &Path,
    provenance: Option<&Provenance>,
    progress: &mut dyn Progress,
) -> Result<Index, PackagingError> {
    let main = families.main();
    let release = main
        .newest_release()
        .ok_or_else(|| PackagingError::Usage("the model has no release".to_owned()))?;
    let date = release.date.as_ref().map(|date| date.value.clone());
    let seconds = date.as_deref().and_then(seconds_of_day).unwrap_or(0);
    if let Some(provenance) = provenance {
        let files = std::iter::once(&provenance.keyring).chain(&provenance.passphrase_file);
        if let Some(missing) = files.into_iter().find(|file| !file.is_file()) {
            return Err(PackagingError::Usage(format!(
                "there is no {}; give the file of the secret key, and of its passphrase",
                missing.display()
            )));
        }
    }
    let helm = toolchain.ensure(Tool::Helm4, progress)?;

    fs::create_dir_all(out).map_err(io("create", out))?;
    // Inside the folder, so that a rename puts a finished file into its place.
    let work = tempfile::Builder::new()
        .prefix(".packages-")
        .tempdir_in(out)
        .map_err(io("create a folder in", out))?;
    let mut packages = Vec::new();
    for wanted in selected {
        let tree = families.generate(wanted)?;
        let sources = work.path().join(&wanted.version);
        stage(&tree, &sources)?;
        pack(
            &helm,
            &sources,
            &wanted.patterns,
            work.path(),
            seconds,
            provenance,
        )?;
        for chart in &wanted.patterns {
            let made = Made {
                helm: &helm,
                folder: work.path(),
                seconds,
                provenance,
                fingerprint: main
                    .product
                    .sign_key
                    .as_ref()
                    .map(|key| key.fingerprint.as_str()),
            };
            let (version, product_version) = versions(families, chart, &wanted.version)?;
            packages.push(made.describe(chart, &version, product_version)?);
        }
    }
    let index = Index {
        release: release.version.value.clone(),
        date,
        sign_key: main
            .product
            .sign_key
            .as_ref()
            .map(|key| key.fingerprint.clone()),
        packages,
    };
    put(&index, work.path(), out)?;
    Ok(index)
}

/// The versions of a chart and of its product, beside a version of API Manager.
fn versions<'f>(
    families: &'f Families,
    chart: &str,
    beside: &str,
) -> Result<(String, &'f str), PackagingError> {
    let versions = families.of_chart(chart).and_then(|model| {
        let product = model.version_beside(beside)?.version.value.as_str();
        Some((model.chart_version(product)?, product))
    });
    versions.ok_or_else(|| {
        PackagingError::Usage(format!(
            "{chart} has no chart version beside API Manager {beside}"
        ))
    })
}

/// Writes the files of charts into a folder.
fn stage(tree: &ChartTree, folder: &Path) -> Result<(), PackagingError> {
    for (path, content) in tree.files() {
        let file = folder.join(path);
        let parent = file.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(io("create", parent))?;
        fs::write(&file, content).map_err(io("write", &file))?;
    }
    Ok(())
}

/// `helm package`, which takes times from `SOURCE_DATE_EPOCH`; order, owners and the header of gzip are fixed by Helm.
fn pack(
    helm: &Path,
    sources: &Path,
    charts: &[String],
    out: &Path,
    seconds: u64,
    provenance: Option<&Provenance>,
) -> Result<(), PackagingError> {
    let mut command = Command::new(helm);
    command
        .arg("package")
        .args(charts.iter().map(|chart| sources.join(chart)))
        .arg("--destination")
        .arg(out)
        .env("SOURCE_DATE_EPOCH", seconds.to_string())
        .env("HELM_PLUGINS", "");
    if let Some(provenance) = provenance {
        command
            .args(["--sign", "--key"])
            .arg(&provenance.key)
            .arg("--keyring")
            .arg(&provenance.keyring);
        if let Some(file) = &provenance.passphrase_file {
            command.arg("--passphrase-file").arg(file);
        }
    }
    run(&mut command, "correct what Helm names").map(|_| ())
}

/// What Helm made in a folder.
struct Made<'a> {
    helm: &'a Path,
    folder: &'a Path,
    seconds: u64,
    provenance: Option<&'a Provenance>,
    /// The fingerprint that the charts' metadata tell.
    fingerprint: Option<&'a str>,
}

impl Made<'_> {
    /// The entry of an archive in the index.
    fn describe(
        &self,
        chart: &str,
        version: &str,
        product_version: &str,
    ) -> Result<Package, PackagingError> {
        let file = format!("{chart}-{version}.tgz");
        let archive = self.folder.join(&file);
        let bytes = fs::read(&archive).map_err(io("read", &archive))?;
        // `helm push` writes the archive's time into the manifest, which must be the same each time, too.
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(self.seconds);
        File::options()
            .write(true)
            .open(&archive)
            .and_then(|file| file.set_modified(time))
            .map_err(io("set the time of", &archive))?;
        let provenance = match self.provenance {
            Some(provenance) => {
                self.verify(&archive, provenance)?;
                Some(format!("{file}.prov"))
            }
            None => None,
        };
        Ok(Package {
            chart: chart.to_owned(),
            version: version.to_owned(),
            product_version: product_version.to_owned(),
            sha256: digest(&bytes),
            size: bytes.len() as u64,
            file,
            provenance,
        })
    }

    /// `helm verify`, and that the key is the one that the charts name.
    fn verify(&self, archive: &Path, provenance: &Provenance) -> Result<(), PackagingError> {
        let mut verify = Command::new(self.helm);
        verify
            .arg("verify")
            .arg(archive)
            .arg("--keyring")
            .arg(&provenance.keyring);
        let output = run(&mut verify, "the provenance file does not fit its package")?;
        let text = said(&output);
        let used = text
            .lines()
            .find_map(|line| line.strip_prefix(FINGERPRINT))
            .unwrap_or_default();
        match self.fingerprint {
            Some(wanted) if wanted != used => Err(PackagingError::Usage(format!(
                "{} is signed with the key {used}, but generator/model/product.yaml tells users {wanted} (sign-key); sign with that key, or change the model",
                archive.display()
            ))),
            _ => Ok(()),
        }
    }
}

/// Puts finished packages into their place, the index last.
fn put(index: &Index, work: &Path, out: &Path) -> Result<(), PackagingError> {
    let names = |index: &Index| -> Vec<String> {
        let packages = index.packages.iter();
        packages
            .flat_map(|package| {
                std::iter::once(package.file.clone()).chain(package.provenance.clone())
            })
            .collect()
    };
    let listed = out.join(INDEX_FILE);
    let earlier: Option<Index> = fs::read(&listed)
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok());
    let wanted = names(index);
    for old in earlier
        .iter()
        .flat_map(names)
        .filter(|old| !wanted.contains(old))
    {
        // Only files of this folder were ever listed.
        if Path::new(&old).file_name() == Some(old.as_ref()) {
            let file = out.join(old);
            match fs::remove_file(&file) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    return Err(io("remove", &file)(source));
                }
                _ => {}
            }
        }
    }
    for name in &wanted {
        let file = out.join(name);
        fs::rename(work.join(name), &file).map_err(io("write", &file))?;
    }
    let unfinished = work.join(INDEX_FILE);
    fs::write(&unfinished, index.to_json()).map_err(io("write", &unfinished))?;
    fs::rename(&unfinished, &listed).map_err(io("write", &listed))
}
