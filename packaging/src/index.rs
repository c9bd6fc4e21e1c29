//! The list of packages that lies beside them.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::error::{PackagingError, io};

/// The name of the list in a folder of packages.
pub const INDEX_FILE: &str = "index.json";

/// What a folder of packages holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Index {
    /// The release of the charts, such as `0.1.0`.
    pub release: String,
    /// Its day; nothing while it is worked on.
    pub date: Option<String>,
    /// The fingerprint of the key that every package must be signed with, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_key: Option<String>,
    /// The packages, by API Manager's version and chart.
    pub packages: Vec<Package>,
}

/// An archive of a chart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Package {
    /// The chart's name.
    pub chart: String,
    /// The chart's version: product version and release.
    pub version: String,
    /// The version of its own product that it installs.
    pub product_version: String,
    /// The archive's name in the folder.
    pub file: String,
    /// SHA-256 of the archive, in hexadecimal.
    pub sha256: String,
    /// Bytes of the archive.
    pub size: u64,
    /// The name of the provenance file in the folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provenance: Option<String>,
}

impl Package {
    /// Chart and version, as a person names a package.
    pub fn name(&self) -> String {
        format!("{} {}", self.chart, self.version)
    }
}

impl Index {
    /// Reads the index of a folder, and makes sure that the archives are those that it lists.
    ///
    /// # Errors
    /// When there is no index, it cannot be read, or an archive is missing or is another one.
    pub fn read(folder: &Path) -> Result<Self, PackagingError> {
        let file = folder.join(INDEX_FILE);
        let text = fs::read_to_string(&file).map_err(|source| {
            if source.kind() == std::io::ErrorKind::NotFound {
                PackagingError::Usage(format!(
                    "there is no {}; make packages with `cargo xtask package --out {}`",
                    file.display(),
                    folder.display()
                ))
            } else {
                io("read", &file)(source)
            }
        })?;
        let index: Self = serde_json::from_str(&text).map_err(|error| {
            PackagingError::Usage(format!(
                "{}:{}:{}: {error}; make it anew with `cargo xtask package`",
                file.display(),
                error.line(),
                error.column()
            ))
        })?;
        if index.packages.is_empty() {
            return Err(PackagingError::Usage(format!(
                "{} lists no package; make some with `cargo xtask package`",
                file.display()
            )));
        }
        for package in &index.packages {
            let plain = |name: &str| Path::new(name).file_name() == Some(name.as_ref());
            let names = std::iter::once(&package.file).chain(&package.provenance);
            if let Some(name) = names.into_iter().find(|name| !plain(name)) {
                return Err(PackagingError::Usage(format!(
                    "{}: `{name}` is no name of a file in the same folder",
                    file.display()
                )));
            }
            let archive = folder.join(&package.file);
            let found = digest(&fs::read(&archive).map_err(io("read", &archive))?);
            if found != package.sha256 {
                return Err(PackagingError::Usage(format!(
                    "{} is not the archive that {INDEX_FILE} lists: its SHA-256 is {found}, not {}; make the packages anew with `cargo xtask package`",
                    archive.display(),
                    package.sha256
                )));
            }
        }
        Ok(index)
    }

    /// The index as it is written.
    pub(crate) fn to_json(&self) -> String {
        // A struct of texts and numbers always becomes JSON.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// SHA-256 in hexadecimal.
pub(crate) fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::{INDEX_FILE, Index, Package, digest};

    fn folder(change: impl FnOnce(&mut Index)) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("c-1.0.0.tgz"), b"bytes").expect("written");
        let mut index = Index {
            release: "0.1.0".to_owned(),
            date: None,
            sign_key: None,
            packages: vec![Package {
                chart: "c".to_owned(),
                version: "1.0.0".to_owned(),
                product_version: "1.0.0".to_owned(),
                file: "c-1.0.0.tgz".to_owned(),
                sha256: digest(b"bytes"),
                size: 5,
                provenance: None,
            }],
        };
        change(&mut index);
        std::fs::write(folder.path().join(INDEX_FILE), index.to_json()).expect("written");
        folder
    }

    fn refused(change: impl FnOnce(&mut Index)) -> String {
        let error = Index::read(folder(change).path()).expect_err("refused");
        assert_eq!(error.exit_code(), 2, "{error}");
        error.to_string()
    }

    #[test]
    fn what_was_written_is_read() {
        let index = Index::read(folder(|_| ()).path()).expect("read");
        assert_eq!(index.packages[0].name(), "c 1.0.0");
    }

    #[test]
    fn an_archive_that_was_changed_afterwards_is_refused() {
        let message = refused(|index| index.packages[0].sha256 = digest(b"other"));
        assert!(
            message.contains("c-1.0.0.tgz is not the archive"),
            "{message}"
        );
    }

    #[test]
    fn a_folder_without_packages_is_refused() {
        let empty = tempfile::tempdir().expect("a folder");
        let error = Index::read(empty.path()).expect_err("refused");
        assert!(
            error.to_string().contains("cargo xtask package --out"),
            "{error}"
        );
        assert!(refused(|index| index.packages.clear()).contains("lists no package"));
    }

    #[test]
    fn files_of_other_folders_are_not_published() {
        for name in ["../c-1.0.0.tgz", "/etc/passwd", "a/b.tgz"] {
            let message = refused(|index| index.packages[0].file = name.to_owned());
            assert!(message.contains("no name of a file"), "{message}");
        }
    }
}
