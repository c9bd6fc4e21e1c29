//! Names that come from a value which the user of a release gives: whether two releases may share them is the user's choice.

use std::collections::BTreeSet;

use serde_json::json;

use crate::{
    chart::leaves::leaves,
    checks::{given::put, kubernetes::identities::identity},
    context::Context,
    manifest::Object,
    variation::{Variation, Variations},
};

/// Those of the objects of a release, each with a name that stays in the render of `variation`, that the user did not name.
pub(super) fn without_chosen<'a>(
    context: &Context<'_>,
    variations: &dyn Variations,
    (release, chart): (&str, &str),
    variation: &Variation,
    mut fixed: Vec<&'a Object>,
) -> Vec<&'a Object> {
    let Some(given) = context.given.get(release) else {
        return fixed;
    };
    let files = context.charts.get(chart).map(|chart| &chart.files);
    let defaults: BTreeSet<String> = files
        .into_iter()
        .flatten()
        .filter(|(path, _)| path.rsplit('/').next() == Some("values.yaml"))
        .flat_map(|(_, text)| leaves(text))
        .map(|leaf| leaf.text)
        .collect();
    let names_one = |text: &str, objects: &[&Object]| {
        let mut names = objects.iter().map(|object| object.name());
        names.any(|name| has_part(name, text))
            && !defaults.iter().any(|default| has_part(default, text))
    };
    let mut values = json!({});
    let mut in_lists = Vec::new();
    for (_, leaf) in given.leaves() {
        let text = leaf.text.as_str();
        if !names_one(text, &fixed) {
            continue;
        }
        if leaf.path.iter().any(|key| key.starts_with('[')) {
            in_lists.push(text);
        } else {
            put(&mut values, &leaf.path, json!(another(text)));
        }
    }
    // A value of a list cannot be given alone.
    fixed.retain(|object| !in_lists.iter().any(|text| has_part(object.name(), text)));
    if fixed.is_empty() || values == json!({}) {
        return fixed;
    }
    let changed = Variation {
        values,
        ..variation.clone()
    };
    // A name that follows the value comes from it. Where another value is refused, what was given shall have been needed.
    let Ok(manifest) = variations.render(release, &changed) else {
        return Vec::new();
    };
    let still: BTreeSet<_> = manifest.objects.iter().map(identity).collect();
    fixed.retain(|object| still.contains(&identity(object)));
    fixed
}

/// Another value that is as good in a name.
fn another(text: &str) -> String {
    format!("x-{text}")
}

/// Whether a name holds a text as one or several of its parts.
fn has_part(name: &str, text: &str) -> bool {
    let text = text.trim_matches(['-', '.']);
    let is_joined = |next: char| next.is_ascii_alphanumeric();
    text.contains(|c: char| c.is_ascii_alphabetic())
        && name.match_indices(text).any(|(at, _)| {
            !name[..at].ends_with(is_joined) && !name[at + text.len()..].starts_with(is_joined)
        })
}
