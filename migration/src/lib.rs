//! Turns values of the vendor's charts into values of ours, and tells what became of each.
//!
//! The mapping is data (`migration/data`): a row for each value of the vendor's charts, with where it goes and how it is carried over, by
//! a small closed set of ways ([`mapping::How`]). Every value of the input is in the [`Report`] exactly once.

mod address;
mod assemble;
mod carry;
pub mod charts;
mod finish;
pub mod mapping;
mod output;
pub mod page;
pub mod path;
pub mod report;
pub mod source;
pub mod target;
mod ways;
mod work;

use std::collections::BTreeMap;

use am_product::Component;
use am_product::data::DataError;
use serde_json::{Map, Value};

use charts::{Charts, Unclear};
use mapping::Mapping;
use path::Path;
use report::{Class, Entry, Report};
use source::{File, Node, Replaced};
use target::Target;
use work::{Item, Work};

/// A values file of the vendor's.
#[derive(Debug, Clone)]
pub struct Input {
    /// The file.
    pub file: File,
    /// The component that the user says it is for.
    pub component: Option<Component>,
    /// The name in the `Chart.yaml` beside it.
    pub chart_beside: Option<String>,
}

/// What comes out.
#[derive(Debug)]
pub struct Migration {
    /// The values file.
    pub text: String,
    /// The same as a tree.
    pub values: Value,
    /// What became of each value.
    pub report: Report,
}

/// Why nothing comes out.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The input cannot be used.
    #[error("{0}")]
    Input(String),
    /// The mapping is broken.
    #[error("{0}")]
    Data(#[from] DataError),
}

/// The product version that the files say they are for; where they differ, that of the last.
///
/// # Errors
/// When a file cannot be read.
pub fn version_of(inputs: &[Input]) -> Result<Option<String>, MigrateError> {
    let charts = Charts::load()?;
    let mut version = None;
    for input in inputs {
        version = charts.version_in(&read(&input.file)?).or(version);
    }
    Ok(version)
}

fn read(file: &File) -> Result<Node, MigrateError> {
    Node::read(file).map_err(|why| {
        MigrateError::Input(format!(
            "{}: {why}; give a values file of the vendor's charts",
            file.name
        ))
    })
}

/// Carries values over to a chart of ours.
///
/// # Errors
/// When a file is no values file of the vendor's, or not for a component of the pattern.
pub fn migrate(inputs: &[Input], target: &Target) -> Result<Migration, MigrateError> {
    let (charts, mapping) = (Charts::load()?, Mapping::load()?);
    let mut trees: BTreeMap<Component, Node> = BTreeMap::new();
    let mut replaced: Vec<(Component, Replaced)> = Vec::new();
    let mut sources = Vec::new();
    for input in inputs {
        let tree = read(&input.file)?;
        let component = component(input, &tree, &charts, target)?;
        sources.push(format!("{} ({})", input.file.name, component.title()));
        match trees.get_mut(&component) {
            None => {
                trees.insert(component, tree);
            }
            Some(earlier) => {
                let mut gone = Vec::new();
                earlier.merge(tree, &Path::default(), &mut gone);
                replaced.extend(gone.into_iter().map(|it| (component, it)));
            }
        }
    }
    let written = version_of(inputs)?.unwrap_or_else(|| target.version.name().to_owned());
    // The vendor's charts of a version that nobody here knows are read like those of the version that it moves to.
    let short = [written.as_str(), target.version.name()]
        .iter()
        .find_map(|name| charts.versions.iter().find(|it| name.starts_with(*it)));
    let mut work = Work {
        target,
        charts: &charts,
        mapping: &mapping,
        version: short.cloned().unwrap_or_default(),
        items: Vec::new(),
        trees,
        values: Value::Object(Map::new()),
        owners: BTreeMap::new(),
        warnings: Vec::new(),
        kept: Vec::new(),
        to_make: Vec::new(),
    };
    for component in charts.components() {
        if let Some(tree) = work.trees.get(&component).cloned() {
            let items = items(&mapping, component, &tree);
            work.items.extend(items);
        }
    }
    for item in 0..work.items.len() {
        carry::carry(&mut work, item);
    }
    assemble::assemble(&mut work);
    finish::finish(&mut work);
    let mut todos = finish::missing(&mut work);
    todos.extend(work.items.iter().filter_map(to_do));
    for object in &work.to_make {
        let keys: Vec<&str> = object.keys.iter().map(|(key, _)| key.as_str()).collect();
        todos.push((
            "credentials".into(),
            format!(
                "make the {} {} with the keys {}",
                object.kind,
                object.name,
                keys.join(", ")
            ),
        ));
    }
    let chart = format!("am-pattern-{}", target.pattern);
    let mut head = vec![format!(
        "Values for {chart} with product version {}, made by `cargo xtask migrate-values` from {}.",
        target.version.name(),
        sources.join(", ")
    )];
    if !todos.is_empty() {
        head.push("Lines with TO DO are yours; the report of the command tells what became of every other value.".into());
    }
    let text = output::write(target, &work.values, &head, &todos);
    let mut values: Vec<Entry> = work.items.iter().map(entry).collect();
    values.extend(
        replaced
            .into_iter()
            .flat_map(|(component, replaced)| gone(&mapping, component, &replaced)),
    );
    let report = Report {
        chart,
        product_version: target.version.name(),
        warnings: work.warnings,
        kept: work.kept,
        to_make: work.to_make,
        values,
    };
    Ok(Migration {
        text,
        values: work.values,
        report,
    })
}

fn component(
    input: &Input,
    tree: &Node,
    charts: &Charts,
    target: &Target,
) -> Result<Component, MigrateError> {
    let name = &input.file.name;
    let found = match input.component {
        Some(component) => component,
        None => charts.component(name, tree, input.chart_beside.as_deref(), &target.components).map_err(|unclear| {
            MigrateError::Input(match unclear {
                Unclear::Foreign => format!("{name}:1: this is no values file of the vendor's charts: none of its top keys is one of theirs; give the file that `helm install -f` was given"),
                Unclear::Several(could) => {
                    let names: Vec<&str> = could.iter().map(|it| it.name()).collect();
                    format!("{name}: it does not show which chart it is for; write {}={name} (or {})", names[0], names[1..].join(", "))
                }
            })
        })?,
    };
    if target.components.contains(&found) {
        return Ok(found);
    }
    let has: Vec<&str> = target.components.iter().map(|it| it.title()).collect();
    let others: Vec<String> = target
        .patterns_with(found)
        .iter()
        .map(ToString::to_string)
        .collect();
    Err(MigrateError::Input(format!(
        "{name}: it is for the {}, which pattern {} does not have (it has {}); give --pattern {}, or leave the file out",
        found.title(),
        target.pattern,
        has.join(", "),
        others.join(" or ")
    )))
}

fn items<'m>(mapping: &'m Mapping, component: Component, tree: &Node) -> Vec<Item<'m>> {
    let mut leaves = Vec::new();
    let whole = |path: &Path| {
        mapping
            .row(path, component.name())
            .is_some_and(|(row, _)| row.whole)
    };
    tree.leaves(&Path::default(), &whole, &mut leaves);
    let item = |(path, node): (Path, Node)| {
        let found = mapping
            .row(&path, component.name())
            .map(|(row, captures)| (row, captures.into_iter().map(ToOwned::to_owned).collect()));
        let (row, captures) =
            found.map_or((None, Vec::new()), |(row, captures)| (Some(row), captures));
        Item {
            component,
            path,
            node,
            row,
            captures,
            outcome: None,
        }
    };
    leaves.into_iter().map(item).collect()
}

fn entry(item: &Item<'_>) -> Entry {
    let (class, to, note) =
        item.outcome
            .clone()
            .unwrap_or((Class::Manual, Vec::new(), Some("nothing took it".into())));
    let secret = item.row.is_some_and(|row| row.secret) && class != Class::Empty;
    Entry {
        class,
        component: item.component.name(),
        path: item.path.clone(),
        value: if secret {
            "(hidden)".into()
        } else {
            item.node.value()
        },
        origin: item.node.origin.clone(),
        to,
        note,
    }
}

fn gone(mapping: &Mapping, component: Component, replaced: &Replaced) -> Vec<Entry> {
    let mut leaves = Vec::new();
    replaced
        .node
        .leaves(&Path::default(), &|_| false, &mut leaves);
    let entry = |(below, node): (Path, Node)| {
        let path = Path(replaced.path.0.iter().chain(&below.0).cloned().collect());
        let secret = mapping
            .row(&path, component.name())
            .is_none_or(|(row, _)| row.secret);
        Entry {
            class: Class::Replaced,
            component: component.name(),
            value: if secret {
                "(hidden)".into()
            } else {
                node.value()
            },
            origin: node.origin,
            to: Vec::new(),
            note: Some(format!("{} says otherwise", replaced.by)),
            path,
        }
    };
    leaves.into_iter().map(entry).collect()
}

/// What a person has to do about a value, with where.
fn to_do(item: &Item<'_>) -> Option<(String, String)> {
    let (class, to, note) = item.outcome.as_ref()?;
    let to = match class {
        Class::Open => to.first()?.clone(),
        Class::Manual | Class::New => item.component.values_key().to_owned(),
        _ => return None,
    };
    let note = note.clone().unwrap_or_default();
    Some((to, format!("{} ({}): {note}", item.path, item.node.origin)))
}
