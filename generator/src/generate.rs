//! From the model and the templates to the files of the charts. Pure: nothing is read or written here.

use std::collections::BTreeMap;

use handlebars::Context;
use serde_json::{Value, json};

use crate::chart::{Chart, Part};
use crate::context;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::emit::lines::Lines;
use crate::emit::value_tree::ValueTree;
use crate::emit::{configuration, overlay, schema, shape, topology, values, values_table};
use crate::model::component::Workload;
use crate::model::values::Platform;
use crate::model::{Loaded, Model};
use crate::postcheck;
use crate::template::{RenderedFile, Scope, Templates};
use crate::tree::ChartTree;

/// Which charts to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Product version, such as `4.7.0`.
    pub version: String,
    /// Names of patterns, such as `am-pattern-3`.
    pub patterns: Vec<String>,
}

impl Selection {
    /// Every pattern in the newest version.
    pub fn all(model: &Model) -> Self {
        Self {
            version: model
                .newest_version()
                .map(|version| version.value.version.value.clone())
                .unwrap_or_default(),
            patterns: model
                .patterns
                .iter()
                .map(|pattern| pattern.value.name.value.clone())
                .collect(),
        }
    }
}

/// Why charts cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GenerateError {
    /// The version or a pattern does not exist.
    #[error("unknown {what} `{name}`{}", hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default())]
    Unknown {
        /// `product version` or `pattern`.
        what: &'static str,
        /// What was asked for.
        name: String,
        /// What was perhaps meant.
        hint: Option<String>,
    },
    /// The model or a template is wrong.
    #[error(transparent)]
    Input(#[from] Diagnostics),
}

/// Makes the charts of a selection.
///
/// The same input always gives the same bytes. Every file that is plain YAML is read back, and every values file is checked
/// against its chart's schema.
pub fn generate(
    model: &Model,
    templates: &Templates,
    selection: &Selection,
) -> Result<ChartTree, GenerateError> {
    let version = model.version(&selection.version).ok_or_else(|| {
        let known = model
            .versions
            .iter()
            .map(|version| version.value.version.value.as_str());
        unknown("product version", &selection.version, known)
    })?;
    let mut charts = Vec::new();
    for name in &selection.patterns {
        let pattern = model.pattern(name).ok_or_else(|| {
            unknown(
                "pattern",
                name,
                model
                    .patterns
                    .iter()
                    .map(|pattern| pattern.value.name.value.as_str()),
            )
        })?;
        charts.push(Chart {
            model,
            version,
            pattern,
        });
    }
    let trees = on_every_core(&charts, |chart| generate_chart(chart, templates));
    let mut tree = ChartTree::default();
    let mut diagnostics = Diagnostics::default();
    for result in trees {
        match result {
            Ok(chart) => tree.extend(chart),
            Err(mistakes) => diagnostics.extend(mistakes),
        }
    }
    Ok(diagnostics.into_result(tree, &BTreeMap::new())?)
}

/// Works on the items in order, as many at a time as there are cores: more threads would only cost memory.
fn on_every_core<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = items.len().div_ceil(cores).max(1);
    std::thread::scope(|scope| {
        let workers: Vec<_> = items
            .chunks(share)
            .map(|chunk| scope.spawn(|| chunk.iter().map(&work).collect::<Vec<R>>()))
            .collect();
        let join = |worker: std::thread::ScopedJoinHandle<'_, Vec<R>>| {
            worker
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        workers.into_iter().flat_map(join).collect()
    })
}

fn unknown<'a>(
    what: &'static str,
    name: &str,
    known: impl Iterator<Item = &'a str>,
) -> GenerateError {
    GenerateError::Unknown {
        what,
        name: name.to_owned(),
        hint: am_suggest::hint(name, known),
    }
}

fn generate_chart(chart: &Chart<'_>, templates: &Templates) -> Result<ChartTree, Diagnostics> {
    let mut files = Files {
        chart: chart.name(),
        tree: ChartTree::default(),
        diagnostics: Diagnostics::default(),
    };
    let source = chart.model.source();
    let values = ValueTree::resolve(chart);
    let base = context::chart(chart);
    let contexts = Contexts::new(chart, &values, &base)?;

    for file in templates.rendered() {
        for (path, context) in contexts.uses_of(file) {
            if let Some(rendering) = files.diagnostics.take(templates.render(file, context))
                && !rendering.text.is_empty()
            {
                files.add(&path, &file.label, &rendering.text, rendering.origins);
            }
        }
    }
    let configured = !chart.model.configuration.is_empty() || !chart.model.wiring.edges.is_empty();
    let components = contexts.components.iter().filter(|_| configured);
    for (part, context) in components {
        match configuration::emit(chart, part, templates, context) {
            Ok(lines) => files.add_lines(
                &format!("templates/{}/_configuration.tpl", part.name()),
                source,
                lines,
            ),
            Err(mistakes) => files.diagnostics.extend(mistakes),
        }
    }
    files.add_lines("values.yaml", source, values::emit(chart, &values));
    files.add_lines("values.schema.json", source, schema::emit(chart, &values));
    for (platform, context) in &contexts.platforms {
        let path = format!("overlays/{}.yaml", platform.value.name.value);
        if let Some(lines) = files
            .diagnostics
            .take(overlay::emit(chart, platform, templates, context))
        {
            files.add_lines(&path, &platform.file, lines);
        }
    }
    files
        .diagnostics
        .extend(postcheck::check(chart.name(), &files.tree));
    files.diagnostics.into_result(files.tree, &BTreeMap::new())
}

/// What templates see, made once for each chart, component and platform.
struct Contexts<'m> {
    chart: Context,
    components: Vec<(Part<'m>, Context)>,
    platforms: Vec<(&'m Loaded<Platform>, Context)>,
}

impl<'m> Contexts<'m> {
    fn new(chart: &Chart<'m>, values: &ValueTree<'_>, base: &Value) -> Result<Self, Diagnostic> {
        let texts = [
            ("valuesTable", json!(values_table::emit(values))),
            ("topology", json!(topology::emit(chart))),
            ("tables", json!(shape::tables(values))),
            ("chartDefaults", shape::defaults(&values.chart)),
        ];
        let components = chart.parts().into_iter().map(|part| {
            let context = context::with(base, [("component", context::component(chart, &part))])?;
            Ok((part, context))
        });
        let platforms = chart.model.platforms.iter().map(|platform| {
            let context = context::with(base, [("platform", context::platform(platform))])?;
            Ok((platform, context))
        });
        Ok(Self {
            chart: context::with(base, texts)?,
            components: components.collect::<Result<_, Diagnostic>>()?,
            platforms: platforms.collect::<Result<_, Diagnostic>>()?,
        })
    }

    /// The paths that a template makes, each with what it sees there.
    fn uses_of(&self, file: &RenderedFile) -> Vec<(String, &Context)> {
        let components = |accepts: fn(Workload) -> bool| {
            let accepted = self
                .components
                .iter()
                .filter(move |(part, _)| accepts(part.component.value.workload));
            accepted
                .map(|(part, context)| (file.path_for(part.name()), context))
                .collect()
        };
        match file.scope() {
            Scope::Chart => vec![(file.path.clone(), &self.chart)],
            Scope::Component => components(|_| true),
            Scope::StatefulSet => components(Workload::is_stable),
            Scope::Deployment => components(|workload| !workload.is_stable()),
        }
    }
}

/// The files of one chart while it is made.
struct Files<'a> {
    chart: &'a str,
    tree: ChartTree,
    diagnostics: Diagnostics,
}

impl Files<'_> {
    fn add_lines(&mut self, path: &str, source: &str, lines: Lines) {
        self.add(path, source, &lines.text, lines.origins);
    }

    fn add(
        &mut self,
        path: &str,
        source: &str,
        text: &str,
        origins: Vec<Option<crate::source_map::Origin>>,
    ) {
        let inserted = self
            .tree
            .insert(format!("{}/{path}", self.chart), source, text, origins);
        let inserted =
            inserted.map_err(|error| Diagnostic::new(Place::file(source), error.to_string()));
        self.diagnostics.take(inserted);
    }
}
