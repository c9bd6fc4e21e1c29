//! The texts of a chart that may be templates, as Go's parser reads them.

use std::{collections::BTreeMap, sync::Arc};

use am_toolchain::{RenderError, TemplateNode, TemplateTree};

use super::charts::{ChartContext, Charts};
use crate::{
    chart::leaves::{Leaf, leaves},
    upstream::Upstream,
};

/// A text that is evaluated.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TextId {
    /// A named template.
    Named(Arc<str>),
    /// A file outside of `templates/`, by its path from the chart.
    File(Arc<str>),
    /// A text of the values, by its number in [`Trees::texts`].
    Value(usize),
}

/// A body and where its lines are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Body {
    pub(crate) nodes: Vec<TemplateNode>,
    pub(crate) lines: Lines,
}

/// Where the lines of a text are in the file that holds it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lines {
    pub(crate) file: Arc<str>,
    /// The line of the text's first one.
    pub(crate) first: usize,
    /// Whether the whole text is on that line.
    pub(crate) is_one: bool,
}

impl Lines {
    pub(crate) fn of_file(file: &str) -> Self {
        Self {
            file: file.into(),
            first: 1,
            is_one: false,
        }
    }

    /// Of a text of the values.
    pub(crate) fn of_leaf(file: &str, leaf: &Leaf) -> Self {
        Self {
            file: file.into(),
            first: leaf.first_line,
            is_one: !leaf.is_block,
        }
    }

    /// The line of the file that has line `line` of the text, from 1; none stays none.
    pub(crate) fn at(&self, line: usize) -> usize {
        match line {
            0 => 0,
            _ if self.is_one => self.first,
            _ => self.first + line - 1,
        }
    }
}

/// A text of the values that may be a template.
#[derive(Debug, Clone, Default)]
pub(crate) struct ValueText {
    /// Where it is in the values of the outermost chart.
    pub(crate) path: Vec<String>,
    pub(crate) body: Body,
}

/// All texts of a chart that may be templates.
#[derive(Debug, Default)]
pub(crate) struct Trees {
    pub(crate) charts: Charts,
    /// What stands in each template outside of named ones.
    pub(super) templates: BTreeMap<String, Body>,
    /// Named templates.
    pub(crate) definitions: BTreeMap<Arc<str>, Body>,
    /// Files elsewhere.
    pub(super) files: BTreeMap<Arc<str>, Body>,
    /// The default values of the outermost chart, those of its subcharts included.
    pub(crate) defaults: Vec<(Lines, Leaf)>,
    /// Those of them that may be templates.
    pub(super) texts: Vec<ValueText>,
    /// Why a template is not read.
    pub(super) unread: Option<String>,
    /// The paths of all files that templates can ask for.
    pub(super) names: Vec<Arc<str>>,
}

impl Trees {
    /// # Errors
    /// When there is nobody to parse them.
    pub(super) fn read(
        files: &BTreeMap<String, String>,
        upstream: &dyn Upstream,
    ) -> Result<Self, RenderError> {
        let charts = Charts::of(files);
        let mut trees = Self {
            defaults: defaults(files, &charts),
            charts,
            ..Self::default()
        };
        let texts: Vec<(Lines, Leaf)> = trees
            .defaults
            .iter()
            .filter(|(_, leaf)| leaf.text.contains("{{"))
            .cloned()
            .collect();
        trees.names = files
            .keys()
            .filter(|path| is_for_templates(trees.inner(path)))
            .map(|path| path.as_str().into())
            .collect();
        let wanted: Vec<(&str, &str)> = files
            .iter()
            .filter(|(path, text)| {
                is_template(trees.inner(path))
                    || is_for_templates(trees.inner(path)) && text.contains("{{")
            })
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .chain(texts.iter().map(|(_, leaf)| ("values", leaf.text.as_str())))
            .collect();
        let mut answers = upstream.parse_templates(&wanted)?.into_iter();
        let of_files = wanted.len() - texts.len();
        for ((path, _), tree) in wanted[..of_files].iter().zip(answers.by_ref()) {
            trees.add(path, tree);
        }
        for ((lines, leaf), tree) in texts.iter().zip(answers) {
            // A text that is no template is printed as it is.
            let Ok(tree) = tree else { continue };
            trees.texts.push(ValueText {
                path: leaf.path.clone(),
                body: Body {
                    nodes: tree.body,
                    lines: lines.clone(),
                },
            });
        }
        Ok(trees)
    }

    fn add(&mut self, path: &str, tree: Result<TemplateTree, String>) {
        let is_template = is_template(self.inner(path));
        let tree = match tree {
            Ok(tree) => tree,
            // Helm refuses it as well; a file elsewhere is no template then.
            Err(message) => {
                if is_template {
                    self.unread.get_or_insert(message);
                }
                return;
            }
        };
        let body = |nodes| Body {
            nodes,
            lines: Lines::of_file(path),
        };
        let own = tree.definitions.into_iter();
        self.definitions
            .extend(own.map(|(name, nodes)| (name.into(), body(nodes))));
        if is_template {
            self.templates.insert(path.to_owned(), body(tree.body));
        } else {
            self.files.insert(path.into(), body(tree.body));
        }
    }

    /// The path of a file from the chart or subchart that it belongs to.
    pub(super) fn inner<'p>(&self, path: &'p str) -> &'p str {
        let owner = self.charts.with(path).next();
        let folder = owner.map_or("", |chart| chart.folder.as_str());
        path.strip_prefix(folder).unwrap_or(path)
    }

    /// The files of a chart that fit a name, in which `*` stands for any characters.
    pub(super) fn files_like(
        &self,
        chart: &ChartContext,
        name: &str,
    ) -> impl Iterator<Item = &Arc<str>> {
        let wanted = format!("{}{name}", chart.folder);
        self.names
            .iter()
            .filter(move |path| crate::facts::matches_glob(&wanted, path))
            .filter(|path| path.len() - self.inner(path).len() == chart.folder.len())
    }

    pub(super) fn body(&self, id: &TextId) -> Option<&Body> {
        match id {
            TextId::Named(name) => self.definitions.get(name),
            TextId::File(path) => self.files.get(path),
            TextId::Value(index) => self.texts.get(*index).map(|text| &text.body),
        }
    }
}

/// The default values of all charts, by their places in those of the outermost one; what a chart says of its subchart's values
/// overrides them.
fn defaults(files: &BTreeMap<String, String>, charts: &Charts) -> Vec<(Lines, Leaf)> {
    let mut all: Vec<(Lines, Leaf)> = Vec::new();
    for chart in &charts.all {
        let file = format!("{}values.yaml", chart.folder);
        for mut leaf in leaves(files.get(&file).map_or("", String::as_str)) {
            let is_global = leaf.path.first().is_some_and(|key| key == "global");
            if !is_global {
                leaf.path.splice(0..0, chart.values.iter().cloned());
            }
            if !all.iter().any(|(_, known)| known.path == leaf.path) {
                all.push((Lines::of_leaf(&file, &leaf), leaf));
            }
        }
    }
    all
}

fn is_template(path: &str) -> bool {
    path.starts_with("templates/")
}

/// Whether templates can ask for a file. Documentation and values of other kinds are none that they evaluate.
fn is_for_templates(path: &str) -> bool {
    let in_folder = path.split_once('/').map_or("", |(folder, _)| folder);
    let is_documentation = matches!(path.rsplit('.').next(), Some("md" | "gotmpl"));
    !is_documentation
        && !["templates", "charts", "overlays", "ci", "crds", "tests"].contains(&in_folder)
        && !["Chart.yaml", "values.yaml", "values.schema.json"].contains(&path)
}
