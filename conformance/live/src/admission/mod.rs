//! Admission and validation of every render by a bare API server: server-side apply with strict field validation, Pod
//! Security, and every upgrade applied over its predecessor.

mod definitions;
mod drift;
mod variants;

use std::sync::Arc;
use std::time::Instant;

use am_conformance::facts::Facts;
use am_conformance::report::Profile;
use am_conformance::subject::SubjectDescription;
use am_conformance::suite::{BARE, operator_values, platforms_of};
use am_conformance::{Catalogue, SuiteError};
use am_product::Pattern;
use am_toolchain::{RenderRequest, RenderServer, Renderer as _, StderrProgress, Tool, Toolchain};
use serde_json::{Value, json};

use crate::api::{Api, Refusal, Resources, text};
use crate::charts::{charts_of, digests, patterns};
use crate::cluster::Access;
use crate::error::LiveError;
use crate::helm::overlay;
use crate::options::Options;
use crate::progress::{Progress, Timing};
use crate::record::{Fault, Place, Record};
use crate::report::{Circumstances, LiveReport, assemble, profile_of};

use crate::scenario::make_namespace;

use drift::{Applied, Comparison};

/// What the API server judges: schemas, immutable fields, Pod Security; and what GitOps tools see of its answer.
const PLANNED: [&str; 4] = ["AM-K8S-001", "AM-SEC-013", "AM-UPG-002", DRIFT];

/// What an object differs in for ever.
const DRIFT: &str = "AM-UPG-012";

/// Applies every render of every pattern, platform and product version.
pub(crate) async fn run(
    options: &Options,
    access: &Access,
    progress: &Arc<dyn Progress>,
) -> Result<LiveReport, LiveError> {
    let broken =
        |error: SuiteError| LiveError::unavailable(error.to_string(), "report this as a bug");
    let unreadable =
        |error: SuiteError| LiveError::unavailable(error.to_string(), "mend the charts' overlays");
    let (catalogue, facts) = (
        Catalogue::load().map_err(broken)?,
        Facts::load().map_err(broken)?,
    );
    let api = Api::new(access.client().await?);
    definitions::install(&api, &options.workspace).await?;
    let program = Toolchain::new(&options.workspace)
        .ensure(Tool::Renderer, &mut StderrProgress::default())
        .map_err(|error| LiveError::unavailable(error.to_string(), "install Go"))?;
    let mut suite = Suite {
        api,
        server: RenderServer::new(program).deterministic(true),
        catalogue,
        facts,
        resources: Resources::default(),
        comparison: Comparison::new(&options.workspace)?,
        applied: 0,
    };
    suite.refuse_violator().await?;
    let (mut profiles, mut timings) = (Vec::new(), Vec::new());
    for pattern in patterns(options, &suite.facts)? {
        let start = Instant::now();
        let charts = charts_of(&options.charts, pattern)?;
        let mut record = Record::new(suite.catalogue.clone(), PLANNED);
        if charts.len() == 1 {
            record.not_applicable("AM-UPG-002", "charts of one product version were given");
        }
        let before = suite.applied;
        let newest = charts.last().map(|(_, chart)| platforms_of(chart));
        for platform in newest.transpose().map_err(unreadable)?.unwrap_or_default() {
            suite
                .judge(options, pattern, &platform, &charts, &mut record)
                .await?;
        }
        suite
            .judge_variants(options, pattern, &charts, &mut record)
            .await?;
        let took = start.elapsed();
        let about = pattern.chart();
        progress.say(
            &about,
            &format!("{} objects applied", suite.applied - before),
        );
        profiles.push(profile(
            &about,
            pattern,
            &charts,
            &record,
            took.as_secs_f64(),
        ));
        timings.push(Timing {
            about,
            phase: "admission".to_owned(),
            took,
        });
    }
    let version = suite.api.get("/version").await?;
    let circumstances = Circumstances {
        command: options.command.clone(),
        kubernetes: text(&version, "/gitVersion").to_owned(),
        cluster: "envtest".to_owned(),
        charts: digests(&options.charts, &patterns(options, &suite.facts)?)?,
    };
    Ok(LiveReport {
        report: assemble(&suite.catalogue, profiles, &circumstances),
        timings,
        edges: Vec::new(),
        left_out: None,
        selftest: None,
        memory: None,
    })
}

fn profile(
    about: &str,
    pattern: Pattern,
    charts: &[(String, std::path::PathBuf)],
    record: &Record,
    seconds: f64,
) -> Profile {
    let subject = SubjectDescription {
        id: format!("p{pattern}/envtest"),
        pattern,
        site: None,
        product_version: charts
            .last()
            .map(|(version, _)| version.clone())
            .unwrap_or_default(),
        platform: "all".to_owned(),
        variant: "envtest".to_owned(),
        releases: vec!["am".to_owned()],
        namespace: String::new(),
        kubernetes_version: String::new(),
    };
    profile_of(about.to_owned(), subject, record.results(), Some(seconds))
}

struct Suite {
    api: Api,
    server: RenderServer,
    catalogue: Catalogue,
    facts: Facts,
    resources: Resources,
    comparison: Comparison,
    applied: usize,
}

impl Suite {
    /// The positive control: a pod that breaks the restricted level must be refused, or nothing that follows counts.
    async fn refuse_violator(&self) -> Result<(), LiveError> {
        let namespace = "am-live-control";
        self.make_namespace(namespace).await?;
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "violator"},
            "spec": {"hostNetwork": true, "containers": [{"name": "c", "image": "c"}]},
        });
        let path = format!("/api/v1/namespaces/{namespace}/pods?dryRun=All");
        match self.api.create(&path, &pod).await? {
            Err(refusal) if refusal.message.contains("PodSecurity") => Ok(()),
            answer => Err(LiveError::unavailable(
                format!("the API server does not enforce Pod Security: {answer:?}"),
                "enable the PodSecurity admission plugin",
            )),
        }
    }

    async fn make_namespace(&self, name: &str) -> Result<(), LiveError> {
        make_namespace(&self.api, name, "envtest").await?;
        // No controller makes it here, and pods must have one.
        let account =
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}});
        let path = format!("/api/v1/namespaces/{name}/serviceaccounts");
        self.api.create(&path, &account).await.map(drop)
    }

    /// Applies a pattern on a platform, one product version over the other.
    async fn judge(
        &mut self,
        options: &Options,
        pattern: Pattern,
        platform: &str,
        charts: &[(String, std::path::PathBuf)],
        record: &mut Record,
    ) -> Result<(), LiveError> {
        let namespace = format!("p{pattern}-{platform}");
        self.make_namespace(&namespace).await?;
        for (step, (version, chart)) in charts.iter().enumerate() {
            let mut request = RenderRequest::new(chart.clone(), "am", namespace.clone());
            request.skip_tests = false;
            request.is_upgrade = step > 0;
            if platform != BARE {
                request.values_files.push(overlay(chart, platform));
            }
            request.values_files.extend(operator_values(
                &options.workspace,
                &self.facts,
                pattern,
                platform,
            ));
            let place = Place {
                namespace: &namespace,
                release: "am",
            };
            let rendered = match self.server.render(&request) {
                Ok(rendered) => rendered,
                Err(error) => {
                    let message = format!("{version} on {platform} does not render: {error}");
                    record.failed(
                        "AM-K8S-001",
                        place,
                        Fault::new(message, "correct the values"),
                    );
                    continue;
                }
            };
            let objects: Vec<&Value> = rendered
                .documents
                .iter()
                .map(|document| &document.value)
                .collect();
            let versions = objects.iter().map(|object| text(object, "/apiVersion"));
            self.resources = Resources::discover(&self.api, versions).await?;
            let mut applied = Vec::new();
            for object in objects {
                applied.extend(self.apply(object, place, step, version, record).await?);
            }
            self.compare(&applied, place, version, record)?;
        }
        Ok(())
    }

    /// What a GitOps tool sees of the objects that were taken.
    fn compare(
        &self,
        applied: &[Applied],
        place: Place<'_>,
        version: &str,
        record: &mut Record,
    ) -> Result<(), LiveError> {
        let differences = self.comparison.differences(applied)?;
        for (object, fields) in applied.iter().zip(differences) {
            if fields.is_empty() {
                record.passed(DRIFT, 1);
                continue;
            }
            let (kind, name) = (
                text(&object.desired, "/kind"),
                text(&object.desired, "/metadata/name"),
            );
            let message = format!(
                "{version}: Argo CD would call {kind} {name} out of sync for ever: {} {} what the API server holds",
                fields.join(", "),
                if fields.len() == 1 {
                    "differs from"
                } else {
                    "differ from"
                },
            );
            let help = "write the field as the API server does, with the defaults that it fills in";
            record.failed(DRIFT, place, Fault::new(message, help));
        }
        Ok(())
    }

    async fn apply(
        &mut self,
        object: &Value,
        place: Place<'_>,
        step: usize,
        version: &str,
        record: &mut Record,
    ) -> Result<Option<Applied>, LiveError> {
        let (kind, name) = (text(object, "/kind"), text(object, "/metadata/name"));
        let Some(path) = self.resources.path(object, place.namespace) else {
            let message = format!("{kind} {name} is of a kind that the API server does not know");
            let help = "use an API version of the supported Kubernetes versions";
            record.failed("AM-K8S-001", place, Fault::new(message, help));
            return Ok(None);
        };
        let mut object = object.clone();
        if object.pointer("/metadata/namespace").is_some() {
            object["metadata"]["namespace"] = Value::from(place.namespace);
        }
        self.applied += 1;
        let requirement = if step == 0 {
            "AM-K8S-001"
        } else {
            "AM-UPG-002"
        };
        let live = match self.api.apply(&path, &object).await? {
            Ok(live) => {
                record.passed(requirement, 1);
                live
            }
            Err(refusal) => {
                let message = format!("{version}: {kind} {name} is refused: {}", refusal.message);
                let requirement = if refusal.message.contains("PodSecurity") {
                    "AM-SEC-013"
                } else {
                    requirement
                };
                record.failed(requirement, place, Fault::new(message, help_for(&refusal)));
                return Ok(None);
            }
        };
        if let Some(template) = object.pointer("/spec/template") {
            self.judge_pod(template, kind, name, place, record).await?;
        }
        Ok(Some(Applied {
            desired: object,
            live,
        }))
    }

    /// No controller makes pods here, so the template is offered as a pod.
    async fn judge_pod(
        &self,
        template: &Value,
        kind: &str,
        name: &str,
        place: Place<'_>,
        record: &mut Record,
    ) -> Result<(), LiveError> {
        let mut pod = template.clone();
        pod["apiVersion"] = Value::from("v1");
        pod["kind"] = Value::from("Pod");
        pod["metadata"]["name"] = Value::from(format!("{name}-0"));
        provide_claims(&mut pod);
        let path = format!(
            "/api/v1/namespaces/{}/pods?dryRun=All&fieldValidation=Strict",
            place.namespace
        );
        match self.api.create(&path, &pod).await? {
            Ok(_) => record.passed("AM-SEC-013", 1),
            Err(refusal) => {
                let message = format!("a pod of {kind} {name} is refused: {}", refusal.message);
                let requirement = if refusal.message.contains("PodSecurity") {
                    "AM-SEC-013"
                } else {
                    "AM-K8S-001"
                };
                record.failed(requirement, place, Fault::new(message, help_for(&refusal)));
            }
        }
        Ok(())
    }
}

/// The controller of a `StatefulSet` adds a volume for each claim template; here each mount without a volume gets one.
fn provide_claims(pod: &mut Value) {
    let list = |pod: &Value, pointer: &str| -> Vec<Value> {
        pod.pointer(pointer)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let mut volumes = list(pod, "/spec/volumes");
    let containers = [
        list(pod, "/spec/containers"),
        list(pod, "/spec/initContainers"),
    ]
    .concat();
    for container in &containers {
        for mount in list(container, "/volumeMounts") {
            let name = text(&mount, "/name");
            if !volumes.iter().any(|volume| text(volume, "/name") == name) {
                let claim = json!({"name": name, "persistentVolumeClaim": {"claimName": name}});
                volumes.push(claim);
            }
        }
    }
    pod["spec"]["volumes"] = Value::from(volumes);
}

fn help_for(refusal: &Refusal) -> &'static str {
    if refusal.message.contains("PodSecurity") {
        "set the security context that the restricted level asks for"
    } else if refusal.message.contains("immutable") || refusal.message.contains("forbidden") {
        "keep immutable fields the same in every product version"
    } else {
        "write only fields that the kind has, with values that the API server takes"
    }
}

#[cfg(test)]
mod tests {
    use super::provide_claims;
    use serde_json::json;

    #[test]
    fn a_mount_of_a_claim_template_gets_a_volume_and_others_keep_theirs() {
        let mut pod = json!({"spec": {
            "containers": [{"volumeMounts": [{"name": "data"}, {"name": "config"}]}],
            "volumes": [{"name": "config", "configMap": {"name": "c"}}],
        }});
        provide_claims(&mut pod);
        assert_eq!(pod["spec"]["volumes"].as_array().map(Vec::len), Some(2));
        assert_eq!(
            pod["spec"]["volumes"][1],
            json!({"name": "data", "persistentVolumeClaim": {"claimName": "data"}})
        );
    }
}
