//! Requirements that users bring: each shows by its examples that it can fail before anything is judged by it, and what looks at
//! nothing is told.

use std::collections::BTreeMap;

use am_deployment_toml::product::ProductVersion;
use am_toolchain::{PodViolation, RenderError, TemplateTree};
use serde_json::{Value, json};

use crate::{
    chart::{Givens, Places},
    checks::{Registry, UNJUDGED, Verdict},
    component::Component,
    context::Context,
    error::SuiteError,
    facts::Facts,
    graph::{Graph, Hints},
    manifest::{Manifest, Object},
    outcome::Outcome,
    report::SubjectDescription,
    requirement::{Catalogue, Own, Requirement},
    upstream::{Admission, Upstream},
};

/// Judges the examples of every requirement that a user brings.
///
/// # Errors
/// When a good example is reported, a bad one is not, or one cannot be judged.
pub(super) fn prove(
    catalogue: &Catalogue,
    registry: &Registry,
    facts: &Facts,
) -> Result<(), SuiteError> {
    for requirement in catalogue.iter() {
        let Some(own) = requirement
            .own
            .as_ref()
            .filter(|own| !own.examples.bad.is_empty())
        else {
            continue;
        };
        prove_one(requirement, own, registry, facts).map_err(|message| {
            SuiteError::Requirements {
                file: own.place(),
                message: format!(
                    "{} does not show that it can fail: {message}",
                    requirement.id
                ),
            }
        })?;
    }
    Ok(())
}

fn prove_one(
    requirement: &Requirement,
    own: &Own,
    registry: &Registry,
    facts: &Facts,
) -> Result<(), String> {
    let judge = |documents: &[Value]| judged(requirement, documents, registry, facts);
    match judge(&own.examples.bad) {
        Outcome::Failed { findings, .. } => {
            if let Some(finding) = findings
                .iter()
                .find(|finding| finding.message.starts_with(UNJUDGED))
            {
                return Err(format!("of its bad example {}", finding.message));
            }
        }
        Outcome::Passed { checked } => {
            return Err(format!(
                "its bad example is not reported, `holds` is true for all {checked} of what it looks at; correct `holds`, or the example"
            ));
        }
        other => {
            return Err(format!(
                "it looks at nothing in its bad example, {}; correct `each` or `when`, or the example",
                reason_of(&other)
            ));
        }
    }
    match judge(&own.examples.good) {
        Outcome::Passed { .. } => Ok(()),
        Outcome::Failed { findings, .. } => {
            let told: Vec<_> = findings
                .iter()
                .map(|finding| finding.message.as_str())
                .collect();
            Err(format!(
                "its good example is reported: {}; correct `holds`, or the example",
                told.join("; ")
            ))
        }
        other => Err(format!(
            "it looks at nothing in its good example, {}; correct `each` or `when`, or the example",
            reason_of(&other)
        )),
    }
}

pub(super) fn reason_of(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::NotApplicable { reason }
        | Outcome::Unsupported { reason }
        | Outcome::Skipped { reason } => reason,
        Outcome::Passed { .. } | Outcome::Failed { .. } => "",
    }
}

/// What a requirement says of some documents, wherever it applies.
fn judged(
    requirement: &Requirement,
    documents: &[Value],
    registry: &Registry,
    facts: &Facts,
) -> Outcome {
    let objects = documents.iter().flat_map(documents_of).map(|value| Object {
        release: "example".into(),
        chart: "example".into(),
        template: "example.yaml".into(),
        text: String::new(),
        release_namespace: "example".into(),
        value,
    });
    let manifest = Manifest {
        objects: objects.collect(),
        ..Manifest::default()
    };
    let version = ProductVersion::newest();
    let patterns = &requirement.applies_to.patterns;
    let largest = facts
        .patterns
        .iter()
        .max_by_key(|(_, components)| components.len());
    let pattern = patterns.first().or(largest.map(|(pattern, _)| pattern));
    let subject = SubjectDescription {
        id: "example".into(),
        pattern: pattern.copied().unwrap_or_default(),
        site: None,
        product_version: version.as_str().into(),
        platform: "none".into(),
        variant: "example".into(),
        releases: vec!["example".into()],
        namespace: "example".into(),
        kubernetes_version: String::new(),
    };
    let graph = Graph::build(&manifest, facts, version, &Hints::default());
    let context = Context {
        subject: &subject,
        version,
        is_generated: false,
        is_representative: true,
        manifest: &manifest,
        graph: &graph,
        facts,
        charts: &BTreeMap::new(),
        given: &Givens::new(),
        places: Places::default(),
        source_map: None,
        schemas: None,
        upstream: &Nobody,
        admission: Admission::new(&Nobody),
        variations: None,
    };
    // Why it looks at nothing is told by the rows, not by its condition.
    let unconditional = Requirement {
        applies_when: None,
        ..requirement.clone()
    };
    match registry.look(&unconditional, &context) {
        Verdict::Told(outcome) => outcome,
        Verdict::Silent => Outcome::of(0, Vec::new()),
    }
}

/// The documents of an entry of an example: itself, or for `toml` a server that reads this `deployment.toml`.
fn documents_of(entry: &Value) -> Vec<Value> {
    let Some(toml) = entry.get("toml").filter(|_| entry.get("kind").is_none()) else {
        return vec![entry.clone()];
    };
    let component = entry
        .get("component")
        .and_then(Value::as_str)
        .or_else(|| Component::all().next().map(Component::name))
        .unwrap_or_default();
    let path = "/home/wso2carbon/wso2-config-volume/repository/conf/deployment.toml";
    let map = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "example"}, "data": {"deployment.toml": toml},
    });
    let server = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "example"},
        "spec": {"template": {
            "metadata": {"labels": {"app.kubernetes.io/component": component}},
            "spec": {
                "containers": [{
                    "name": component, "image": "example",
                    "volumeMounts": [{"name": "configuration", "mountPath": path, "subPath": "deployment.toml"}],
                }],
                "volumes": [{"name": "configuration", "configMap": {"name": "example"}}],
            },
        }},
    });
    vec![map, server]
}

/// Examples ask no code of Go and Kubernetes.
struct Nobody;

impl Upstream for Nobody {
    fn pod_security(&self, _: &[Value]) -> Result<Vec<Vec<PodViolation>>, RenderError> {
        Ok(Vec::new())
    }

    fn parse_templates(
        &self,
        _: &[(&str, &str)],
    ) -> Result<Vec<Result<TemplateTree, String>>, RenderError> {
        Ok(Vec::new())
    }

    fn kinds(&self) -> Result<Vec<String>, RenderError> {
        Ok(Vec::new())
    }
}
