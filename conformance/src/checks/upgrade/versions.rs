//! From one chart or product version to the next.

use crate::{
    checks::kubernetes::identities::identity,
    context::{Context, Fault, Judge},
    manifest::{Manifest, Object},
    variation::{Variation, releases},
};

/// Objects whose loss an upgrade cannot undo: data, credentials, and the addresses that clients know.
fn is_precious(object: &Object) -> bool {
    let is_kept = object.annotations().get("helm.sh/resource-policy") == Some(&"keep");
    !object.is_hook()
        && !is_kept
        && matches!(
            object.kind(),
            "StatefulSet" | "PersistentVolumeClaim" | "Secret" | "Service"
        )
}

pub(super) fn nothing_vanishes(context: &Context<'_>, judge: &mut Judge<'_>) {
    let Some(variations) = context.variations else {
        return judge.unsupported("charts of other product versions cannot be rendered here");
    };
    let own = context.subject.product_version.as_str();
    for release in releases(context.manifest).into_keys() {
        for version in variations.product_versions(release) {
            if version == own {
                continue;
            }
            let variation = Variation {
                product_version: Some(version.clone()),
                ..Variation::default()
            };
            let Ok(other) = variations.render(release, &variation) else {
                continue;
            };
            if number(&version) < number(own) {
                vanished(judge, &other, context.manifest, release, &version, own);
            } else {
                vanished(judge, context.manifest, &other, release, own, &version);
            }
        }
    }
}

fn number(version: &str) -> Vec<u64> {
    version
        .split('.')
        .map(|part| part.parse().unwrap_or(0))
        .collect()
}

fn vanished(
    judge: &mut Judge<'_>,
    old: &Manifest,
    new: &Manifest,
    release: &str,
    from: &str,
    to: &str,
) {
    for object in old
        .objects
        .iter()
        .filter(|object| object.release == release && is_precious(object))
    {
        let is_there = new
            .objects
            .iter()
            .any(|new| identity(new) == identity(object));
        judge.require(is_there, || {
            Fault::new(
                format!("{} is there in {from} and gone in {to}: the upgrade deletes it", object.reference()),
                "keep its name over versions, or mark it with helm.sh/resource-policy: keep and describe the migration",
            )
            .object(object)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::nothing_vanishes;
    use crate::{
        Outcome,
        checks::harness::{Case, messages},
    };

    fn set(selector: &str, claim: &str, pod: &str) -> Case {
        Case::documents(&format!(
            "{{apiVersion: apps/v1, kind: StatefulSet, metadata: {{name: a}}, spec: {{selector: {{matchLabels: {{{selector}: x}}}}, \
             volumeClaimTemplates: [{{metadata: {{labels: {{{claim}: x}}}}}}], template: {{metadata: {{labels: {{{pod}: x}}}}, spec: {{}}}}}}}}"
        ))
    }

    #[test]
    fn versions_in_selectors_and_claims_are_found() {
        let id = "AM-UPG-003";
        assert!(
            set("a", "b", "helm.sh/chart")
                .judge_requirement(id)
                .is_green()
        );
        assert_eq!(
            messages(&set("helm.sh/chart", "b", "c").judge_requirement(id)).len(),
            1
        );
        assert_eq!(
            messages(&set("a", "app.kubernetes.io/version", "c").judge_requirement(id)).len(),
            1
        );
    }

    #[test]
    fn the_chart_version_in_pods_is_found() {
        assert_eq!(
            messages(&set("a", "b", "helm.sh/chart").judge_requirement("AM-UPG-008")).len(),
            1
        );
        assert!(
            set("helm.sh/chart", "b", "c")
                .judge_requirement("AM-UPG-008")
                .is_green()
        );
    }

    #[test]
    fn a_claim_that_the_next_version_lacks_is_found_and_a_kept_one_is_not() {
        let claim = "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}}";
        let service = "{apiVersion: v1, kind: Service, metadata: {name: s}}";
        let case = |old: &'static str| {
            Case::documents(service).varied(move |variation| {
                Ok(match variation.product_version.as_deref() {
                    Some("4.6.0") => format!("{service}\n---\n{old}"),
                    _ => service.to_owned(),
                })
            })
        };
        let found = messages(&case(claim).judge(nothing_vanishes));
        assert_eq!(
            found,
            ["PersistentVolumeClaim/a is there in 4.6.0 and gone in 4.7.0: the upgrade deletes it"]
        );
        let kept = "{apiVersion: v1, kind: Secret, metadata: {name: a, annotations: {helm.sh/resource-policy: keep}}}";
        assert!(case(kept).judge(nothing_vanishes).is_green());
    }

    #[test]
    fn claims_that_are_deleted_are_found() {
        let set = |policy: &str| {
            Case::documents(&format!(
                "{{apiVersion: apps/v1, kind: StatefulSet, metadata: {{name: a}}, spec: {{volumeClaimTemplates: [{{}}], \
                 persistentVolumeClaimRetentionPolicy: {{whenScaled: {policy}}}}}}}"
            ))
            .judge_requirement("AM-UPG-009")
        };
        assert!(set("Retain").is_green());
        assert_eq!(messages(&set("Delete")).len(), 1);
        let claim = "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}}";
        assert_eq!(
            messages(&Case::documents(claim).judge_requirement("AM-UPG-009")).len(),
            1
        );
    }

    #[test]
    fn a_chart_without_claims_has_nothing_to_lose() {
        let outcome = Case::documents("{apiVersion: v1, kind: Service, metadata: {name: a}}")
            .judge_requirement("AM-UPG-009");
        assert!(matches!(outcome, Outcome::NotApplicable { .. }));
    }
}
