//! The generated files, in memory, and the line at their head that says what made them.

use std::collections::BTreeMap;

use crate::maker::CHARTS;
use crate::source_map::{Origin, SourceMap};

/// The generated charts: path below the output directory → content.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChartTree {
    files: BTreeMap<String, Vec<u8>>,
    source_map: SourceMap,
}

/// Why a file cannot become part of the tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// Two sources make the same file.
    #[error("{path} is made twice, the second time from {origin}")]
    Duplicate {
        /// Path below the output directory.
        path: String,
        /// The second source.
        origin: String,
    },
    /// The notice needs a comment, and nothing is known about this kind of file.
    #[error(
        "{path}: no comment syntax is known for this kind of file; add it to `comment` in generator/src/tree.rs"
    )]
    UnknownKind {
        /// Path below the output directory.
        path: String,
    },
}

impl ChartTree {
    /// The files with their content, sorted by path.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files
            .iter()
            .map(|(path, content)| (path.as_str(), content.as_slice()))
    }

    /// Content of a file by its path below the output directory, such as `am-pattern-3/Chart.yaml`.
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(Vec::as_slice)
    }

    /// Names of the charts, sorted.
    pub fn charts(&self) -> Vec<&str> {
        let mut charts: Vec<&str> = self
            .files
            .keys()
            .filter_map(|path| Some(path.split_once('/')?.0))
            .collect();
        charts.dedup();
        charts
    }

    /// Where each generated line came from.
    pub fn source_map(&self) -> &SourceMap {
        &self.source_map
    }

    /// Adds a file below its notice. `source` is what the notice names: a file or a folder of the generator.
    pub(crate) fn insert(
        &mut self,
        path: String,
        source: &str,
        text: &str,
        origins: Vec<Option<Origin>>,
    ) -> Result<(), TreeError> {
        if self.files.contains_key(&path) {
            return Err(TreeError::Duplicate {
                path,
                origin: source.to_owned(),
            });
        }
        let Some((head, body, joined)) = with_notice(&path, source, text) else {
            return Err(TreeError::UnknownKind { path });
        };
        let mut content = head;
        content.push_str(body);
        let mut all_origins = origins;
        if !joined {
            let first = all_origins.first().cloned().flatten();
            all_origins.insert(0, first);
        }
        self.source_map.insert(&path, &all_origins);
        self.files.insert(path, content.into_bytes());
        Ok(())
    }

    /// Adds the files of another tree.
    pub fn extend(&mut self, other: Self) {
        self.source_map.merge(&other.source_map);
        self.files.extend(other.files);
    }
}

/// Head and body of a file with its notice, and whether head and the body's first line became one line.
fn with_notice<'t>(path: &str, source: &str, text: &'t str) -> Option<(String, &'t str, bool)> {
    let notice = CHARTS.notice(source);
    if extension(path) == "json" {
        // JSON has no comments; `{` becomes `{"$comment": …,` on the same line.
        let body = text.strip_prefix('{')?;
        return Some((
            format!("{{\"$comment\": {},", serde_json::Value::from(notice)),
            body,
            true,
        ));
    }
    let (open, close) = comment(path)?;
    Some((format!("{open}{notice}{close}\n"), text, false))
}

/// The part of a file's name behind its last dot.
pub(crate) fn extension(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// How a comment opens and closes in a kind of file.
fn comment(path: &str) -> Option<(&'static str, &'static str)> {
    let (_, in_chart) = path.split_once('/').unwrap_or(("", path));
    if in_chart.starts_with("templates/") {
        return Some(("{{- /* ", " */ -}}"));
    }
    match extension(path) {
        "yaml" | "yml" | "toml" | "properties" | "helmignore" | "sh" | "conf" => Some(("# ", "")),
        "md" => Some(("<!-- ", " -->")),
        "tpl" => Some(("{{- /* ", " */ -}}")),
        "sql" => Some(("-- ", "")),
        "java" => Some(("// ", "")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{ChartTree, TreeError};
    use crate::source_map::Origin;

    fn head(path: &str, text: &str) -> String {
        let mut tree = ChartTree::default();
        tree.insert(
            path.to_owned(),
            "generator/x",
            text,
            vec![Some(Origin::new("generator/x", 1))],
        )
        .expect("known kind");
        String::from_utf8_lossy(tree.get(path).expect("inserted")).into_owned()
    }

    #[test]
    fn every_kind_of_file_says_what_made_it() {
        let notice = "Generated by `cargo xtask gen-charts` from generator/x; do not edit.";
        assert_eq!(
            head("c/Chart.yaml", "a: 1\n"),
            format!("# {notice}\na: 1\n")
        );
        assert_eq!(
            head("c/templates/a.yaml", "a: 1\n"),
            format!("{{{{- /* {notice} */ -}}}}\na: 1\n")
        );
        assert_eq!(
            head("c/templates/NOTES.txt", "hello\n"),
            format!("{{{{- /* {notice} */ -}}}}\nhello\n")
        );
        assert_eq!(
            head("c/README.md", "# c\n"),
            format!("<!-- {notice} -->\n# c\n")
        );
        assert_eq!(
            head("c/.helmignore", ".git\n"),
            format!("# {notice}\n.git\n")
        );
        let json = head("c/values.schema.json", "{\n  \"a\": 1\n}\n");
        assert_eq!(
            json,
            format!("{{\"$comment\": \"{notice}\",\n  \"a\": 1\n}}\n")
        );
    }

    #[test]
    fn the_notice_moves_origins_down_by_its_line() {
        let mut tree = ChartTree::default();
        let origins = vec![Some(Origin::new("s", 5)), Some(Origin::new("s", 6))];
        tree.insert("c/Chart.yaml".to_owned(), "s", "a: 1\nb: 2\n", origins)
            .expect("known kind");
        assert_eq!(tree.source_map().lookup("c/Chart.yaml", 2), Some(("s", 5)));
        assert_eq!(tree.source_map().lookup("c/Chart.yaml", 3), Some(("s", 6)));
    }

    #[test]
    fn refuses_two_sources_for_one_file_and_unknown_kinds() {
        let mut tree = ChartTree::default();
        let mut insert = |path: &str| tree.insert(path.to_owned(), "s", "x\n", Vec::new());
        insert("c/Chart.yaml").expect("first");
        assert!(matches!(
            insert("c/Chart.yaml"),
            Err(TreeError::Duplicate { .. })
        ));
        assert!(matches!(
            insert("c/logo.png"),
            Err(TreeError::UnknownKind { .. })
        ));
    }
}
