//! Differences between wanted and present files.

use similar::TextDiff;

use super::wanted::Files;

/// A file that is not as the model says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Path below the output directory.
    pub path: String,
    /// What is wrong with it.
    pub kind: DifferenceKind,
    /// Unified diff from what is there to what should be.
    pub diff: String,
}

/// Kind of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DifferenceKind {
    /// The file is not there.
    Missing,
    /// The file has another content.
    Changed,
    /// The file is left over from an earlier run.
    Orphan,
}

impl DifferenceKind {
    /// One word for reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Changed => "changed",
            Self::Orphan => "orphan",
        }
    }
}

pub(super) fn differences(wanted: &Files, present: &Files) -> Vec<Difference> {
    let mut differences = Vec::new();
    for (path, new) in wanted {
        match present.get(path) {
            None => differences.push(difference(path, DifferenceKind::Missing, &[], new)),
            Some(old) if old != new => {
                differences.push(difference(path, DifferenceKind::Changed, old, new));
            }
            Some(_) => {}
        }
    }
    for (path, old) in present
        .iter()
        .filter(|(path, _)| !wanted.contains_key(*path))
    {
        differences.push(difference(path, DifferenceKind::Orphan, old, &[]));
    }
    differences.sort_by(|a, b| a.path.cmp(&b.path));
    differences
}

fn difference(path: &str, kind: DifferenceKind, old: &[u8], new: &[u8]) -> Difference {
    let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(new));
    let name = |side: &str, exists: bool| {
        if exists {
            format!("{side}/{path}")
        } else {
            "/dev/null".to_owned()
        }
    };
    let diff = TextDiff::from_lines(old.as_ref(), new.as_ref())
        .unified_diff()
        .context_radius(3)
        .header(
            &name("a", kind != DifferenceKind::Missing),
            &name("b", kind != DifferenceKind::Orphan),
        )
        .to_string();
    Difference {
        path: path.to_owned(),
        kind,
        diff,
    }
}

#[cfg(test)]
mod tests {
    use super::{DifferenceKind, differences};
    use std::collections::BTreeMap;

    fn files(entries: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
        entries
            .iter()
            .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()))
            .collect()
    }

    #[test]
    fn missing_changed_and_left_over_files_are_told_apart() {
        let found = differences(
            &files(&[("a", "1\n"), ("b", "new\n"), ("d", "x\n")]),
            &files(&[("b", "old\n"), ("c", "x\n"), ("d", "x\n")]),
        );
        let kinds: Vec<_> = found
            .iter()
            .map(|difference| (difference.path.as_str(), difference.kind))
            .collect();
        assert_eq!(
            kinds,
            [
                ("a", DifferenceKind::Missing),
                ("b", DifferenceKind::Changed),
                ("c", DifferenceKind::Orphan)
            ]
        );
        assert_eq!(found[1].diff, "--- a/b\n+++ b/b\n@@ -1 +1 @@\n-old\n+new\n");
    }
}
