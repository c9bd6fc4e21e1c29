//! A deployment in its namespace, from its document to its pods.

use futures_util::future::try_join_all;
use serde_json::{Value, json};

use super::catalogue;
use super::cluster::Cluster;
use super::document::Document;
use super::{isolation, load, pair};
use crate::charts::charts_of;
use crate::database_pod::database_pod;
use crate::error::LiveError;
use crate::options::Options;
use crate::record::Record;
use crate::scenario::{Stage, ask, hub, judge_nodes, judge_security};
use crate::session::Session;

/// The database server of the servers of apps on streams, as the documents name it.
const DATABASE: (&str, u16) = ("integration-db", 5432);
/// More calls than these are for the load alone, and nobody is to be throttled.
const CALLS: &str = "1000000";
/// What is judged of API Manager's release, whatever is beside it.
const OF_THE_RELEASE: [&str; 4] = ["AM-TOPO-001", "AM-TOPO-002", "AM-OPS-003", "AM-SEC-013"];

/// A deployment on the cluster.
pub(super) struct Deployment {
    pub(super) name: String,
    /// API Manager's release, and what is judged of all.
    pub(super) stage: Stage,
    pub(super) clusters: Vec<Cluster>,
    pub(super) notes: Vec<String>,
    /// It is in trouble, and nothing more can be learned of it.
    pub(super) over: bool,
    password: String,
}

impl Deployment {
    /// Makes it from a document; nothing is on the cluster yet.
    pub(super) fn of(options: &Options, session: &Session, name: &str) -> Result<Self, LiveError> {
        let document = Document::read(&options.workspace, name)?;
        let charts = charts_of(&options.charts, document.pattern)?;
        let mut stage = Stage::new(session.lab.clone(), document.pattern, name, charts)
            .called(name)
            .with_variables(&[("STANDIN_THROTTLE_LIMIT".to_owned(), CALLS.to_owned())].into())
            .with_values(&document.values)
            .without_volumes();
        stage.main.name.clone_from(&document.release);
        let mut clusters = Vec::new();
        for planned in &document.clusters {
            let charts = charts_of(&options.charts, planned.chart)?;
            let chart = charts.last().map(|(_, chart)| chart.clone());
            clusters.push(Cluster::new(&stage, planned, chart.unwrap_or_default())?);
        }
        let mut this = Self {
            name: name.to_owned(),
            stage,
            clusters,
            notes: Vec::new(),
            over: false,
            // Random enough for a cluster of minutes, and never shown.
            password: format!("password-{}", std::process::id()),
        };
        this.plan();
        Ok(this)
    }

    /// Forgets what was judged; everything that is judged of such a deployment must be judged from now on.
    pub(super) fn plan(&mut self) {
        let ids = OF_THE_RELEASE
            .into_iter()
            .chain(catalogue::REQUIREMENTS)
            .chain(load::REQUIREMENTS)
            .chain(isolation::REQUIREMENTS)
            .chain(pair::REQUIREMENTS);
        self.stage.record = Record::new(self.stage.lab.catalogue.clone(), ids);
    }

    /// Tells something that is no finding.
    pub(super) fn note(&mut self, text: String) {
        self.stage.say(&text);
        self.notes.push(text);
    }

    /// Clusters of servers that can do something.
    pub(super) fn clusters_that(
        &self,
        capability: am_conformance::component::Capability,
    ) -> Vec<Cluster> {
        let clusters = self.clusters.iter();
        clusters.filter(|it| it.has(capability)).cloned().collect()
    }

    /// API Manager first, then accounts, then what registers with them.
    pub(super) async fn install(&mut self) -> Result<bool, LiveError> {
        let stage = &mut self.stage;
        stage.make_namespace().await?;
        let image = stage.any_image();
        let mut before = Vec::from(database_pod(DATABASE.0, DATABASE.1, &image));
        before.extend(
            self.clusters
                .iter()
                .flat_map(|it| it.before(&self.password)),
        );
        create(stage, &before).await?;
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
                self.stage
                    .helm_failed("install", &done, "AM-TOPO-002")
                    .await?;
                return Ok(false);
            }
        }
        self.wait().await
    }

    /// Waits until every cluster is ready.
    pub(super) async fn wait(&mut self) -> Result<bool, LiveError> {
        for cluster in self.clusters.clone() {
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
            let account = json!({"user": cluster.account(), "password": self.password});
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

async fn create(stage: &Stage, objects: &[(&'static str, Value)]) -> Result<(), LiveError> {
    for (plural, object) in objects {
        let path = format!("/api/v1/namespaces/{}/{plural}", stage.namespace);
        if let Err(refusal) = stage.lab.api.create(&path, object).await? {
            return Err(LiveError::unavailable(
                format!(
                    "cannot make {plural} of {}: {}",
                    stage.about(),
                    refusal.message
                ),
                "report this as a bug",
            ));
        }
    }
    Ok(())
}
