//! Proof that the scenario can fail: a deployment that was found sound is broken in one place, and that must be caught.

use std::path::Path;
use std::time::Instant;

use am_conformance::component::Capability;
use am_conformance::fixture::LiveExpectations;
use serde::Deserialize;
use serde_json::Value;

use super::cluster::{Cluster, account_in_secret};
use super::deployment::Deployment;
use super::{catalogue, isolation, pair};
use crate::error::LiveError;
use crate::progress::Timing;
use crate::record::Record;
use crate::selftest::{CaseResult, LiveSelftest, Verdict, judge};
use crate::session::Session;

/// The cases, below the workspace.
const FILE: &str = "fixtures/integration/broken.yaml";

/// Ways to break the deployments.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Broken {
    cases: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Case {
    name: String,
    about: String,
    deployment: String,
    release: String,
    /// Values over those of the release.
    #[serde(default)]
    values: Value,
    /// The tenant whose account it registers with.
    #[serde(default)]
    account_of: Option<String>,
    live: LiveExpectations,
}

impl Broken {
    /// Reads the cases.
    pub(super) fn read(workspace: &Path) -> Result<Self, LiveError> {
        let path = workspace.join(FILE);
        let text = std::fs::read_to_string(&path).map_err(LiveError::file("read", &path))?;
        serde_saphyr::from_str(&text)
            .map_err(|error| LiveError::unavailable(format!("{FILE}: {error}"), "correct it"))
    }

    /// Plays them, those of different deployments beside each other.
    pub(super) async fn play(
        &self,
        deployments: &mut [Deployment],
        session: &Session,
    ) -> Result<LiveSelftest, LiveError> {
        let played = deployments.iter_mut().map(|it| self.play_on(it));
        let played = futures_util::future::try_join_all(played).await?;
        let (cases, timings) = played.into_iter().flatten().unzip();
        Ok(LiveSelftest {
            cases,
            timings,
            kubernetes: session.kubernetes.clone(),
            left_out: Vec::new(),
        })
    }

    /// Those of one deployment, one after the other; each is mended before the next.
    async fn play_on(
        &self,
        deployment: &mut Deployment,
    ) -> Result<Vec<(CaseResult, Timing)>, LiveError> {
        let mut done = Vec::new();
        let name = deployment.name.clone();
        let mut last: Option<&Case> = None;
        for case in self.cases.iter().filter(|case| case.deployment == name) {
            let start = Instant::now();
            if let Some(last) = last.replace(case) {
                last.mend(deployment).await?;
            }
            let verdict = if deployment.over {
                Verdict::Unsupported("the deployment is not sound before it is broken".to_owned())
            } else {
                case.play(deployment).await?
            };
            let timing = Timing {
                about: deployment.name.clone(),
                phase: case.name.clone(),
                took: start.elapsed(),
            };
            let result = CaseResult {
                name: case.name.clone(),
                about: case.about.clone(),
                verdict,
            };
            done.push((result, timing));
        }
        Ok(done)
    }
}

impl Case {
    async fn play(&self, deployment: &mut Deployment) -> Result<Verdict, LiveError> {
        let cluster = self.cluster(deployment)?;
        let ids = catalogue::REQUIREMENTS
            .into_iter()
            .chain(isolation::REQUIREMENTS)
            .chain(pair::REQUIREMENTS);
        let catalogue = deployment.stage.lab.catalogue.clone();
        deployment.stage.record = Record::new(catalogue, ids);
        deployment.stage.say(&format!("breaking it: {}", self.name));
        if !self.breaks(deployment, &cluster).await? {
            return Ok(Verdict::Missed("it does not come up".to_owned()));
        }
        if cluster.has(Capability::Integrates) {
            catalogue::judge(deployment).await?;
            isolation::judge(deployment).await?;
        } else {
            pair::agreed(deployment, &cluster).await?;
        }
        Ok(judge(&self.live, &deployment.stage.record.results()))
    }

    /// The cluster that is broken.
    fn cluster(&self, deployment: &Deployment) -> Result<Cluster, LiveError> {
        let mut clusters = deployment.clusters.iter();
        let found = clusters.find(|it| it.release.name == self.release);
        found.cloned().ok_or_else(|| {
            LiveError::usage(format!(
                "{FILE}: {} has no release {}",
                self.deployment, self.release
            ))
        })
    }

    /// Breaks the cluster; whether its pods are ready then.
    async fn breaks(
        &self,
        deployment: &mut Deployment,
        cluster: &Cluster,
    ) -> Result<bool, LiveError> {
        if let Some(tenant) = &self.account_of {
            register_as(deployment, cluster, tenant).await?;
            return deployment
                .stage
                .wait_for(&cluster.release, "AM-TOPO-002")
                .await;
        }
        upgrade(deployment, cluster, &self.values).await
    }

    /// Makes it sound again for the next case.
    async fn mend(&self, deployment: &mut Deployment) -> Result<(), LiveError> {
        let cluster = self.cluster(deployment)?;
        if self.account_of.is_some() {
            register_as(deployment, &cluster, &cluster.tenant).await?;
        }
        upgrade(deployment, &cluster, &Value::Null).await.map(drop)
    }
}

/// Changes the account of a cluster, and restarts it.
async fn register_as(
    deployment: &Deployment,
    cluster: &Cluster,
    tenant: &str,
) -> Result<(), LiveError> {
    let stage = &deployment.stage;
    let name = cluster.secret_of_account().unwrap_or_default();
    let path = format!("/api/v1/namespaces/{}/secrets/{name}", stage.namespace);
    stage
        .lab
        .api
        .change(&path, &account_in_secret(tenant))
        .await?;
    for pod in cluster.pods(stage).await? {
        stage.kill(&pod.name).await?;
    }
    Ok(())
}

async fn upgrade(
    deployment: &mut Deployment,
    cluster: &Cluster,
    values: &Value,
) -> Result<bool, LiveError> {
    let stage = &mut deployment.stage;
    let installation = stage.installation(&cluster.release, values);
    let done = stage.lab.helm.upgrade(&installation).await?;
    if !done.success {
        stage.helm_failed("upgrade", &done, "AM-TOPO-002").await?;
        return Ok(false);
    }
    stage.wait_for(&cluster.release, "AM-TOPO-002").await
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Broken;
    use crate::document::Deployed;
    use crate::published::families;

    #[test]
    fn every_case_breaks_a_release_of_a_deployment_that_is_played() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let families = families(&workspace).expect("the models");
        let broken = Broken::read(&workspace).expect("the cases");
        assert!(broken.cases.len() >= 4);
        for case in &broken.cases {
            let label = format!("deployments/examples/{}.yaml", case.deployment);
            let nothing = std::iter::empty();
            let deployed =
                Deployed::of(&workspace, &families, &label, nothing).expect("a document");
            let clusters = &deployed.resolved.sites[0].integrators;
            let mut releases = clusters.iter().map(|it| it.release.name.as_str());
            assert!(releases.any(|it| it == case.release), "{}", case.name);
            assert_ne!(
                case.account_of.is_some(),
                case.values.is_object(),
                "{}",
                case.name
            );
            assert!(!case.live.expected.is_empty(), "{}", case.name);
        }
    }
}
