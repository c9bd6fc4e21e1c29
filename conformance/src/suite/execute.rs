//! Renders subjects, judges them, and writes down what came of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZero,
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use am_deployment_toml::product::ProductVersion;
use am_toolchain::{
    RenderError, RenderPool, RenderRequest, Rendered, RenderedDocument, Renderer as _, Tool,
    Toolchain,
};

use serde::{Deserialize, Serialize};

use super::{
    HelmPrograms, Input, Options, Subject, SubjectVariations,
    cache::Cache,
    digest::{ChartSet, Charts},
    matrix::charts_subjects,
    spec::spec_subject,
};
use crate::{
    checks::Registry,
    context::Context,
    error::SuiteError,
    facts::Facts,
    graph::Graph,
    manifest::{Manifest, Object},
    outcome::Outcome,
    report::{
        API_VERSION, Coverage, Mode, Profile, Report, RequirementResult, RequirementSummary,
        Statistics, SubjectResult, ToolVersion, Topology,
    },
    requirement::{Catalogue, Level, Requirement},
    topology::topology_of,
    variation::Variations,
};

/// Renders charts for several threads at once.
pub trait RenderService: Sync {
    /// Renders one release.
    ///
    /// # Errors
    /// With Helm's own words when the chart or its values are wrong.
    fn render(&self, request: &RenderRequest) -> Result<Rendered, RenderError>;
}

impl RenderService for RenderPool {
    fn render(&self, request: &RenderRequest) -> Result<Rendered, RenderError> {
        self.with(|server| server.render(request))
    }
}

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
        helm4: toolchain.ensure(Tool::Helm4, &mut progress).ok(),
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
        Input::Spec(file) => vec![spec_subject(options, file, &suite.facts)?],
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
    let mut last = None;
    if let Some(rerun) = &options.rerun {
        let choice = rerun.choose(subjects, &coverage.input, &suite.chosen);
        subjects = choice.subjects;
        coverage.scope = Some(choice.scope);
        last = choice.is_partial.then_some(rerun);
    }
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
            "the run was ended before everything was judged",
        ));
    }
    coverage.cached = judged.iter().filter(|judged| judged.is_cached).count();
    let mut report = suite.report(options, &charts, judged);
    report.coverage = coverage;
    Ok(match last {
        Some(rerun) => rerun.merge(report),
        None => report,
    })
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

/// Whatever renders.
pub(crate) struct Renders<'r> {
    renderer: &'r dyn RenderService,
    programs: &'r HelmPrograms,
    directories: BTreeMap<ProductVersion, PathBuf>,
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

/// A judged subject with what the report needs of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Judged {
    /// Outcomes.
    pub(crate) result: SubjectResult,
    /// Components and edges.
    pub(crate) topology: Topology,
    /// Texts that findings point into.
    pub(crate) sources: BTreeMap<String, String>,
    /// Charts rendered.
    pub(crate) renders: usize,
    /// Whether an outcome may be owed to this machine, and another machine or day would have another.
    #[serde(skip)]
    pub(crate) by_machine: bool,
    /// Whether an earlier run found it.
    #[serde(skip)]
    pub(crate) is_cached: bool,
    /// Time that it took, in seconds.
    #[serde(skip)]
    pub(crate) seconds: f64,
}

/// Everything that does not change from subject to subject.
pub(crate) struct Suite {
    pub(crate) facts: Facts,
    pub(crate) catalogue: Catalogue,
    registry: Registry,
    /// Why requirements are not judged, by id.
    skipped: BTreeMap<String, String>,
    /// Ids to judge or to report as skipped.
    chosen: Vec<String>,
    source_map: Option<std::sync::Arc<dyn crate::context::SourceMap>>,
    schemas: Option<std::sync::Arc<dyn crate::context::SchemaValidator>>,
}

impl Suite {
    pub(crate) fn load(options: &Options) -> Result<Self, SuiteError> {
        let catalogue = Catalogue::load()?;
        let registry = Registry::load(&catalogue)?;
        let mut chosen: Vec<String> = Vec::new();
        for pattern in &options.only {
            chosen.extend(
                catalogue
                    .select(pattern)?
                    .iter()
                    .map(|requirement| requirement.id.clone()),
            );
        }
        let mut skipped = BTreeMap::new();
        for skip in &options.skip {
            if skip.reason.trim().is_empty() {
                return Err(SuiteError::usage(format!(
                    "--skip {} needs a reason, such as --skip {}='no cluster here'",
                    skip.requirement, skip.requirement
                )));
            }
            for requirement in catalogue.select(&skip.requirement)? {
                skipped.insert(requirement.id.clone(), skip.reason.clone());
            }
        }
        if options.only.is_empty() {
            chosen = catalogue
                .iter()
                .map(|requirement| requirement.id.clone())
                .collect();
        }
        Ok(Self {
            facts: Facts::load()?,
            catalogue,
            registry,
            skipped,
            chosen,
            source_map: options.source_map.clone(),
            schemas: options.schemas.clone(),
        })
    }

    pub(crate) fn requirements(&self) -> impl Iterator<Item = &Requirement> {
        self.catalogue
            .iter()
            .filter(|requirement| self.chosen.contains(&requirement.id))
    }

    /// Renders a subject and judges it.
    fn judge(&self, subject: &Subject, charts: &Charts, by: &Renders<'_>) -> Judged {
        let mut renders = 0;
        let manifest = match render_all(&subject.renders, by.renderer, &mut renders) {
            Ok(manifest) => manifest,
            Err(error) => {
                let result = SubjectResult {
                    subject: subject.description.clone(),
                    error: Some(error),
                    results: Vec::new(),
                };
                return Judged {
                    result,
                    topology: Topology::default(),
                    sources: BTreeMap::new(),
                    renders,
                    by_machine: false,
                    is_cached: false,
                    seconds: 0.0,
                };
            }
        };
        let variations =
            SubjectVariations::new(subject, by.renderer, by.programs, &by.directories, &[]);
        let mut judged =
            self.judge_manifest(subject, &manifest, Some(&variations), &charts.of(subject));
        judged.renders = renders + variations.renders();
        judged.by_machine = variations.is_refused_by_machine();
        judged
    }

    /// Judges documents that are already rendered.
    pub(crate) fn judge_manifest(
        &self,
        subject: &Subject,
        manifest: &Manifest,
        variations: Option<&dyn Variations>,
        charts: &ChartSet,
    ) -> Judged {
        let graph = Graph::build(manifest, &self.facts, subject.version, &subject.hints);
        let context = Context {
            subject: &subject.description,
            version: subject.version,
            is_generated: subject.is_generated,
            is_representative: subject.is_representative,
            manifest,
            graph: &graph,
            facts: &self.facts,
            charts,
            variations,
            source_map: self.source_map.as_deref(),
            schemas: self.schemas.as_deref(),
        };
        let results: Vec<RequirementResult> = self
            .requirements()
            .filter(|requirement| {
                let wanted = subject.requirements.as_ref();
                wanted.is_none_or(|wanted| wanted.contains(&requirement.id))
            })
            .map(|requirement| {
                let outcome = match self.skipped.get(&requirement.id) {
                    Some(reason) => Outcome::Skipped {
                        reason: reason.clone(),
                    },
                    None => self.registry.judge(requirement, &context),
                };
                RequirementResult {
                    requirement: requirement.id.clone(),
                    level: requirement.level,
                    outcome,
                }
            })
            .collect();
        let result = SubjectResult {
            subject: subject.description.clone(),
            error: None,
            results,
        };
        let topology = topology_of(&graph, &result);
        let sources = sources_of(&graph, &result, charts);
        Judged {
            result,
            topology,
            sources,
            renders: 0,
            by_machine: false,
            is_cached: false,
            seconds: 0.0,
        }
    }

    fn report(&self, options: &Options, charts: &Charts, judged: Vec<Judged>) -> Report {
        let mut sources = BTreeMap::new();
        let mut profiles: BTreeMap<u8, Profile> = BTreeMap::new();
        for mut subject in judged {
            keep_sources(&mut sources, &mut subject);
            let pattern = subject.result.subject.pattern;
            let profile = profiles.entry(pattern).or_insert_with(|| Profile {
                name: profile_name(&options.input, pattern),
                pattern,
                result: crate::report::ProfileResult::Failure,
                summary: String::new(),
                statistics: Statistics::default(),
                seconds: None,
                subjects: Vec::new(),
                topology: subject.topology,
            });
            for result in &subject.result.results {
                profile.statistics.count(result.level, &result.outcome);
            }
            profile.statistics.renders += subject.renders;
            profile.statistics.render_failures += usize::from(subject.result.error.is_some());
            profile.seconds = Some(profile.seconds.unwrap_or_default() + subject.seconds);
            profile.subjects.push(subject.result);
        }
        let mut profiles: Vec<Profile> = profiles.into_values().collect();
        for profile in &mut profiles {
            profile.result = profile.statistics.verdict();
            profile.summary = profile.statistics.sentence();
        }
        Report {
            api_version: API_VERSION.into(),
            kind: "ConformanceReport".into(),
            mode: Mode::Static,
            suite_version: env!("CARGO_PKG_VERSION").into(),
            tools: tools(options),
            profiles,
            requirements: self
                .requirements()
                .map(|requirement| self.summary(requirement))
                .collect(),
            selftest: crate::selftest::record::load(&options.workspace),
            charts: charts.digests(),
            reproduce: options.command.clone(),
            coverage: Coverage::default(),
            sources,
        }
    }

    fn summary(&self, requirement: &Requirement) -> RequirementSummary {
        RequirementSummary {
            id: requirement.id.clone(),
            family: requirement.family,
            level: requirement.level,
            title: requirement.title.clone(),
            text: requirement.text.clone(),
            source: requirement.source.clone(),
            skipped: self.skipped.get(&requirement.id).cloned(),
        }
    }

    /// Ids of MUST requirements that a judged subject does not meet, and of those that could not be judged.
    pub(crate) fn failing(judged: &Judged) -> Vec<(String, Level)> {
        judged
            .result
            .results
            .iter()
            .filter(|result| !result.outcome.is_green())
            .map(|result| (result.requirement.clone(), result.level))
            .collect()
    }
}

/// Ours are called after the chart, others after the specification.
fn profile_name(input: &Input, pattern: u8) -> String {
    match input {
        Input::Charts(_) => format!("am-pattern-{pattern}"),
        Input::Spec(file) => {
            let file = file.file_name().unwrap_or(file.as_os_str());
            format!("pattern {pattern} of {}", file.to_string_lossy())
        }
    }
}

/// Takes over the texts that a subject's findings point into. The same file may differ from subject to subject; then
/// the later one is called after its subject, in the findings too.
fn keep_sources(sources: &mut BTreeMap<String, String>, subject: &mut Judged) {
    for (name, text) in std::mem::take(&mut subject.sources) {
        if sources.get(&name).is_none_or(|known| *known == text) {
            sources.insert(name, text);
            continue;
        }
        let renamed = format!("{name} ({})", subject.result.subject.id);
        let findings = subject
            .result
            .results
            .iter_mut()
            .filter_map(|result| match &mut result.outcome {
                Outcome::Failed { findings, .. } => Some(findings),
                _ => None,
            })
            .flatten();
        for configuration in findings.filter_map(|finding| finding.configuration.as_mut()) {
            if configuration.source == name {
                configuration.source.clone_from(&renamed);
            }
        }
        sources.insert(renamed, text);
    }
}

fn tools(options: &Options) -> Vec<ToolVersion> {
    [Tool::Renderer, Tool::Helm4, Tool::Helm3]
        .into_iter()
        .filter_map(|tool| {
            let version = tool.pinned_version(&options.workspace).ok()?;
            Some(ToolVersion {
                name: tool.name().to_owned(),
                version,
            })
        })
        .collect()
}

/// The documents of all releases; the error names the release.
pub(crate) fn render_all(
    requests: &[RenderRequest],
    renderer: &dyn RenderService,
    renders: &mut usize,
) -> Result<Manifest, String> {
    let mut manifest = Manifest::default();
    for request in requests {
        *renders += 1;
        let documents = renderer
            .render(request)
            .map_err(|error| format!("release {} does not render: {error}", request.release))?;
        manifest.objects.extend(objects_of(request, documents));
    }
    Ok(manifest)
}

/// The documents of one release.
pub(crate) fn objects_of(request: &RenderRequest, rendered: Rendered) -> Vec<Object> {
    let chart = request
        .chart
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let object = |document: RenderedDocument| Object {
        release: request.release.clone(),
        chart: chart.clone(),
        template: document.template,
        text: document.text,
        release_namespace: request.namespace.clone(),
        value: document.value,
    };
    rendered.documents.into_iter().map(object).collect()
}

/// Texts that findings point into: configuration files with literal secrets masked, and templates.
fn sources_of(
    graph: &Graph<'_>,
    result: &SubjectResult,
    charts: &ChartSet,
) -> BTreeMap<String, String> {
    let templates = result
        .findings()
        .filter_map(|finding| finding.template.as_ref())
        .filter(|template| template.line.is_some())
        .filter_map(|template| {
            let chart = charts
                .values()
                .find(|chart| chart.place == template.chart)?;
            let text = chart.files.get(&template.file)?;
            Some((chart.path_of(&template.file), text.clone()))
        });
    let wanted: Vec<&str> = result
        .findings()
        .filter_map(|finding| finding.configuration.as_ref())
        .map(|configuration| configuration.source.as_str())
        .collect();
    graph
        .nodes
        .iter()
        .filter_map(|node| node.configuration.as_ref())
        .filter(|configuration| wanted.contains(&configuration.source().as_str()))
        .map(|configuration| {
            (
                configuration.source(),
                crate::checks::configuration::masked(configuration),
            )
        })
        .chain(templates)
        .collect()
}
