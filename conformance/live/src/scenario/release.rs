//! A release of a stage: installed and upgraded by helm, waited for, explained where it does not come up.

use serde_json::Value;

use super::wait::{self, Waited};
use super::{Release, Stage};
use crate::error::LiveError;
use crate::helm::{HelmResult, Installation, overlay};
use crate::record::Fault;
use crate::values;

impl Stage {
    /// What helm needs for a release, with more values over its own.
    pub(crate) fn installation(&self, release: &Release, more: &Value) -> Installation {
        let mut values = release.values.clone();
        values::merge(&mut values, more);
        Installation {
            release: release.name.clone(),
            namespace: self.namespace.clone(),
            chart: release.chart.clone(),
            values_files: release
                .overlay
                .map(|name| overlay(&release.chart, name))
                .into_iter()
                .chain(release.values_files.iter().cloned())
                .collect(),
            values,
        }
    }

    /// `helm upgrade` of the main release with more values, then waits; what went wrong goes to `requirement`.
    pub(crate) async fn upgrade_main(
        &mut self,
        more: &Value,
        requirement: &str,
    ) -> Result<bool, LiveError> {
        let installation = self.installation(&self.main, more);
        let done = self.lab.helm.upgrade(&installation).await?;
        if !done.success {
            self.helm_failed("upgrade", &done, requirement).await?;
            return Ok(false);
        }
        self.wait_for_main(requirement).await
    }

    /// What helm was not content with goes to `requirement`, unless it is the API server that went away.
    pub(crate) async fn helm_failed(
        &mut self,
        what: &str,
        done: &HelmResult,
        requirement: &str,
    ) -> Result<(), LiveError> {
        self.lab.api.get("/version").await?;
        self.learn_secrets().await?;
        let fault = Fault::new(
            format!("helm {what} fails: {}", done.output),
            format!("run the same helm {what} by hand"),
        );
        self.failed(requirement, fault);
        Ok(())
    }

    /// Messages from here on show no value of the namespace's Secrets.
    async fn learn_secrets(&mut self) -> Result<(), LiveError> {
        let path = format!("/api/v1/namespaces/{}/secrets", self.namespace);
        self.mask.learn(&self.lab.api.list(&path).await?);
        Ok(())
    }

    /// Waits until the main release is ready; what keeps it from that goes to `requirement`.
    pub(crate) async fn wait_for_main(&mut self, requirement: &str) -> Result<bool, LiveError> {
        let release = self.main.clone();
        self.wait_for(&release, requirement).await
    }

    /// Waits until a release is ready; what keeps it from that goes to `requirement`.
    pub(crate) async fn wait_for(
        &mut self,
        release: &Release,
        requirement: &str,
    ) -> Result<bool, LiveError> {
        match wait::ready(self, release).await? {
            Waited::Ready => Ok(true),
            Waited::NoImage(state) => Err(LiveError::unavailable(
                format!(
                    "nothing was judged of release {}: an image cannot be pulled ({state})",
                    release.name
                ),
                "let the cluster pull the vendor's images: give it their registry and its login, or load them",
            )),
            Waited::Trouble(why) => {
                self.learn_secrets().await?;
                let fault = Fault::new(
                    format!("release {} does not become ready:\n{why}", release.name),
                    "start with the first event or log line above",
                );
                self.failed(requirement, fault);
                Ok(false)
            }
        }
    }
}
