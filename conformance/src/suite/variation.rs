//! Further renders of a subject, made when a check asks for them and kept for the next one.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use am_deployment_toml::product::ProductVersion;
use am_toolchain::{RenderError, RenderRequest};
use serde_json::Value;

use super::{
    Subject,
    render::{RenderService, objects_of},
};
use crate::{
    manifest::Manifest,
    mutation,
    requirement::Step,
    subject::set_path,
    variation::{Refusal, Variation, Variations},
};

/// Programs that only some checks need.
#[derive(Debug, Clone, Default)]
pub struct HelmPrograms {
    /// Helm 3, for comparison.
    pub helm3: Option<PathBuf>,
}

/// Renders a subject's releases under other circumstances.
pub(crate) struct SubjectVariations<'s> {
    pub(crate) subject: &'s Subject,
    pub(crate) renderer: &'s dyn RenderService,
    pub(crate) programs: &'s HelmPrograms,
    /// Directories of our charts by version; empty for a specification.
    pub(crate) directories: &'s BTreeMap<ProductVersion, PathBuf>,
    /// What the self-test changed in the subject.
    pub(crate) steps: &'s [Step],
    known: Mutex<Vec<Known>>,
    /// Releases whose texts are flawed as they are.
    flawed: BTreeSet<String>,
    renders: AtomicUsize,
    by_machine: AtomicBool,
}

type Known = (String, Variation, Result<Manifest, Refusal>);

/// Whatever renders.
pub(crate) struct Renders<'r> {
    pub(super) renderer: &'r dyn RenderService,
    pub(super) programs: &'r HelmPrograms,
    pub(super) directories: BTreeMap<ProductVersion, PathBuf>,
}

impl<'s> SubjectVariations<'s> {
    pub(crate) fn new(
        subject: &'s Subject,
        renderer: &'s dyn RenderService,
        programs: &'s HelmPrograms,
        directories: &'s BTreeMap<ProductVersion, PathBuf>,
        steps: &'s [Step],
    ) -> Self {
        Self {
            subject,
            renderer,
            programs,
            directories,
            steps,
            known: Mutex::new(Vec::new()),
            flawed: BTreeSet::new(),
            renders: AtomicUsize::new(0),
            by_machine: AtomicBool::new(false),
        }
    }

    /// Passes over what is wrong with the texts of the subject itself: its own requirements tell that once.
    pub(crate) fn passing_over(mut self, manifest: &Manifest) -> Self {
        let releases = manifest.flaws.iter().map(|flaw| &flaw.object.release);
        self.flawed = releases.cloned().collect();
        self
    }

    /// How many renders were made.
    pub(crate) fn renders(&self) -> usize {
        self.renders.load(Ordering::Relaxed)
    }

    /// Whether anything was refused because of this machine: a program that is missing or failed.
    pub(crate) fn is_refused_by_machine(&self) -> bool {
        self.by_machine.load(Ordering::Relaxed)
    }

    fn by_machine(&self, reason: &str) -> Refusal {
        self.by_machine.store(true, Ordering::Relaxed);
        Refusal::Unavailable(reason.to_owned())
    }

    fn refusal(&self, error: &RenderError) -> Refusal {
        match error {
            RenderError::Schema { .. } => Refusal::Schema(error.to_string()),
            RenderError::Template { .. } if error.is_on_purpose() => {
                Refusal::Template(error.to_string())
            }
            RenderError::Template { .. }
            | RenderError::Helm { .. }
            | RenderError::Document { .. } => Refusal::Broken(error.to_string()),
            RenderError::Io { .. } | RenderError::Server { .. } => {
                self.by_machine(&error.to_string())
            }
        }
    }

    fn request(&self, release: &str) -> Result<&RenderRequest, Refusal> {
        self.subject
            .renders
            .iter()
            .find(|request| request.release == release)
            .ok_or_else(|| Refusal::Unavailable(format!("the subject has no release `{release}`")))
    }

    fn varied(&self, release: &str, variation: &Variation) -> Result<RenderRequest, Refusal> {
        let mut request = self.request(release)?.clone();
        request.lenient = self.flawed.contains(release);
        if let Some(name) = &variation.release {
            request.release.clone_from(name);
            // What the user calls this release is no name for another one.
            for path in names_that_the_user_fixes(&request) {
                set_path(&mut request.values, &path, Value::Null);
            }
        }
        if let Some(namespace) = &variation.namespace {
            request.namespace.clone_from(namespace);
        }
        merge(&mut request.values, &variation.values);
        request.is_upgrade |= variation.is_upgrade;
        request.objects.clone_from(&variation.finds);
        if let Some(version) = &variation.product_version {
            request.chart = self.chart_of(&request, version)?;
            // An overlay belongs to its chart.
            let own = &self.request(release)?.chart;
            for file in &mut request.values_files {
                if let Ok(relative) = file.strip_prefix(own) {
                    *file = request.chart.join(relative);
                }
            }
        }
        Ok(request)
    }

    fn chart_of(&self, request: &RenderRequest, version: &str) -> Result<PathBuf, Refusal> {
        let unavailable =
            || Refusal::Unavailable(format!("no chart for version {version} is at hand"));
        let version: ProductVersion = version.parse().map_err(|_| unavailable())?;
        if version == self.subject.version {
            return Ok(request.chart.clone());
        }
        let name = request.chart.file_name().ok_or_else(unavailable)?;
        let path = self
            .directories
            .get(&version)
            .map(|directory| directory.join(name));
        path.filter(|path| path.is_dir()).ok_or_else(unavailable)
    }

    fn render_once(&self, release: &str, variation: &Variation) -> Result<Manifest, Refusal> {
        let request = self.varied(release, variation)?;
        self.renders.fetch_add(1, Ordering::Relaxed);
        // Helm 3 refuses a document that is no YAML as Helm 4 does.
        let rendered = if variation.helm3 && !request.lenient {
            let program = self.programs.helm3.as_ref();
            let program = program.ok_or_else(|| self.by_machine("Helm 3 is not at hand"))?;
            self.renderer.render_by(program, &request)
        } else if *variation == Variation::default() || !variation.finds.is_empty() {
            // The subject was rendered with chance and time made constant, so that only this shows that they are there.
            self.renderer.render_with_chance(&request)
        } else {
            self.renderer.render(&request)
        };
        let rendered = rendered.map_err(|error| self.refusal(&error))?;
        let mut manifest = Manifest {
            objects: objects_of(&request, rendered),
            ..Manifest::default()
        };
        // A step that finds nothing here changes nothing here; on the subject itself it would be void.
        let _ = mutation::documents(&mut manifest, self.steps, self.subject);
        Ok(manifest)
    }
}

/// The value of a chart, by convention, that replaces the release's name at the head of names; subcharts have their own.
const FULL_NAME: &str = "fullnameOverride";

/// Dotted paths of the values by which the user of a release fixes its names.
fn names_that_the_user_fixes(request: &RenderRequest) -> Vec<String> {
    fn collect(values: &Value, path: &str, found: &mut Vec<String>) {
        for (key, value) in values.as_object().into_iter().flatten() {
            let path = format!("{path}{key}");
            if key == FULL_NAME && value.as_str().is_some_and(|name| !name.is_empty()) {
                found.push(path);
            } else {
                collect(value, &format!("{path}."), found);
            }
        }
    }
    let mut found = Vec::new();
    collect(&request.values, "", &mut found);
    for file in &request.values_files {
        // One that cannot be read makes the render fail, which says so.
        let text = std::fs::read_to_string(file).unwrap_or_default();
        if text.contains(FULL_NAME) {
            let values: Value = serde_saphyr::from_str(&text).unwrap_or_default();
            collect(&values, "", &mut found);
        }
    }
    found
}

impl Variations for SubjectVariations<'_> {
    fn render(&self, release: &str, variation: &Variation) -> Result<Manifest, Refusal> {
        let known = |known: &Vec<Known>| {
            known
                .iter()
                .find(|(name, difference, _)| name == release && difference == variation)
                .map(|(_, _, result)| result.clone())
        };
        // Rendering the same twice must really render twice, else nothing would ever differ.
        let is_repetition = *variation == Variation::default();
        if let Some(result) = known(&self.known.lock().unwrap_or_else(PoisonError::into_inner))
            .filter(|_| !is_repetition)
        {
            return result;
        }
        let result = self.render_once(release, variation);
        if !is_repetition {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.push((release.to_owned(), variation.clone(), result.clone()));
        }
        result
    }

    fn lint(&self, release: &str) -> Result<Vec<String>, Refusal> {
        let request = self.request(release)?;
        let mut messages = self
            .renderer
            .lint(&request.chart, &request.values_files)
            .map_err(|error| self.refusal(&error))?;
        if self.flawed.contains(release) {
            messages.retain(|message| !message.contains("unable to parse YAML"));
        }
        Ok(messages)
    }

    fn notes(&self, release: &str) -> Result<Option<String>, Refusal> {
        let mut request = self.request(release)?.clone();
        request.include_notes = true;
        request.lenient = self.flawed.contains(release);
        self.renderer
            .render(&request)
            .map(|rendered| rendered.notes)
            .map_err(|error| self.refusal(&error))
    }

    fn product_versions(&self, _release: &str) -> Vec<String> {
        if self.directories.is_empty() {
            return vec![self.subject.version.to_string()];
        }
        self.directories.keys().map(ToString::to_string).collect()
    }
}

/// Merges values over others as Helm does: maps key by key, everything else replaced.
pub(crate) fn merge(target: &mut Value, over: &Value) {
    match (target, over) {
        (_, Value::Null) => {}
        (Value::Object(target), Value::Object(over)) => {
            for (key, value) in over {
                match target.get_mut(key) {
                    Some(known) if known.is_object() && value.is_object() => merge(known, value),
                    _ => {
                        target.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        (target, over) => *target = over.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::merge;

    #[test]
    fn maps_are_merged_and_lists_replaced() {
        let mut values = json!({"a": {"b": 1, "c": [1, 2]}});
        merge(&mut values, &json!({"a": {"c": [3]}, "d": true}));
        assert_eq!(values, json!({"a": {"b": 1, "c": [3]}, "d": true}));
        merge(&mut values, &Value::Null);
        assert_eq!(values["d"], true);
    }
}
