//! Fields that the API server never lets change, in every kind that has some.

use serde_json::Value;

use super::changes::changes;
use crate::{
    checks::kubernetes::identities::identity,
    context::{Context, Fault, Judge},
    manifest::{Manifest, Object},
    variation::{Refusal, Variation, releases},
};

/// Fields of a kind that cannot change, as JSON pointers. Source: the update validation of each kind in the
/// API server.
pub(super) fn immutable_fields(kind: &str) -> &'static [&'static str] {
    match kind {
        "StatefulSet" => &[
            "/spec/selector",
            "/spec/serviceName",
            "/spec/podManagementPolicy",
            "/spec/volumeClaimTemplates",
        ],
        "Deployment" | "DaemonSet" | "ReplicaSet" => &["/spec/selector"],
        "Job" => &["/spec/selector", "/spec/template", "/spec/completionMode"],
        "Service" => &["/spec/clusterIP"],
        "PersistentVolumeClaim" => &[
            "/spec/accessModes",
            "/spec/storageClassName",
            "/spec/volumeName",
            "/spec/volumeMode",
            "/spec/selector",
            "/spec/dataSource",
        ],
        "PersistentVolume" => &[
            "/spec/csi",
            "/spec/nfs",
            "/spec/hostPath",
            "/spec/volumeMode",
        ],
        "Secret" => &["/type"],
        "StorageClass" => &[
            "/provisioner",
            "/parameters",
            "/reclaimPolicy",
            "/volumeBindingMode",
        ],
        "RoleBinding" | "ClusterRoleBinding" => &["/roleRef"],
        "PriorityClass" => &["/value", "/preemptionPolicy"],
        _ => &[],
    }
}

/// The immutable fields in which two versions of an object differ, with both values.
fn differences<'a>(old: &'a Object, new: &'a Object) -> Vec<(&'static str, &'a Value, &'a Value)> {
    static NONE: Value = Value::Null;
    let mut found: Vec<_> = immutable_fields(old.kind())
        .iter()
        .map(|field| {
            (
                *field,
                old.value.pointer(field).unwrap_or(&NONE),
                new.value.pointer(field).unwrap_or(&NONE),
            )
        })
        .filter(|(_, old, new)| old != new)
        .collect();
    // An address that the cluster gave may stay unsaid; only headless or not cannot change.
    found.retain(|(field, old, new)| {
        *field != "/spec/clusterIP"
            || (old.as_str() == Some("None")) != (new.as_str() == Some("None"))
    });
    let is_immutable =
        |object: &Object| object.value.get("immutable").and_then(Value::as_bool) == Some(true);
    if is_immutable(old) {
        for field in ["/data", "/stringData", "/binaryData"] {
            let (old, new) = (
                old.value.pointer(field).unwrap_or(&NONE),
                new.value.pointer(field).unwrap_or(&NONE),
            );
            if old != new {
                found.push((field, old, new));
            }
        }
    }
    found
}

/// Reports what the API server would refuse when `new` replaces `old`. Hooks are deleted and made anew.
fn compare(judge: &mut Judge<'_>, old: &Manifest, new: &Manifest, release: &str, occasion: &str) {
    for object in old
        .objects
        .iter()
        .filter(|object| object.release == release && !object.is_hook())
    {
        if immutable_fields(object.kind()).is_empty() {
            continue;
        }
        let Some(successor) = new
            .objects
            .iter()
            .find(|new| identity(new) == identity(object))
        else {
            continue;
        };
        judge.looked();
        for (field, _, after) in differences(object, successor) {
            judge.fault(
                Fault::new(
                    format!("{occasion} changes {field} of {}, which the API server refuses", object.reference()),
                    "build it from what never changes (release name, component), or give the object another name when it must change",
                )
                .object(object)
                .field(field)
                .value(short(after)),
            );
        }
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.len() <= 120 {
        text
    } else {
        text.chars().take(119).chain(['…']).collect()
    }
}

pub(super) fn stable_over_values(context: &Context<'_>, judge: &mut Judge<'_>) {
    let Some(variations) = context.variations else {
        return judge.unsupported("charts cannot be rendered with other values here");
    };
    for (release, chart) in releases(context.manifest) {
        let Some(source) = context.charts.get(chart) else {
            continue;
        };
        for change in changes(source) {
            match variations.render(release, &change.variation()) {
                Ok(changed) => {
                    let occasion = format!("a change of {}", change.what);
                    compare(judge, context.manifest, &changed, release, &occasion);
                }
                Err(Refusal::Unavailable(reason)) => judge.unsupported(reason),
                Err(Refusal::Broken(message)) => {
                    judge.looked();
                    judge.fault(
                        Fault::new(
                            format!(
                                "after a change of {} release {release} does not render: {message}",
                                change.what
                            ),
                            "let templates write YAML for every value that the schema takes, or refuse it with `fail`",
                        )
                        .value(change.values.to_string()),
                    );
                }
                // Values that the chart refuses on purpose cannot break anything.
                Err(Refusal::Schema(_) | Refusal::Template(_)) => {}
            }
        }
    }
}

pub(super) fn stable_over_product_versions(context: &Context<'_>, judge: &mut Judge<'_>) {
    let Some(variations) = context.variations else {
        return judge.unsupported("charts of other product versions cannot be rendered here");
    };
    for release in releases(context.manifest).into_keys() {
        for version in variations.product_versions(release) {
            if version == context.subject.product_version {
                continue;
            }
            let variation = Variation {
                product_version: Some(version.clone()),
                ..Variation::default()
            };
            match variations.render(release, &variation) {
                Ok(other) => {
                    let occasion = format!(
                        "the step between product versions {version} and {}",
                        context.subject.product_version
                    );
                    compare(judge, context.manifest, &other, release, &occasion);
                }
                Err(Refusal::Unavailable(_)) => {}
                Err(refusal) => {
                    judge.looked();
                    judge.fault(Fault::new(
                        format!("release {release} does not render for product version {version}: {refusal}"),
                        "keep the values of one product version valid for the next",
                    ));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{stable_over_product_versions, stable_over_values};
    use crate::{
        Outcome,
        checks::harness::{Case, messages},
        variation::Refusal,
    };

    const VALUES: [(&str, &str); 1] = [("values.yaml", "replicas: 2\n")];

    fn changed(before: &'static str, after: &'static str) -> Outcome {
        Case::documents(before)
            .with_chart(&VALUES)
            .varied(move |_| Ok(after.to_owned()))
            .judge(stable_over_values)
    }

    #[test]
    fn a_change_that_breaks_the_render_is_found_and_one_that_is_refused_is_none() {
        const BEFORE: &str =
            "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: a}, spec: {replicas: 2}}";
        let refused = |refusal: Refusal| {
            Case::documents(BEFORE)
                .with_chart(&VALUES)
                .varied(move |_| Err(refusal.clone()))
                .judge(stable_over_values)
        };
        let found = messages(&refused(Refusal::Broken("no YAML".into())));
        assert_eq!(
            found,
            ["after a change of replicas release r does not render: no YAML"]
        );
        for on_purpose in [Refusal::Schema("s".into()), Refusal::Template("t".into())] {
            let outcome = refused(on_purpose);
            assert!(outcome.findings().is_empty(), "{outcome:?}");
        }
    }

    #[test]
    fn a_selector_that_follows_a_value_is_found() {
        let found = messages(&changed(
            "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: a}, spec: {replicas: 2, serviceName: s}}",
            "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: a}, spec: {replicas: 3, serviceName: t}}",
        ));
        assert_eq!(
            found,
            [
                "a change of replicas changes /spec/serviceName of StatefulSet/a, which the API server refuses"
            ]
        );
    }

    #[test]
    fn a_service_may_get_an_address_but_not_become_headless() {
        let plain = "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {}}";
        let fixed =
            "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {clusterIP: 10.0.0.1}}";
        let headless =
            "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {clusterIP: None}}";
        assert!(changed(plain, fixed).is_green());
        assert_eq!(messages(&changed(plain, headless)).len(), 1);
    }

    #[test]
    fn mutable_fields_and_other_objects_may_change() {
        let outcome = changed(
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {replicas: 2, selector: {matchLabels: {a: b}}}}",
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {replicas: 3, selector: {matchLabels: {a: b}}}}",
        );
        assert!(outcome.is_green());
    }

    #[test]
    fn data_of_immutable_objects_must_stay() {
        let found = changed(
            "{apiVersion: v1, kind: Secret, metadata: {name: a}, immutable: true, data: {x: a}}",
            "{apiVersion: v1, kind: Secret, metadata: {name: a}, immutable: true, data: {x: b}}",
        );
        assert_eq!(messages(&found).len(), 1);
    }

    #[test]
    fn a_field_that_follows_the_product_version_is_found() {
        let case =
            Case::documents("{apiVersion: v1, kind: Secret, metadata: {name: a}, type: Opaque}")
                .varied(|variation| {
                    let kind = if variation.product_version.as_deref() == Some("4.5.0") {
                        "other"
                    } else {
                        "Opaque"
                    };
                    Ok(format!(
                        "{{apiVersion: v1, kind: Secret, metadata: {{name: a}}, type: {kind}}}"
                    ))
                });
        let found = messages(&case.judge(stable_over_product_versions));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("4.5.0"));
    }

    #[test]
    fn without_a_value_to_change_nothing_is_proved() {
        let case = Case::documents("{apiVersion: v1, kind: Secret, metadata: {name: a}}")
            .varied(|_| Ok(String::new()));
        assert!(matches!(
            case.judge_requirement("AM-UPG-001"),
            Outcome::NotApplicable { .. }
        ));
    }
}
