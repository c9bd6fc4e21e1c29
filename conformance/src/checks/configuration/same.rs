//! What must be the same on every node of a deployment.
//!
//! Two nodes that both write `$env{AM_ADMIN_PASSWORD}` agree only if the variable comes from the same key
//! of the same Secret, so values are compared by where they come from.

use am_deployment_toml::{effective::EffectiveValue, product::ProductVersion};

use crate::{
    component::Component,
    context::{Context, Fault, Judge, configured},
    graph::Node,
    manifest::EnvSource,
};

/// Why nothing is compared.
const UNREADABLE: &str = "no node's configuration can be read";

pub(super) fn administrator(context: &Context<'_>, judge: &mut Judge<'_>) {
    for key in ["super_admin.username", "super_admin.password"] {
        agree(context, judge, key, |_| true);
    }
    judge.not_applicable(UNREADABLE);
}

pub(super) fn keystores(context: &Context<'_>, judge: &mut Judge<'_>) {
    for store in [
        "keystore.primary",
        "keystore.tls",
        "keystore.internal",
        "truststore",
    ] {
        for field in ["file_name", "type", "alias", "password", "key_password"] {
            agree(context, judge, &format!("{store}.{field}"), |_| true);
        }
    }
    judge.not_applicable(UNREADABLE);
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
    judge.not_applicable("no node uses a shared database");
}

/// When one node of a component uses a shared database, its neighbours do too.
fn neighbours_share(
    context: &Context<'_>,
    judge: &mut Judge<'_>,
    key: &str,
    uses_shared: impl Fn(&EffectiveValue) -> bool,
) {
    for component in Component::ALL {
        let files = || {
            let of_component = configured(context.graph).filter(|(_, of, _)| *of == component);
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
                    format!("give `{key}` the value that the other nodes of the component have"),
                )
                .at(configuration, key, None)
            });
        }
    }
}

pub(super) fn encryption_key(context: &Context<'_>, judge: &mut Judge<'_>) {
    const KEY: &str = "encryption.key";
    if context.version < ProductVersion::V4_7 {
        judge.not_applicable("the product has an encryption key from 4.7");
        return;
    }
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
    judge.not_applicable(UNREADABLE);
}

/// The credentials by which a node logs in at its peers are those of the administrator that all nodes share.
pub(super) fn peer_credentials(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (node, component, configuration) in configured(context.graph) {
        let Some(effective) = &configuration.effective else {
            continue;
        };
        for (path, found) in effective.values() {
            let key = path.to_string();
            let field = path.last_key().unwrap_or_default();
            if !is_credential_of_entry(&key) || !["username", "password"].contains(&field) {
                continue;
            }
            let Some(admin) = effective.get(&format!("super_admin.{field}")) else {
                continue;
            };
            let same = identity(context, node, found) == identity(context, node, admin);
            judge.require(same, || {
                Fault::new(
                    format!(
                        "the {} logs in at its peers with another {field} than the administrator's",
                        context.graph.describe(node.id)
                    ),
                    format!("give `{key}` the value of `super_admin.{field}`, or leave it out"),
                )
                .at(configuration, key.clone(), found.provenance.span())
            });
        }
        for table in tables_with_credentials(component) {
            for field in ["username", "password"] {
                let key = format!("{table}.{field}");
                let (Some(found), Some(admin)) = (
                    effective.get(&key),
                    effective.get(&format!("super_admin.{field}")),
                ) else {
                    continue;
                };
                let same = identity(context, node, found) == identity(context, node, admin);
                judge.require(same, || {
                    Fault::new(
                        format!("the {} logs in at its peers with another {field} than the administrator's", context.graph.describe(node.id)),
                        format!("give `{key}` the value of `super_admin.{field}`, or leave it out"),
                    )
                    .at(configuration, key.clone(), found.provenance.span())
                });
            }
        }
    }
    judge.not_applicable(UNREADABLE);
}

/// Lists whose entries log in at a peer too.
fn is_credential_of_entry(key: &str) -> bool {
    (key.starts_with("event_listener[") && key.contains("].properties."))
        || key.starts_with("apim.gateway.environment[")
}

fn tables_with_credentials(component: Component) -> &'static [&'static str] {
    match component {
        Component::KeyManager => &["apim.event_hub"],
        _ => &["apim.key_manager", "apim.throttling", "apim.event_hub"],
    }
}

/// Nodes of a component share their ports, so they must share their offset.
pub(super) fn offset_of_component(context: &Context<'_>, judge: &mut Judge<'_>) {
    for component in Component::ALL {
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
fn identity(context: &Context<'_>, node: &Node<'_>, value: &EffectiveValue) -> String {
    // References to other keys are followed, variables are not: their value is often not known.
    let mut text = value.value.to_string();
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
            EnvSource::Secret { name, key, .. } => format!("Secret {name} {key}"),
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
