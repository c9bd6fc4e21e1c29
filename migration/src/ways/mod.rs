//! The closed set of ways in which a single value is carried over ([`crate::mapping::How`]).

mod database;
mod secrets;
mod toml;
mod values;

use serde_json::{Value, json};

use crate::charts::is_given;
use crate::mapping::{How, Row};
use crate::path::Path;
use crate::report::{Class, Refusal};
use crate::work::{Work, fill};

/// Carries a value over in its row's way.
pub(crate) fn copy(work: &mut Work<'_>, item: usize, row: &Row, value: Value) {
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
        How::Toml => return toml::toml(work, item, &to),
        How::IntoSecret => return secrets::into_secret(work, item, row, &to),
        How::SecretKey => return secrets::secret_key(work, item, row, &to),
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
        How::Environment => return values::environment(work, item, &to, &value),
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
        How::Away => values::away(&value),
        How::Words => Ok(work.items[item].text().split_whitespace().collect()),
        How::Repository => return values::repository(work, item, &to),
        How::Class => {
            let charts = work.charts;
            if let Some(controller) = value.as_str().and_then(|name| charts.controllers.get(name)) {
                work.put(item, "exposure.ingress.controller", json!(controller));
            }
            Ok(value)
        }
        How::DatabaseType => database::kind(work, item, value),
        How::Driver => database::driver(work, value),
        How::JdbcUrl => database::jdbc_url(work, value),
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
