//! The chart templates, which the generator renders.

mod helpers;
mod syntax;

use std::collections::BTreeMap;
use std::path::Path;

use handlebars::{Context, Handlebars, RenderError, RenderErrorReason};
use serde_json::Value;
use walkdir::WalkDir;

use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::load::Layer;
use crate::source_map::Origin;

/// The templates, parsed.
#[derive(Debug)]
pub struct Templates {
    rendered: Vec<RenderedFile>,
    registry: Handlebars<'static>,
    /// Labels of the files that marks refer to.
    files: Vec<String>,
}

/// A file that is rendered once for each chart or component.
#[derive(Debug)]
pub(crate) struct RenderedFile {
    /// Path below the chart, in which segments such as `[component]` stand for names.
    pub(crate) path: String,
    /// Path as shown to the user; also the template's name in the registry.
    pub(crate) label: String,
}

/// What a template's path asks to be rendered for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Chart,
    Component,
    StatefulSet,
    Deployment,
}

const SCOPES: [(&str, Scope); 3] = [
    ("[component]", Scope::Component),
    ("[statefulset]", Scope::StatefulSet),
    ("[deployment]", Scope::Deployment),
];

impl RenderedFile {
    pub(crate) fn scope(&self) -> Scope {
        SCOPES
            .iter()
            .find(|(name, _)| self.path.contains(name))
            .map_or(Scope::Chart, |(_, scope)| *scope)
    }

    /// The path with `name` in the place of the segment in brackets.
    pub(crate) fn path_for(&self, name: &str) -> String {
        SCOPES.iter().fold(self.path.clone(), |path, (segment, _)| {
            path.replace(segment, name)
        })
    }
}

/// A rendered text with the origin of each line.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rendering {
    pub(crate) text: String,
    pub(crate) origins: Vec<Option<Origin>>,
}

impl Templates {
    /// Reads `rendered/` below a directory and parses every template.
    ///
    /// `label` stands for the directory in errors and in the source map.
    pub fn load(directory: &Path, label: &str) -> Result<Self, Diagnostics> {
        Self::load_layers(&[Layer::whole(directory, label)])
    }

    /// As [`Self::load`], from several folders: of files of the same path the first one counts.
    pub(crate) fn load_layers(layers: &[Layer]) -> Result<Self, Diagnostics> {
        let label = layers.first().map_or("", |own| own.label.as_str());
        let mut diagnostics = Diagnostics::default();
        let mut registry = Handlebars::new();
        registry.set_strict_mode(true);
        registry.register_escape_fn(handlebars::no_escape);
        helpers::register(&mut registry);
        let mut templates = Self {
            rendered: Vec::new(),
            registry,
            files: Vec::new(),
        };

        let mut files: BTreeMap<String, (String, String)> = BTreeMap::new();
        for layer in layers {
            let root = format!("{}/rendered", layer.label);
            let folder = layer.directory.join("rendered");
            for (path, source) in read_folder(&folder, &root, &mut diagnostics) {
                if layer.offers(&format!("rendered/{path}")) {
                    files.entry(path).or_insert_with(|| (root.clone(), source));
                }
            }
        }
        for (path, (root, source)) in &files {
            diagnostics.take(templates.add_rendered(root, path, source));
        }
        if templates.rendered.is_empty() && diagnostics.is_empty() {
            let message = "holds no templates in rendered/";
            diagnostics.push(Diagnostic::new(Place::file(label), message));
        }
        diagnostics.into_result(templates, &BTreeMap::new())
    }

    fn add_rendered(&mut self, root: &str, path: &str, source: &str) -> Result<(), Diagnostic> {
        let label = format!("{root}/{path}");
        check_segments(path, &label)?;
        let mut source = source.to_owned();
        if !source.ends_with('\n') {
            source.push('\n');
        }
        let handlebars_source = syntax::to_handlebars(&label, self.files.len(), &source)?;
        self.files.push(label.clone());
        let chart_path = path.strip_suffix(".hbs").unwrap_or(path);
        let partial = chart_path.strip_prefix("_partials/");
        let name = partial.unwrap_or(&label);
        let registered = if partial.is_some() {
            self.registry.register_partial(name, &handlebars_source)
        } else {
            self.registry
                .register_template_string(name, &handlebars_source)
        };
        registered.map_err(|error| {
            let (line, _) = error.pos().unwrap_or_default();
            let place = Place {
                file: label.clone(),
                line,
                column: 0,
            };
            Diagnostic::new(place, error.reason().to_string()).excerpt_from(&source)
        })?;
        if partial.is_none() {
            self.rendered.push(RenderedFile {
                path: chart_path.to_owned(),
                label,
            });
        }
        Ok(())
    }

    pub(crate) fn rendered(&self) -> &[RenderedFile] {
        &self.rendered
    }

    /// Renders a file.
    pub(crate) fn render(
        &self,
        file: &RenderedFile,
        context: &Context,
    ) -> Result<Rendering, Diagnostic> {
        let rendered = self
            .registry
            .render_with_context(&file.label, context)
            .map_err(|error| self.diagnose(&file.label, &error, context.data()))?;
        let (text, marks) = syntax::split_marks(&rendered);
        if text.trim().is_empty() {
            return Ok(Rendering::default());
        }
        let origin = |mark: syntax::Mark| Origin::new(&self.files[mark.file], mark.line);
        Ok(Rendering {
            text,
            origins: marks.into_iter().map(|mark| mark.map(origin)).collect(),
        })
    }

    /// Renders generator expressions in a string of the model. `place` is where its first line stands.
    pub(crate) fn render_text(
        &self,
        source: &str,
        context: &Context,
        place: &Place,
    ) -> Result<Rendering, Diagnostic> {
        let at = |line: usize| place.line + line.max(1) - 1;
        if !source.contains("<%") {
            let origins = (1..=source.lines().count())
                .map(|line| Some(Origin::new(&place.file, at(line))))
                .collect();
            return Ok(Rendering {
                text: source.to_owned(),
                origins,
            });
        }
        let moved = |mut diagnostic: Diagnostic| {
            diagnostic.place = Place {
                line: at(diagnostic.place.line),
                ..place.clone()
            };
            diagnostic.excerpt = None;
            diagnostic
        };
        // The last line needs an end to carry its mark.
        let source = format!("{}\n", source.trim_end_matches('\n'));
        let handlebars_source = syntax::to_handlebars(&place.file, 0, &source).map_err(moved)?;
        let rendered = self
            .registry
            .render_template_with_context(&handlebars_source, context)
            .map_err(|error| moved(self.diagnose(&place.file, &error, context.data())))?;
        let (text, marks) = syntax::split_marks(&rendered);
        let origin = |mark: syntax::Mark| Origin::new(&place.file, at(mark.line));
        Ok(Rendering {
            text,
            origins: marks.into_iter().map(|mark| mark.map(origin)).collect(),
        })
    }

    /// As [`Self::render_text`], for a string of one line.
    pub(crate) fn render_string(
        &self,
        source: &str,
        context: &Context,
        place: &Place,
    ) -> Result<String, Diagnostic> {
        let rendering = self.render_text(source, context, place)?;
        Ok(rendering.text.trim_end_matches('\n').to_owned())
    }

    fn diagnose(&self, label: &str, error: &RenderError, data: &Value) -> Diagnostic {
        // A partial is registered by its short name; the user knows the file.
        let file = error.template_name.as_deref().map_or(label, |name| {
            self.files
                .iter()
                .find(|file| is_partial_file(file, name))
                .map_or(name, String::as_str)
        });
        let place = Place {
            file: file.to_owned(),
            line: error.line_no.unwrap_or_default(),
            column: 0,
        };
        match error.reason() {
            RenderErrorReason::MissingVariable(path) => {
                let path = path.as_deref().unwrap_or("?");
                Diagnostic::new(place, format!("there is no variable `{path}` here"))
                    .maybe_hint(variable_hint(path, data))
            }
            RenderErrorReason::HelperNotFound(name) => {
                Diagnostic::new(place, format!("there is no helper `{name}`"))
            }
            RenderErrorReason::PartialNotFound(name) => {
                let partials = self.registry.get_templates().keys().map(String::as_str);
                let hint = am_suggest::hint(
                    name,
                    partials
                        .filter(|name| !name.contains("/rendered/"))
                        .collect::<Vec<_>>(),
                );
                Diagnostic::new(place, format!("there is no partial `{name}`")).maybe_hint(hint)
            }
            other => Diagnostic::new(place, other.to_string()),
        }
    }
}

fn is_partial_file(file: &str, name: &str) -> bool {
    file.split_once("/rendered/_partials/")
        .is_some_and(|(_, path)| path.strip_suffix(".hbs").unwrap_or(path) == name)
}

/// Suggests a name next to the missing one: `component.titel` → `component.title`.
fn variable_hint(path: &str, data: &Value) -> Option<String> {
    let mut table = data;
    let mut known = Vec::new();
    for segment in path
        .split(['.', '/'])
        .filter(|segment| !segment.is_empty() && !segment.starts_with(['@', '.']))
    {
        let entries = table.as_object()?;
        match entries.get(segment) {
            Some(inner) => {
                table = inner;
                known.push(segment);
            }
            None => return am_suggest::hint(segment, entries.keys().map(String::as_str)),
        }
    }
    Some(format!(
        "`{}` exists at the top level: write `@root.{0}`",
        known.join(".")
    ))
}

/// Only known names in brackets, and at most one of them.
fn check_segments(path: &str, label: &str) -> Result<(), Diagnostic> {
    let bracketed: Vec<&str> = path
        .split('/')
        .filter_map(|segment| {
            let start = segment.find('[')?;
            let end = segment[start..].find(']')?;
            Some(&segment[start..=start + end])
        })
        .collect();
    for segment in &bracketed {
        if !SCOPES.iter().any(|(name, _)| name == segment) {
            let hint = am_suggest::hint(segment, SCOPES.iter().map(|(name, _)| *name));
            return Err(Diagnostic::new(
                Place::file(label),
                format!("unknown path segment `{segment}`"),
            )
            .maybe_hint(hint));
        }
    }
    if bracketed.len() > 1 {
        let message = "a path can hold only one segment in brackets";
        return Err(Diagnostic::new(Place::file(label), message));
    }
    Ok(())
}

/// Every file below a folder as `(path, text)`, sorted; a missing folder holds none.
fn read_folder(folder: &Path, label: &str, diagnostics: &mut Diagnostics) -> Vec<(String, String)> {
    let mut files = Vec::new();
    if !folder.is_dir() {
        return files;
    }
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                diagnostics.push(Diagnostic::new(
                    Place::file(label),
                    format!("cannot be read: {error}"),
                ));
                continue;
            }
        };
        if !entry.file_type().is_file() {
            continue;
        }
        let relative = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        let path = relative
            .components()
            .map(|part| part.as_os_str().to_string_lossy())
            .collect::<Vec<_>>()
            .join("/");
        match std::fs::read_to_string(entry.path()) {
            Ok(text) => files.push((path, text)),
            Err(error) => {
                let place = Place::file(format!("{label}/{path}"));
                diagnostics.push(Diagnostic::new(
                    place,
                    format!("cannot be read as text: {error}"),
                ));
            }
        }
    }
    files
}
