//! Carries single values over.

use serde_json::Value;

use crate::address;
use crate::charts::is_given;
use crate::mapping::{Fixed, Row};
use crate::path::Path;
use crate::report::Class;
use crate::source::Node;
use crate::ways::copy;
use crate::work::{Work, fill};

/// Decides what becomes of an item, unless it is a part of something larger.
pub(crate) fn carry(work: &mut Work<'_>, item: usize) {
    let Some(row) = work.items[item].row else {
        unknown(work, item);
        return;
    };
    old_place(work, item, row);
    let value = work.items[item].node.value();
    if !is_given(&value) && !value.is_boolean() && !value.is_number() {
        work.done(item, Class::Empty, None, None);
        return;
    }
    let row = match in_force(work, item, row) {
        Ok(row) => row,
        Err(why) => {
            work.done(item, Class::Inactive, None, Some(why));
            return;
        }
    };
    work.items[item].row = Some(row);
    if is_default(row, &value) {
        work.done(item, Class::Default, None, row.note.clone());
        return;
    }
    if let Some(text) = placeholder(&value) {
        let to = target(work, item, row);
        work.done(
            item,
            Class::Open,
            to.as_deref(),
            Some(format!("{text} was never filled in")),
        );
        return;
    }
    if let (Some(suspect), Some(number)) = (&row.suspect, value.as_f64())
        && number > suspect.above
    {
        work.warn(item, suspect.say.clone());
    }
    if let Some(kind) = &row.keeps
        && let Some(name) = value.as_str()
    {
        work.keep(kind, name);
    }
    match row.class {
        Some(fixed) => stay(work, item, row, fixed, &value),
        None => copy(work, item, row, value),
    }
}

fn unknown(work: &mut Work<'_>, item: usize) {
    let (path, component) = (work.items[item].path.clone(), work.items[item].component);
    let shown = path.to_string();
    let of_others: Vec<&str> = work
        .mapping
        .rows()
        .filter(|row| row.from.captures(&path).is_some())
        .flat_map(|row| &row.charts)
        .filter_map(|name| am_product::Component::from_name(name))
        .map(am_product::Component::title)
        .collect();
    let note = if let Some(other) = of_others.first() {
        format!(
            "the chart of the {other} has it, that of the {} does not",
            component.title()
        )
    } else {
        match am_suggest::near(&shown, work.mapping.rows().map(|row| row.from.as_str())) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "no chart of the vendor's has it".to_owned(),
        }
    };
    work.warn(item, note.clone());
    work.done(item, Class::Unknown, None, Some(note));
}

/// A value that this version's chart reads elsewhere, or no more.
fn old_place(work: &mut Work<'_>, item: usize, row: &Row) {
    if !row.versions.is_empty()
        && !row.versions.contains(&work.version)
        && is_given(&work.items[item].node.value())
    {
        let message = format!(
            "the charts of {} do not read it (those of {} do), so it had no effect there",
            work.version,
            row.versions.join(", ")
        );
        work.warn(item, message);
    }
}

/// The row that holds, or why none does: what the value depends on is off.
fn in_force<'m>(work: &Work<'m>, item: usize, row: &'m Row) -> Result<&'m Row, String> {
    let component = work.items[item].component;
    let mut first = None;
    for row in work.mapping.alternatives(row, component.name()) {
        match holds(work, item, row) {
            Ok(()) => return Ok(row),
            Err(why) => first = first.or(Some(why)),
        }
    }
    Err(first.unwrap_or_default())
}

fn holds(work: &Work<'_>, item: usize, row: &Row) -> Result<(), String> {
    let Some(tree) = work.trees.get(&work.items[item].component) else {
        return Ok(());
    };
    let on = |path: &str| work.charts.is_on(tree, &Path::of_keys(path), &work.version);
    let text = |path: &str| tree.get(&Path::of_keys(path)).map(Node::value);
    if let Some(path) = row.when.as_ref().filter(|path| !on(path)) {
        return Err(format!("{path} is off or empty"));
    }
    if let Some(pattern) = &row.when_any {
        let mut leaves = Vec::new();
        tree.leaves(&Path::default(), &|_| false, &mut leaves);
        let any = leaves
            .iter()
            .any(|(path, node)| pattern.captures(path).is_some() && is_given(&node.value()));
        if !any {
            return Err(format!("no {} is on", pattern.as_str()));
        }
    }
    if let Some(path) = row.unless.as_ref().filter(|path| on(path)) {
        return Err(format!("{path} is given"));
    }
    for (path, wanted) in &row.when_text {
        if text(path).as_ref().and_then(Value::as_str) != Some(wanted) {
            return Err(format!("{path} is not {wanted}"));
        }
    }
    for (path, refused) in &row.unless_text {
        if text(path).as_ref().and_then(Value::as_str) == Some(refused) {
            return Err(format!("{path} is {refused}"));
        }
    }
    Ok(())
}

fn is_default(row: &Row, value: &Value) -> bool {
    match &row.default {
        Some(Value::Array(several)) if !value.is_array() => several.contains(value),
        Some(own) => own == value,
        None => false,
    }
}

/// A text such as `<DB_URL>` that somebody was to replace.
fn placeholder(value: &Value) -> Option<&str> {
    let text = value.as_str()?;
    let start = text.find('<')?;
    let length = text[start..].find('>')?;
    let inner = &text[start + 1..start + length];
    let is_name = !inner.is_empty()
        && inner
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || "_- ".contains(c));
    is_name.then(|| &text[start..=start + length])
}

/// Where a row would put an item.
pub(crate) fn target(work: &Work<'_>, item: usize, row: &Row) -> Option<String> {
    let item = &work.items[item];
    let to = row
        .to
        .as_ref()
        .map(|to| fill(to, item.component, &item.captures));
    to.or_else(|| {
        let key = row.config.as_ref()?;
        Some(format!(
            "{}.config.{}",
            item.component.values_key(),
            fill(key, item.component, &item.captures)
        ))
    })
}

fn stay(work: &mut Work<'_>, item: usize, row: &Row, fixed: Fixed, value: &Value) {
    let component = work.items[item].component;
    let mut note = row
        .note
        .as_ref()
        .map(|note| fill(note, component, &work.items[item].captures));
    let class = match fixed {
        Fixed::Wired => Class::Wired,
        Fixed::Unneeded => Class::Unneeded,
        Fixed::Manual => Class::Manual,
        Fixed::New => Class::New,
    };
    if let Some(whose) = &row.address {
        let outside: Vec<String> = address::texts(value)
            .iter()
            .filter(|it| !address::is_inside(it))
            .cloned()
            .collect();
        if outside.is_empty() {
            note = note.or_else(|| {
                Some(format!(
                    "the address of the {whose} is that of this release's own"
                ))
            });
        } else {
            let message = format!(
                "{} is outside the namespace or cluster. The chart connects to the {whose} of its own release; if it stays outside, switch the component off and say where it is in its `addresses` (docs/parts-elsewhere.md)",
                outside.join(", ")
            );
            work.warn(item, message.clone());
            note = Some(message);
        }
        if row.per_node
            && address::texts(value)
                .iter()
                .any(|it| address::is_for_all_nodes(it))
        {
            work.warn(item, "this Service is for all nodes and has no ports for JMS and thrift; each node's own Service should have stood here".to_owned());
        }
    }
    work.done(item, class, None, note);
}
