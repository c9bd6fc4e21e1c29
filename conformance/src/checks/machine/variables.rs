//! Variables that configurations in YAML take.

use std::{collections::BTreeSet, sync::LazyLock};

use regex::Regex;

use crate::context::{Context, Fault, Judge};

/// Each variable of the environment that a `deployment.yaml` takes without a default is one that the unit sets. In a cluster the start of a
/// pod may set more. Source: facts/integration.md.
pub(super) fn are_set(context: &Context<'_>, judge: &mut Judge<'_>) {
    static TAKEN: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}").ok());
    let graph = context.graph;
    let Some(taken) = &*TAKEN else {
        return judge.unsupported("the pattern of variables is none");
    };
    let configured = || {
        graph
            .nodes
            .iter()
            .filter_map(|node| Some((node, graph.yaml_configuration(node)?)))
    };
    judge.applies(
        configured().next().is_some(),
        "no configuration in YAML can be read",
    );
    for (node, (object, text)) in configured() {
        let member = graph.member(node.id);
        let set = member.main.map_or_else(Vec::new, |main| main.env());
        let set: BTreeSet<&str> = set.iter().map(|variable| variable.name).collect();
        let found = taken.captures_iter(text);
        let names = found.filter_map(|found| Some(found.get(1)?.as_str()));
        for name in names.collect::<BTreeSet<_>>() {
            judge.require(set.contains(name), || {
                let hint = am_suggest::hint(name, set.iter().copied());
                let hint = hint.map_or_else(String::new, |hint| format!("; {hint}"));
                Fault::new(
                    format!(
                        "the deployment.yaml of {} takes the variable {name}, which its unit does not set",
                        graph.describe(node.id)
                    ),
                    format!("set it in a file that the unit reads (EnvironmentFile){hint}"),
                )
                .object(object)
                .field(format!("${{env:{name}}}"))
                .value(name)
            });
        }
    }
}
