//! Claims outlive the pods and releases that use them.

use crate::{
    context::{Context, Fault, Judge},
    manifest::array_at,
};

pub(super) fn claims_survive(context: &Context<'_>, judge: &mut Judge<'_>) {
    for set in context.manifest.of_kind("StatefulSet") {
        if array_at(&set.value, "/spec/volumeClaimTemplates").is_empty() {
            continue;
        }
        for field in ["whenDeleted", "whenScaled"] {
            let policy = set.str(&format!(
                "/spec/persistentVolumeClaimRetentionPolicy/{field}"
            ));
            judge.require(policy != Some("Delete"), || {
                Fault::new(
                    format!(
                        "{} deletes the data of its nodes ({field}: Delete)",
                        set.reference()
                    ),
                    "remove persistentVolumeClaimRetentionPolicy, or write Retain",
                )
                .object(set)
                .field("persistentVolumeClaimRetentionPolicy")
            });
        }
    }
    for claim in context
        .manifest
        .of_kind("PersistentVolumeClaim")
        .filter(|claim| !claim.is_hook())
    {
        let is_kept = claim.annotations().get("helm.sh/resource-policy") == Some(&"keep");
        judge.require(is_kept, || {
            Fault::new(
                format!(
                    "{} is deleted with the release, and its data with it",
                    claim.reference()
                ),
                "add the annotation helm.sh/resource-policy: keep",
            )
            .object(claim)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::claims_survive;
    use crate::{
        Outcome,
        checks::harness::{Case, messages},
    };

    #[test]
    fn claims_that_are_deleted_are_found() {
        let set = |policy: &str| {
            Case::documents(&format!(
                "{{apiVersion: apps/v1, kind: StatefulSet, metadata: {{name: a}}, spec: {{volumeClaimTemplates: [{{}}], \
                 persistentVolumeClaimRetentionPolicy: {{whenScaled: {policy}}}}}}}"
            ))
            .judge(claims_survive)
        };
        assert!(set("Retain").is_green());
        assert_eq!(messages(&set("Delete")).len(), 1);
        let claim = "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}}";
        assert_eq!(
            messages(&Case::documents(claim).judge(claims_survive)).len(),
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
