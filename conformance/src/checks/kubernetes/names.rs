//! Names as each kind wants them.

use crate::{
    context::{Context, Fault, Judge},
    manifest::Object,
};

/// What the name of a kind must be. Source: Kubernetes, "Object Names and IDs", and the validation of each
/// kind in the API server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// RFC 1035 label: starts with a letter, at most 63 characters.
    Label1035,
    /// RFC 1123 label: may start with a digit, at most so many characters.
    Label(usize),
    /// RFC 1123 subdomain: labels with dots, at most so many characters.
    Subdomain(usize),
    /// Any part of a URL's path.
    PathSegment,
}

fn rule(object: &Object) -> Rule {
    match object.kind() {
        // Kubernetes lets a Service start with a digit only behind a feature gate.
        "Service" if object.api_version() == "v1" => Rule::Label1035,
        // The name becomes the host name of a pod, and with the hash of a revision (11 characters) a label.
        "StatefulSet" => Rule::Label(52),
        "Namespace" => Rule::Label(63),
        // The name, with the time of a run (11 characters) for a CronJob, becomes a label of the pods.
        "CronJob" => Rule::Subdomain(52),
        "Job" => Rule::Subdomain(63),
        "Role" | "ClusterRole" | "RoleBinding" | "ClusterRoleBinding" => Rule::PathSegment,
        // Those of Deployments, ReplicaSets and DaemonSets among them: names of their pods are cut, and their labels are the chart's.
        _ => Rule::Subdomain(MOST),
    }
}

/// The most characters that a name has.
const MOST: usize = 253;

/// What is wrong with the name of an object, if anything.
pub(crate) fn problem(object: &Object) -> Option<String> {
    let name = object.name();
    if name.is_empty() {
        return object
            .str("/metadata/generateName")
            .is_none()
            .then(|| "it has no name".into());
    }
    match rule(object) {
        Rule::PathSegment => (name == "." || name == ".." || name.contains(['/', '%']))
            .then(|| "it must be a part of a path: no `/` and no `%`".into()),
        Rule::Subdomain(most) => too_long(name, most).or_else(|| {
            (!is_subdomain(name)).then(|| {
                "it must be lower case letters, digits, `-` and `.`, and start and end with a letter or digit".into()
            })
        }),
        Rule::Label(most) => not_a_label(name, most, false),
        Rule::Label1035 => not_a_label(name, 63, true),
    }
}

fn not_a_label(name: &str, most: usize, starts_with_letter: bool) -> Option<String> {
    if let Some(problem) = too_long(name, most) {
        return Some(problem);
    }
    if !is_label(name) {
        return Some("it must be lower case letters, digits and `-`, and start and end with a letter or digit".into());
    }
    (starts_with_letter && !name.starts_with(|c: char| c.is_ascii_lowercase()))
        .then(|| "it must start with a letter".into())
}

fn too_long(name: &str, most: usize) -> Option<String> {
    let length = name.len();
    (length > most).then(|| format!("it has {length} characters, at most {most} are possible"))
}

/// Whether a text is an RFC 1123 label, whatever its length.
pub(crate) fn is_label(text: &str) -> bool {
    let is_end = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.starts_with(is_end)
        && text.ends_with(is_end)
        && text.chars().all(|c| is_end(c) || c == '-')
}

pub(crate) fn is_subdomain(text: &str) -> bool {
    text.len() <= MOST && text.split('.').all(is_label)
}

pub(super) fn names_are_valid(context: &Context<'_>, judge: &mut Judge<'_>) {
    for object in &context.manifest.objects {
        let problem = problem(object);
        judge.require(problem.is_none(), || {
            Fault::new(
                format!("{} has a bad name: {}", object.reference(), problem.unwrap_or_default()),
                "cut or replace what is too much, and keep names of different releases apart by a hash",
            )
            .object(object)
            .value(object.name())
        });
    }
}

#[cfg(test)]
mod tests {
    use super::names_are_valid;
    use crate::checks::harness::{Case, messages};

    fn judged(kind: &str, name: &str) -> crate::Outcome {
        Case::documents(&format!(
            "{{apiVersion: v1, kind: {kind}, metadata: {{name: '{name}'}}}}"
        ))
        .judge(names_are_valid)
    }

    #[test]
    fn each_kind_has_its_own_rule() {
        let (long, longest) = ("a".repeat(53), "a".repeat(253));
        for (kind, name) in [
            ("Service", "1a"),
            ("Service", "a.b"),
            ("StatefulSet", long.as_str()),
            ("StatefulSet", "a.b"),
            ("CronJob", long.as_str()),
            ("ConfigMap", "A"),
            ("ConfigMap", "a_b"),
            ("ConfigMap", "-a"),
            ("ConfigMap", ""),
            ("Role", "a/b"),
        ] {
            assert_eq!(messages(&judged(kind, name)).len(), 1, "{kind} {name}");
        }
        for (kind, name) in [
            ("Service", "a1"),
            ("Deployment", longest.as_str()),
            ("DaemonSet", "1.a"),
            ("CronJob", "1.a"),
            ("ConfigMap", "1.a"),
            ("Role", "system:A"),
        ] {
            assert!(judged(kind, name).is_green(), "{kind} {name}");
        }
    }
}
