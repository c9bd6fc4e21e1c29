//! Values that a sample leaves for its reader to fill in.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use am_product::data::File;
use regex::Regex;
use serde::Deserialize;

use crate::{
    chart::{
        Given,
        leaves::{Leaf, dotted},
    },
    context::{Context, Fault, Judge},
    manifest::Object,
    variation::releases,
};

/// The requirement whose findings are the cause of others.
pub(crate) const ID: &str = "AM-HELM-033";

const FILE: File = File::new(
    "conformance/requirements/placeholders.yaml",
    include_str!("../../../requirements/placeholders.yaml"),
);

/// How placeholders are written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    placeholders: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// A regular expression; its first group is the placeholder.
    pattern: String,
}

/// The committed table.
pub(super) static PATTERNS: LazyLock<Result<Vec<Regex>, String>> = LazyLock::new(|| {
    let table: Table = crate::yaml::of_file(&FILE)?;
    let patterns = table.placeholders.iter();
    patterns
        .map(|written| {
            Regex::new(&written.pattern).map_err(|error| format!("{}: {error}", FILE.path))
        })
        .collect()
});

pub(super) fn no_value_is_one(context: &Context<'_>, judge: &mut Judge<'_>) {
    let patterns = match PATTERNS.as_ref() {
        Ok(patterns) => patterns,
        Err(error) => return judge.unsupported(error.clone()),
    };
    judge.applies(
        context
            .charts
            .values()
            .any(|chart| chart.files.contains_key("values.yaml"))
            || context
                .given
                .values()
                .any(|given| given.leaves().next().is_some()),
        "no chart and no release has values",
    );
    for (release, chart) in releases(context.manifest) {
        let Some(chart) = context.charts.get(chart) else {
            continue;
        };
        let Ok(usage) = chart.usage(context.upstream) else {
            continue;
        };
        // Of a value that is given several times the last counts.
        let mut values: BTreeMap<&[String], (&str, &str, &Leaf)> = BTreeMap::new();
        for (lines, leaf) in &usage.trees.defaults {
            values.insert(&leaf.path, (&chart.place, &lines.file, leaf));
        }
        for (file, leaf) in context
            .given
            .get(release)
            .into_iter()
            .flat_map(Given::leaves)
        {
            values.insert(&leaf.path, (&file.folder, &file.name, leaf));
        }
        let mut told = BTreeSet::new();
        for (folder, file, leaf) in values.into_values() {
            judge.looked();
            for (index, placeholder) in found_in(&leaf.text, patterns) {
                if !told.insert((&leaf.path, placeholder))
                    || !arrives(context, release, placeholder)
                {
                    continue;
                }
                let name = dotted(&leaf.path);
                let fault = Fault::new(
                    format!("the value `{name}` has the placeholder `{placeholder}` of a sample"),
                    "give what belongs there",
                )
                .value(placeholder)
                .set_by(name);
                let line = if leaf.is_block {
                    leaf.first_line + index
                } else {
                    leaf.line
                };
                judge.fault(if file.is_empty() {
                    fault
                } else {
                    fault.line(folder, file, line)
                });
            }
        }
    }
}

/// The placeholders of a text, with the number of the line, from 0. What has tags has other things in angle brackets.
fn found_in<'t>(text: &'t str, patterns: &[Regex]) -> Vec<(usize, &'t str)> {
    if text.contains("</") {
        return Vec::new();
    }
    let mut found: Vec<(usize, &str)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for captures in patterns
            .iter()
            .flat_map(|pattern| pattern.captures_iter(line))
        {
            let placeholder = captures.get(1).map(|group| (index, group.as_str()));
            found.extend(placeholder.filter(|placeholder| !found.contains(placeholder)));
        }
    }
    found
}

/// Whether a document of the release has it, in clear text or as Secrets have it.
fn arrives(context: &Context<'_>, release: &str, placeholder: &str) -> bool {
    let in_data = |object: &Object| {
        let texts = context.manifest.texts_of(object).into_values();
        texts.flatten().any(|text| text.contains(placeholder))
    };
    let objects = context.manifest.objects.iter();
    let mut own = objects.filter(|object| object.release == release);
    own.any(|object| object.text.contains(placeholder) || in_data(object))
}

#[cfg(test)]
mod tests {
    use super::{PATTERNS, found_in, no_value_is_one};
    use crate::checks::harness::{Case, messages};

    #[test]
    fn placeholders_are_told_from_other_words() {
        let patterns = PATTERNS.as_ref().expect("the table is well-formed");
        let found = |text| {
            found_in(text, patterns)
                .into_iter()
                .map(|(_, found)| found)
                .collect::<Vec<_>>()
        };
        for text in [
            "<DB_URL>",
            "<your password>",
            "REPLACE_ME",
            "changeme",
            "CHANGE-ME",
        ] {
            assert_eq!(found(text), [text]);
        }
        assert_eq!(found("jdbc:mysql://<DB_HOST>:3306/apim"), ["<DB_HOST>"]);
        for text in [
            "a < b > c",
            "exchangement",
            "<b>bold</b>",
            "change.me.example.com",
            "x<y",
            "1 <= 2",
        ] {
            assert_eq!(found(text), Vec::<&str>::new(), "{text}");
        }
    }

    #[test]
    fn a_placeholder_counts_where_it_arrives() {
        let chart = [
            ("values.yaml", "host: x\n"),
            ("templates/t.yaml", "{{ .Values.host }}"),
        ];
        let judged = |document: &str| {
            let case = Case::documents(document)
                .with_chart(&chart)
                .given("host: <HOST>\n");
            messages(&case.judge(no_value_is_one))
        };
        let config_map = |data: &str| {
            format!(
                "{{kind: ConfigMap, apiVersion: v1, metadata: {{name: r}}, data: {{host: \"{data}\"}}}}"
            )
        };
        assert_eq!(
            judged(&config_map("<HOST>")),
            ["the value `host` has the placeholder `<HOST>` of a sample"]
        );
        assert_eq!(judged(&config_map("other")), Vec::<String>::new());
        let secret = "{kind: Secret, apiVersion: v1, metadata: {name: r}, data: {host: PEhPU1Q+}}";
        assert_eq!(judged(secret).len(), 1);
    }
}
