//! The same chart and values give the same documents: again, and by Helm 3.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    context::{Context, Fault, Judge},
    manifest::{Manifest, Object},
    variation::{Refusal, Variation, releases},
};

pub(super) fn renders_are_equal(context: &Context<'_>, judge: &mut Judge<'_>) {
    compare(
        context,
        judge,
        &Variation::default(),
        |object, difference| {
            Fault::new(
                format!("two renders of {} differ{difference}", object.reference()),
                "do not write time or random text into documents; only the data of a Secret that is read back by lookup may be generated",
            )
        },
    );
}

pub(super) fn helm_versions_agree(context: &Context<'_>, judge: &mut Judge<'_>) {
    let variation = Variation {
        helm3: true,
        ..Variation::default()
    };
    compare(context, judge, &variation, |object, difference| {
        Fault::new(
            format!(
                "Helm 3 and Helm 4 render {} differently{difference}",
                object.reference()
            ),
            "use only functions that both have; numbers from values need `int64`, and lists of maps `toYaml`",
        )
    });
}

type Identity<'a> = (&'a str, &'a str, &'a str, &'a str);

pub(super) fn identity(object: &Object) -> Identity<'_> {
    (
        object.api_version(),
        object.kind(),
        object.namespace(),
        object.name(),
    )
}

fn compare<'a>(
    context: &Context<'a>,
    judge: &mut Judge<'_>,
    variation: &Variation,
    fault: impl Fn(&Object, String) -> Fault<'a>,
) {
    let Some(variations) = context.variations else {
        return judge.unsupported("charts cannot be rendered again here");
    };
    for release in releases(context.manifest).into_keys() {
        let again = match variations.render(release, variation) {
            Ok(again) => again,
            Err(Refusal::Unavailable(reason)) => {
                judge.unsupported(reason);
                continue;
            }
            Err(refusal) => {
                judge.looked();
                judge.fault(Fault::new(
                    format!("release {release} renders once and not the next time: {refusal}"),
                    "make the chart independent of time, chance and Helm's version",
                ));
                continue;
            }
        };
        let known: BTreeMap<Identity<'_>, &Object> = again
            .objects
            .iter()
            .map(|object| (identity(object), object))
            .collect();
        let own = || {
            context
                .manifest
                .objects
                .iter()
                .filter(|object| object.release == release)
        };
        for object in own() {
            judge.looked();
            let Some(other) = known.get(&identity(object)) else {
                judge.fault(fault(object, ": one lacks it".into()).object(object));
                continue;
            };
            if let Some(pointer) = difference(&comparable(object), &comparable(other)) {
                judge.fault(fault(object, format!(" at {pointer}")).object(object));
            }
        }
        surplus(context.manifest, release, &again, judge, &fault);
    }
}

fn surplus<'a>(
    manifest: &Manifest,
    release: &str,
    again: &Manifest,
    judge: &mut Judge<'_>,
    fault: impl Fn(&Object, String) -> Fault<'a>,
) {
    for object in &again.objects {
        let is_known = manifest
            .objects
            .iter()
            .any(|own| own.release == release && identity(own) == identity(object));
        if !is_known {
            judge.fault(fault(object, ": one lacks it".into()));
        }
    }
}

/// The document without what may be generated anew: data of Secrets, and checksums, which follow them.
fn comparable(object: &Object) -> Value {
    let mut value = object.value.clone();
    if object.kind() == "Secret" {
        for field in ["data", "stringData"] {
            // Which keys there are must not be left to chance.
            if let Some(entries) = value.get_mut(field).and_then(Value::as_object_mut) {
                entries.values_mut().for_each(|entry| *entry = Value::Null);
            }
        }
    }
    value
}

/// The first place at which two documents differ, as a JSON pointer.
pub(crate) fn difference(left: &Value, right: &Value) -> Option<String> {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            let keys = left
                .keys()
                .chain(right.keys().filter(|key| !left.contains_key(*key)));
            keys.into_iter().find_map(|key| {
                let at = format!("/{}", key.replace('~', "~0").replace('/', "~1"));
                match (left.get(key), right.get(key)) {
                    (Some(left), Some(right)) => difference(left, right).map(|below| at + &below),
                    _ => Some(at),
                }
            })
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => left
            .iter()
            .zip(right)
            .enumerate()
            .find_map(|(index, (left, right))| {
                difference(left, right).map(|below| format!("/{index}{below}"))
            }),
        _ => (left != right).then(String::new),
    }
}

#[cfg(test)]
mod tests {
    use super::{helm_versions_agree, renders_are_equal};
    use crate::checks::harness::{Case, messages};

    const DOCUMENTS: &str = "{kind: ConfigMap, metadata: {name: r-a}, data: {x: '1'}}\n---\n{kind: Secret, metadata: {name: r-b}, data: {p: abc}}";

    #[test]
    fn a_change_of_its_own_accord_is_found_with_its_place() {
        let case = Case::documents(DOCUMENTS).varied(|_| Ok(DOCUMENTS.replace("'1'", "'2'")));
        let found = messages(&case.judge(renders_are_equal));
        assert_eq!(found, ["two renders of ConfigMap/r-a differ at /data/x"]);
    }

    #[test]
    fn generated_secrets_may_differ_but_not_in_their_keys() {
        let other = Case::documents(DOCUMENTS).varied(|_| Ok(DOCUMENTS.replace("abc", "def")));
        assert!(other.judge(renders_are_equal).is_green());
        let keys = Case::documents(DOCUMENTS).varied(|_| Ok(DOCUMENTS.replace("{p:", "{q:")));
        assert_eq!(messages(&keys.judge(renders_are_equal)).len(), 1);
    }

    #[test]
    fn a_document_that_only_one_helm_renders_is_found() {
        let case = Case::documents(DOCUMENTS).varied(|variation| {
            assert!(variation.helm3);
            Ok(format!(
                "{DOCUMENTS}\n---\n{{kind: Service, metadata: {{name: r-c}}}}"
            ))
        });
        let found = messages(&case.judge(helm_versions_agree));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("Service/r-c"));
    }
}
