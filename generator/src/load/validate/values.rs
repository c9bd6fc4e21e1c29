//! `values/*.yaml`, the defaults that components and patterns override, and `platforms/*.yaml`.

use serde::Deserialize as _;
use serde_json::Value;

use super::names::{components, require_known, versions};
use crate::diagnostic::Diagnostics;
use crate::emit::overlay::GROUPS;
use crate::emit::schema::references;
use crate::model::pattern::PatternRef;
use crate::model::table::Table;
use crate::model::values::{Node, PropertiesFrom, Type, Values, When};
use crate::model::{Loaded, Model};
use crate::yaml::Text;

pub(super) fn validate(model: &Model, diagnostics: &mut Diagnostics) {
    for (values, in_component) in [
        (&model.chart_values, false),
        (&model.component_values, true),
    ] {
        for file in &values.files {
            table(model, file, &file.value, in_component, diagnostics);
        }
    }
    for (name, schema) in model.definitions.iter() {
        for reference in references(schema) {
            definition(model, &model.definitions, name, &reference, diagnostics);
        }
    }
    for component in model.components.values() {
        overrides(
            component,
            &component.defaults,
            &model.component_values,
            diagnostics,
        );
    }
    for pattern in &model.patterns {
        overrides(pattern, &pattern.defaults, &model.chart_values, diagnostics);
    }
    for version in &model.versions {
        overrides(version, &version.defaults, &model.chart_values, diagnostics);
    }
    platforms(model, diagnostics);
}

fn table(
    model: &Model,
    file: &Loaded<Table<Node>>,
    nodes: &Table<Node>,
    in_component: bool,
    diagnostics: &mut Diagnostics,
) {
    for (key, node) in nodes.iter() {
        let wrong = |message: String| file.diagnose(key, message);
        if node.renamed_to.is_some() {
            continue;
        }
        let is_table = node.properties.is_some() || node.collects_shared;
        let has_default = node.default.is_some() || node.default_from.is_some();
        if is_table && has_default {
            diagnostics.push(wrong(format!(
                "`{}` is a table, so its defaults belong to its properties",
                key.value
            )));
        }
        if !is_table && node.types.is_none() {
            diagnostics.push(
                wrong(format!("`{}` has no type", key.value))
                    .hint("add `type: string`, for example"),
            );
        }
        if !is_table && !has_default {
            diagnostics.push(
                wrong(format!("`{}` has no default", key.value))
                    .hint("add `default` or `default-from`"),
            );
        }
        if node.default.is_some() && node.default_from.is_some() {
            diagnostics.push(
                wrong(format!(
                    "`{}` has both `default` and `default-from`",
                    key.value
                ))
                .hint("remove one"),
            );
        }
        if node.shared && (!in_component || node.default.is_none()) {
            diagnostics.push(
                wrong(format!(
                    "`{}` is shared, which is for a component's value with a `default` of its own",
                    key.value
                ))
                .hint("remove `shared`"),
            );
        }
        let schemas: Vec<&Value> = node.items.iter().chain(&node.schema).collect();
        let from_component = node.default_from.is_some()
            || node.minimum_from.is_some()
            || node.maximum_from.is_some()
            || schemas
                .iter()
                .any(|schema| properties_sources(schema).next().is_some());
        if from_component && !in_component {
            diagnostics.push(wrong(format!(
                "`{}` takes something from a component, but belongs to the chart",
                key.value
            )));
        }
        let lists = node
            .types
            .as_ref()
            .is_some_and(|types| types.0.contains(&Type::Array));
        if node.items.is_some() && !lists {
            diagnostics.push(wrong(format!("`{}` has items but is no array", key.value)));
        }
        if node.schema.as_ref().is_some_and(|more| !more.is_object()) {
            diagnostics.push(wrong(format!("`schema` of `{}` is no mapping", key.value)));
        }
        for schema in schemas {
            for reference in references(schema) {
                definition(model, file, key, &reference, diagnostics);
            }
            for source in properties_sources(schema) {
                if let Err(error) = PropertiesFrom::deserialize(source) {
                    let message = format!("`properties-from` of `{}`: {error}", key.value);
                    diagnostics.push(wrong(message));
                }
            }
        }
        if let Some(name) = &node.definition {
            require_known(
                diagnostics,
                file,
                name,
                "definition",
                model.definitions.names(),
            );
        }
        if let Some(when) = &node.when {
            condition(model, file, key, when, in_component, diagnostics);
        }
        if let Some(properties) = &node.properties {
            table(model, file, properties, in_component, diagnostics);
        }
    }
}

/// What `properties-from` says, everywhere in a piece of JSON Schema.
fn properties_sources(schema: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match schema {
        Value::Object(entries) => {
            let own = entries.get("properties-from").into_iter();
            Box::new(own.chain(entries.values().flat_map(properties_sources)))
        }
        Value::Array(items) => Box::new(items.iter().flat_map(properties_sources)),
        _ => Box::new(std::iter::empty()),
    }
}

fn definition<T>(
    model: &Model,
    file: &Loaded<T>,
    at: &Text,
    reference: &str,
    diagnostics: &mut Diagnostics,
) {
    if model.definitions.get(reference).is_none() {
        let hint = am_suggest::hint(reference, model.definitions.names());
        diagnostics.push(
            file.diagnose(at, format!("there is no definition `{reference}`"))
                .maybe_hint(hint),
        );
    }
}

fn condition(
    model: &Model,
    file: &Loaded<Table<Node>>,
    key: &Text,
    when: &When,
    in_component: bool,
    diagnostics: &mut Diagnostics,
) {
    let about_component =
        when.workload.is_some() || when.component.is_some() || when.storage.is_some();
    let about_component = about_component || when.waits.is_some() || when.listed.is_some();
    if about_component && !in_component {
        let message = format!(
            "`{}` asks about a component, but belongs to the chart",
            key.value
        );
        diagnostics.push(
            file.diagnose(key, message)
                .hint("use pattern, versions, endpoint, divisible or hub here"),
        );
    }
    for name in when.component.iter().flatten() {
        require_known(diagnostics, file, name, "component", components(model));
    }
    for name in when.versions.iter().flatten() {
        require_known(diagnostics, file, name, "product version", versions(model));
    }
    if let Some(name) = &when.endpoint {
        require_known(diagnostics, file, name, "endpoint", model.endpoints.names());
    }
    patterns(model, file, key, when.pattern.as_deref(), diagnostics);
}

fn patterns<T, V>(
    model: &Model,
    file: &Loaded<T>,
    at: &serde_saphyr::Spanned<V>,
    wanted: Option<&[PatternRef]>,
    diagnostics: &mut Diagnostics,
) {
    for PatternRef(name) in wanted.unwrap_or_default() {
        if model.pattern(name).is_none() {
            let hint = am_suggest::hint(
                name,
                model
                    .patterns
                    .iter()
                    .map(|pattern| pattern.value.name.value.as_str()),
            );
            diagnostics.push(
                file.diagnose(at, format!("there is no pattern `{name}`"))
                    .maybe_hint(hint),
            );
        }
    }
}

/// Whether every overridden path leads to a value, or into a free-form one.
fn overrides<T>(
    file: &Loaded<T>,
    overrides: &Table<Value>,
    values: &Values,
    diagnostics: &mut Diagnostics,
) {
    for (path, _) in overrides.iter() {
        let mut nodes: Option<&Table<Node>> = None;
        let mut segments = path.value.split('.');
        loop {
            let Some(segment) = segments.next() else {
                let message = format!("`{}` is a table, not a value", path.value);
                diagnostics.push(file.diagnose(path, message).hint("name one of its values"));
                break;
            };
            let found = match nodes {
                None => values.get(segment),
                Some(table) => table.get(segment),
            };
            let Some(node) = found else {
                let known: Vec<&str> = match nodes {
                    None => values.names().collect(),
                    Some(table) => table.names().collect(),
                };
                let message = format!("there is no value `{}` in {}", path.value, values.folder);
                diagnostics.push(
                    file.diagnose(path, message)
                        .maybe_hint(am_suggest::hint(segment, known)),
                );
                break;
            };
            if let Some(properties) = &node.properties {
                nodes = Some(properties);
                continue;
            }
            if node.shared {
                let message = format!(
                    "`{}` is shared, so its default is for all components",
                    path.value
                );
                diagnostics.push(
                    file.diagnose(path, message)
                        .hint("write it to the value itself, or take `shared` from that"),
                );
            }
            if segments.next().is_some() && !node.is_free_form() {
                let message = format!(
                    "`{}` goes on behind `{segment}`, which is no table",
                    path.value
                );
                diagnostics.push(file.diagnose(path, message));
            }
            break;
        }
    }
}

fn platforms(model: &Model, diagnostics: &mut Diagnostics) {
    for platform in &model.platforms {
        if let Some(base) = &platform.base {
            let others = model.platforms.iter().filter(|other| other.base.is_none());
            let names = others.map(|other| other.name.value.as_str());
            require_known(
                diagnostics,
                platform,
                base,
                "platform without a base",
                names,
            );
            let topics = model
                .platforms
                .iter()
                .filter(|other| other.name.value == base.value);
            let topics = topics.flat_map(|other| {
                other
                    .sections
                    .iter()
                    .filter_map(|section| section.topic.as_ref())
            });
            let topics: Vec<&str> = topics.map(|topic| topic.value.as_str()).collect();
            for topic in platform
                .sections
                .iter()
                .filter_map(|section| section.topic.as_ref())
            {
                require_known(
                    diagnostics,
                    platform,
                    topic,
                    "topic of the base",
                    topics.iter().copied(),
                );
            }
        }
        for section in &platform.sections {
            if let Some(component) = &section.component {
                let known = components(model).chain(GROUPS);
                require_known(
                    diagnostics,
                    platform,
                    component,
                    "component or group of components",
                    known,
                );
            }
            if let Some(endpoint) = &section.endpoint {
                require_known(
                    diagnostics,
                    platform,
                    endpoint,
                    "endpoint",
                    model.endpoints.names(),
                );
            }
            patterns(
                model,
                platform,
                &section.text,
                section.patterns.as_deref(),
                diagnostics,
            );
        }
    }
}
