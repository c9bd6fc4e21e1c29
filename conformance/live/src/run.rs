//! A live run from beginning to end.

use std::sync::Arc;
use std::time::Instant;

use am_conformance::facts::Facts;
use am_conformance::{Catalogue, Report};
use am_deployment_toml::product::ProductVersion;
use am_toolchain::{StderrProgress, Tool, Toolchain};

use crate::admission;
use crate::api::Api;
use crate::cluster::{Access, Context, Envtest, Kind};
use crate::error::LiveError;
use crate::helm::Helm;
use crate::images;
use crate::options::{Cluster, Images, Options};
use crate::progress::{Progress, Timing};
use crate::report::{Circumstances, report};
use crate::scenario::{Lab, Phase, Stage};

/// What a live run learned.
#[derive(Debug)]
pub struct LiveReport {
    /// The report, in the same form as a static one.
    pub report: Report,
    /// How long what took.
    pub timings: Vec<Timing>,
    /// Edges of the wiring table expected and reached, by pattern.
    pub edges: Vec<(u8, usize, usize)>,
}

/// Runs until it is done, or until Ctrl-C or SIGTERM; what it made is removed either way.
///
/// # Errors
/// When it could not check; what is wrong with the charts is in the report.
pub fn run(options: &Options, progress: &Arc<dyn Progress>) -> Result<LiveReport, LiveError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(LiveError::file("start threads of", "this process"))?;
    runtime.block_on(async {
        tokio::select! {
            // Dropping the run drops its cluster and its processes.
            done = run_on_cluster(options, progress) => done,
            error = interrupted() => Err(error),
        }
    })
}

async fn interrupted() -> LiveError {
    use tokio::signal::unix::{SignalKind, signal};
    let handlers = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    );
    let (Ok(mut interrupt), Ok(mut terminate)) = handlers else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    LiveError::Interrupted
}

async fn run_on_cluster(
    options: &Options,
    progress: &Arc<dyn Progress>,
) -> Result<LiveReport, LiveError> {
    let start = Instant::now();
    match &options.cluster {
        Cluster::Envtest => {
            let envtest = Envtest::start(&options.workspace).await?;
            progress.say("cluster", "kube-apiserver is ready");
            admission::run(options, &envtest.access(), progress).await
        }
        Cluster::Kind(kind) => {
            let archive = build_images(options, progress).await?;
            let built = start.elapsed();
            let cluster = Kind::create(&options.workspace, kind, progress).await?;
            progress.say(
                "cluster",
                &format!("kind cluster {} is ready", cluster.name()),
            );
            let created = start.elapsed();
            if let Some((_, archive)) = &archive {
                cluster.load(archive).await?;
                progress.say("cluster", "images are loaded");
            }
            let loaded = start.elapsed();
            let mut done = play(options, &cluster.access(), "kind", progress).await?;
            for (phase, took) in [
                ("build images", built),
                ("create cluster", created.saturating_sub(built)),
                ("load images", loaded.saturating_sub(created)),
            ] {
                let about = "cluster".to_owned();
                let phase = phase.to_owned();
                done.timings.insert(0, Timing { about, phase, took });
            }
            Ok(done)
        }
        Cluster::Context(name) => {
            let context = Context::find(name)?;
            if let Some((_, archive)) = build_images(options, progress).await?
                && !context.load(&options.workspace, &archive).await?
            {
                return Err(LiveError::unavailable(
                    format!(
                        "the stand-in's images cannot be loaded into {name}, which is no kind cluster"
                    ),
                    "use --images real, or a kind cluster",
                ));
            }
            play(options, &context.access(), name, progress).await
        }
    }
}

/// The archive with the stand-in's images, and the folder that holds it.
async fn build_images(
    options: &Options,
    progress: &Arc<dyn Progress>,
) -> Result<Option<(tempfile::TempDir, std::path::PathBuf)>, LiveError> {
    if options.images == Images::Real {
        return Ok(None);
    }
    let folder = tempfile::Builder::new()
        .prefix("am-live-images-")
        .tempdir()
        .map_err(LiveError::file("create a folder in", std::env::temp_dir()))?;
    let versions: Vec<ProductVersion> =
        options.charts.iter().map(|charts| charts.version).collect();
    let archive = images::build(&options.workspace, folder.path(), &versions).await?;
    progress.say("cluster", "the stand-in's images are built");
    Ok(Some((folder, archive)))
}

/// Plays all patterns side by side.
async fn play(
    options: &Options,
    access: &Access,
    cluster: &str,
    progress: &Arc<dyn Progress>,
) -> Result<LiveReport, LiveError> {
    let lab = lab(options, access, progress).await?;
    let version = lab.api.get("/version").await?;
    let circumstances = Circumstances {
        command: options.command.clone(),
        kubernetes: crate::api::text(&version, "/gitVersion").to_owned(),
        cluster: cluster.to_owned(),
    };
    let mut tasks = tokio::task::JoinSet::new();
    for pattern in patterns(options, &lab.facts)? {
        let mut stage = Stage::new(
            lab.clone(),
            pattern,
            &format!("p{pattern}"),
            charts_of(options, pattern)?,
        );
        tasks.spawn(async move {
            let played = stage.play(&Phase::ALL).await;
            let cleaned = stage.clean_up().await;
            played.and(cleaned).map(|()| stage)
        });
    }
    let mut stages = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        let stage = ended.map_err(|error| {
            LiveError::unavailable(
                format!("a pattern broke off: {error}"),
                "report this as a bug",
            )
        })??;
        stages.push(stage);
    }
    stages.sort_by_key(|stage| stage.pattern);
    Ok(LiveReport {
        report: report(&lab.catalogue, &stages, &circumstances),
        timings: stages
            .iter()
            .flat_map(|stage| stage.timings.clone())
            .collect(),
        edges: stages
            .iter()
            .map(|stage| (stage.pattern, stage.edges.0, stage.edges.1))
            .collect(),
    })
}

/// What all patterns share.
async fn lab(
    options: &Options,
    access: &Access,
    progress: &Arc<dyn Progress>,
) -> Result<Lab, LiveError> {
    let helm = Toolchain::new(&options.workspace)
        .ensure(Tool::Helm4, &mut StderrProgress::default())
        .map_err(|error| {
            LiveError::unavailable(error.to_string(), "install Helm, or Go to build it")
        })?;
    let broken = |error: am_conformance::SuiteError| {
        LiveError::unavailable(error.to_string(), "report this as a bug")
    };
    Ok(Lab {
        api: Api::new(access.client().await?),
        helm: Helm {
            program: helm,
            kubeconfig: access.kubeconfig.clone(),
            context: access.context.clone(),
        },
        facts: Arc::new(Facts::load().map_err(broken)?),
        catalogue: Catalogue::load().map_err(broken)?,
        images: options.images,
        progress: Arc::clone(progress),
        prefix: format!("am-live-{}", std::process::id()),
    })
}

/// The patterns asked for, or all.
pub(crate) fn patterns(options: &Options, facts: &Facts) -> Result<Vec<u8>, LiveError> {
    let known: Vec<u8> = facts.patterns.keys().copied().collect();
    if let Some(unknown) = options
        .patterns
        .iter()
        .find(|pattern| !known.contains(pattern))
    {
        return Err(LiveError::usage(format!(
            "there is no pattern {unknown}; known are {known:?}"
        )));
    }
    Ok(if options.patterns.is_empty() {
        known
    } else {
        options.patterns.clone()
    })
}

/// The charts of a pattern, the oldest product version first.
pub(crate) fn charts_of(
    options: &Options,
    pattern: u8,
) -> Result<Vec<(String, std::path::PathBuf)>, LiveError> {
    let mut charts = Vec::new();
    for directory in &options.charts {
        let chart = directory.path.join(format!("am-pattern-{pattern}"));
        if !chart.join("Chart.yaml").is_file() {
            return Err(LiveError::unavailable(
                format!("{} holds no chart", chart.display()),
                "make the charts with `cargo xtask gen-charts`",
            ));
        }
        charts.push((directory.version.as_str().to_owned(), chart));
    }
    charts.sort();
    if charts.is_empty() {
        return Err(LiveError::usage("give at least one directory of charts"));
    }
    Ok(charts)
}
