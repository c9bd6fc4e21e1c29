//! Charts in archives, read without writing anything to disk.

use std::{
    collections::BTreeMap,
    io::{self, Read as _},
    path::{Component, Path},
};

use flate2::read::GzDecoder;
use tar::{Archive, EntryType};

/// All files of a chart together; Helm itself refuses more.
const LARGEST_CHART: u64 = 100 * 1024 * 1024;

/// One file of a chart; Helm itself refuses more.
const LARGEST_FILE: u64 = 5 * 1024 * 1024;

/// Why an archive is not read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ArchiveError {
    #[error("it is no archive as `helm package` makes it: {0}")]
    Unreadable(#[from] io::Error),
    #[error("`{0}` would be written outside of the chart")]
    Outside(String),
    #[error("`{name}` is larger than {} MiB", LARGEST_FILE / 1024 / 1024)]
    LargeFile { name: String },
    #[error("its files are larger than {} MiB together", LARGEST_CHART / 1024 / 1024)]
    Large,
    #[error("it holds no chart: there is no Chart.yaml one folder deep")]
    NoChart,
}

/// Text files by path relative to the chart, which is the one folder that an archive holds.
pub(super) fn files(bytes: &[u8]) -> Result<BTreeMap<String, String>, ArchiveError> {
    // One byte more than allowed tells that there is more.
    let reader = GzDecoder::new(bytes).take(LARGEST_CHART + 1);
    let mut archive = Archive::new(reader);
    let mut files = BTreeMap::new();
    let mut total = 0;
    for entry in archive.entries()? {
        let mut entry = entry?;
        // Folders are implied, and Helm takes no links out of archives.
        if entry.header().entry_type() != EntryType::Regular {
            continue;
        }
        let shown = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let Some(path) = inner_path(&entry.path()?) else {
            return Err(ArchiveError::Outside(shown));
        };
        if entry.size() > LARGEST_FILE {
            return Err(ArchiveError::LargeFile { name: shown });
        }
        total += entry.size();
        if total > LARGEST_CHART {
            return Err(ArchiveError::Large);
        }
        let mut content = Vec::new();
        entry.read_to_end(&mut content)?;
        if let (Ok(text), false) = (String::from_utf8(content), path.is_empty()) {
            files.insert(path, text);
        }
    }
    if files.contains_key("Chart.yaml") {
        Ok(files)
    } else {
        Err(ArchiveError::NoChart)
    }
}

/// The path below the archive's one folder; empty for a file beside it. `None` when it leads elsewhere.
fn inner_path(path: &Path) -> Option<String> {
    let parts: Option<Vec<String>> = path
        .components()
        .filter(|part| *part != Component::CurDir)
        .map(|part| match part {
            Component::Normal(part) => Some(part.to_string_lossy().into_owned()),
            _ => None,
        })
        .collect();
    Some(parts?.get(1..).unwrap_or_default().join("/"))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};
    use proptest::prelude::*;

    use super::{ArchiveError, files};

    /// An archive whose names are written as they are: the usual writers refuse `..`.
    fn packed(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut tar = Vec::new();
        for (name, content) in entries {
            let mut header = tar::Header::new_gnu();
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(content.len() as u64);
            header.set_entry_type(tar::EntryType::Regular);
            header.set_cksum();
            tar.extend_from_slice(header.as_bytes());
            tar.extend_from_slice(content);
            tar.resize(tar.len().next_multiple_of(512), 0);
        }
        tar.resize(tar.len() + 1024, 0);
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(&tar).expect("written to memory");
        gzip.finish().expect("written to memory")
    }

    #[test]
    fn texts_are_read_below_the_folder_of_the_chart() {
        let archive = packed(&[
            ("c/Chart.yaml", b"name: c"),
            ("./c/templates/a.yaml", b"a"),
            ("c/logo.png", &[0xff, 0xfe]),
        ]);
        let files = files(&archive).expect("a chart");
        let names: Vec<&str> = files.keys().map(String::as_str).collect();
        assert_eq!(names, ["Chart.yaml", "templates/a.yaml"]);
    }

    #[test]
    fn files_outside_of_the_chart_are_refused() {
        for name in ["../x", "c/../../x", "/etc/x"] {
            let archive = packed(&[("c/Chart.yaml", b"name: c"), (name, b"x")]);
            assert!(
                matches!(files(&archive), Err(ArchiveError::Outside(_))),
                "{name}"
            );
        }
    }

    #[test]
    fn a_file_that_helm_would_not_take_is_refused_before_it_is_read() {
        let large = vec![b'a'; 5 * 1024 * 1024 + 1];
        let archive = packed(&[("c/Chart.yaml", b"name: c"), ("c/values.yaml", &large)]);
        assert!(matches!(
            files(&archive),
            Err(ArchiveError::LargeFile { .. })
        ));
    }

    #[test]
    fn what_is_no_chart_says_so() {
        assert!(matches!(
            files(&packed(&[("a", b"x")])),
            Err(ArchiveError::NoChart)
        ));
        assert!(matches!(
            files(b"no archive"),
            Err(ArchiveError::Unreadable(_))
        ));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2048), at in 0..200_usize) {
            let _ = files(&bytes);
            let mut damaged = packed(&[("c/Chart.yaml", b"name: c"), ("c/values.yaml", b"a: 1")]);
            let at = at % damaged.len();
            damaged[at] ^= 0x55;
            let _ = files(&damaged);
        }
    }
}
