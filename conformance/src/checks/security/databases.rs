//! Passwords of databases: only for those who use them.

use super::literals::{names_secret, words_of};
use crate::{
    context::{Context, Fault, Judge, configured},
    manifest::{EnvSource, strings_at},
};

/// A password of a database that no text of the release mentions is one that the server does not need. A script in a `ConfigMap`
/// may read it in ways of its own, and is trusted.
pub(super) fn passwords_are_read(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (node, _, configuration) in configured(context.graph) {
        let member = context.graph.member(node.id);
        let Some(main) = member.main else {
            continue;
        };
        judge.looked();
        let started_with = ["command", "args"].map(|field| main.value[field].to_string());
        for variable in main.env() {
            let is_given = matches!(variable.source, EnvSource::Secret { .. });
            if !is_given || !is_password_of_a_database(variable.name) {
                continue;
            }
            let is_read = configuration.text.contains(variable.name)
                || started_with.iter().any(|text| text.contains(variable.name))
                || is_mentioned(context, variable.name);
            judge.require(is_read, || {
                Fault::new(
                    format!(
                        "the {} is given {}, and its configuration has no use for it",
                        context.graph.describe(node.id),
                        variable.name
                    ),
                    "give it only to components that have this database",
                )
                .object(member.workload.object)
                .value(variable.name)
            });
        }
    }
}

/// `AM_SHARED_DB_PASSWORD`, `databasePassword`; not `AM_ADMIN_PASSWORD`.
fn is_password_of_a_database(name: &str) -> bool {
    let words = words_of(name);
    names_secret(name) && words.iter().any(|word| word == "db" || word == "database")
}

/// Scripts of the release name the variable. What is a configuration names it for another server.
fn is_mentioned(context: &Context<'_>, name: &str) -> bool {
    context.manifest.of_kind("ConfigMap").any(|map| {
        let is_configuration = |key: &str| {
            context.graph.nodes.iter().any(|node| {
                node.configuration.as_ref().is_some_and(|configuration| {
                    std::ptr::eq(configuration.object, map) && configuration.data_key == key
                })
            })
        };
        strings_at(&map.value, "/data")
            .into_iter()
            .any(|(key, text)| text.contains(name) && !is_configuration(key))
    })
}
