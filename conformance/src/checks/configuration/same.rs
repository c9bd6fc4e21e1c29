//! What must be the same on every node of a deployment.
//!
//! Two nodes that both write `$env{AM_ADMIN_PASSWORD}` agree only if the variable comes from the same key
//! of the same Secret, so values are compared by where they come from.

use std::collections::BTreeMap;

use am_deployment_toml::{effective::EffectiveValue, key::KeyPath};

use super::on::nodes;
use crate::{
    checks::secret_stores,
    component::{Capability, Component},
    context::{Context, Fault, Judge, configured},
    graph::Node,
    manifest::EnvSource,
};

pub(super) fn administrator(context: &Context<'_>, judge: &mut Judge<'_>) {
    for key in ["super_admin.username", "super_admin.password"] {
        agree(context, judge, key, |_| true);
    }
}

/// Keystores that a configuration names.
pub(super) const KEYSTORES: [&str; 4] = [
    "keystore.primary",
    "keystore.tls",
    "keystore.internal",
    "truststore",
];

pub(super) fn keystores(context: &Context<'_>, judge: &mut Judge<'_>) {
    for store in KEYSTORES {
        for field in ["file_name", "type", "alias", "password", "key_password"] {
            agree(context, judge, &format!("{store}.{field}"), |_| true);
        }
    }
}

pub(super) fn databases(context: &Context<'_>, judge: &mut Judge<'_>) {
    // A node that leaves the product's own H2 database in place does not use the shared one.
    let uses_shared = |value: &EffectiveValue| {
        value.provenance.is_written()
            && !value
                .value
                .scalar_text()
                .unwrap_or_default()
                .starts_with("jdbc:h2:./")
    };
    for database in ["apim_db", "shared_db"] {
        for field in ["url", "username", "password", "type"] {
            agree(
                context,
                judge,
                &format!("database.{database}.{field}"),
                uses_shared,
            );
        }
    }
    for database in ["apim_db", "shared_db"] {
        neighbours_share(
            context,
            judge,
            &format!("database.{database}.url"),
            uses_shared,
        );
    }
}

pub(super) fn user_stores(context: &Context<'_>, judge: &mut Judge<'_>) {
    agree(context, judge, "user_store.type", |_| true);
}

/// Components whose nodes use the same databases, so that none may have its own when another shares one. Gateways and
/// traffic managers may do without.
fn neighbours() -> Vec<Vec<Component>> {
    let (sharing, alone): (Vec<_>, Vec<_>) =
        Component::all().partition(|component| component.has(Capability::SharesDatabases));
    let alone = alone.into_iter().map(|component| vec![component]);
    std::iter::once(sharing).chain(alone).collect()
}

/// When one node uses a shared database, its neighbours do too.
fn neighbours_share(
    context: &Context<'_>,
    judge: &mut Judge<'_>,
    key: &str,
    uses_shared: impl Fn(&EffectiveValue) -> bool,
) {
    for components in neighbours() {
        let files = || {
            let of_component =
                configured(context.graph).filter(|(_, of, _)| components.contains(of));
            of_component.filter_map(|(node, _, configuration)| {
                let effective = configuration.effective.as_ref()?;
                let shares = effective.get(key).is_some_and(&uses_shared);
                Some((node, configuration, shares))
            })
        };
        if !files().any(|(_, _, shares)| shares) {
            continue;
        }
        for (node, configuration, shares) in files() {
            judge.require(shares, || {
                Fault::new(
                    format!(
                        "the {} has no `{key}`, so it uses a database of its own while its neighbours share one",
                        context.graph.describe(node.id)
                    ),
                    format!("give `{key}` the value that the other nodes have"),
                )
                .at(configuration, key, None)
            });
        }
    }
}

pub(super) fn encryption_key(context: &Context<'_>, judge: &mut Judge<'_>) {
    const KEY: &str = "encryption.key";
    for (node, _, configuration) in configured(context.graph) {
        let Some(effective) = &configuration.effective else {
            continue;
        };
        let found = effective
            .get(KEY)
            .filter(|found| found.provenance.is_written());
        judge.require(found.is_some(), || {
            Fault::new(
                format!(
                    "the {} has no encryption key, so it invents one that no other node knows",
                    context.graph.describe(node.id)
                ),
                "write [encryption] key = \"$env{AM_ENCRYPTION_KEY}\", the same on every node",
            )
            .at(configuration, KEY, None)
        });
    }
    agree(context, judge, KEY, |value| value.provenance.is_written());
}

/// The same key under another cipher reads nothing either. A node that leaves it out has the product's own.
pub(super) fn cipher(context: &Context<'_>, judge: &mut Judge<'_>) {
    let table = KeyPath::from("system.parameter");
    let key = format!("{table}.org.wso2.CipherTransformation");
    let ciphers: Vec<_> = configured(context.graph)
        .filter_map(|(node, _, configuration)| {
            let effective = configuration.effective.as_ref()?;
            let found = effective
                .under(&table)
                .find(|(path, _)| path.to_string().contains("CipherTransformation"))
                .map(|(_, found)| found);
            Some((
                node,
                configuration,
                found.and_then(|found| found.value.scalar_text()),
            ))
        })
        .collect();
    let Some((first, _, expected)) = ciphers.first() else {
        return;
    };
    for (node, configuration, cipher) in &ciphers {
        judge.require(cipher == expected, || {
            let name = |cipher: &Option<String>| match cipher {
                Some(cipher) => format!("the cipher {cipher}"),
                None => "no written cipher".to_owned(),
            };
            Fault::new(
                format!(
                    "the {} has {}, but the {} has {}",
                    context.graph.describe(node.id),
                    name(cipher),
                    context.graph.describe(first.id),
                    name(expected)
                ),
                "write the same 'org.wso2.CipherTransformation' under [system.parameter] on all nodes",
            )
            .at(configuration, key.clone(), None)
        });
    }
}

/// Nodes of a component share their ports, so they must share their offset.
pub(super) fn offset_of_component(context: &Context<'_>, judge: &mut Judge<'_>) {
    for component in Component::all() {
        let mut first: Option<u16> = None;
        for node in context.graph.nodes_of(component) {
            let Some(configuration) = &node.configuration else {
                continue;
            };
            let offset = configuration.offset();
            let expected = *first.get_or_insert(offset);
            judge.require(offset == expected, || {
                Fault::new(
                    format!("{} has the port offset {offset}, other nodes of the component have {expected}", context.graph.describe(node.id)),
                    "give all nodes of a component the same offset: they stand behind one Service",
                )
                .at(configuration, "server.offset", None)
                .value(offset.to_string())
            });
        }
    }
}

/// Nodes of a component share the APIs, so they have the same environments.
pub(super) fn environments(context: &Context<'_>, judge: &mut Judge<'_>) {
    let mut names: BTreeMap<Component, (String, Vec<String>)> = BTreeMap::new();
    for on in nodes(context) {
        let who = context.graph.describe(on.node.id);
        let mine = on.effective.gateway_environments();
        let (first, expected) = names
            .entry(on.component)
            .or_insert_with(|| (who.clone(), mine.clone()));
        judge.require(mine == *expected, || {
            Fault::new(
                format!(
                    "the {who} has the gateway environments {}, but the {first} has {}",
                    mine.join(", "),
                    expected.join(", ")
                ),
                "give all nodes of a component the same environments: they share the APIs",
            )
            .at(on.configuration, "apim.gateway.environment", None)
        });
    }
}

/// Reports every node whose value of `key` differs from the first node's. Nodes that leave the key out agree
/// with others that do; `counts` tells which values take part.
fn agree(
    context: &Context<'_>,
    judge: &mut Judge<'_>,
    key: &str,
    counts: impl Fn(&EffectiveValue) -> bool,
) {
    let mut first: Option<(String, String)> = None;
    for (node, _, configuration) in configured(context.graph) {
        let Some(effective) = &configuration.effective else {
            continue;
        };
        let found = effective.get(key).filter(|found| counts(found));
        let Some(found) = found else { continue };
        judge.looked();
        let identity = identity(context, node, found);
        let who = context.graph.describe(node.id);
        match &first {
            None => first = Some((identity, who)),
            Some((expected, _)) if *expected == identity => {}
            Some((_, other)) => judge.fault(
                Fault::new(
                    format!("`{key}` of the {who} is not the same as that of the {other}"),
                    format!("give `{key}` one value on all nodes, from one Secret"),
                )
                .at(configuration, key, found.provenance.span()),
            ),
        }
    }
}

/// What a value is, with each `$env{NAME}` replaced by where the variable comes from.
pub(super) fn identity(context: &Context<'_>, node: &Node<'_>, value: &EffectiveValue) -> String {
    // References to other keys are followed, variables are not: their value is often not known.
    let mut text = value.value.to_string();
    if !text.contains("$env{") {
        return text;
    }
    let member = context.graph.member(node.id);
    let Some(main) = member.main else { return text };
    // Kubernetes lets the last of several win.
    for variable in main.env().into_iter().rev() {
        let expression = format!("$env{{{}}}", variable.name);
        if !text.contains(&expression) {
            continue;
        }
        let source = match variable.source {
            EnvSource::Literal(literal) => literal.to_owned(),
            EnvSource::Secret { name, key, .. } => {
                let namespace = member.workload.object.namespace();
                // Several Secrets may hold copies of one entry of a store.
                let entry = secret_stores::entry_of(context.manifest, namespace, name, key);
                entry.unwrap_or_else(|| format!("Secret {name} {key}"))
            }
            EnvSource::ConfigMap { name, key, .. } => format!("ConfigMap {name} {key}"),
            EnvSource::Field(_) | EnvSource::Other => continue,
        };
        text = text.replace(&expression, &source);
    }
    if text.contains("$env{") {
        // What is left comes from whole Secrets.
        for (kind, name, prefix, _) in main.env_from() {
            text = format!("{text} of {kind} {name} {prefix}");
        }
    }
    text
}
