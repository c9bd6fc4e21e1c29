//! A deployment in its namespace, from its document to its pods.

use std::time::Duration;

use am_conformance::component::{Capability, Component};
use am_generator::Families;
use futures_util::future::try_join_all;
use serde_json::{Value, json};

use super::cluster::{Cluster, account_of, app_on_streams, apps};
use crate::api::text;
use crate::charts::charts_of;
use crate::database_pod::{DATABASE, database_pod};
use crate::document::{Database, Deployed, merged, texts_of};
use crate::error::LiveError;
use crate::options::Options;
use crate::patience::Waiting;
use crate::scenario::{Release, Stage, ask, hub, judge_nodes, judge_security};
use crate::session::Session;
use crate::values::{both_rules, merge};

/// Where the documents are, below the workspace: those that people start from.
const FOLDER: &str = "deployments/examples";
/// More calls than these are for the load alone, and nobody is to be throttled.
const CALLS: &str = "1000000";
/// What a pod asks of its node besides: the sizes of production are for another one.
const REQUESTS: &str = "10Mi";
const POLL: Duration = Duration::from_millis(500);
/// How long an autoscaler may take to give a cluster its least nodes.
const NODES: Duration = Duration::from_secs(60);

/// A deployment on the cluster.
pub(super) struct Deployment {
    pub(super) name: String,
    /// API Manager's release, and what is judged of all.
    pub(super) stage: Stage,
    pub(super) clusters: Vec<Cluster>,
    pub(super) notes: Vec<String>,
    /// It is in trouble, and nothing more can be learned of it.
    pub(super) over: bool,
    database: Option<Database>,
    // Holds the values files for as long as it is played.
    _deployed: Deployed,
}

impl Deployment {
    /// Makes it from an example; nothing is on the cluster yet.
    pub(super) fn of(
        options: &Options,
        session: &Session,
        families: &Families,
        name: &str,
    ) -> Result<Self, LiveError> {
        let label = format!("{FOLDER}/{name}.yaml");
        let nothing = std::iter::empty();
        let mut deployed = Deployed::of(&options.workspace, families, &label, nothing)?;
        if deployed.resolved.sites.len() != 1 {
            return Err(LiveError::usage(format!("{label} has not one site")));
        }
        let placed = deployed.resolved.sites.remove(0);
        let charts = charts_of(&options.charts, placed.pattern)?;
        let chart = charts.last().map(|(_, chart)| chart.clone());
        let components = placed.components.iter();
        let nodes = components.filter_map(|it| Some((Component::from_name(&it.name)?, it.nodes)));
        let main = Release {
            name: placed.release.name.clone(),
            chart: chart.unwrap_or_default(),
            overlay: None,
            values_files: deployed.values(&placed),
            values: Value::Null,
            nodes: nodes.collect(),
        };
        let given = merged(&main.values_files)?;
        let lab = session.lab.clone();
        let namespace = format!("{}-{name}", lab.prefix);
        let variables = [
            ("STANDIN_THROTTLE_LIMIT", CALLS),
            ("STANDIN_DATABASE", "true"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let stage = Stage::of_release(lab, placed.pattern, namespace, charts, main, &given)
            .called(name)
            .with_variables(&variables.into())
            .with_secrets(&texts_of(&placed.secrets))
            .without_volumes();
        let rules = both_rules(&given, &stage.main.values);
        let mut stage = stage.with_values(&rules);
        let mut clusters = Vec::new();
        for integrator in &placed.integrators {
            let release = Release {
                name: integrator.release.name.clone(),
                chart: chart_of(options, &integrator.release.chart)?,
                overlay: None,
                values_files: deployed.values_of(&placed, &integrator.release),
                values: Value::Null,
                nodes: [].into(),
            };
            let cluster = Cluster::new(&stage, integrator, release)?;
            stage = stage.with_secrets(cluster.secrets());
            clusters.push(cluster);
        }
        Ok(Self {
            name: name.to_owned(),
            stage,
            clusters,
            notes: Vec::new(),
            over: false,
            database: placed.database,
            _deployed: deployed,
        })
    }

    /// Tells something that is no finding.
    pub(super) fn note(&mut self, text: String) {
        self.stage.say(&text);
        self.notes.push(text);
    }

    /// Clusters of servers that can do something.
    pub(super) fn clusters_that(&self, capability: Capability) -> Vec<Cluster> {
        let clusters = self.clusters.iter();
        clusters.filter(|it| it.has(capability)).cloned().collect()
    }

    /// API Manager first, then accounts, then what registers with them.
    pub(super) async fn install(&mut self) -> Result<bool, LiveError> {
        self.prepare().await?;
        let stage = &mut self.stage;
        let installation = stage.installation(&stage.main, &Value::Null);
        let done = stage.lab.helm.install(&installation).await?;
        if !done.success {
            stage.helm_failed("install", &done, "AM-TOPO-002").await?;
            return Ok(false);
        }
        let ready = stage.wait_for_main("AM-TOPO-002").await?;
        judge_security(stage).await?;
        judge_nodes(stage).await?;
        if !ready {
            return Ok(false);
        }
        self.enrol().await?;
        let stage = &self.stage;
        let installed = self.clusters.iter().map(async |cluster| {
            let installation = stage.installation(&cluster.release, &Value::Null);
            stage.lab.helm.install(&installation).await
        });
        for done in try_join_all(installed).await? {
            if !done.success {
                let stage = &mut self.stage;
                stage.helm_failed("install", &done, "AM-TOPO-002").await?;
                return Ok(false);
            }
        }
        self.wait().await
    }

    /// What is there before any release: Secrets, artifacts, and the database server under the name that the document has for it.
    async fn prepare(&mut self) -> Result<(), LiveError> {
        self.stage.make_namespace().await?;
        let stage = &self.stage;
        let mut objects = vec![("configmaps", apps())];
        let artifacts = self.clusters.iter().flat_map(Cluster::artifacts);
        objects.extend(artifacts.map(|name| ("configmaps", app_on_streams(name))));
        if let Some(database) = &self.database {
            objects.extend(database_pod(DATABASE, database.port, &stage.any_image()));
        }
        for (plural, object) in &objects {
            let path = format!("/api/v1/namespaces/{}/{plural}", stage.namespace);
            if let Err(refusal) = stage.lab.api.create(&path, object).await? {
                return Err(LiveError::unavailable(
                    format!("cannot make {plural} of {}: {}", self.name, refusal.message),
                    "report this as a bug",
                ));
            }
        }
        let mut shared = Value::Null;
        if let Some(database) = &self.database {
            let path = format!("/api/v1/namespaces/{}/services/{DATABASE}", stage.namespace);
            let service = stage.lab.api.get(&path).await?;
            let alias =
                json!({"ip": text(&service, "/spec/clusterIP"), "hostnames": [database.host]});
            shared = json!({"defaults": {"hostAliases": [alias]}});
        }
        let releases = self.clusters.iter_mut().map(|it| &mut it.release);
        for release in releases.chain([&mut self.stage.main]) {
            merge(&mut release.values, &shared);
            for component in release.nodes.keys() {
                let requests = json!({"requests": {"ephemeral-storage": REQUESTS}});
                let own = json!({component.values_key(): {"resources": requests}});
                merge(&mut release.values, &own);
            }
        }
        Ok(())
    }

    /// Waits until every cluster has its nodes, and all are ready.
    async fn wait(&mut self) -> Result<bool, LiveError> {
        for cluster in self.clusters.clone() {
            let mut waiting = Waiting::begin();
            while cluster.pods(&self.stage).await?.len() < cluster.nodes && !waiting.is_over(NODES)
            {
                tokio::time::sleep(POLL).await;
            }
            if !self.stage.wait_for(&cluster.release, "AM-TOPO-002").await? {
                return Ok(false);
            }
            self.stage.passed("AM-TOPO-002");
        }
        Ok(true)
    }

    /// Makes the accounts with which services are registered.
    async fn enrol(&self) -> Result<(), LiveError> {
        for cluster in &self.clusters {
            let (user, password) = account_of(&cluster.tenant);
            let account = json!({"user": user, "password": password});
            let taken = match hub(&self.stage).await? {
                Some(hub) => ask(&self.stage, &hub, "/standin/enrol", &account).await?,
                None => None,
            };
            if taken.is_none() {
                return Err(LiveError::unavailable(
                    format!("{}: no account can be made", self.name),
                    "see the logs of the event hub",
                ));
            }
        }
        Ok(())
    }
}

/// The folder of a chart of the newest version.
fn chart_of(options: &Options, name: &str) -> Result<std::path::PathBuf, LiveError> {
    let pattern = am_product::Pattern::of_chart(name)
        .ok_or_else(|| LiveError::usage(format!("there is no chart {name}")))?;
    let charts = charts_of(&options.charts, pattern)?;
    let chart = charts.into_iter().next_back().map(|(_, chart)| chart);
    Ok(chart.unwrap_or_default())
}
