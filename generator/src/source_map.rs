//! The source map: which line of the model or of a template each generated line came from.

use std::collections::BTreeMap;
use std::sync::Arc;

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

/// Origins of the lines of many generated files; lines count from one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceMap {
    sources: Vec<String>,
    files: BTreeMap<String, Vec<Run>>,
}

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

    /// Takes over the files of `other` that are missing here.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (file, runs) in &other.files {
            if self.files.contains_key(file) {
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
}
