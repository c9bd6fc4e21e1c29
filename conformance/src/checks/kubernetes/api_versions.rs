//! API versions and kinds: that the newest Kubernetes still serves them, and that any ever did.

use std::collections::BTreeSet;

use super::schemas::group;
use crate::{
    context::{Context, Fault, Judge},
    manifest::Object,
};

/// A group version (or a kind of it) that Kubernetes gave up. Source: Kubernetes, "Deprecated API
/// Migration Guide".
struct Retired {
    api_version: &'static str,
    /// Empty: every kind.
    kind: &'static str,
    /// `removed in 1.22` or `deprecated since 1.33`.
    since: &'static str,
    /// What to write instead.
    instead: &'static str,
}

const fn retired(
    api_version: &'static str,
    kind: &'static str,
    since: &'static str,
    instead: &'static str,
) -> Retired {
    Retired {
        api_version,
        kind,
        since,
        instead,
    }
}

const RETIRED: [Retired; 29] = [
    retired(
        "extensions/v1beta1",
        "Ingress",
        "removed in 1.22",
        "networking.k8s.io/v1",
    ),
    retired(
        "extensions/v1beta1",
        "NetworkPolicy",
        "removed in 1.16",
        "networking.k8s.io/v1",
    ),
    retired(
        "extensions/v1beta1",
        "",
        "removed in 1.16",
        "apps/v1 or policy/v1",
    ),
    retired("apps/v1beta1", "", "removed in 1.16", "apps/v1"),
    retired("apps/v1beta2", "", "removed in 1.16", "apps/v1"),
    retired(
        "networking.k8s.io/v1beta1",
        "Ingress",
        "removed in 1.22",
        "networking.k8s.io/v1",
    ),
    retired(
        "networking.k8s.io/v1beta1",
        "IngressClass",
        "removed in 1.22",
        "networking.k8s.io/v1",
    ),
    retired(
        "policy/v1beta1",
        "PodDisruptionBudget",
        "removed in 1.25",
        "policy/v1",
    ),
    retired(
        "policy/v1beta1",
        "PodSecurityPolicy",
        "removed in 1.25",
        "Pod Security admission",
    ),
    retired(
        "autoscaling/v2beta1",
        "",
        "removed in 1.25",
        "autoscaling/v2",
    ),
    retired(
        "autoscaling/v2beta2",
        "",
        "removed in 1.26",
        "autoscaling/v2",
    ),
    retired("batch/v1beta1", "CronJob", "removed in 1.25", "batch/v1"),
    retired("batch/v2alpha1", "CronJob", "removed in 1.21", "batch/v1"),
    retired(
        "discovery.k8s.io/v1beta1",
        "",
        "removed in 1.25",
        "discovery.k8s.io/v1",
    ),
    retired(
        "events.k8s.io/v1beta1",
        "",
        "removed in 1.25",
        "events.k8s.io/v1",
    ),
    retired(
        "node.k8s.io/v1beta1",
        "",
        "removed in 1.25",
        "node.k8s.io/v1",
    ),
    retired(
        "rbac.authorization.k8s.io/v1alpha1",
        "",
        "removed in 1.22",
        "rbac.authorization.k8s.io/v1",
    ),
    retired(
        "rbac.authorization.k8s.io/v1beta1",
        "",
        "removed in 1.22",
        "rbac.authorization.k8s.io/v1",
    ),
    retired(
        "scheduling.k8s.io/v1beta1",
        "",
        "removed in 1.22",
        "scheduling.k8s.io/v1",
    ),
    retired(
        "storage.k8s.io/v1beta1",
        "CSIStorageCapacity",
        "removed in 1.27",
        "storage.k8s.io/v1",
    ),
    retired(
        "storage.k8s.io/v1beta1",
        "StorageClass",
        "removed in 1.22",
        "storage.k8s.io/v1",
    ),
    retired(
        "apiextensions.k8s.io/v1beta1",
        "",
        "removed in 1.22",
        "apiextensions.k8s.io/v1",
    ),
    retired(
        "apiregistration.k8s.io/v1beta1",
        "",
        "removed in 1.22",
        "apiregistration.k8s.io/v1",
    ),
    retired(
        "admissionregistration.k8s.io/v1beta1",
        "MutatingWebhookConfiguration",
        "removed in 1.22",
        "admissionregistration.k8s.io/v1",
    ),
    retired(
        "admissionregistration.k8s.io/v1beta1",
        "ValidatingWebhookConfiguration",
        "removed in 1.22",
        "admissionregistration.k8s.io/v1",
    ),
    retired(
        "flowcontrol.apiserver.k8s.io/v1beta2",
        "",
        "removed in 1.29",
        "flowcontrol.apiserver.k8s.io/v1",
    ),
    retired(
        "flowcontrol.apiserver.k8s.io/v1beta3",
        "",
        "removed in 1.32",
        "flowcontrol.apiserver.k8s.io/v1",
    ),
    retired(
        "v1",
        "Endpoints",
        "deprecated since 1.33",
        "EndpointSlice of discovery.k8s.io/v1",
    ),
    retired(
        "v1",
        "ComponentStatus",
        "deprecated since 1.19",
        "the health endpoints of the components",
    ),
];

/// What an object is of that Kubernetes gave up.
fn retirement(object: &Object) -> Option<&'static Retired> {
    RETIRED.iter().find(|retired| {
        retired.api_version == object.api_version()
            && (retired.kind.is_empty() || retired.kind == object.kind())
    })
}

/// `apiVersion Kind` of a document.
fn own_kind(object: &Object) -> String {
    format!("{} {}", object.api_version(), object.kind())
}

/// What to do when no server has the API version and kind of a document: groups without a dot
/// are Kubernetes' own, and what is a letter away from a known one is a slip. Others may be anybody's resources.
fn unserved(object: &Object, known: &BTreeSet<String>) -> Option<String> {
    let own = own_kind(object);
    if known.is_empty() || known.contains(&own) {
        return None;
    }
    let near = am_suggest::near(&own, known.iter().map(String::as_str));
    let is_own_group = !group(object.api_version()).contains('.');
    (retirement(object).is_none() && (is_own_group || near.is_some())).then(|| match near {
        Some(meant) => format!("did you mean {meant}?"),
        None => "look the kind up in the API reference of Kubernetes".to_owned(),
    })
}

/// Judges that Kubernetes still serves, and will serve, what it once did.
pub(super) fn none_is_retired(context: &Context<'_>, judge: &mut Judge<'_>) {
    for object in &context.manifest.objects {
        let retired = retirement(object);
        judge.require(retired.is_none(), || {
            let (since, instead) =
                retired.map_or(("", ""), |retired| (retired.since, retired.instead));
            Fault::new(
                format!(
                    "{} is of {}, {since}",
                    object.reference(),
                    object.api_version()
                ),
                format!("use {instead}"),
            )
            .object(object)
            .value(object.api_version())
        });
    }
}

/// Judges that what an object is has ever been served.
pub(super) fn kinds_exist(context: &Context<'_>, judge: &mut Judge<'_>) {
    let mut known = context
        .schemas
        .map(crate::context::SchemaValidator::kinds)
        .unwrap_or_default();
    let mut objects = context.manifest.objects.iter();
    // There are schemas of what our charts need; the rest only Kubernetes knows.
    if !known.is_empty() && objects.any(|object| !known.contains(&own_kind(object))) {
        match context.upstream.kinds() {
            Ok(kinds) => known.extend(kinds),
            Err(error) => return judge.unsupported(error.to_string()),
        }
    }
    for object in &context.manifest.objects {
        let (api_version, kind) = (object.api_version(), object.kind());
        judge.require(!api_version.is_empty() && !kind.is_empty(), || {
            Fault::new(
                format!(
                    "a document of {} has no apiVersion or no kind",
                    object.template
                ),
                "write both",
            )
            .object(object)
            .field("apiVersion")
        });
        if let Some(help) = unserved(object, &known) {
            judge.fault(
                Fault::new(
                    format!(
                        "no API server has {api_version} {kind}, which {} has",
                        object.template
                    ),
                    help,
                )
                .object(object)
                .value(format!("{api_version} {kind}")),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{kinds_exist, none_is_retired};
    use crate::checks::harness::{Case, messages};

    fn case(api_version: &str, kind: &str) -> Case {
        Case::documents(&format!(
            "{{apiVersion: {api_version}, kind: {kind}, metadata: {{name: a}}}}"
        ))
    }

    fn judged(api_version: &str, kind: &str) -> crate::Outcome {
        case(api_version, kind).judge(none_is_retired)
    }

    #[test]
    fn removed_and_deprecated_versions_are_found() {
        assert!(
            messages(&judged("policy/v1beta1", "PodDisruptionBudget"))[0]
                .contains("removed in 1.25")
        );
        assert!(messages(&judged("apps/v1beta1", "Deployment"))[0].contains("apps/v1beta1"));
        assert!(messages(&judged("v1", "Endpoints"))[0].contains("deprecated"));
        let nothing = case("''", "Service").judge(kinds_exist);
        assert_eq!(messages(&nothing).len(), 1);
    }

    #[test]
    fn a_slip_is_found_and_resources_of_others_pass() {
        let judged = |api_version: &str, kind: &str| {
            case(api_version, kind)
                .with_schemas(crate::schemas::PinnedSchemas)
                .judge(kinds_exist)
                .findings()
                .len()
        };
        for (api_version, kind) in [
            ("xv1", "Service"),
            ("v1", "Srevice"),
            ("olicy/v1", "PodDisruptionBudget"),
            ("gateway.networking.k8s.io/v1", "HTTPRuote"),
            ("gateway.networking.k8s.ixo/v1", "HTTPRoute"),
        ] {
            assert_eq!(judged(api_version, kind), 1, "{api_version} {kind}");
        }
        assert_eq!(judged("apps/v1", "Deployment"), 0);
        for (api_version, kind) in [
            ("v1", "Namespace"),
            ("v1", "LimitRange"),
            ("v1", "PersistentVolume"),
            ("apps/v1", "DaemonSet"),
            ("batch/v1", "CronJob"),
            ("scheduling.k8s.io/v1", "PriorityClass"),
            (
                "admissionregistration.k8s.io/v1",
                "ValidatingAdmissionPolicy",
            ),
        ] {
            assert_eq!(judged(api_version, kind), 0, "{api_version} {kind}");
        }
        assert_eq!(judged("apps/v1", "CronJob"), 1);
        assert_eq!(judged("serving.knative.dev/v1", "Service"), 0);
        assert_eq!(judged("networking.gke.io/v1", "GCPBackendPolicy"), 0);
    }

    #[test]
    fn served_versions_pass() {
        assert!(judged("v1", "Service").is_green());
        assert!(judged("gateway.networking.k8s.io/v1beta1", "ReferenceGrant").is_green());
    }
}
