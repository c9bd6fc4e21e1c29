//! Runs the self-test.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use am_deployment_toml::product::ProductVersion;
use am_product::Pattern;
use am_toolchain::RenderRequest;

use super::remembered::Remembered;
use crate::{
    component::Component,
    error::SuiteError,
    fixture::{Edit, copy_directory},
    manifest::Manifest,
    mutation,
    report::{SelftestSummary, Survivor},
    requirement::{Mutant, Requirement, Step, Subjects},
    suite::{
        BARE, ChartSet, Charts, HelmPrograms, Input, Judged, Options, RenderService, Subject,
        SubjectVariations, Suite, base_subject, documents_of, helm_programs, jobs, render_pool,
    },
};

/// The pattern that is changed where several would do: the one that is recommended.
const USUAL: Pattern = Pattern::Numbered(3);

/// What came of one mutant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MutantResult {
    /// Requirement that must report it.
    pub requirement: String,
    /// Name of the mutant.
    pub mutant: String,
    /// What happened.
    pub verdict: Verdict,
}

/// What happened to a mutant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Reported by its requirement and by no unrelated one.
    Killed,
    /// Not reported by its requirement.
    Unnoticed,
    /// Reported, but also by requirements that have nothing to do with it.
    AlsoBy(Vec<String>),
    /// It changed nothing, or its subject was not green before.
    Void(String),
}

/// Applies every mutant of the chosen requirements (`options.only`, all if empty) to the charts of the options.
///
/// # Errors
/// When the options are wrong, or tools or charts are missing.
pub fn selftest(
    options: &Options,
    progress: &mut (dyn FnMut(&MutantResult) + Send),
) -> Result<SelftestSummary, SuiteError> {
    let pool = render_pool(options)?;
    selftest_with(options, &pool, &helm_programs(options), progress)
}

/// As [`selftest`], with any renderer.
///
/// # Errors
/// As [`selftest`].
pub(crate) fn selftest_with(
    options: &Options,
    renderer: &dyn RenderService,
    programs: &HelmPrograms,
    progress: &mut (dyn FnMut(&MutantResult) + Send),
) -> Result<SelftestSummary, SuiteError> {
    let Input::Charts(directories) = &options.input else {
        return Err(SuiteError::usage(
            "the self-test needs a directory of generated charts, not a specification",
        ));
    };
    let directories: BTreeMap<ProductVersion, PathBuf> = directories
        .iter()
        .map(|directory| (directory.version, directory.path.clone()))
        .collect();
    let chosen = Suite::load(options)?;
    // Every requirement is judged on every mutant, so that none reports what is none of its business.
    let suite = Suite::load(&Options {
        only: Vec::new(),
        skip: Vec::new(),
        ..options.clone()
    })?;
    let remembered = Remembered::new(renderer, directories.values().cloned().collect());
    let run = Run {
        options,
        suite,
        directories,
        renderer: &remembered,
        programs,
        bases: Mutex::new(BTreeMap::new()),
        charts: Mutex::default(),
    };
    let mutants = chosen.requirements().flat_map(|requirement| {
        let mutants = requirement.mutants.iter();
        mutants.map(move |mutant| (requirement, mutant))
    });
    let mut tasks: Vec<Task<'_>> = mutants
        .enumerate()
        .map(|(index, (requirement, mutant))| Task {
            index,
            requirement,
            mutant,
            subject: run.subject(requirement, mutant),
        })
        .collect();
    if tasks.is_empty() {
        return Err(SuiteError::usage("the options leave no mutant to apply"));
    }
    // Mutants of the same subject one after the other, while its renders are remembered.
    tasks.sort_by_cached_key(|task| task.subject.as_ref().ok().map(key_of));
    let next = AtomicUsize::new(0);
    let results: Mutex<(BTreeMap<usize, MutantResult>, _)> =
        Mutex::new((BTreeMap::new(), progress));
    std::thread::scope(|scope| {
        for _ in 0..jobs(options).min(tasks.len()) {
            scope.spawn(|| {
                while let Some(task) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = MutantResult {
                        requirement: task.requirement.id.clone(),
                        mutant: task.mutant.name.clone(),
                        verdict: run.judge(task),
                    };
                    let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                    (results.1)(&result);
                    results.0.insert(task.index, result);
                }
            });
        }
    });
    let (results, _) = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(summary(results.into_values()))
}

pub(super) fn summary(results: impl Iterator<Item = MutantResult>) -> SelftestSummary {
    let mut summary = SelftestSummary::default();
    let mut proved: BTreeMap<String, bool> = BTreeMap::new();
    for result in results {
        summary.mutants += 1;
        *proved.entry(result.requirement.clone()).or_default() |= result.verdict == Verdict::Killed;
        let reason = match result.verdict {
            Verdict::Killed => {
                summary.killed += 1;
                continue;
            }
            Verdict::Unnoticed => "its requirement did not report it".to_owned(),
            Verdict::AlsoBy(others) => format!("also reported by {}", others.join(", ")),
            Verdict::Void(reason) => format!("void: {reason}"),
        };
        summary.survivors.push(Survivor {
            requirement: result.requirement,
            mutant: result.mutant,
            reason,
        });
    }
    summary.unproved = proved
        .into_iter()
        .filter(|(_, is_proved)| !is_proved)
        .map(|(requirement, _)| requirement)
        .collect();
    let tenths = summary.killed * 1000 / summary.mutants.max(1);
    summary.kill_rate = f64::from(u32::try_from(tenths).unwrap_or(0)) / 10.0;
    summary
}

/// A mutant that is to be judged.
struct Task<'t> {
    /// Its place in the order of the requirements, in which results are told.
    index: usize,
    requirement: &'t Requirement,
    mutant: &'t Mutant,
    /// What it changes, or why there is none.
    subject: Result<Subject, String>,
}

struct Run<'r> {
    options: &'r Options,
    suite: Suite,
    directories: BTreeMap<ProductVersion, PathBuf>,
    renderer: &'r dyn RenderService,
    programs: &'r HelmPrograms,
    /// What each unchanged subject fails, by its id and values.
    bases: Mutex<BTreeMap<String, Result<BTreeSet<String>, String>>>,
    /// Charts that no mutant changes; what their templates read is found out once.
    charts: Mutex<Charts>,
}

impl Run<'_> {
    fn is_own(&self, id: &str) -> bool {
        let requirement = self.suite.catalogue.get(id);
        requirement.is_ok_and(|requirement| requirement.own.is_some())
    }

    fn judge(&self, task: &Task<'_>) -> Verdict {
        let (requirement, mutant) = (task.requirement, task.mutant);
        match self.failing(task) {
            Err(reason) => Verdict::Void(reason),
            Ok(failing) if !failing.contains(&requirement.id) => Verdict::Unnoticed,
            Ok(mut failing) => {
                failing.remove(&requirement.id);
                failing.retain(|id| !mutant.also.contains_key(id));
                // What users ask besides has nothing to do with mutants of the suite.
                failing.retain(|id| !self.is_own(id) || requirement.own.is_some());
                if failing.is_empty() {
                    Verdict::Killed
                } else {
                    Verdict::AlsoBy(failing.into_iter().collect())
                }
            }
        }
    }

    /// Requirements that report the mutant and did not report the unchanged subject.
    fn failing(&self, task: &Task<'_>) -> Result<BTreeSet<String>, String> {
        let (requirement, mutant) = (task.requirement, task.mutant);
        let mut subject = task.subject.clone()?;
        let base = self.base(&subject)?;
        if base.contains(&requirement.id) {
            return Err(format!(
                "{} fails on the unchanged chart {}",
                requirement.id, subject.description.id
            ));
        }
        let changed = ChangedCharts::of(&mut subject, &mutant.steps)?;
        if let Some(tree) = &mut subject.tree {
            mutation::files(tree, &mutant.steps)?;
        }
        for step in &mutant.steps {
            subject = subject.with_values(&step.values);
        }
        let judged = self.judge_subject(&subject, &mutant.steps, mutant.renders)?;
        drop(changed);
        let failing = Suite::failing(&judged).into_iter().map(|(id, _)| id);
        // Where nothing renders, no other requirement has anything to judge.
        let counts = |id: &String| mutant.renders || *id == requirement.id;
        Ok(failing
            .filter(|id| !base.contains(id) && counts(id))
            .collect())
    }

    fn subject(&self, requirement: &Requirement, mutant: &Mutant) -> Result<Subject, String> {
        let pattern = mutant
            .pattern
            .or_else(|| requirement.applies_to.patterns.first().copied())
            .or_else(|| self.suitable_pattern(requirement, mutant))
            .ok_or("no pattern has what the requirement and the mutant name")?;
        let platform = mutant
            .platform
            .as_deref()
            .or_else(|| requirement.applies_to.platforms.first().map(String::as_str))
            .unwrap_or(BARE);
        let version = match &mutant.version {
            Some(version) => version.parse().map_err(|error| format!("{error}"))?,
            None => *self
                .directories
                .keys()
                .next_back()
                .ok_or("there are no charts")?,
        };
        let directory = self
            .directories
            .get(&version)
            .ok_or_else(|| format!("no charts of version {version} are at hand"))?;
        let mut subject = base_subject(
            self.options,
            &self.suite.facts,
            directory,
            pattern,
            version,
            platform,
            mutant.variant.as_deref(),
        )?;
        // The suite lets only plain subjects stand for others. What is judged on those alone renders them a hundred times.
        let is_plain = mutant.variant.is_none() && platform == BARE && mutant.given.is_empty();
        let stands = is_plain || requirement.applies_to.subjects == Subjects::Representative;
        subject.is_representative &= stands;
        Ok(subject.with_values(&mutant.given))
    }

    /// A pattern that has the components that the mutant changes: one with all that the requirement is about, if there is one, else
    /// the one with the most.
    fn suitable_pattern(&self, requirement: &Requirement, mutant: &Mutant) -> Option<Pattern> {
        let applies_to = &requirement.applies_to;
        let steps = mutant.steps.iter();
        let changed: Vec<Component> = steps
            .filter_map(|step| {
                let on = step.on.as_ref().and_then(|on| on.component);
                on.or(step.toml.as_ref().map(|toml| toml.component))
            })
            .collect();
        let suits = |pattern: &Pattern, components: &BTreeMap<Component, usize>| {
            !applies_to.except_patterns.contains(pattern)
                && changed.iter().all(|it| components.contains_key(it))
        };
        let patterns = || {
            let all = self.suite.facts.patterns.iter();
            all.filter(|(pattern, components)| suits(pattern, components))
        };
        let has_all = |components: &BTreeMap<Component, usize>| {
            let mut wanted = applies_to.components.iter();
            wanted.all(|component| components.contains_key(component))
        };
        let concerns = |components: &BTreeMap<Component, usize>| {
            let mut wanted = applies_to.components.iter();
            applies_to.components.is_empty() || wanted.any(|it| components.contains_key(it))
        };
        patterns()
            .find(|(_, components)| has_all(components))
            .or_else(|| {
                patterns().find(|(pattern, components)| **pattern == USUAL && concerns(components))
            })
            .or_else(|| patterns().find(|(_, components)| concerns(components)))
            .map(|(pattern, _)| *pattern)
    }

    fn base(&self, subject: &Subject) -> Result<BTreeSet<String>, String> {
        let key = key_of(subject);
        let known = self
            .bases
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
            .cloned();
        if let Some(known) = known {
            return known;
        }
        let result = self.judge_subject(subject, &[], true).map(|judged| {
            Suite::failing(&judged)
                .into_iter()
                .map(|(id, _)| id)
                .collect()
        });
        self.bases
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, result.clone());
        result
    }

    fn judge_subject(
        &self,
        subject: &Subject,
        steps: &[Step],
        renders: bool,
    ) -> Result<Judged, String> {
        let charts = self.charts(subject)?;
        let mut manifest: Manifest = documents_of(subject, self.renderer, &mut 0)?;
        if let Some(message) = manifest.missing_release().filter(|_| renders) {
            return Err(message);
        }
        mutation::documents(&mut manifest, steps, subject)?;
        let variations = SubjectVariations::new(
            subject,
            self.renderer,
            self.programs,
            &self.directories,
            steps,
        )
        .passing_over(&manifest);
        Ok(self.suite.judge_manifest(
            subject,
            &manifest,
            Some(&variations),
            &charts,
            self.renderer.upstream(),
        ))
    }

    /// The subject's charts, read once where no mutant changed them.
    fn charts(&self, subject: &Subject) -> Result<ChartSet, String> {
        let is_original = |chart: &PathBuf| {
            let mut directories = self.directories.values();
            directories.any(|directory| chart.starts_with(directory))
        };
        let workspace = &self.options.workspace;
        let told = |error: SuiteError| error.to_string();
        if !subject.charts().all(is_original) {
            let changed = Charts::read(subject.charts(), workspace).map_err(told)?;
            return Ok(changed.of(subject));
        }
        let mut known = self.charts.lock().unwrap_or_else(PoisonError::into_inner);
        known.add(subject.charts(), workspace).map_err(told)?;
        Ok(known.of(subject))
    }
}

/// What tells subjects apart.
fn key_of(subject: &Subject) -> String {
    let first = subject.renders.first();
    let values = first.map(|render| render.values.to_string());
    format!(
        "{} {} {}",
        subject.description.id,
        subject.is_representative,
        values.unwrap_or_default()
    )
}

/// Copies of charts whose files a mutant changes; they live as long as this value.
struct ChangedCharts(Vec<PathBuf>);

impl ChangedCharts {
    fn of(subject: &mut Subject, steps: &[Step]) -> Result<Self, String> {
        let steps: Vec<&Step> = steps.iter().filter(|step| step.chart.is_some()).collect();
        let mut copies = Self(Vec::new());
        if steps.is_empty() {
            return Ok(copies);
        }
        for render in &mut subject.renders {
            let copy = copy_place(&render.chart)?;
            copies.0.push(copy.parent().unwrap_or(&copy).to_owned());
            copy_directory(&render.chart, &copy).map_err(|error| error.to_string())?;
            for step in &steps {
                edit_of(step)
                    .apply(&copy)
                    .map_err(|error| error.to_string())?;
            }
            move_request(render, &copy);
        }
        Ok(copies)
    }
}

impl Drop for ChangedCharts {
    fn drop(&mut self) {
        for folder in &self.0 {
            // A copy that stays behind in the temporary folder does no harm.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

fn move_request(render: &mut RenderRequest, copy: &Path) {
    for file in &mut render.values_files {
        if let Ok(relative) = file.strip_prefix(&render.chart) {
            *file = copy.join(relative);
        }
    }
    copy.clone_into(&mut render.chart);
}

/// A place of its own for the copy of a chart.
fn copy_place(chart: &Path) -> Result<PathBuf, String> {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder =
        std::env::temp_dir().join(format!("am-conformance-{}-{number}", std::process::id()));
    Ok(folder.join(chart.file_name().ok_or("the chart has no name")?))
}

/// The step as an edit of a file.
fn edit_of(step: &Step) -> Edit {
    Edit {
        file: step.chart.clone().unwrap_or_default(),
        replace: step.replace.clone(),
        with: step.with.clone(),
        append: step.append.clone(),
        delete: step.delete,
    }
}
