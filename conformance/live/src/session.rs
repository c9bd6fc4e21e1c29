//! A cluster with everything on it that a run needs, from its making to its removal.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use am_conformance::facts::Facts;
use am_conformance::{Catalogue, SuiteError};
use am_deployment_toml::product::ProductVersion;
use am_toolchain::{StderrProgress, Tool, Toolchain};

use crate::api::{Api, text};
use crate::cluster::{Access, Context, Kind, KindPlan};
use crate::error::LiveError;
use crate::helm::Helm;
use crate::images;
use crate::memory::{self, MemoryUse, MemoryWatch};
use crate::options::{Cluster, Images, Options, Scenario};
use crate::progress::{Progress, Timing};
use crate::scenario::{Lab, RUN_LABEL};

/// A cluster that is ready to be used.
pub(crate) struct Session {
    /// What all patterns share.
    pub(crate) lab: Lab,
    /// The kind of cluster, as reports name it.
    pub(crate) cluster: String,
    /// The version of Kubernetes.
    pub(crate) kubernetes: String,
    /// How long the preparations took.
    pub(crate) timings: Vec<Timing>,
    /// Memory of this machine before anything was installed, where the cluster is on this machine.
    pub(crate) available: Option<u64>,
    memory: Option<MemoryWatch>,
    // Removes the cluster when dropped, hence the last field.
    kind: Option<Kind>,
}

impl Session {
    /// Finds or makes the cluster, and brings the stand-in's images to it. Nothing is built for a cluster that cannot be
    /// had.
    pub(crate) async fn open(
        options: &Options,
        progress: &Arc<dyn Progress>,
    ) -> Result<Self, LiveError> {
        match &options.cluster {
            Cluster::Kind(kind) => {
                let mut plan = Kind::plan(&options.workspace, kind, options.keep, progress).await?;
                if options.scenario == Scenario::Integration {
                    plan = plan.of_one_node();
                }
                Self::open_kind(options, plan, progress).await
            }
            Cluster::Context(name) => Self::open_context(options, name, progress).await,
            Cluster::Envtest | Cluster::Machines => Err(LiveError::usage(
                "a bare API server runs no pods; use --cluster kind",
            )),
        }
    }

    async fn open_kind(
        options: &Options,
        plan: KindPlan,
        progress: &Arc<dyn Progress>,
    ) -> Result<Self, LiveError> {
        let mut clock = Clock::start();
        let images = build_images(options, progress).await?;
        clock.lap("build images");
        let kind = Kind::create(plan).await?;
        progress.say("cluster", &format!("kind cluster {} is ready", kind.name()));
        clock.lap("create cluster");
        if let Some((_folder, archive)) = &images {
            kind.load(archive).await?;
            progress.say("cluster", "images are loaded");
        }
        clock.lap("load images");
        let (mut lab, kubernetes) = lab(options, &kind.access(), progress).await?;
        lab.closes_nodes = true;
        Ok(Self {
            lab,
            cluster: "kind".to_owned(),
            kubernetes,
            timings: clock.laps,
            available: memory::available(),
            memory: MemoryWatch::start(kind.nodes().await?).await,
            kind: Some(kind),
        })
    }

    async fn open_context(
        options: &Options,
        name: &str,
        progress: &Arc<dyn Progress>,
    ) -> Result<Self, LiveError> {
        let mut clock = Clock::start();
        let context = Context::find(name)?;
        let (mut lab, kubernetes) = lab(options, &context.access(), progress).await?;
        lab.closes_nodes = context.is_kind();
        if options.images == Images::Standin && !context.is_kind() {
            return Err(LiveError::unavailable(
                format!(
                    "the stand-in's images cannot be loaded into {name}, which is no kind cluster"
                ),
                "use --images real, or a kind cluster",
            ));
        }
        if let Some((_folder, archive)) = build_images(options, progress).await? {
            clock.lap("build images");
            context.load(&options.workspace, &archive).await?;
            clock.lap("load images");
        }
        Ok(Self {
            lab,
            cluster: name.to_owned(),
            kubernetes,
            timings: clock.laps,
            available: context.is_kind().then(memory::available).flatten(),
            memory: None,
            kind: None,
        })
    }

    /// Memory of the cluster's nodes, where it was watched.
    pub(crate) fn memory(&self) -> Option<MemoryUse> {
        self.memory.as_ref().map(MemoryWatch::seen)
    }

    /// Removes what this run made, unless it is to be kept: the cluster, or its namespaces on a cluster of others.
    pub(crate) async fn close(self) -> Result<(), LiveError> {
        if self.kind.is_some() || self.lab.keep {
            // Dropping a kind cluster removes it, or says how to use it.
            return Ok(());
        }
        let path = format!(
            "/api/v1/namespaces?labelSelector={}%3D{}",
            RUN_LABEL.replace('/', "%2F"),
            self.lab.prefix
        );
        for namespace in self.lab.api.list(&path).await? {
            let name = text(&namespace, "/metadata/name");
            self.lab
                .api
                .delete(&format!("/api/v1/namespaces/{name}"))
                .await?;
        }
        Ok(())
    }
}

struct Clock {
    last: Instant,
    laps: Vec<Timing>,
}

impl Clock {
    fn start() -> Self {
        Self {
            last: Instant::now(),
            laps: Vec::new(),
        }
    }

    fn lap(&mut self, phase: &str) {
        self.laps.push(Timing {
            about: "cluster".to_owned(),
            phase: phase.to_owned(),
            took: self.last.elapsed(),
        });
        self.last = Instant::now();
    }
}

/// The archive with the stand-in's images, and the folder that holds it.
pub(crate) async fn build_images(
    options: &Options,
    progress: &Arc<dyn Progress>,
) -> Result<Option<(tempfile::TempDir, PathBuf)>, LiveError> {
    if options.images == Images::Real {
        return Ok(None);
    }
    let folder = tempfile::Builder::new()
        .prefix("am-live-images-")
        .tempdir()
        .map_err(LiveError::file("create a folder in", std::env::temp_dir()))?;
    let versions: Vec<ProductVersion> =
        options.charts.iter().map(|charts| charts.version).collect();
    let below = match options.scenario {
        Scenario::Production => Some(images::databases(&options.workspace).await?),
        _ => None,
    };
    let archive = images::build(&options.workspace, folder.path(), &versions, below).await?;
    progress.say("cluster", "the stand-in's images are built");
    Ok(Some((folder, archive)))
}

/// What all patterns share, and the version of Kubernetes, which shows that the cluster answers.
pub(crate) async fn lab(
    options: &Options,
    access: &Access,
    progress: &Arc<dyn Progress>,
) -> Result<(Lab, String), LiveError> {
    let helm = Toolchain::new(&options.workspace)
        .ensure(Tool::Helm4, &mut StderrProgress::default())
        .map_err(|error| {
            LiveError::unavailable(error.to_string(), "install Helm, or Go to build it")
        })?;
    let broken =
        |error: SuiteError| LiveError::unavailable(error.to_string(), "report this as a bug");
    let lab = Lab {
        api: Api::new(access.client().await?),
        helm: Helm {
            program: helm,
            kubeconfig: access.kubeconfig.clone(),
            context: access.context.clone(),
            source: None,
        },
        facts: Arc::new(Facts::load().map_err(broken)?),
        catalogue: Catalogue::load().map_err(broken)?,
        images: options.images,
        workspace: options.workspace.clone(),
        charts: options.charts.clone().into(),
        progress: Arc::clone(progress),
        prefix: format!("am-live-{}", std::process::id()),
        keep: options.keep,
        closes_nodes: false,
        nodes: Arc::default(),
    };
    let version = lab.api.get("/version").await?;
    Ok((lab, text(&version, "/gitVersion").to_owned()))
}
