//! Runs random mutants on several threads.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use am_product::Pattern;
use fastrand::Rng;

use super::{
    Equivalents, Fate, MutationReport, RandomMutant,
    draw::draw,
    judge::{Base, Bench},
    lines,
};
use crate::{
    error::SuiteError,
    machines::clusters,
    suite::{
        HelmPrograms, Input, Options, RenderService, Subject, Suite, charts_subjects, jobs,
        render_pool, spec_subjects,
    },
};

/// Mutants for which one more subject is rendered and judged unchanged.
const MUTANTS_PER_SUBJECT: usize = 12;

/// How often a mutant is drawn again when it changes nothing.
const ATTEMPTS: usize = 20;

/// Applies `count` random mutants, drawn by `seed`, to what the options judge.
///
/// # Errors
/// When the options are wrong, tools or charts are missing, or an unchanged chart does not render.
pub fn mutate(
    options: &Options,
    seed: u64,
    count: usize,
    progress: &mut (dyn FnMut(&RandomMutant, &Fate) + Send),
) -> Result<MutationReport, SuiteError> {
    let pool = render_pool(options)?;
    // Helm's own programs judge charts, which stay as they are.
    mutate_with(
        options,
        &pool,
        &HelmPrograms::default(),
        seed,
        count,
        progress,
    )
}

/// As [`mutate`], with any renderer.
///
/// # Errors
/// As [`mutate`].
pub(crate) fn mutate_with(
    options: &Options,
    renderer: &dyn RenderService,
    programs: &HelmPrograms,
    seed: u64,
    count: usize,
    progress: &mut (dyn FnMut(&RandomMutant, &Fate) + Send),
) -> Result<MutationReport, SuiteError> {
    if count == 0 {
        return Err(SuiteError::usage("--count 0 leaves no mutant to apply"));
    }
    let suite = Suite::load(options)?;
    let mut root = Rng::with_seed(seed);
    let (subjects, directories) = match &options.input {
        Input::Charts(directories) => (
            charts_subjects(options, directories, &suite.facts)?,
            directories.as_slice(),
        ),
        Input::Spec(file) => (spec_subjects(options, file, &suite.facts)?, [].as_slice()),
    };
    let is_whole = |subject: &Subject| {
        let clusters = subject.tree.as_ref().map(clusters);
        clusters.is_none_or(|clusters| clusters.is_ok_and(|clusters| clusters.is_empty()))
    };
    // Of a tree with clusters each subject judges a part, and a line that is another's would survive for no fault of anybody.
    let subjects: Vec<Subject> = subjects.into_iter().filter(is_whole).collect();
    if subjects.is_empty() {
        return Err(SuiteError::usage(
            "the options leave trees with integrators alone, of which no lines are drawn: choose others",
        ));
    }
    let subjects = some_of(&mut root, subjects, count);
    let bench = Bench {
        workspace: &options.workspace,
        suite,
        directories: directories
            .iter()
            .map(|directory| (directory.version, directory.path.clone()))
            .collect(),
        renderer,
        programs,
        equivalents: Equivalents::load()?,
    };
    let bases: Vec<OnceLock<Result<Base<'_>, String>>> =
        subjects.iter().map(|_| OnceLock::new()).collect();
    // Each mutant has its own source of chance, so that threads do not share one.
    let chances: Vec<Rng> = (0..count).map(|_| root.fork()).collect();
    let next = AtomicUsize::new(0);
    let results = Mutex::new((BTreeMap::new(), progress));
    std::thread::scope(|scope| {
        for _ in 0..jobs(options).min(count) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(rng) = chances.get(number) else {
                        break;
                    };
                    let result = one(&bench, &subjects, &bases, number, rng.clone());
                    let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                    if let Ok((mutant, fate)) = &result {
                        (results.1)(mutant, fate);
                    }
                    results.0.insert(number, result);
                }
            });
        }
    });
    let (results, _) = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    let fates: Result<Vec<(RandomMutant, Fate)>, String> = results.into_values().collect();
    let fates = fates.map_err(SuiteError::cannot_check)?;
    Ok(MutationReport::new(seed, fates))
}

/// Some of the subjects by chance, as many of each pattern.
fn some_of(rng: &mut Rng, mut subjects: Vec<Subject>, count: usize) -> Vec<Subject> {
    rng.shuffle(&mut subjects);
    let mut of_pattern: BTreeMap<Pattern, usize> = BTreeMap::new();
    let mut ranked: Vec<(usize, Subject)> = subjects
        .into_iter()
        .map(|subject| {
            let rank = of_pattern.entry(subject.description.pattern).or_default();
            *rank += 1;
            (*rank, subject)
        })
        .collect();
    ranked.sort_by_key(|(rank, subject)| (*rank, subject.description.pattern));
    let wanted = (count / MUTANTS_PER_SUBJECT).max(of_pattern.len());
    ranked.truncate(wanted);
    ranked.into_iter().map(|(_, subject)| subject).collect()
}

fn one<'s>(
    bench: &'s Bench<'_>,
    subjects: &'s [Subject],
    bases: &[OnceLock<Result<Base<'s>, String>>],
    number: usize,
    mut rng: Rng,
) -> Result<(RandomMutant, Fate), String> {
    let index = rng.usize(..subjects.len());
    let id = &subjects[index].description.id;
    let base = bases[index].get_or_init(|| bench.base(&subjects[index]));
    let base = base.as_ref().map_err(|error| format!("{id}: {error}"))?;
    for _ in 0..ATTEMPTS {
        let drawn = match &subjects[index].tree {
            Some(tree) => lines::draw(&mut rng, tree),
            None => draw(&mut rng, &base.manifest),
        };
        let Some(mutation) = drawn else {
            break;
        };
        if let Some(fate) = bench.fate(base, &mutation) {
            return Ok((RandomMutant::new(number, id, &mutation), fate));
        }
    }
    Err(format!("{id}: found nothing to change"))
}
