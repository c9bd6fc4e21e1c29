//! Any release name, several releases side by side.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::chosen_names::without_chosen;
use crate::{
    checks::kubernetes::{identities, labels, named, names, references, tables::is_cluster_scoped},
    context::{Context, Fault, Judge},
    manifest::{Manifest, Object},
    variation::{Refusal, Variation, Variations, releases},
};

/// The shortest name, the longest that Helm takes, and one with dots and a digit first.
const RELEASE_NAMES: [&str; 3] = [
    "a",
    "release-with-the-longest-name-that-helm-will-accept-x",
    "1.a.b",
];

const OTHER_RELEASE: &str = "conformance-other";

/// A namespace in which no subject is installed.
pub(super) const OTHER_NAMESPACE: &str = "conformance-elsewhere";

fn named(release: &str) -> Variation {
    Variation {
        release: Some(release.to_owned()),
        ..Variation::default()
    }
}

/// Renders one release and tells the judge when that fails.
pub(super) fn rendered(
    judge: &mut Judge<'_>,
    variations: &dyn Variations,
    release: &str,
    variation: &Variation,
    circumstance: &str,
) -> Option<Manifest> {
    match variations.render(release, variation) {
        Ok(manifest) => Some(manifest),
        Err(Refusal::Unavailable(reason)) => {
            judge.unsupported(reason);
            None
        }
        Err(refusal) => {
            judge.looked();
            judge.fault(Fault::new(
                format!("the chart of release {release} does not render {circumstance}: {refusal}"),
                "let names come from the release's name, cut and made valid",
            ));
            None
        }
    }
}

pub(super) fn any_release_name_works(context: &Context<'_>, judge: &mut Judge<'_>) {
    let Some(variations) = context.variations else {
        return judge.unsupported("charts cannot be rendered under another name here");
    };
    for release in releases(context.manifest).into_keys() {
        let known = known_to_be_missing(context.manifest, variations, release);
        let mut told = BTreeSet::new();
        for name in RELEASE_NAMES {
            let circumstance = format!("as release `{name}`");
            let Some(manifest) = rendered(judge, variations, release, &named(name), &circumstance)
            else {
                continue;
            };
            for (object, own) in counterparts(&manifest, context.manifest, release) {
                judge.looked();
                let wrong = names::problem(object).map(|problem| ("name", object.name(), problem));
                // A label that does not come from the release's name is judged as it is.
                let fixed = labels::labels_of(own);
                let labels = labels::labels_of(object).into_iter();
                let labels = labels.filter(|label| !fixed.contains(label));
                let wrong = wrong.into_iter().chain(labels.filter_map(|(label, value)| {
                    Some((label, value, label_problem(label, value)?))
                }));
                for (field, value, problem) in wrong {
                    // One name that shows it is enough.
                    if told.insert((
                        own.template.clone(),
                        own.name().to_owned(),
                        field.to_owned(),
                    )) {
                        judge.fault(
                            Fault::new(
                                format!("{circumstance}, {} is not valid: {problem}", object.reference()),
                                "cut long names and close them with a hash of the release's name, and replace dots and a digit at the start",
                            )
                            .object(own)
                            .field(field)
                            .value(value),
                        );
                    }
                }
            }
            let Ok(elsewhere) = variations.render(release, &named(OTHER_RELEASE)) else {
                continue;
            };
            // Other releases of the pattern stay as they are and may be what is named.
            let (own, others) = with_others(context.manifest, release, manifest, elsewhere);
            let mut known = known.clone();
            for reference in references::dangling(&own, &others).missing {
                // What is missing under the release's own name has a requirement of its own.
                if let Some(left) = known.get_mut(&role(&reference)).filter(|left| **left > 0) {
                    *left -= 1;
                    continue;
                }
                judge.fault(Fault::new(
                    format!(
                        "{circumstance}, {} needs the {} `{}`, which no release makes",
                        reference.from.reference(),
                        reference.kind,
                        reference.name
                    ),
                    "let every use of a name come from the same named template",
                ));
            }
        }
    }
}

/// The objects of a further render, each with the one of the release that the same place of the same template makes.
fn counterparts<'a>(
    rendered: &'a Manifest,
    manifest: &'a Manifest,
    release: &str,
) -> Vec<(&'a Object, &'a Object)> {
    let place = |object: &Object| (object.template.clone(), object.kind().to_owned());
    let mut own: BTreeMap<_, VecDeque<&Object>> = BTreeMap::new();
    for object in &manifest.objects {
        if object.release == release {
            own.entry(place(object)).or_default().push_back(object);
        }
    }
    let pair = |object| {
        let own = own.get_mut(&place(object)).and_then(VecDeque::pop_front);
        (object, own.unwrap_or(object))
    };
    rendered.objects.iter().map(pair).collect()
}

fn label_problem(label: &str, value: &str) -> Option<String> {
    (!labels::is_label_value(value)).then(|| {
        format!(
            "its label `{label}` would be `{value}`, and a label has at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends"
        )
    })
}

/// What stays the same in a reference when the release is renamed: the template and kind of who needs, the kind needed.
type Role = (String, String, String);

fn role(reference: &named::Reference<'_>) -> Role {
    let from = reference.from;
    (
        from.template.clone(),
        from.kind().to_owned(),
        reference.kind.to_owned(),
    )
}

/// How many references of a release are missing under its own name, by role.
fn known_to_be_missing(
    manifest: &Manifest,
    variations: &dyn Variations,
    release: &str,
) -> BTreeMap<Role, usize> {
    let mut known = BTreeMap::new();
    let Ok(elsewhere) = variations.render(release, &named(OTHER_RELEASE)) else {
        return known;
    };
    let (_, others) = with_others(manifest, release, Manifest::default(), elsewhere);
    for reference in references::dangling(manifest, &others).missing {
        *known.entry(role(&reference)).or_insert(0) += 1;
    }
    known
}

fn with_others(
    manifest: &Manifest,
    release: &str,
    own: Manifest,
    elsewhere: Manifest,
) -> (Manifest, Manifest) {
    let others: Vec<Object> = manifest
        .objects
        .iter()
        .filter(|object| object.release != release)
        .cloned()
        .collect();
    let join = |own: Manifest| Manifest {
        objects: own
            .objects
            .into_iter()
            .chain(others.iter().cloned())
            .collect(),
        ..Manifest::default()
    };
    (join(own), join(elsewhere))
}

pub(super) fn releases_share_no_object(context: &Context<'_>, judge: &mut Judge<'_>) {
    shares_nothing(
        context,
        judge,
        &named(OTHER_RELEASE),
        "two releases of it in one namespace",
        |_| true,
    );
}

pub(super) fn cluster_scoped_names_are_unique(context: &Context<'_>, judge: &mut Judge<'_>) {
    if !context.manifest.objects.iter().any(is_cluster_scoped) {
        return;
    }
    let elsewhere = Variation {
        namespace: Some(OTHER_NAMESPACE.to_owned()),
        ..Variation::default()
    };
    shares_nothing(
        context,
        judge,
        &elsewhere,
        "releases of the same name in two namespaces",
        is_cluster_scoped,
    );
    shares_nothing(
        context,
        judge,
        &named(OTHER_RELEASE),
        "two releases of it",
        is_cluster_scoped,
    );
}

fn shares_nothing(
    context: &Context<'_>,
    judge: &mut Judge<'_>,
    variation: &Variation,
    who: &str,
    concerns: fn(&Object) -> bool,
) {
    let Some(variations) = context.variations else {
        return judge.unsupported("charts cannot be rendered under another name here");
    };
    for (release, chart) in releases(context.manifest) {
        let Some(other) = rendered(judge, variations, release, variation, "a second time") else {
            continue;
        };
        let taken: BTreeSet<_> = other.objects.iter().map(identities::identity).collect();
        let objects = context.manifest.objects.iter();
        let fixed = objects
            .filter(|object| object.release == release && concerns(object))
            .inspect(|_| judge.looked())
            .filter(|object| taken.contains(&identities::identity(object)))
            .collect();
        for object in without_chosen(context, variations, (release, chart), variation, fixed) {
            judge.fault(
                Fault::new(
                    format!("{} of chart {chart} has a fixed name: {who} would fight over it", object.reference()),
                    "begin its name with the release's name; a cluster-scoped one needs the namespace as well",
                )
                .object(object)
                .value(object.name()),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        any_release_name_works, cluster_scoped_names_are_unique, releases_share_no_object,
    };
    use crate::{
        Outcome,
        checks::harness::{Case, messages},
        variation::{Refusal, Variation},
    };

    /// A subject whose one document is written with `REL` for the release and `NSP` for the namespace.
    fn case(document: &'static str) -> Case {
        let write = move |variation: &Variation| {
            let release = variation.release.as_deref().unwrap_or("r");
            document
                .replace("REL", release)
                .replace("NSP", variation.namespace.as_deref().unwrap_or("n"))
        };
        Case::documents(&write(&Variation::default())).varied(move |variation| Ok(write(variation)))
    }

    #[test]
    fn names_that_only_fit_short_releases_are_found() {
        let found = messages(
            &case(
                "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: REL-traffic-manager}}",
            )
            .judge(any_release_name_works),
        );
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("69 characters"), "{found:?}");
        assert!(
            case("{apiVersion: v1, kind: ConfigMap, metadata: {name: REL-x}}")
                .judge(any_release_name_works)
                .is_green()
        );
    }

    #[test]
    fn a_label_made_from_a_long_release_name_is_found_once_at_the_object_of_the_release() {
        let outcome = case(
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: REL.x}, spec: {selector: {matchLabels: {part: REL-the-gateway}}, template: {metadata: {labels: {part: REL-the-gateway}}}}}",
        )
        .judge(any_release_name_works);
        let [finding] = outcome.findings() else {
            panic!("{outcome:?}")
        };
        assert!(finding.message.contains("label `part`"), "{finding:?}");
        let object = finding.object.as_ref().expect("it has a place");
        assert_eq!(object.name, "r.x");
    }

    #[test]
    fn a_chart_that_refuses_a_release_name_is_found() {
        let case = Case::documents("{apiVersion: v1, kind: ConfigMap, metadata: {name: r}}")
            .varied(|_| Err(Refusal::Template("name too long".into())));
        assert!(messages(&case.judge(any_release_name_works))[0].contains("name too long"));
    }

    #[test]
    fn fixed_names_are_found() {
        assert_eq!(
            messages(
                &case("{apiVersion: v1, kind: Secret, metadata: {name: fixed}}")
                    .judge(releases_share_no_object)
            )
            .len(),
            1
        );
        assert!(
            case("{apiVersion: v1, kind: Secret, metadata: {name: REL-x}}")
                .judge(releases_share_no_object)
                .is_green()
        );
    }

    #[test]
    fn a_name_that_follows_a_value_of_the_user_is_the_users_choice() {
        let found = |values: &str, given: &str| {
            let write = |prefix: &str| {
                format!(
                    "{{apiVersion: v1, kind: Secret, metadata: {{name: {prefix}-x}}}}\n---\n\
                     {{apiVersion: v1, kind: Secret, metadata: {{name: acme-y}}}}"
                )
            };
            let case = Case::documents(&write("acme"))
                .with_chart(&[("values.yaml", values)])
                .given(given)
                .varied(move |variation| {
                    let prefix = variation.values.pointer("/naming/prefix");
                    Ok(write(prefix.and_then(|p| p.as_str()).unwrap_or("acme")))
                });
            messages(&case.judge(releases_share_no_object))
        };
        let own = found("naming: {prefix: am}", "naming: {prefix: acme}");
        assert_eq!(own.len(), 1, "{own:?}");
        assert!(own[0].contains("acme-y"), "{own:?}");
        assert_eq!(
            found("naming: {prefix: acme}", "naming: {prefix: acme}").len(),
            2
        );
        assert_eq!(
            found("naming: {prefix: am}", "other: [acm, cme-x]").len(),
            2
        );
        assert_eq!(found("naming: {prefix: am}", "names: [acme-x]").len(), 1);
    }

    #[test]
    fn cluster_scoped_objects_need_the_namespace_in_their_names() {
        let check = cluster_scoped_names_are_unique;
        assert_eq!(
            messages(
                &case("{apiVersion: v1, kind: ClusterRole, metadata: {name: REL-x}}").judge(check)
            )
            .len(),
            1
        );
        assert!(
            case("{apiVersion: v1, kind: ClusterRole, metadata: {name: REL-NSP-x}}")
                .judge(check)
                .is_green()
        );
        let none = case("{apiVersion: v1, kind: Role, metadata: {name: REL-x}}")
            .judge_requirement("AM-HELM-010");
        assert!(matches!(none, Outcome::NotApplicable { .. }));
    }
}
