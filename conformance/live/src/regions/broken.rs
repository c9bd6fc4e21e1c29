//! Proof that both scenarios can fail: a deployment that runs is broken in one place, and what happens then must be caught.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use am_conformance::Outcome;
use am_conformance::fixture::LiveExpectations;
use am_conformance::report::RequirementResult;
use serde::Deserialize;
use serde_json::Value;

use super::clusters::Clusters;
use super::crossing::judge_wiring;
use super::deployment::{Deployment, EVERYBODY_TOLD, ONE_NODE};
use super::events::DEPLOYED;
use super::site::Site;
use super::{centralised, geo_regional};
use crate::error::LiveError;
use crate::progress::Timing;
use crate::selftest::{CaseResult, LiveSelftest, Verdict, judge};

/// The cases, below the workspace.
const FILE: &str = "fixtures/regions/broken.yaml";

/// Connections by which a Service that leads to several nodes is told from one that leads to one: all of them meet the same
/// node of two by chance once in 128 times, and each node of the site tries.
const CONNECTIONS: u64 = 8;

/// Ways to break the deployments, one after another.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Broken {
    cases: Vec<Case>,
}

/// A way to break a site.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    about: String,
    topology: String,
    site: String,
    /// Values that the deployment's are changed by: paths that are removed.
    #[serde(default)]
    without: Vec<String>,
    /// An object of the cluster that is changed, and changed back.
    #[serde(default)]
    object: Option<Object>,
    live: LiveExpectations,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Object {
    path: String,
    change: Value,
    back: Value,
}

impl Broken {
    /// Reads the cases.
    pub(super) fn read(workspace: &Path) -> Result<Self, LiveError> {
        let path = workspace.join(FILE);
        let text = std::fs::read_to_string(&path).map_err(LiveError::file("read", &path))?;
        serde_saphyr::from_str(&text)
            .map_err(|error| LiveError::unavailable(format!("{FILE}: {error}"), "correct it"))
    }

    /// Those of one deployment.
    async fn play_on(
        &self,
        deployment: &mut Deployment,
    ) -> Result<Vec<(CaseResult, Timing)>, LiveError> {
        let mut done = Vec::new();
        let name = deployment.name().to_owned();
        for case in self.cases.iter().filter(|case| case.topology == name) {
            let start = Instant::now();
            let verdict = if deployment.over {
                Verdict::Unsupported("the deployment is not sound before it is broken".to_owned())
            } else {
                case.play(deployment).await?
            };
            let timing = Timing {
                about: name.clone(),
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

/// Plays them on the deployments that were found sound.
pub(super) async fn play(
    broken: &Broken,
    deployments: &mut [Deployment; 2],
    clusters: &Clusters,
) -> Result<LiveSelftest, LiveError> {
    let [one, other] = deployments;
    let (first, second) = tokio::try_join!(broken.play_on(one), broken.play_on(other))?;
    let all = first.into_iter().chain(second);
    let (cases, timings) = all.unzip();
    Ok(LiveSelftest {
        cases,
        timings,
        kubernetes: clusters.kubernetes.clone(),
        left_out: Vec::new(),
    })
}

impl Case {
    async fn play(&self, deployment: &mut Deployment) -> Result<Verdict, LiveError> {
        for site in &mut deployment.sites {
            site.plan([EVERYBODY_TOLD, ONE_NODE, DEPLOYED]);
        }
        let mut sites = deployment.sites.iter_mut();
        let Some(site) = sites.find(|site| site.name == self.site) else {
            return Err(LiveError::usage(format!(
                "{FILE}: {} has no site {}",
                self.topology, self.site
            )));
        };
        site.stage.say(&format!("breaking it: {}", self.name));
        if !self.breaks(site).await? {
            return Ok(Verdict::Missed("it does not come up".to_owned()));
        }
        judge_wiring(deployment, CONNECTIONS).await?;
        let when = self.name.as_str();
        if deployment.has_main() {
            centralised::events(deployment, when).await?;
        } else {
            geo_regional::events(deployment, when).await?;
        }
        if let Some(object) = &self.object {
            let site = deployment.site(&self.site);
            let api = site.map(|site| &site.stage.lab.api);
            if let Some(api) = api {
                api.change(&object.path, &object.back).await?;
            }
        }
        Ok(judge(&self.live, &worst(&deployment.sites)))
    }

    /// Breaks the site; whether its pods are ready then.
    async fn breaks(&self, site: &mut Site) -> Result<bool, LiveError> {
        if let Some(object) = &self.object {
            site.stage
                .lab
                .api
                .change(&object.path, &object.change)
                .await?;
        }
        if self.without.is_empty() {
            return Ok(true);
        }
        for file in site.stage.main.values_files.clone() {
            let text = std::fs::read_to_string(&file).map_err(LiveError::file("read", &file))?;
            let mut values: Value = serde_saphyr::from_str(&text).unwrap_or_default();
            for path in &self.without {
                remove(&mut values, path);
            }
            std::fs::write(&file, values.to_string()).map_err(LiveError::file("write", &file))?;
        }
        site.stage.upgrade_main(&Value::Null, "AM-TOPO-002").await
    }
}

/// Removes what a JSON pointer leads to, if it is there.
fn remove(values: &mut Value, path: &str) {
    let Some((parent, key)) = path.rsplit_once('/') else {
        return;
    };
    match values.pointer_mut(parent) {
        Some(Value::Object(map)) => {
            map.remove(key);
        }
        Some(Value::Array(list)) => {
            if let Some(at) = key.parse().ok().filter(|at| *at < list.len()) {
                list.remove(at);
            }
        }
        _ => {}
    }
}

/// Of each requirement the worst result of all sites.
fn worst(sites: &[Site]) -> Vec<RequirementResult> {
    let mut worst: BTreeMap<String, RequirementResult> = BTreeMap::new();
    for result in sites.iter().flat_map(|site| site.stage.record.results()) {
        let failed = !result.outcome.findings().is_empty();
        let judged = !matches!(result.outcome, Outcome::NotApplicable { .. });
        let id = result.requirement.clone();
        if failed || judged && !worst.contains_key(&id) {
            worst.insert(id, result);
        }
    }
    worst.into_values().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Broken, remove};
    use crate::document::testing::{deployed, workspace};

    #[test]
    fn every_case_breaks_something_of_a_site_that_is_there() {
        let broken = Broken::read(&workspace()).expect("the cases");
        for topology in ["geo-regional", "centralised"] {
            let of_it = broken.cases.iter().filter(|case| case.topology == topology);
            let deployed = deployed(topology);
            let mut count = 0;
            for case in of_it {
                count += 1;
                let mut sites = deployed.resolved.sites.iter();
                let site = sites.find(|site| site.name == case.site);
                let site = site.unwrap_or_else(|| panic!("{} has no site", case.name));
                let texts = deployed
                    .values(site)
                    .into_iter()
                    .map(std::fs::read_to_string);
                let values: Vec<serde_json::Value> = texts
                    .map(|text| serde_saphyr::from_str(&text.expect("text")).expect("YAML"))
                    .collect();
                for path in &case.without {
                    let is_there = values.iter().any(|it| it.pointer(path).is_some());
                    assert!(is_there, "{}: {path}", case.name);
                }
                assert!(
                    case.object.is_some() || !case.without.is_empty(),
                    "{}",
                    case.name
                );
                if let Some(object) = &case.object {
                    let namespace = format!("/{}/", site.release.namespace);
                    assert!(object.path.contains(&namespace), "{}", case.name);
                }
                assert!(!case.live.expected.is_empty(), "{}", case.name);
            }
            assert!(count > 0, "nothing shows that {topology} can fail");
        }
    }

    #[test]
    fn an_element_of_a_list_and_a_key_can_be_removed() {
        let mut values = json!({"a": [{"b": 1}, {"b": 2}], "c": {"d": 1, "e": 2}});
        remove(&mut values, "/a/1");
        remove(&mut values, "/c/d");
        remove(&mut values, "/not/there");
        assert_eq!(values, json!({"a": [{"b": 1}], "c": {"e": 2}}));
    }
}
