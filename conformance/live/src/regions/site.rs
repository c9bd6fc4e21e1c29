//! A site of a deployment in its cluster: what it is given besides the document, and its installation.

use std::collections::BTreeMap;

use am_conformance::Component;
use am_conformance::suite::ChartDirectory;
use serde_json::Value;

use crate::charts::charts_of;
use crate::database_pod::{DATABASE, database_pod};
use crate::document::{Deployed, Site as Placed, merged, texts_of};
use crate::error::LiveError;
use crate::record::Record;
use crate::scenario::{Lab, Release, Stage, judge_nodes, judge_security};
use crate::values::both_rules;

/// A site, and what is to be told of it besides findings.
pub(super) struct Site {
    pub(super) name: String,
    pub(super) is_main: bool,
    pub(super) stage: Stage,
    pub(super) notes: Vec<String>,
    /// Objects that are there before the release: the folder of the API, and the object.
    before: Vec<(&'static str, Value)>,
}

impl Site {
    /// A site of a deployment; nothing is on its cluster yet.
    pub(super) fn new(
        deployed: &Deployed,
        placed: &Placed,
        lab: &Lab,
        charts: &[ChartDirectory],
    ) -> Result<Self, LiveError> {
        let charts = charts_of(charts, placed.pattern)?;
        let chart = charts.last().map(|(_, chart)| chart.clone());
        let main = Release {
            name: placed.release.name.clone(),
            chart: chart.unwrap_or_default(),
            overlay: None,
            values_files: deployed.values(placed),
            values: Value::Null,
            nodes: nodes(placed),
        };
        let given = merged(&main.values_files)?;
        let namespace = placed.release.namespace.clone();
        let pattern = placed.pattern;
        let variables = [("STANDIN_DATABASE".to_owned(), "true".to_owned())].into();
        let stage = Stage::of_release(lab.clone(), pattern, namespace, charts, main, &given)
            .called(&format!("{} {}", deployed.resolved.topology, placed.name))
            .with_variables(&variables)
            .with_secrets(&texts_of(&placed.secrets))
            .without_volumes();
        let policies = both_rules(&given, &stage.main.values);
        let stage = stage.with_values(&policies);
        let image = stage.any_image();
        let database = placed.database.as_ref();
        Ok(Self {
            name: placed.name.clone(),
            is_main: placed.main,
            before: database.map_or_else(Vec::new, |it| {
                database_pod(&it.host, it.port, &image).into()
            }),
            stage,
            notes: Vec::new(),
        })
    }

    /// Forgets what was judged; these must be judged from now on.
    pub(super) fn plan<'r>(&mut self, requirements: impl IntoIterator<Item = &'r str>) {
        self.stage.record = Record::new(self.stage.lab.catalogue.clone(), requirements);
    }

    /// Tells something that is no finding.
    pub(super) fn note(&mut self, text: String) {
        self.stage.say(&text);
        self.notes.push(text);
    }

    /// Installs it with the files of the deployment, and waits until it is ready.
    pub(super) async fn install(&mut self) -> Result<bool, LiveError> {
        let stage = &mut self.stage;
        stage.make_namespace().await?;
        for (plural, object) in &self.before {
            let path = format!("/api/v1/namespaces/{}/{plural}", stage.namespace);
            if let Err(refusal) = stage.lab.api.create(&path, object).await? {
                return Err(LiveError::unavailable(
                    format!("cannot make a database server: {}", refusal.message),
                    "report this as a bug",
                ));
            }
        }
        let installation = stage.installation(&stage.main, &Value::Null);
        let done = stage.lab.helm.install(&installation).await?;
        if !done.success {
            stage.helm_failed("install", &done, "AM-TOPO-002").await?;
            return Ok(false);
        }
        let ready = stage.wait_for_main("AM-TOPO-002").await?;
        judge_security(stage).await?;
        judge_nodes(stage).await?;
        Ok(ready)
    }
}

/// The nodes of each component that the site runs.
fn nodes(placed: &Placed) -> BTreeMap<Component, usize> {
    let components = placed.components.iter();
    components
        .filter_map(|it| Some((Component::from_name(&it.name)?, it.nodes)))
        .collect()
}

/// What each database of a site's server holds, after it took `others` over.
pub(super) async fn replicate(site: &Site, others: &Value) -> Result<Value, LiveError> {
    let stage = &site.stage;
    let port = am_standin::settings::OBSERVATIONS_PORT;
    let answer = stage.lab.api.ask_pod(
        &stage.namespace,
        DATABASE,
        port,
        "/standin/replicate",
        Some(others),
    );
    answer.await?.ok_or_else(|| {
        LiveError::unavailable(
            format!("the database server of {} does not answer", stage.about()),
            "see its log",
        )
    })
}
