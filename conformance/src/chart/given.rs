//! What a user gives to a release, with the lines that give it.

use std::{collections::BTreeMap, sync::OnceLock};

use super::{
    leaves::{Leaf, leaves},
    source::{ChartSource, values_at},
    templates::{Body, Lines, Usage, ValueText, usage_of_texts},
};
use crate::upstream::Upstream;

/// Values of each release, by its name.
pub(crate) type Givens = BTreeMap<String, Given>;

/// What a user gives to one release.
#[derive(Debug, Default)]
pub struct Given {
    /// In the order in which one overrides another.
    pub(crate) files: Vec<GivenFile>,
    /// What its texts read, found out when it is first asked for.
    usage: OnceLock<Usage>,
}

/// A file that gives values.
#[derive(Debug, Default)]
pub(crate) struct GivenFile {
    /// Where reports say that its folder is.
    pub(crate) folder: String,
    /// Its name; empty for values that no file gives.
    pub(crate) name: String,
    /// Its whole text.
    pub(crate) text: String,
    /// The values.
    pub(crate) leaves: Vec<Leaf>,
}

impl GivenFile {
    /// A values file.
    pub(crate) fn values(folder: String, name: String, text: String) -> Self {
        Self {
            leaves: leaves(&text),
            folder,
            name,
            text,
        }
    }

    /// Its place in reports.
    pub(crate) fn path(&self) -> String {
        crate::finding::path_below(&self.folder, &self.name)
    }
}

impl Given {
    pub(crate) fn new(files: Vec<GivenFile>) -> Self {
        Self {
            files,
            usage: OnceLock::new(),
        }
    }

    /// What the given texts read when the chart evaluates them.
    pub(crate) fn usage(&self, chart: &ChartSource, upstream: &dyn Upstream) -> Option<&Usage> {
        let of_chart = chart.usage(upstream).ok()?;
        Some(self.usage.get_or_init(|| {
            let texts: Vec<(&GivenFile, &Leaf)> = self
                .leaves()
                .filter(|(_, leaf)| leaf.text.contains("{{"))
                .collect();
            if texts.is_empty() {
                return Usage::default();
            }
            let wanted: Vec<(&str, &str)> = texts
                .iter()
                .map(|(_, leaf)| ("values", leaf.text.as_str()))
                .collect();
            let trees = upstream.parse_templates(&wanted).unwrap_or_default();
            let texts: Vec<ValueText> = texts
                .iter()
                .zip(trees)
                .filter_map(|((file, leaf), tree)| {
                    Some(ValueText {
                        path: leaf.path.clone(),
                        body: Body {
                            nodes: tree.ok()?.body,
                            lines: Lines::of_leaf(&file.path(), leaf),
                        },
                    })
                })
                .collect();
            usage_of_texts(&of_chart.trees, &texts)
        }))
    }

    /// The values that a line of a given text reads.
    pub(super) fn values_at(
        &self,
        chart: &ChartSource,
        file: &str,
        line: usize,
        upstream: &dyn Upstream,
    ) -> Vec<String> {
        let usage = self.usage(chart, upstream);
        usage.map_or_else(Vec::new, |usage| values_at(usage, file, line))
    }

    /// All values that are given, with the file of each.
    pub(crate) fn leaves(&self) -> impl Iterator<Item = (&GivenFile, &Leaf)> {
        self.files
            .iter()
            .flat_map(|file| file.leaves.iter().map(move |leaf| (file, leaf)))
    }
}
