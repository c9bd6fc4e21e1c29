//! Where a line of a rendered text comes from.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use regex::Regex;

use super::{
    given::Given,
    leaves::{Leaf, dotted},
    origin::{Source, align},
    source::ChartSource,
    templates::{Lines, TextId, covers},
};
use crate::{finding::TemplateLocation, upstream::Upstream};

/// A line of a chart, or of a file with a user's values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The line.
    pub(crate) template: TemplateLocation,
    /// Whether a file of the chart has it.
    pub(crate) is_of_chart: bool,
    /// The values that it reads, and the one that holds it.
    pub(crate) values: Vec<String>,
}

/// The places that were found for texts of a subject.
#[derive(Debug, Default)]
pub(crate) struct Places(Mutex<BTreeMap<Key, Arc<Vec<Option<Place>>>>>);

/// Release, template and text.
type Key = (String, String, String);

/// What is rendered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RenderedText<'t> {
    pub(crate) release: &'t str,
    pub(crate) template: &'t str,
    pub(crate) text: &'t str,
}

impl Places {
    /// The place of each line of a text, where it is known.
    pub(crate) fn of(
        &self,
        rendered: RenderedText<'_>,
        chart: &ChartSource,
        given: Option<&Given>,
        upstream: &dyn Upstream,
    ) -> Arc<Vec<Option<Place>>> {
        let key: Key = (
            rendered.release.to_owned(),
            rendered.template.to_owned(),
            rendered.text.to_owned(),
        );
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(&key) {
            return Arc::clone(known);
        }
        drop(known);
        let places = Arc::new(places_of(rendered, chart, given, upstream));
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(key, Arc::clone(&places));
        places
    }
}

fn places_of(
    rendered: RenderedText<'_>,
    chart: &ChartSource,
    given: Option<&Given>,
    upstream: &dyn Upstream,
) -> Vec<Option<Place>> {
    let sources = sources(rendered.template, chart, given, upstream);
    let made = align(rendered.text, &sources);
    let place = |(source, line): (usize, usize)| {
        let source: &Source = &sources[source];
        let (file, line) = (&source.lines.file, source.lines.at(line));
        let mut values = if source.is_given {
            given.map(|given| given.values_at(chart, file, line, upstream))
        } else {
            Some(chart.values_at(file, line, upstream))
        }
        .unwrap_or_default();
        values.extend(source.value.clone());
        values.sort();
        values.dedup();
        let (folder, file) = if source.is_given {
            file.rsplit_once('/').unwrap_or(("", file))
        } else {
            (chart.place.as_str(), &**file)
        };
        Place {
            template: TemplateLocation {
                chart: folder.to_owned(),
                file: file.to_owned(),
                line: Some(line),
            },
            is_of_chart: !source.is_given,
            values,
        }
    };
    made.into_iter().map(|made| made.map(place)).collect()
}

/// The texts of which a template's documents are made.
fn sources(
    template: &str,
    chart: &ChartSource,
    given: Option<&Given>,
    upstream: &dyn Upstream,
) -> Vec<Source> {
    let Ok(usage) = chart.usage(upstream) else {
        return Vec::new();
    };
    let Some(seen) = usage.templates.get(template) else {
        return Vec::new();
    };
    let text_of = |file: &str| chart.files.get(file).map_or("", String::as_str);
    let own = Source::new(Lines::of_file(template), text_of(template));
    let defined = definitions(text_of(template));
    let cut: Vec<(usize, usize)> = defined.iter().map(|(_, lines)| *lines).collect();
    let mut sources = vec![own.without(&cut)];
    for id in &seen.texts {
        match id {
            TextId::Named(name) => {
                let Some(body) = usage.trees.definitions.get(name) else {
                    continue;
                };
                let text = text_of(&body.lines.file);
                let of_name = definitions(text)
                    .into_iter()
                    .filter(|(own, _)| own.as_str() == &**name);
                sources.extend(
                    of_name.map(|(_, (from, to))| {
                        Source::new(body.lines.clone(), text).only(from, to)
                    }),
                );
            }
            TextId::File(file) => sources.push(Source::new(Lines::of_file(file), text_of(file))),
            // Below, with all others of the values.
            TextId::Value(_) => {}
        }
    }
    let is_printed = |leaf: &Leaf| {
        let reads = || seen.reads.iter();
        leaf.text.contains('\n')
            && reads().any(|(path, whole)| *whole && covers(path, true, &leaf.path))
    };
    let of_leaf = |lines: Lines, leaf: &Leaf, is_given| {
        Source::new(lines, &leaf.text).held_by(dotted(&leaf.path), is_given)
    };
    let overridden = |leaf: &Leaf| {
        given.is_some_and(|given| given.leaves().any(|(_, own)| own.path == leaf.path))
    };
    for (lines, leaf) in &usage.trees.defaults {
        if is_printed(leaf) && !overridden(leaf) {
            sources.push(of_leaf(lines.clone(), leaf, false));
        }
    }
    for (file, leaf) in given.into_iter().flat_map(Given::leaves) {
        if !file.name.is_empty() && is_printed(leaf) {
            sources.push(of_leaf(Lines::of_leaf(&file.path(), leaf), leaf, true));
        }
    }
    sources
}

/// An action that opens or closes a block.
static BLOCK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"\{\{-?\s*(?:(if|with|range|block|end)\b|define\s+"([^"]*)")"#).ok()
});

/// The named templates of a text, each with the lines from the one after its `define` to that of its `end`.
fn definitions(text: &str) -> Vec<(String, (usize, usize))> {
    let Some(block) = BLOCK.as_ref() else {
        return Vec::new();
    };
    let mut found: Vec<(String, (usize, usize))> = Vec::new();
    let mut depth = 0_usize;
    for (index, line) in text.lines().enumerate() {
        for action in block.captures_iter(line) {
            if let Some(name) = action.get(2) {
                found.push((name.as_str().to_owned(), (index + 1, usize::MAX)));
                depth = 1;
            } else if depth > 0 {
                if &action[1] == "end" {
                    depth -= 1;
                } else {
                    depth += 1;
                }
                if depth == 0
                    && let Some((_, (_, to))) = found.last_mut()
                {
                    *to = index + 2;
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::definitions;

    #[test]
    fn the_lines_of_named_templates_are_found() {
        let text = "{{- define \"a\" -}}\n{{ if x }}\ny\n{{ end }}\n{{- end -}}\nz: 1\n{{ define \"b\" }}x{{ end }}\n";
        assert_eq!(
            definitions(text),
            [("a".to_owned(), (1, 6)), ("b".to_owned(), (7, 8))]
        );
    }
}
