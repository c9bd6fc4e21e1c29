//! What an operator gives arrives where it is for.

use std::path::Path;

use am_deployment_toml::{document::Document, key::KeyPath};
use serde_json::Value;

use crate::{
    checks::{
        given::{self, GIVEN, Given},
        kubernetes::tables,
    },
    context::{Context, Fault, Judge},
    manifest::{Manifest, NetworkPolicy, Object, Workload, strings_at},
    variation::releases,
};

/// Renders every release with what an operator gives, and judges the documents. Charts that refuse the values are told apart by
/// other requirements.
fn with_given(
    context: &Context<'_>,
    judge: &mut Judge<'_>,
    look: impl Fn(&Manifest, &mut Judge<'_>),
) {
    let Some(variations) = context.variations else {
        return judge.unsupported("charts cannot be rendered with other values here");
    };
    let variation = given::variation(context);
    for release in releases(context.manifest).into_keys() {
        if let Ok(changed) = variations.render(release, &variation) {
            look(&changed, judge);
        }
    }
}

pub(super) fn values_arrive(context: &Context<'_>, judge: &mut Judge<'_>) {
    let table = match GIVEN.as_ref() {
        Ok(table) => table,
        Err(error) => return judge.unsupported(error.clone()),
    };
    with_given(context, judge, |changed, judge| {
        for given in &table.given {
            arrives(context, given, changed, judge);
        }
    });
}

pub(super) fn policies_govern_every_server(context: &Context<'_>, judge: &mut Judge<'_>) {
    with_given(context, judge, |changed, judge| {
        governs_every_server(context, changed, judge);
    });
}

/// The object that is judged, for findings to point at.
fn as_judged<'a>(context: &Context<'a>, object: &Object) -> Option<&'a Object> {
    context
        .manifest
        .find(object.kind(), object.namespace(), object.name())
}

fn fault<'a>(context: &Context<'a>, object: &Object, message: String, help: &str) -> Fault<'a> {
    let fault = Fault::new(message, help);
    match as_judged(context, object) {
        Some(object) => fault.object(object),
        None => fault,
    }
}

fn arrives(context: &Context<'_>, given: &Given, changed: &Manifest, judge: &mut Judge<'_>) {
    if let Some(key) = &given.key {
        if given::is_written(context, key) {
            arrives_at_key(context, given, key, changed, judge);
        }
        return;
    }
    for object in changed
        .objects
        .iter()
        .filter(|object| given.kinds.iter().any(|kind| kind == object.kind()))
        .filter(|object| !object.is_extra())
    {
        let mut found: Vec<Option<String>> = Vec::new();
        for path in std::iter::once(&given.path).chain(&given.or) {
            tables::at(&object.value, path, &mut |value: &Value| {
                found.push(value.as_str().map(ToOwned::to_owned));
            });
        }
        if found.is_empty() && !given.path.contains('*') {
            found.push(None);
        }
        for found in found {
            let is_there = found.as_deref() == Some(given.to.as_str());
            judge.require(is_there, || {
                fault(
                    context,
                    object,
                    format!(
                        "{} does not get the value of `{}`: it has {} at {}",
                        object.reference(),
                        given.value.join("."),
                        found
                            .as_deref()
                            .map_or_else(|| "nothing".to_owned(), |found| format!("`{found}`")),
                        given.path
                    ),
                    "write the value there",
                )
            });
        }
    }
}

/// A value that is for a key of configurations: whatever writes the key writes the value.
fn arrives_at_key(
    context: &Context<'_>,
    given: &Given,
    key: &str,
    changed: &Manifest,
    judge: &mut Judge<'_>,
) {
    let path = KeyPath::from(key);
    for object in changed.of_kind("ConfigMap") {
        for (file, text) in strings_at(&object.value, "/data") {
            if Path::new(file).extension() != Some("toml".as_ref()) {
                continue;
            }
            let Ok(document) = Document::parse(text) else {
                continue;
            };
            let Some(entry) = document.entry(&path) else {
                continue;
            };
            let found = entry.value.scalar_text().unwrap_or_default();
            judge.require(found == given.to.as_str(), || {
                fault(
                    context,
                    object,
                    format!(
                        "`{key}` in {file} of {} does not get the value of `{}`: it is `{found}`",
                        object.reference(),
                        given.value.join(".")
                    ),
                    "write the value there",
                )
            });
        }
    }
}

fn governs_every_server(context: &Context<'_>, changed: &Manifest, judge: &mut Judge<'_>) {
    let policies: Vec<NetworkPolicy<'_>> = changed
        .of_kind("NetworkPolicy")
        .map(NetworkPolicy)
        .collect();
    for workload in changed
        .workloads()
        .iter()
        .filter(|workload| Workload::is_server(workload))
    {
        if workload.object.is_extra() {
            continue;
        }
        let labels = workload.pod.labels();
        let is_governed = policies.iter().any(|policy| {
            policy.0.namespace() == workload.object.namespace()
                && policy
                    .selector()
                    .is_some_and(|selector| selector.matches(&labels))
        });
        judge.require(is_governed, || {
            fault(
                context,
                workload.object,
                format!(
                    "{} has no NetworkPolicy when they are switched on",
                    workload.object.reference()
                ),
                "make one for every server",
            )
        });
    }
}

#[cfg(test)]
mod tests {
    use super::{policies_govern_every_server, values_arrive};
    use crate::checks::{
        Check,
        harness::{Case, messages},
    };

    fn documents(role: &str, selected: &str) -> String {
        format!(
            "{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: a, annotations: {{eks.amazonaws.com/role-arn: '{role}', azure.workload.identity/client-id: 12345678-1234-1234-1234-123456789012, iam.gke.io/gcp-service-account: conformance@conformance.iam.gserviceaccount.com}}}}}}\n---\n\
             {{apiVersion: apps/v1, kind: Deployment, metadata: {{name: d}}, spec: {{template: {{metadata: {{labels: {{a: b}}}}, spec: {{containers: [{{name: c}}]}}}}}}}}\n---\n\
             {{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: n}}, spec: {{podSelector: {{matchLabels: {{a: {selected}}}}}}}}}"
        )
    }

    #[test]
    fn a_value_that_does_not_arrive_and_a_server_without_policy_are_found() {
        let role = "arn:aws:iam::210987654321:role/conformance";
        let arrive: Check = values_arrive;
        let governed: Check = policies_govern_every_server;
        for (check, role, selected, told) in [
            (arrive, role, "b", None),
            (governed, role, "b", None),
            (
                arrive,
                "arn:aws:iam::210987654321:role/other",
                "b",
                Some("does not get"),
            ),
            (governed, role, "other", Some("no NetworkPolicy")),
        ] {
            let text = documents(role, selected);
            let case = Case::documents(&text).varied(move |_| Ok(text.clone()));
            let outcome = case.judge(check);
            match told {
                None => assert!(outcome.is_green(), "{outcome:?}"),
                Some(told) => assert!(messages(&outcome)[0].contains(told), "{outcome:?}"),
            }
        }
    }
}
