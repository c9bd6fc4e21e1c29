//! The source map: which line of the model or of a template each generated line came from.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

/// A line of a model file or a template.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// Path from the repository's root, such as `generator/model/wiring.yaml`.
    pub file: Arc<str>,
    /// Line, from one.
    pub line: usize,
}

impl Origin {
    /// An origin.
    pub fn new(file: &str, line: usize) -> Self {
        Self {
            file: Arc::from(file),
            line,
        }
    }
}

/// Consecutive generated lines that came from consecutive source lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    generated: usize,
    count: usize,
    source: usize,
    line: usize,
}

/// Origins of the lines of many generated files.
///
/// On disk (`source-map.json`): `sources` lists source files, and `files` has for each generated file runs of
/// `[first generated line, count, index of the source file, first source line]`; lines count from one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceMap {
    sources: Vec<String>,
    files: BTreeMap<String, Vec<Run>>,
}

/// A source map that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the source map is not one that `cargo xtask gen-charts` wrote: {0}")]
pub struct SourceMapError(String);

impl SourceMap {
    /// Where a line (from one) of a generated file came from.
    ///
    /// `file` is the path below the output directory, such as `am-pattern-3/values.yaml`. The result is the source file's path
    /// from the repository's root, and the line in it.
    pub fn lookup(&self, file: &str, line: usize) -> Option<(&str, usize)> {
        let runs = self.files.get(file)?;
        let run = runs[..runs.partition_point(|run| run.generated <= line)].last()?;
        let offset = line - run.generated;
        (offset < run.count)
            .then(|| Some((self.sources.get(run.source)?.as_str(), run.line + offset)))?
    }

    /// The generated files that the map knows.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Records the origins of all lines of a generated file.
    pub(crate) fn insert(&mut self, file: &str, origins: &[Option<Origin>]) {
        let mut runs: Vec<Run> = Vec::new();
        for (index, origin) in origins.iter().enumerate() {
            let Some(origin) = origin else { continue };
            let source = self.source(&origin.file);
            match runs.last_mut() {
                Some(run)
                    if run.source == source
                        && run.generated + run.count == index + 1
                        && run.line + run.count == origin.line =>
                {
                    run.count += 1;
                }
                _ => runs.push(Run {
                    generated: index + 1,
                    count: 1,
                    source,
                    line: origin.line,
                }),
            }
        }
        self.files.insert(file.to_owned(), runs);
    }

    fn source(&mut self, file: &str) -> usize {
        self.sources
            .iter()
            .position(|known| known == file)
            .unwrap_or_else(|| {
                self.sources.push(file.to_owned());
                self.sources.len() - 1
            })
    }

    /// Takes over the files of `other` that are accepted by `keep` and missing here.
    pub(crate) fn merge(&mut self, other: &Self, keep: impl Fn(&str) -> bool) {
        for (file, runs) in &other.files {
            if self.files.contains_key(file) || !keep(file) {
                continue;
            }
            let runs = runs
                .iter()
                .filter_map(|run| {
                    Some(Run {
                        source: self.source(other.sources.get(run.source)?),
                        ..*run
                    })
                })
                .collect();
            self.files.insert(file.clone(), runs);
        }
    }

    /// The text of `source-map.json`, one line for each file; the same map always gives the same text.
    pub fn to_json(&self) -> String {
        // Sources are numbered in the order of names, whatever the order of insertion was.
        let mut names: Vec<&str> = self
            .files
            .values()
            .flatten()
            .map(|run| self.sources[run.source].as_str())
            .collect();
        names.sort_unstable();
        names.dedup();
        let number = |source: usize| {
            names
                .binary_search(&self.sources[source].as_str())
                .unwrap_or_default()
        };
        let mut out = format!(
            "{{\"$comment\": {},\n",
            json!(crate::tree::notice("generator/"))
        );
        let sources: Vec<String> = names
            .iter()
            .map(|name| format!("  {}", json!(name)))
            .collect();
        out.push_str("\"sources\": [\n");
        out.push_str(&sources.join(",\n"));
        out.push_str("\n],\n\"files\": {\n");
        let files: Vec<String> = self
            .files
            .iter()
            .map(|(file, runs)| {
                let runs: Vec<String> = runs
                    .iter()
                    .map(|run| {
                        format!(
                            "[{},{},{},{}]",
                            run.generated,
                            run.count,
                            number(run.source),
                            run.line
                        )
                    })
                    .collect();
                format!("  {}: [{}]", json!(file), runs.join(","))
            })
            .collect();
        out.push_str(&files.join(",\n"));
        out.push_str("\n}}\n");
        out
    }

    /// Reads the text of a `source-map.json`.
    pub fn from_json(text: &str) -> Result<Self, SourceMapError> {
        let error = |what: &str| SourceMapError(what.to_owned());
        let value: Value =
            serde_json::from_str(text).map_err(|reason| SourceMapError(reason.to_string()))?;
        let sources = value["sources"]
            .as_array()
            .ok_or_else(|| error("`sources` is missing"))?;
        let sources: Option<Vec<String>> = sources
            .iter()
            .map(|name| name.as_str().map(ToOwned::to_owned))
            .collect();
        let sources = sources.ok_or_else(|| error("`sources` holds something else than names"))?;
        let mut files = BTreeMap::new();
        for (file, runs) in value["files"]
            .as_object()
            .ok_or_else(|| error("`files` is missing"))?
        {
            let runs = runs.as_array().ok_or_else(|| error("a file has no runs"))?;
            let runs: Option<Vec<Run>> = runs
                .iter()
                .map(|run| parse_run(run, sources.len()))
                .collect();
            files.insert(
                file.clone(),
                runs.ok_or_else(|| error("a run is not four numbers"))?,
            );
        }
        Ok(Self { sources, files })
    }
}

fn parse_run(run: &Value, sources: usize) -> Option<Run> {
    let number = |index: usize| usize::try_from(run.get(index)?.as_u64()?).ok();
    let run = Run {
        generated: number(0)?,
        count: number(1)?,
        source: number(2)?,
        line: number(3)?,
    };
    (run.source < sources && run.generated > 0).then_some(run)
}

#[cfg(test)]
mod tests {
    use super::{Origin, SourceMap};

    fn map() -> SourceMap {
        let mut map = SourceMap::default();
        let at = |file: &str, line: usize| Some(Origin::new(file, line));
        map.insert(
            "c/b.yaml",
            &[at("t", 1), at("t", 2), None, at("m", 9), at("m", 9)],
        );
        map.insert("c/a.yaml", &[at("m", 3)]);
        map
    }

    #[test]
    fn finds_the_source_of_each_line() {
        let map = map();
        assert_eq!(map.lookup("c/b.yaml", 2), Some(("t", 2)));
        assert_eq!(map.lookup("c/b.yaml", 4), Some(("m", 9)));
        assert_eq!(map.lookup("c/b.yaml", 5), Some(("m", 9)));
    }

    #[test]
    fn knows_nothing_of_other_lines_and_files() {
        let map = map();
        assert_eq!(map.lookup("c/b.yaml", 0), None);
        assert_eq!(map.lookup("c/b.yaml", 3), None);
        assert_eq!(map.lookup("c/b.yaml", 6), None);
        assert_eq!(map.lookup("c/c.yaml", 1), None);
    }

    #[test]
    fn reads_back_what_it_wrote() {
        let map = map();
        let read = SourceMap::from_json(&map.to_json()).expect("its own text");
        for file in ["c/a.yaml", "c/b.yaml"] {
            for line in 0..7 {
                assert_eq!(
                    read.lookup(file, line),
                    map.lookup(file, line),
                    "{file}:{line}"
                );
            }
        }
        assert_eq!(read.to_json(), map.to_json());
    }

    #[test]
    fn refuses_anything_else() {
        assert!(SourceMap::from_json("{}").is_err());
        assert!(SourceMap::from_json(r#"{"sources": [], "files": {"a": [[1,1,0,1]]}}"#).is_err());
    }
}
