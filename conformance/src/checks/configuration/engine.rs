//! Faults that the product's configuration engine makes of a file, by requirement.

use am_deployment_toml::engine::{self, FaultKind};

use crate::{
    component::Component,
    context::{Context, Fault, Judge, configured},
    graph::Configuration,
};

pub(super) fn is_readable(context: &Context<'_>, judge: &mut Judge<'_>) {
    const KINDS: &[FaultKind] = &[
        FaultKind::Syntax,
        FaultKind::Duplicate,
        FaultKind::TableAfterSubtable,
        FaultKind::MixedArray,
        FaultKind::TextForList,
        FaultKind::UnresolvedReference,
        FaultKind::UnresolvedSecret,
        FaultKind::UnsafeForXml,
        FaultKind::UnsafeForJndi,
    ];
    report(context, judge, KINDS, |_, _| true);
}

pub(super) fn variables_are_set(context: &Context<'_>, judge: &mut Judge<'_>) {
    report(
        context,
        judge,
        &[FaultKind::UnsetVariable],
        |_, configuration| !configuration.environment_is_open,
    );
}

pub(super) fn keys_are_known(context: &Context<'_>, judge: &mut Judge<'_>) {
    report(
        context,
        judge,
        &[FaultKind::UnknownKey, FaultKind::DeadKey],
        |_, _| true,
    );
}

pub(super) fn keys_are_of_the_version(context: &Context<'_>, judge: &mut Judge<'_>) {
    report(context, judge, &[FaultKind::KeyNotInVersion], |_, _| true);
}

pub(super) fn keys_are_of_the_component(context: &Context<'_>, judge: &mut Judge<'_>) {
    report(
        context,
        judge,
        &[FaultKind::KeyNotInDistribution],
        |_, _| true,
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
    report(context, judge, KINDS, |_, _| true);
}

pub(super) fn required_keys(context: &Context<'_>, judge: &mut Judge<'_>) {
    report(context, judge, &[FaultKind::MissingKey], |_, _| true);
}

/// On the distributions that are not the all-in-one, nothing is inferred unless the role is `default`.
pub(super) fn server_role(context: &Context<'_>, judge: &mut Judge<'_>) {
    const KEY: &str = "server.server_role";
    for (node, component, configuration) in configured(context.graph) {
        let (false, Some(effective)) = (component == Component::AllInOne, &configuration.effective)
        else {
            continue;
        };
        if component == Component::KeyManager {
            continue;
        }
        let found = effective
            .get(KEY)
            .filter(|found| found.provenance.is_written());
        let role = found.and_then(|found| found.value.scalar_text());
        judge.require(role.as_deref() == Some("default"), || {
            let who = context.graph.describe(node.id);
            let message = match &role {
                Some(role) => format!(
                    "the {who} has the role `{role}`, from which the product infers nothing"
                ),
                None => format!(
                    "the {who} has no written role, so it keeps the switches of an all-in-one"
                ),
            };
            Fault::new(message, "write server_role = \"default\" under [server]").at(
                configuration,
                KEY,
                found.and_then(|found| found.provenance.span()),
            )
        });
    }
    judge.not_applicable("only the all-in-one can be read here");
}

/// Reports the engine's faults of some kinds; every configuration counts as looked at.
fn report(
    context: &Context<'_>,
    judge: &mut Judge<'_>,
    kinds: &[FaultKind],
    wanted: fn(&engine::Fault, &Configuration<'_>) -> bool,
) {
    for (_, _, configuration) in configured(context.graph) {
        judge.looked();
        for fault in &configuration.faults {
            if kinds.contains(&fault.kind) && wanted(fault, configuration) {
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
