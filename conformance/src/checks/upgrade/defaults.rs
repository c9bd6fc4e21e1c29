//! What an API fills in and a chart leaves out, where a tool that compares both sees a difference for ever.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use am_product::data::File;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    checks::kubernetes::tables::{at, roots},
    context::{Context, Fault, Judge},
};

const FILE: File = File::new(
    "conformance/requirements/list-defaults.yaml",
    include_str!("../../../requirements/list-defaults.yaml"),
);

static LISTS: LazyLock<Result<Vec<List>, String>> = LazyLock::new(|| crate::yaml::of_file(&FILE));

/// Maps in the items of a list, and what their API fills in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    kinds: Vec<String>,
    #[serde(default)]
    group: Option<String>,
    #[serde(rename = "list")]
    at: String,
    defaults: BTreeMap<String, Value>,
}

impl List {
    /// The innermost field of its path, by which people know it.
    fn name(&self) -> &str {
        let is_name = |part: &&str| !matches!(*part, "*" | "");
        self.at.rsplit('/').find(is_name).unwrap_or_default()
    }

    /// The defaults that a map leaves out, as they would be written.
    fn left_out(&self, map: &Value) -> BTreeSet<String> {
        let is_left_out = |field: &&String| {
            let value = map.pointer(&format!("/{field}"));
            map.is_object() && value.is_none_or(Value::is_null)
        };
        self.defaults
            .keys()
            .filter(is_left_out)
            .map(|field| {
                let value = &self.defaults[field];
                let value = match value {
                    Value::String(text) if !text.is_empty() => text.clone(),
                    other => other.to_string(),
                };
                format!("`{}: {value}`", field.replace('/', "."))
            })
            .collect()
    }
}

/// Whether the table of this module can be used.
pub(super) fn check_table() -> Result<(), String> {
    LISTS.as_ref().map(drop).map_err(Clone::clone)
}

pub(super) fn lists_write_the_defaults(context: &Context<'_>, judge: &mut Judge<'_>) {
    let lists = match LISTS.as_ref() {
        Ok(lists) => lists,
        Err(error) => return judge.unsupported(error.clone()),
    };
    for list in lists {
        for (object, root) in roots(context.manifest, false, &list.kinds, list.group.as_deref()) {
            let (mut items, mut missing) = (0, BTreeSet::new());
            at(root, &list.at, &mut |item| {
                items += 1;
                missing.extend(list.left_out(item));
            });
            if items == 0 {
                continue;
            }
            judge.require(missing.is_empty(), || {
                let missing: Vec<String> = missing.into_iter().collect();
                let missing = missing.join(", ");
                let name = list.name();
                Fault::new(
                    format!("{} leaves {missing} out of {name}, which the API server fills in: Argo CD and Flux see a difference for ever", object.reference()),
                    format!("write {missing} in every item of {name}"),
                )
                .object(object)
                .field(name)
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{check_table, lists_write_the_defaults};
    use crate::checks::harness::{Case, messages};

    #[test]
    fn each_list_without_defaults_is_one_finding_that_names_them() {
        check_table().expect("the committed table is well-formed");
        let route = "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: a}, spec: {parentRefs: [PARENT], rules: [{matches: [{path: {type: PathPrefix, value: /}}], backendRefs: [BACKEND]}]}}";
        let judged = |parent: &str, backend: &str| {
            let document = route.replace("PARENT", parent).replace("BACKEND", backend);
            messages(&Case::documents(&document).judge(lists_write_the_defaults))
        };
        let parent = "{group: gateway.networking.k8s.io, kind: Gateway, name: g}";
        let backend = "{group: '', kind: Service, name: s, port: 1, weight: 1}";
        assert_eq!(judged(parent, backend), Vec::<String>::new());
        let found = judged("{name: g}, {name: h}", "{kind: Service, name: s, port: 1}");
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(
            found[0]
                .contains("`group: gateway.networking.k8s.io`, `kind: Gateway` out of parentRefs"),
            "{found:?}"
        );
        assert!(
            found[1].contains("`group: \"\"`, `weight: 1` out of backendRefs"),
            "{found:?}"
        );
    }

    #[test]
    fn a_default_inside_of_a_claim_template_is_missed_too() {
        let set = "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: a}, spec: {volumeClaimTemplates: [{apiVersion: v1, kind: PersistentVolumeClaim, spec: SPEC}]}}";
        let judged = |spec: &str| {
            messages(&Case::documents(&set.replace("SPEC", spec)).judge(lists_write_the_defaults))
        };
        assert!(judged("{volumeMode: Filesystem}").is_empty());
        assert!(
            judged("{accessModes: []}")[0]
                .contains("`spec.volumeMode: Filesystem` out of volumeClaimTemplates")
        );
    }
}
