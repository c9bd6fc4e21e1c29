//! Faults that the product's configuration engine makes of a file, by requirement.

use am_deployment_toml::{
    engine::{self, FaultKind},
    value::Value,
};

use crate::{
    component::Component,
    context::{Context, Fault, Judge, configured},
    graph::Configuration,
    manifest::EnvSource,
};

pub(super) fn is_readable(context: &Context<'_>, judge: &mut Judge<'_>) {
    const KINDS: &[FaultKind] = &[
        FaultKind::Syntax,
        FaultKind::Duplicate,
        FaultKind::TableAfterSubtable,
        FaultKind::MixedArray,
        FaultKind::TextForList,
        FaultKind::UnsafeForEngine,
        FaultKind::UnresolvedReference,
        FaultKind::UnresolvedSecret,
        FaultKind::PlainSecret,
        FaultKind::TemplateSyntax,
        FaultKind::UnsafeForXml,
        FaultKind::UnsafeForJndi,
    ];
    report(context, judge, KINDS, |_, _, _| true);
}

pub(super) fn variables_are_set(context: &Context<'_>, judge: &mut Judge<'_>) {
    report(
        context,
        judge,
        &[FaultKind::UnsetVariable],
        |_, _, configuration| !configuration.environment_is_open,
    );
}

/// Variables of our charts without which the product takes passwords of its own for the operator's keystores
/// (ARCHITECTURE.md, The chart contract). Other credentials have requirements of their own.
const STORES: [&str; 3] = ["AM_KEYSTORE_", "AM_TLS_KEYSTORE_", "AM_TRUSTSTORE_"];

/// Our charts give a server the passwords of keystores that its configuration names: one that nobody reads was meant for
/// a key that now has the product's own default.
pub(super) fn variables_are_read(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (node, _, configuration) in configured(context.graph) {
        let Some(main) = context.graph.member(node.id).main else {
            continue;
        };
        for variable in main.env() {
            let is_own = STORES.iter().any(|start| variable.name.starts_with(start));
            if !is_own || !matches!(variable.source, EnvSource::Secret { .. }) {
                continue;
            }
            let expression = format!("$env{{{}}}", variable.name);
            judge.require(configuration.text.contains(&expression), || {
                Fault::new(
                    format!(
                        "the {} is given the variable {}, and no key of its configuration reads it",
                        context.graph.describe(node.id),
                        variable.name
                    ),
                    format!("write `{expression}` at the key that it is for"),
                )
                .at(configuration, "", None)
                .value(variable.name)
            });
        }
    }
}

pub(super) fn keys_are_known(context: &Context<'_>, judge: &mut Judge<'_>) {
    report(
        context,
        judge,
        &[FaultKind::UnknownKey, FaultKind::DeadKey],
        |_, _, _| true,
    );
}

pub(super) fn keys_are_of_the_version(context: &Context<'_>, judge: &mut Judge<'_>) {
    report(context, judge, &[FaultKind::KeyNotInVersion], |_, _, _| {
        true
    });
}

pub(super) fn keys_are_of_the_component(context: &Context<'_>, judge: &mut Judge<'_>) {
    report(
        context,
        judge,
        &[FaultKind::KeyNotInDistribution],
        |_, _, _| true,
    );
}

pub(super) fn values_have_the_right_type(context: &Context<'_>, judge: &mut Judge<'_>) {
    const KINDS: &[FaultKind] = &[
        FaultKind::FloatForInteger,
        FaultKind::WrongType,
        FaultKind::TextForBoolean,
        FaultKind::UnknownGroupType,
        FaultKind::UnlistedValue,
    ];
    /// What the rows of the wiring table judge too, with the peer in view.
    const ADDRESSES: &[FaultKind] = &[
        FaultKind::WrongScheme,
        FaultKind::UnpairedUrls,
        FaultKind::QueryInBrokerUrl,
    ];
    report(context, judge, KINDS, |_, _, _| true);
    names_are_text(context, judge);
    report(context, judge, ADDRESSES, |fault, component, _| {
        let key = fault.key.as_ref().map(ToString::to_string);
        !key.is_some_and(|key| is_judged_by_row(context, component, &key))
    });
}

/// Keys whose values are names of something: the engine writes `true` as the name `true`.
const NAMES: [&str; 8] = [
    "server.hostname",
    "truststore.file_name",
    "keystore.primary.file_name",
    "keystore.tls.file_name",
    "database.apim_db.url",
    "database.shared_db.url",
    "database.local.url",
    "indexing.location",
];

fn names_are_text(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (_, _, configuration) in configured(context.graph) {
        for key in NAMES {
            let found = configuration
                .effective
                .as_ref()
                .and_then(|effective| effective.get(key));
            let Some(found) = found else { continue };
            let is_text = !matches!(
                found.value,
                Value::Boolean(_) | Value::Integer(_) | Value::Float(_)
            );
            judge.require(is_text, || {
                Fault::new(
                    format!("`{key}`: `{}` is no name", found.value),
                    "write a text in quotes",
                )
                .at(configuration, key, found.provenance.span())
            });
        }
    }
}

/// Whether a row of the wiring table is about the key on this component.
fn is_judged_by_row(context: &Context<'_>, component: Component, key: &str) -> bool {
    let is_single = context.graph.nodes_of(component).len() < 2;
    context.facts.edges.iter().any(|fact| {
        fact.on == component
            && fact.peers.contains_key(&context.wired_as())
            && !(fact.highly_available && is_single)
            && key.starts_with(&fact.key)
    })
}

pub(super) fn required_keys(context: &Context<'_>, judge: &mut Judge<'_>) {
    report(context, judge, &[FaultKind::MissingKey], |_, _, _| true);
}

/// Reports the engine's faults of some kinds; every configuration counts as looked at.
fn report(
    context: &Context<'_>,
    judge: &mut Judge<'_>,
    kinds: &[FaultKind],
    wanted: impl Fn(&engine::Fault, Component, &Configuration<'_>) -> bool,
) {
    for (_, component, configuration) in configured(context.graph) {
        judge.looked();
        for fault in &configuration.faults {
            if kinds.contains(&fault.kind) && wanted(fault, component, configuration) {
                let key = fault
                    .key
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                let message = if key.is_empty() {
                    fault.message.clone()
                } else {
                    format!("`{key}`: {}", fault.message)
                };
                judge.fault(Fault::new(message, fault.help.clone()).at(
                    configuration,
                    key,
                    fault.span,
                ));
            }
        }
    }
}
