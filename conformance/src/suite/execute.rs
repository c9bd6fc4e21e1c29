//! A run over all subjects, on several threads.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZero,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use am_toolchain::{RenderPool, Tool, Toolchain};

use super::{
    HelmPrograms, Input, Matrix, Options, Subject,
    cache::Cache,
    coverage::gaps,
    digest::Charts,
    judge::{Judged, Suite},
    matrix::charts_subjects,
    render::RenderService,
    spec::spec_subjects,
    variation::Renders,
};
use crate::{
    error::SuiteError,
    report::{Coverage, Report, SubjectResult},
};

/// Hears how a run goes on. Called from the thread that started the run's worker, one call at a time.
pub trait Progress: Send {
    /// A subject was judged; `done` of `total` are.
    fn judged(&mut self, done: usize, total: usize, result: &SubjectResult);
}

/// Says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn judged(&mut self, _done: usize, _total: usize, _result: &SubjectResult) {}
}

/// Judges what the options name with the pinned render server.
///
/// # Errors
/// When the options are wrong, or the tools or charts are missing. What is wrong with the charts is in the
/// report.
pub fn run(options: &Options, progress: &mut dyn Progress) -> Result<Report, SuiteError> {
    let pool = render_pool(options)?;
    run_with(options, &pool, &helm_programs(options), progress)
}

/// The render servers of a run.
pub(crate) fn render_pool(options: &Options) -> Result<RenderPool, SuiteError> {
    let program = Toolchain::new(&options.workspace)
        .ensure(Tool::Renderer, &mut am_toolchain::StderrProgress::default())
        .map_err(|error| SuiteError::cannot_check(error.to_string()))?;
    Ok(RenderPool::new(program, jobs(options)).deterministic(true))
}

/// The Helm programs that only some checks need; what is missing makes those checks say so.
pub(crate) fn helm_programs(options: &Options) -> HelmPrograms {
    let toolchain = Toolchain::new(&options.workspace);
    let mut progress = am_toolchain::StderrProgress::default();
    HelmPrograms {
        helm3: toolchain.ensure(Tool::Helm3, &mut progress).ok(),
    }
}

pub(crate) fn jobs(options: &Options) -> usize {
    match options.jobs {
        0 => std::thread::available_parallelism().map_or(1, NonZero::get),
        jobs => jobs,
    }
}

/// Judges what the options name with any renderer.
///
/// # Errors
/// As [`run`].
pub fn run_with(
    options: &Options,
    renderer: &dyn RenderService,
    programs: &HelmPrograms,
    progress: &mut dyn Progress,
) -> Result<Report, SuiteError> {
    let suite = Suite::load(options)?;
    let mut subjects = match &options.input {
        Input::Charts(directories) => charts_subjects(options, directories, &suite.facts)?,
        Input::Spec(file) => spec_subjects(options, file, &suite.facts)?,
    };
    let mut coverage = Coverage {
        input: options.input.name(&options.workspace),
        ..Coverage::default()
    };
    if let Some(affected) = &options.affected {
        subjects.retain(|subject| affected.covers(&subject.description));
        coverage.nothing_affected = subjects.is_empty();
        coverage.scope = Some(if subjects.is_empty() {
            affected.nothing()
        } else {
            affected.sentence()
        });
    }
    choose_representatives(&mut subjects);
    let charts = Charts::read(
        subjects.iter().flat_map(Subject::charts),
        &options.workspace,
    )?;
    let directories = match &options.input {
        Input::Charts(directories) => directories
            .iter()
            .map(|directory| (directory.version, directory.path.clone()))
            .collect(),
        Input::Spec(_) => BTreeMap::new(),
    };
    let renders = Renders {
        renderer,
        programs,
        directories,
    };
    let cache = Cache::open(options, programs, &renders.directories, &charts, &subjects);
    let cache = cache.as_ref();
    let judged = judge_all(
        options, &suite, &subjects, &charts, &renders, cache, progress,
    );
    if is_stopped(options) {
        return Err(SuiteError::cannot_check(
            "the run was stopped before everything was checked",
        ));
    }
    if let Input::Spec(file) = &options.input
        && let Some(message) = judged.iter().find_map(|judged| judged.mistake.clone())
    {
        return Err(SuiteError::Spec {
            file: file.clone(),
            message,
        });
    }
    let unseen = judged.iter().flat_map(|judged| &judged.unseen);
    coverage.unseen = unseen
        .cloned()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    coverage.cached = judged.iter().filter(|judged| judged.is_cached).count();
    let matrix = Matrix::load(&suite.facts)?;
    coverage.gaps = gaps(options, &suite, &matrix, &charts, &subjects, &judged);
    let mut report = suite.report(options, &charts, judged);
    report.coverage = coverage;
    Ok(report)
}

fn is_stopped(options: &Options) -> bool {
    let stop = options.stop.as_ref();
    stop.is_some_and(|stop| stop.load(Ordering::Relaxed))
}

/// The first subject of each pattern and product version stands for the others, whatever was selected.
fn choose_representatives(subjects: &mut [Subject]) {
    let mut seen = BTreeSet::new();
    for subject in subjects {
        subject.is_representative = seen.insert((subject.description.pattern, subject.version));
    }
}

fn judge_all(
    options: &Options,
    suite: &Suite,
    subjects: &[Subject],
    charts: &Charts,
    renders: &Renders<'_>,
    cache: Option<&Cache>,
    progress: &mut dyn Progress,
) -> Vec<Judged> {
    let next = AtomicUsize::new(0);
    let results: Mutex<(BTreeMap<usize, Judged>, &mut dyn Progress)> =
        Mutex::new((BTreeMap::new(), progress));
    std::thread::scope(|scope| {
        for _ in 0..jobs(options).min(subjects.len()) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(subject) = subjects.get(index) else {
                        break;
                    };
                    if is_stopped(options) {
                        break;
                    }
                    let start = Instant::now();
                    let known =
                        cache.and_then(|cache| cache.load(index, suite.source_map.as_deref()));
                    let mut judged = known.unwrap_or_else(|| suite.judge(subject, charts, renders));
                    judged.seconds = start.elapsed().as_secs_f64();
                    if let Some(cache) = cache.filter(|_| !judged.is_cached) {
                        cache.store(index, &judged);
                    }
                    let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                    let (done, progress) = &mut *results;
                    progress.judged(done.len() + 1, subjects.len(), &judged.result);
                    done.insert(index, judged);
                }
            });
        }
    });
    if let Some(cache) = cache {
        cache.prune();
    }
    let (done, _) = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.into_values().collect()
}
