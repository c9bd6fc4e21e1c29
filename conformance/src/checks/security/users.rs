//! The user as whom the product's own images run.

use crate::{
    component::Component,
    context::{Context, Fault, Judge},
    manifest::{Container, PodTemplate, Workload, integer_at},
};

/// Organisation of the vendor's images; others may belong to any user.
const ORGANISATION: &str = "wso2/";

fn is_of_vendor(container: &Container<'_>) -> bool {
    let repository = container.image_repository();
    let is_product = Component::of_image(repository, None).is_some();
    let path = container.image().split(['@', ':']).next();
    is_product && path.is_some_and(|path| path.ends_with(&format!("{ORGANISATION}{repository}")))
}

/// A number of the security context, which the container's own wins.
fn number(pod: &PodTemplate<'_>, container: &Container<'_>, field: &str) -> Option<i64> {
    let at = format!("/securityContext/{field}");
    integer_at(container.value, &at).or_else(|| integer_at(pod.spec, &at))
}

pub(super) fn run_as_the_owner(context: &Context<'_>, judge: &mut Judge<'_>) {
    // Tests write nothing, so anybody may run them.
    for workload in context
        .manifest
        .workloads()
        .iter()
        .filter(|workload| Workload::is_server(workload))
    {
        if context.is_generated {
            owns_its_volumes(context, workload, judge);
        }
        for container in workload.pod.all_containers() {
            if !is_of_vendor(&container) {
                continue;
            }
            let owner = context.facts.image_user;
            let user = number(&workload.pod, &container, "runAsUser").unwrap_or(owner);
            // Whether it is root is another requirement's business.
            judge.require(user == owner || user == 0, || {
                Fault::new(
                    format!(
                        "container `{}` of {} runs as user {user}, who may not write the files of its image",
                        container.name(),
                        workload.object.reference()
                    ),
                    format!("set runAsUser to {owner}, to whom they belong, or leave it out"),
                )
                .object(workload.object)
                .field("runAsUser")
                .value(user.to_string())
            });
        }
    }
}

/// A new volume is root's, until the pod's group gets it. `OpenShift` gives each namespace a group of its own.
fn owns_its_volumes(context: &Context<'_>, workload: &Workload<'_>, judge: &mut Judge<'_>) {
    let has_user = integer_at(workload.pod.spec, "/securityContext/runAsUser").is_some();
    if context.subject.platform == "openshift" || workload.claim_templates().is_empty() || !has_user
    {
        return;
    }
    let group = integer_at(workload.pod.spec, "/securityContext/fsGroup");
    judge.require(group.is_some(), || {
        Fault::new(
            format!(
                "{} may not write on the volumes that it claims: they are root's",
                workload.object.reference()
            ),
            "set securityContext.fsGroup",
        )
        .object(workload.object)
        .field("securityContext")
        .field("fsGroup")
    });
}

#[cfg(test)]
mod tests {
    use super::run_as_the_owner;
    use crate::checks::harness::Case;

    fn judged(image: &str, context: &str) -> usize {
        let document = format!(
            "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: a}}, spec: {{template: {{spec: {{securityContext: {context}, containers: [{{name: a, image: '{image}'}}]}}}}}}}}"
        );
        Case::documents(&document)
            .judge(run_as_the_owner)
            .findings()
            .len()
    }

    #[test]
    fn the_vendors_images_run_as_their_owner_and_others_as_anybody() {
        for (image, context, faults) in [
            ("wso2/wso2am:4.7.0", "{runAsUser: 10001}", 0),
            ("wso2/wso2am:4.7.0", "{}", 0),
            ("docker.io/wso2/wso2am:4.7.0", "{runAsUser: 10002}", 1),
            (
                "mirror.example.com/apim/wso2am:4.7.0",
                "{runAsUser: 10002}",
                0,
            ),
        ] {
            assert_eq!(judged(image, context), faults, "{image} {context}");
        }
    }
}
