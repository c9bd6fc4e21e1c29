//! A cluster of the integration layer: a release of its own, beside API Manager's.

use std::collections::BTreeMap;
use std::path::PathBuf;

use am_conformance::component::{Capability, Component};
use am_product::Pattern;
use am_standin::service_catalog::SUPER_TENANT;
use serde_json::{Map, Value, json};

use super::document::Planned;
use crate::api::Pod;
use crate::error::LiveError;
use crate::scenario::{Release, Stage};
use crate::values::{harness, merge};

/// The key of the service that each cluster has; the same in all, because tenants do not know of each other.
pub(super) const SERVICE: &str = "orders-v1";
/// Its path, and the name of the API that calls it.
pub(super) const API: &str = "orders";
/// How long servers of integrations take to start: longer than API Manager takes to open new policies, as the product's do.
const START_OF_INTEGRATIONS: &str = "6s";
/// How long servers of apps on streams take: longer than the other node waits for a beat, as the product's do.
const START_OF_STREAMS: &str = "12s";
/// Milliseconds between two beats, of which five may be missed; the charts' own are five times as long.
const BEAT: u64 = 1000;
/// How long a call takes, so that some are on their way when a node stops.
const CALL: &str = "20ms";

/// A release of the integration layer, and whose it is.
#[derive(Debug, Clone)]
pub(super) struct Cluster {
    pub(super) release: Release,
    pub(super) chart: Pattern,
    pub(super) component: Component,
    /// The domain, that of nobody in particular included.
    pub(super) tenant: String,
}

impl Cluster {
    /// A cluster as planned, with the suite's own values.
    pub(super) fn new(stage: &Stage, planned: &Planned, chart: PathBuf) -> Result<Self, LiveError> {
        let distribution = planned.chart.distribution();
        let mut components = Component::all();
        let component = components.find(|it| Some(it.distribution()) == distribution);
        let component = component.ok_or_else(|| {
            LiveError::usage(format!(
                "{} is no chart of the integration layer",
                planned.chart
            ))
        })?;
        let name = planned.release.clone();
        let mut values = planned.values.clone();
        if let Some(tenant) = &planned.tenant {
            merge(&mut values, &json!({"tenant": tenant}));
        }
        merge(&mut values, &own_values(stage, component, &name));
        Ok(Self {
            release: Release {
                chart,
                overlay: Some("dev"),
                values_files: Vec::new(),
                values,
                nodes: [(component, 2)].into(),
                name,
            },
            chart: planned.chart,
            component,
            tenant: planned
                .tenant
                .clone()
                .unwrap_or_else(|| SUPER_TENANT.to_owned()),
        })
    }

    pub(super) fn has(&self, capability: Capability) -> bool {
        self.component.has(capability)
    }

    /// The account with which it registers its services.
    pub(super) fn account(&self) -> String {
        account_of(&self.tenant)
    }

    /// The name of the API that calls its service.
    pub(super) fn api(&self) -> String {
        if self.tenant == SUPER_TENANT {
            API.to_owned()
        } else {
            format!("t/{}/{API}", self.tenant)
        }
    }

    /// The cluster in messages.
    pub(super) fn about(&self) -> String {
        format!("{} of tenant {}", self.release.name, self.tenant)
    }

    /// Its pods.
    pub(super) async fn pods(&self, stage: &Stage) -> Result<Vec<Pod>, LiveError> {
        let mut pods = Pod::list(&stage.lab.api, &stage.namespace, &self.release.name).await?;
        pods.retain(|pod| pod.component == self.component.name());
        Ok(pods)
    }

    /// What is there before the release: credentials, and what its servers run; each with the folder of the API.
    pub(super) fn before(&self, password: &str) -> [(&'static str, Value); 2] {
        let account = self.account();
        let texts = BTreeMap::from([
            ("admin-username", "admin"),
            ("admin-password", password),
            ("catalog-username", account.as_str()),
            ("catalog-password", password),
            ("coordination-db-username", "integration"),
            ("coordination-db-password", password),
        ]);
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": secret(&self.release.name)}, "stringData": texts,
        });
        let app = format!(
            "key: {SERVICE}\nname: {API}\nversion: v1\nserviceUrl: \"https://{{MI_HOST}}:{{MI_PORT}}/{API}\"\n"
        );
        let apps = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": apps(&self.release.name)},
            "data": {format!("{API}.car"): app},
        });
        [("secrets", secret), ("configmaps", apps)]
    }
}

/// The account of a tenant that registers services.
pub(super) fn account_of(tenant: &str) -> String {
    format!("catalog@{tenant}")
}

/// The Secret with the credentials of a release.
pub(super) fn secret(release: &str) -> String {
    format!("{release}-credentials")
}

fn apps(release: &str) -> String {
    format!("{release}-apps")
}

/// What the suite adds to the values of a release.
fn own_values(stage: &Stage, component: Component, release: &str) -> Value {
    let none = std::collections::BTreeSet::new();
    let start = if component.has(Capability::Streams) {
        START_OF_STREAMS
    } else {
        START_OF_INTEGRATIONS
    };
    let variables = [
        ("STANDIN_DATABASE", "true"),
        ("STANDIN_SERVICE_TIME", CALL),
        ("STANDIN_STARTUP_DELAY", start),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut values = harness(
        stage.lab.images,
        [component].into_iter(),
        &none,
        &none,
        &variables.into(),
    );
    // No release of these has a database of its own.
    if let Some(values) = values.as_object_mut() {
        values.remove("database");
    }
    let mut more = Map::new();
    more.insert(
        "credentials".to_owned(),
        json!({"existingSecret": secret(release)}),
    );
    if component.has(Capability::Streams) {
        let beat = json!({"strategyConfig": {"heartbeatInterval": BEAT, "heartbeatMaxRetry": 5}});
        let app = "@App:name('Orders')\ndefine stream OrderStream (id string);\n";
        more.insert("apps".to_owned(), json!({"Orders.siddhi": app}));
        more.insert(
            component.values_key().to_owned(),
            json!({"config": {"cluster.config": beat}}),
        );
    } else {
        more.insert(
            "artifacts".to_owned(),
            json!({"configMaps": [apps(release)]}),
        );
    }
    merge(&mut values, &Value::Object(more));
    values
}
