//! A cluster of the integration layer: a release of its own, beside API Manager's.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use am_conformance::component::{Capability, Component};
use am_product::Pattern;
use am_standin::services::SUPER_TENANT;
use serde_json::{Value, json};

use crate::api::Pod;
use crate::document::{Integrator, merged, texts_of};
use crate::error::LiveError;
pub(super) use crate::integrators::account_of;
use crate::integrators::{APP_ON_STREAMS, CALL, Whose, api_of, app};
use crate::scenario::{Release, Stage};
use crate::values::{both_rules, environment, harness, merge};

/// The `ConfigMap` with the app of that service.
const APPS: &str = "am-live-apps";
/// The keys of the account that registers services.
const ACCOUNT: [&str; 2] = ["catalog-username", "catalog-password"];
/// How long servers of integrations take to start: longer than the network takes to open to a new pod, as the product's do.
const START_OF_INTEGRATIONS: Duration = Duration::from_secs(6);
/// How long servers of apps on streams take: longer than the other node waits for a beat, as the product's do.
const START_OF_STREAMS: Duration = Duration::from_secs(12);
/// Milliseconds between two beats, of which five may be missed; the charts' own are five times as long.
const BEAT: u64 = 1000;
/// A release of the integration layer, and whose it is.
#[derive(Debug, Clone)]
pub(super) struct Cluster {
    pub(super) release: Release,
    pub(super) chart: Pattern,
    pub(super) component: Component,
    /// The domain, that of nobody in particular included.
    pub(super) tenant: String,
    pub(super) nodes: usize,
    secrets: BTreeMap<String, BTreeMap<String, String>>,
    /// `ConfigMap`s with artifacts that the document names.
    artifacts: Vec<String>,
}

impl Cluster {
    /// A cluster as its document has it, with the suite's own values over those of its files.
    pub(super) fn new(
        stage: &Stage,
        placed: &Integrator,
        mut release: Release,
    ) -> Result<Self, LiveError> {
        let unknown = || {
            let chart = &placed.release.chart;
            LiveError::usage(format!("{chart} is no chart of the integration layer"))
        };
        let chart = Pattern::of_chart(&placed.release.chart).ok_or_else(unknown)?;
        let mut components = Component::all();
        let component = components
            .find(|it| Some(it.distribution()) == chart.distribution())
            .ok_or_else(unknown)?;
        let given = merged(&release.values_files)?;
        let own = own_values(stage, component);
        merge(&mut release.values, &own);
        merge(&mut release.values, &both_rules(&given, &own));
        release.nodes = [(component, placed.nodes)].into();
        let artifacts = given
            .pointer("/artifacts/configMaps")
            .and_then(Value::as_array);
        let artifacts = artifacts.into_iter().flatten().filter_map(Value::as_str);
        let tenant = placed.tenant.as_deref().unwrap_or(SUPER_TENANT);
        let mut secrets = texts_of(&placed.secrets);
        for texts in secrets
            .values_mut()
            .filter(|it| it.contains_key(ACCOUNT[0]))
        {
            let (user, password) = account_of(tenant);
            texts.extend(ACCOUNT.map(str::to_owned).into_iter().zip([user, password]));
        }
        Ok(Self {
            release,
            chart,
            component,
            tenant: tenant.to_owned(),
            nodes: placed.nodes,
            secrets,
            artifacts: artifacts.map(str::to_owned).collect(),
        })
    }

    pub(super) fn has(&self, capability: Capability) -> bool {
        self.component.has(capability)
    }

    /// The name of the API that calls its service.
    pub(super) fn api(&self) -> String {
        api_of(&self.tenant)
    }

    /// The cluster in messages.
    pub(super) fn whose(&self) -> Whose<'_> {
        Whose {
            name: &self.release.name,
            tenant: &self.tenant,
        }
    }

    pub(super) fn about(&self) -> String {
        self.whose().about()
    }

    /// Its pods.
    pub(super) async fn pods(&self, stage: &Stage) -> Result<Vec<Pod>, LiveError> {
        let mut pods = Pod::list(&stage.lab.api, &stage.namespace, &self.release.name).await?;
        pods.retain(|pod| pod.component == self.component.name());
        Ok(pods)
    }

    /// The Secrets that must be there before the release.
    pub(super) fn secrets(&self) -> &BTreeMap<String, BTreeMap<String, String>> {
        &self.secrets
    }

    /// The Secret with the account by which it registers services.
    pub(super) fn secret_of_account(&self) -> Option<&str> {
        let mut secrets = self.secrets.iter();
        let found = secrets.find(|(_, texts)| texts.contains_key(ACCOUNT[0]));
        found.map(|(name, _)| name.as_str())
    }

    /// Names of the `ConfigMap`s with apps on streams that must be there before.
    pub(super) fn artifacts(&self) -> impl Iterator<Item = &str> {
        self.artifacts.iter().map(String::as_str)
    }
}

/// The keys of a Secret with such an account.
pub(super) fn account_in_secret(tenant: &str) -> Value {
    let (user, password) = account_of(tenant);
    json!({"stringData": {ACCOUNT[0]: user, ACCOUNT[1]: password}})
}

/// The app of every server of integrations: in place of the document's image, which nobody here can pull.
pub(super) fn apps() -> Value {
    let (file, app) = app();
    config_map(APPS, &file, &app)
}

/// An app on streams.
pub(super) fn app_on_streams(name: &str) -> Value {
    let (file, app) = APP_ON_STREAMS;
    config_map(name, file, app)
}

fn config_map(name: &str, key: &str, text: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {key: text}})
}

/// What the suite adds to the values of a release.
fn own_values(stage: &Stage, component: Component) -> Value {
    let (none, nobody) = (BTreeSet::new(), BTreeSet::new());
    let streams = component.has(Capability::Streams);
    let start = if streams {
        START_OF_STREAMS
    } else {
        START_OF_INTEGRATIONS
    };
    let variables = [("STANDIN_DATABASE", "true"), ("STANDIN_SERVICE_TIME", CALL)];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let variables = variables.into();
    let components = [component].into_iter();
    let mut values = harness(stage.lab.images, components, &none, &nobody, &variables);
    // No release of these has a database of its own.
    if let Some(values) = values.as_object_mut() {
        values.remove("database");
    }
    values[component.values_key()]["extraEnv"] = environment(start, &variables);
    let more = if streams {
        let beat = json!({"strategyConfig": {"heartbeatInterval": BEAT, "heartbeatMaxRetry": 5}});
        json!({component.values_key(): {"config": {"cluster.config": beat}}})
    } else {
        json!({"artifacts": {"image": {"repository": "", "tag": ""}, "configMaps": [APPS]}})
    };
    merge(&mut values, &more);
    values
}
