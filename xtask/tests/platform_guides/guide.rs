//! A guide in Markdown, taken apart: what is typed, which files are written, which names are promised.

use std::collections::BTreeSet;
use std::path::Path;

/// A guide.
#[derive(Debug)]
pub(crate) struct Guide {
    /// Where it stands, for messages.
    pub(crate) name: String,
    text: String,
    blocks: Vec<Block>,
}

/// A fenced block.
#[derive(Debug)]
struct Block {
    line: usize,
    language: String,
    text: String,
}

/// A file that the reader writes: a block whose first line names it.
#[derive(Debug)]
pub(crate) struct File<'g> {
    /// Its name.
    pub(crate) name: &'g str,
    /// Its content.
    pub(crate) text: &'g str,
    /// The line of the guide.
    pub(crate) line: usize,
    /// The patterns that it is for; none means all.
    patterns: Vec<u32>,
}

impl File<'_> {
    /// Whether it is for a pattern.
    pub(crate) fn is_for(&self, pattern: u32) -> bool {
        self.patterns.is_empty() || self.patterns.contains(&pattern)
    }

    /// Whether it is for the API server; otherwise it holds values.
    pub(crate) fn is_manifest(&self) -> bool {
        self.text
            .lines()
            .any(|line| line.starts_with("apiVersion:"))
    }
}

impl Guide {
    /// Takes a guide apart.
    pub(crate) fn read(name: &str, text: &str) -> Self {
        let mut blocks: Vec<Block> = Vec::new();
        let mut is_open = false;
        for (index, line) in text.lines().enumerate() {
            match (line.strip_prefix("```"), is_open) {
                (Some(language), false) => {
                    is_open = true;
                    blocks.push(Block {
                        line: index + 1,
                        language: language.trim().to_owned(),
                        text: String::new(),
                    });
                }
                (Some(_), true) => is_open = false,
                (None, true) => {
                    if let Some(block) = blocks.last_mut() {
                        block.text += line;
                        block.text.push('\n');
                    }
                }
                (None, false) => {}
            }
        }
        Self {
            name: name.to_owned(),
            text: text.to_owned(),
            blocks,
        }
    }

    /// Everything that is typed, in order, with the chart of a pattern.
    pub(crate) fn script(&self, pattern: u32) -> String {
        let mut script = String::from(
            "set -euo pipefail\nBLOCK=0\ntrap 'echo \"the commands of line $BLOCK end with $?\" >&2' ERR\nset -E\n",
        );
        for block in self.of("sh") {
            script.push_str("BLOCK=");
            script.push_str(&block.line.to_string());
            script.push('\n');
            for line in block.text.lines() {
                match line.split_once("am-pattern-") {
                    Some((start, _)) if start.starts_with("CHART=") => {
                        script.push_str(start);
                        script.push_str("am-pattern-");
                        script.push_str(&pattern.to_string());
                    }
                    _ => script.push_str(line),
                }
                script.push('\n');
            }
        }
        script
    }

    /// The files that the reader writes.
    pub(crate) fn files(&self) -> Vec<File<'_>> {
        self.of("yaml")
            .filter_map(|block| {
                let first = block.text.lines().next()?.strip_prefix("# ")?;
                let name = first.split([' ', ',', ':']).next()?;
                let of_pattern = |rest: &str| rest.chars().next().and_then(|c| c.to_digit(10));
                let is_yaml = Path::new(name).extension().is_some_and(|it| it == "yaml");
                is_yaml.then(|| File {
                    name,
                    text: &block.text,
                    line: block.line,
                    patterns: first
                        .split("am-pattern-")
                        .skip(1)
                        .filter_map(of_pattern)
                        .collect(),
                })
            })
            .collect()
    }

    /// Whether a command names a file.
    pub(crate) fn types(&self, file: &str) -> bool {
        self.of("sh").any(|block| block.text.contains(file))
    }

    /// Whether the text names something in backticks.
    pub(crate) fn mentions(&self, name: &str) -> bool {
        self.text.contains(&format!("`{name}`"))
    }

    /// The names in the row of a pattern in the guide's table of ServiceAccounts.
    pub(crate) fn service_accounts(&self, pattern: u32) -> BTreeSet<&str> {
        let head = format!("| `am-pattern-{pattern}` |");
        let rows = self
            .text
            .lines()
            .filter_map(|line| line.strip_prefix(&head));
        // Every second piece is between backticks.
        rows.flat_map(|row| row.split('`').skip(1).step_by(2))
            .collect()
    }

    /// Blocks that nothing here would look at.
    pub(crate) fn unread(&self) -> Vec<String> {
        let named: Vec<usize> = self.files().iter().map(|file| file.line).collect();
        self.blocks
            .iter()
            .filter_map(|block| {
                let Block { line, language, .. } = block;
                let place = format!("{}:{line}", self.name);
                match language.as_str() {
                    "sh" | "text" => None,
                    "yaml" if named.contains(line) => None,
                    "yaml" => Some(format!(
                        "{place}: the first line of a yaml block is `# NAME.yaml`, the file that the reader writes"
                    )),
                    other => Some(format!(
                        "{place}: a block is sh (run), yaml (a file) or text (neither), not `{other}`"
                    )),
                }
            })
            .collect()
    }

    fn of<'g>(&'g self, language: &'g str) -> impl Iterator<Item = &'g Block> {
        self.blocks
            .iter()
            .filter(move |block| block.language == language)
    }
}
