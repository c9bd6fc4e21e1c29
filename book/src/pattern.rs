//! What the page of a pattern has of data: what it is, its size, and what was seen when something was lost.

use am_choosing::{Answers, Rules, Scalar, recommend};
use am_conformance::Catalogue;
use am_generator::Model;
use am_generator::model::component::Component;
use am_generator::model::pattern::Pattern;
use am_generator::model::table::Table;
use am_generator::yaml;
use am_product::data::File;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::BookError;
use crate::requirements::shown;
use crate::template::render;

const FAILURES: File = File::new(
    "book/data/failures.yaml",
    include_str!("../data/failures.yaml"),
);

/// The parts of a page, by name.
pub(crate) const PARTS: [(&str, File); 3] = [
    (
        "what",
        File::new(
            "book/templates/what.md.hbs",
            include_str!("../templates/what.md.hbs"),
        ),
    ),
    (
        "size",
        File::new(
            "book/templates/size.md.hbs",
            include_str!("../templates/size.md.hbs"),
        ),
    ),
    (
        "failures",
        File::new(
            "book/templates/failures.md.hbs",
            include_str!("../templates/failures.md.hbs"),
        ),
    ),
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Failures {
    failures: Vec<Failure>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Failure {
    components: Vec<String>,
    nodes: Nodes,
    /// Patterns that it was seen in, where others differ.
    #[serde(default)]
    patterns: Vec<u32>,
    event: String,
    seen: String,
    by: By,
    requirements: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Nodes {
    One,
    Several,
    Any,
}

/// Who was there when it was lost.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum By {
    StandIn,
    Product,
}

/// The parts of the page of a pattern, in the order of [`PARTS`].
pub(crate) fn parts(
    pattern: &Pattern,
    model: &Model,
    catalogue: &Catalogue,
) -> Result<Vec<(&'static str, String)>, BookError> {
    let mut data = what(pattern, model);
    data.extend(size(pattern)?);
    data.insert("failures".to_owned(), failures(pattern, catalogue)?);
    PARTS
        .iter()
        .map(|(name, template)| Ok((*name, render(template, &data)?)))
        .collect()
}

fn what(pattern: &Pattern, model: &Model) -> Map<String, Value> {
    let members = pattern.components.iter().filter_map(|member| {
        let component = &model.components.get(&member.component.value)?.value;
        Some((member.minimum, component))
    });
    let components: Vec<Value> = members
        .map(|(minimum, component)| {
            json!({
                "title": component.title,
                "key": key(component),
                "distribution": component.distribution,
                "workload": component.workload.kind(),
                "minimum": minimum,
                "ports": ports(component, model),
                "cpu": production(component, "/resources/requests/cpu"),
                "memory": production(component, "/resources/requests/memory"),
                "heap": production(component, "/jvm/maximumHeap"),
            })
        })
        .collect();
    let data = json!({
        "name": pattern.name.value,
        "doc": pattern.doc,
        "purpose": pattern.purpose,
        "replaces": pattern.replaces,
        "components": components,
    });
    object(data)
}

fn key(component: &Component) -> &str {
    let known = am_product::Component::from_name(&component.name.value);
    known.map_or(component.name.value.as_str(), |it| it.values_key())
}

fn ports(component: &Component, model: &Model) -> String {
    let numbers: Vec<String> = component
        .ports
        .iter()
        .filter_map(|port| model.ports.value.get(&port.value))
        .map(|port| port.number.value.to_string())
        .collect();
    numbers.join(", ")
}

/// What the overlay for production says, in words.
fn production(component: &Component, pointer: &str) -> String {
    let all: Map<String, Value> = component
        .production
        .iter()
        .flat_map(Table::iter)
        .map(|(key, value)| (key.value.clone(), value.clone()))
        .collect();
    match Value::Object(all).pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    }
}

/// What is recommended for the scenario of the vendor's guide that leads to the pattern, on Kubernetes.
fn size(pattern: &Pattern) -> Result<Map<String, Value>, BookError> {
    let rules = Rules::load()?;
    let scenario = rules
        .cases()
        .scenarios
        .iter()
        .find(|row| u32::from(row.pattern) == pattern.number)
        .ok_or_else(|| {
            BookError::Wrong(format!(
                "choosing/data/cases.yaml: no scenario leads to pattern {}",
                pattern.number
            ))
        })?;
    let mut answers: Answers = scenario.answers(&rules);
    if let Some(question) = rules.question("platform") {
        answers.set(question, Scalar::Text("kubernetes".to_owned()));
    }
    let it = recommend(&rules, &answers);
    Ok(object(json!({
        "scenario": scenario.name,
        "flags": it.flags,
        "sizes": it.components,
        "total": it.total,
        "because": it.because,
    })))
}

fn failures(pattern: &Pattern, catalogue: &Catalogue) -> Result<Value, BookError> {
    let data: Failures = yaml::parse(FAILURES.path, &FAILURES.text()?)
        .map_err(|error| BookError::Wrong(error.to_string()))?;
    let mut rows = Vec::new();
    for failure in data.failures {
        let is_here = pattern.components.iter().any(|member| {
            failure.components.contains(&member.component.value)
                && match failure.nodes {
                    Nodes::One => member.minimum == 1,
                    Nodes::Several => member.minimum > 1,
                    Nodes::Any => true,
                }
        });
        if !is_here || !(failure.patterns.is_empty() || failure.patterns.contains(&pattern.number))
        {
            continue;
        }
        rows.push(json!({
            "event": failure.event,
            "seen": failure.seen,
            "by": match failure.by {
                By::StandIn => "stand-in",
                By::Product => "genuine product",
            },
            "requirements": shown(catalogue, &failure.requirements)
                .map_err(|error| BookError::Wrong(format!("{}: {error}", FAILURES.path)))?,
        }));
    }
    Ok(Value::Array(rows))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
