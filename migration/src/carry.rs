//! Carries single values over.

use serde_json::{Value, json};

use crate::assemble;
use crate::charts::is_given;
use crate::mapping::{Fixed, How, Row};
use crate::path::Path;
use crate::report::Class;
use crate::source::Node;
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
        let outside: Vec<String> = assemble::texts(value)
            .iter()
            .filter(|it| !assemble::is_inside(it))
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
            && assemble::texts(value)
                .iter()
                .any(|it| assemble::is_for_all_nodes(it))
        {
            work.warn(item, "this Service is for all nodes and has no ports for JMS and thrift; each node's own Service should have stood here".to_owned());
        }
    }
    work.done(item, class, None, note);
}

fn copy(work: &mut Work<'_>, item: usize, row: &Row, value: Value) {
    let component = work.items[item].component;
    let vault_on = work.trees.get(&component).is_some_and(|tree| {
        work.charts
            .is_on(tree, &Path::of_keys(&work.charts.vault_at), &work.version)
    });
    if let Some(alias) = row.vault.as_ref().filter(|_| vault_on) {
        work.put(item, &format!("secureVault.secrets.{alias}"), value);
        return;
    }
    let to = row
        .to
        .as_ref()
        .map(|to| fill(to, component, &work.items[item].captures))
        .unwrap_or_default();
    let converted = match row.how {
        How::Endpoint | How::Keystore | How::GatewayEnvironment | How::Labels | How::Tracing => {
            return;
        }
        How::Toml => return assemble::toml(work, item, &to),
        How::IntoSecret => return into_secret(work, item, row, &to),
        How::SecretKey => return secret_key(work, item, row, &to),
        How::SecretName => {
            return work.done(
                item,
                Class::Mapped,
                Some(&to),
                Some("named beside each of its keys".to_owned()),
            );
        }
        How::Switch | How::Off if value == json!(false) => {
            return work.done(item, Class::Unneeded, None, Some("off".to_owned()));
        }
        How::Off => return work.done(item, Class::Manual, None, row.note.clone()),
        How::Switch => {
            work.done(item, Class::Mapped, None, row.note.clone());
            return also(work, item, row);
        }
        How::Environment => return environment(work, item, &to, &value),
        How::Names => return work.append(item, &to, json!({ "name": value })),
        How::Copy => Ok(value),
        How::Instances => {
            return work.done(
                item,
                Class::Wired,
                None,
                Some("one for each node".to_owned()),
            );
        }
        How::Nodes => Ok(json!(if is_given(&value) { 2 } else { 1 })),
        How::Away => away(&value),
        How::Words => Ok(work.items[item].text().split_whitespace().collect()),
        How::Repository => return repository(work, item, &to),
        How::Class => {
            let charts = work.charts;
            if let Some(controller) = value.as_str().and_then(|name| charts.controllers.get(name)) {
                work.put(item, "exposure.ingress.controller", json!(controller));
            }
            Ok(value)
        }
        How::DatabaseType => assemble::database_type(work, item, value),
        How::Driver => assemble::driver(work, item, value),
        How::JdbcUrl => assemble::jdbc_url(work, item, value),
    };
    let value = match converted {
        Ok(value) => value,
        Err(Refusal(class, why)) => return work.done(item, class, None, Some(why)),
    };
    let carried = match &row.config {
        Some(key) => {
            let key = fill(key, component, &work.items[item].captures);
            work.put_config(item, &key, value)
        }
        None => put_or_else(work, item, row, &to, value),
    };
    if carried {
        also(work, item, row);
    }
}

/// A value that is not carried over: what becomes of it, and why.
pub(crate) struct Refusal(pub(crate) Class, pub(crate) String);

fn put_or_else(work: &mut Work<'_>, item: usize, row: &Row, to: &str, value: Value) -> bool {
    let (component, captures) = (
        work.items[item].component,
        work.items[item].captures.clone(),
    );
    match &row.else_config {
        Some(key) if work.value_at(to).is_some_and(|said| *said != value) => {
            work.put_config(item, &fill(key, component, &captures), value)
        }
        _ => work.put(item, to, value),
    }
}

fn also(work: &mut Work<'_>, item: usize, row: &Row) {
    let component = work.items[item].component;
    let captures = work.items[item].captures.clone();
    for (to, value) in &row.also {
        work.put(item, &fill(to, component, &captures), value.clone());
    }
}

fn environment(work: &mut Work<'_>, item: usize, to: &str, value: &Value) {
    let mut left_out = Vec::new();
    if !value.is_object() {
        let note = "a mapping of names and values was meant".to_owned();
        work.warn(item, note.clone());
        return work.done(item, Class::Manual, None, Some(note));
    }
    for (name, value) in value.as_object().into_iter().flatten() {
        if let Some(why) = work.charts.variables.get(name) {
            let message = format!("{name} is left out: {why}");
            work.warn(item, message.clone());
            left_out.push(message);
        } else {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), ToOwned::to_owned);
            work.append(item, to, json!({ "name": name, "value": text }));
        }
    }
    let class = if left_out.is_empty() {
        Class::Mapped
    } else {
        Class::Manual
    };
    work.done(
        item,
        class,
        None,
        (!left_out.is_empty()).then(|| left_out.join("; ")),
    );
}

fn repository(work: &mut Work<'_>, item: usize, to: &str) {
    let text = work.items[item].text();
    match text.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => {
            work.put(item, to, json!(repository));
            let beside = to.trim_end_matches("repository");
            work.put(item, &format!("{beside}tag"), json!(tag));
        }
        _ => {
            work.put(item, to, json!(text));
        }
    }
}

fn away(value: &Value) -> Result<Value, Refusal> {
    let percent = value
        .as_str()
        .and_then(|text| text.strip_suffix('%'))
        .and_then(|it| it.parse::<u32>().ok());
    match percent {
        Some(stay @ 0..=99) => Ok(json!(format!("{}%", 100 - stay))),
        Some(_) => Err(Refusal(Class::Manual, "a budget that lets no pod go stops every drain of a node: set podDisruptionBudget".into())),
        None => Err(Refusal(Class::Manual, "a number that must stay says nothing of how many may go: set podDisruptionBudget.maxUnavailable".into())),
    }
}

fn secret_key(work: &mut Work<'_>, item: usize, row: &Row, to: &str) {
    let component = work.items[item].component;
    let with = row.with.clone().unwrap_or_default();
    let name = work
        .trees
        .get(&component)
        .and_then(|tree| tree.get(&Path::of_keys(&with)))
        .map(Node::value);
    match name
        .as_ref()
        .and_then(Value::as_str)
        .filter(|name| !name.is_empty())
    {
        Some(name) => {
            let key = work.items[item].text();
            work.put(item, to, json!({ "secret": name, "key": key }));
        }
        None => work.done(
            item,
            Class::Inactive,
            None,
            Some(format!("{with} is empty")),
        ),
    }
}

fn into_secret(work: &mut Work<'_>, item: usize, row: &Row, to: &str) {
    let component = work.items[item].component;
    let key = row.key.clone().unwrap_or_default();
    if let Some(config) = &row.config {
        let variable = format!("APIM_{}", key.replace('-', "_").to_uppercase());
        if !work.put_config(item, config, json!(format!("$env{{{variable}}}"))) {
            return;
        }
        let secret = work.make_secret_key(item, &key);
        let list = format!("{}.extraEnv", component.values_key());
        work.append(item, &list, json!({ "name": variable, "valueFrom": { "secretKeyRef": { "name": secret, "key": key } } }));
    } else if work.put(item, to, json!(key)) {
        let secret = work.make_secret_key(item, &key);
        if let Some(name_to) = &row.name_to {
            work.put(item, name_to, json!(secret));
        }
    }
}
