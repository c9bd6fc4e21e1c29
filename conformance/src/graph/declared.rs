//! What users declare of their workloads, because documents do not say it.

use std::collections::BTreeMap;

use super::Member;
use crate::{component::Component, facts::matches_glob};

/// The components of a release, or of all releases, as their user declares them. What is declared wins over labels, images and ports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Declared {
    /// The component of every server of the product in the release.
    pub component: Option<Component>,
    /// Components of single workloads, by name; `*` stands for any characters. A name wins over a pattern, and a longer
    /// pattern over a shorter one.
    pub workloads: BTreeMap<String, Component>,
}

impl Declared {
    /// The component that a workload of this name is declared to be.
    pub(super) fn of_workload(&self, name: &str) -> Option<Component> {
        self.workloads
            .iter()
            .filter(|(pattern, _)| matches_glob(pattern, name))
            .max_by_key(|(pattern, _)| (*pattern == name, pattern.len()))
            .map(|(_, component)| *component)
    }

    /// What is declared in vain, in one sentence; `members` are those of whom it is declared.
    pub(super) fn in_vain(&self, whose: &str, members: &[&Member<'_>]) -> Option<String> {
        let names: Vec<&str> = members
            .iter()
            .map(|member| member.workload.object.name())
            .collect();
        let nobody = self
            .workloads
            .keys()
            .find(|pattern| !names.iter().any(|name| matches_glob(pattern, name)));
        if let Some(pattern) = nobody {
            let hint = am_suggest::hint(pattern, names)
                .unwrap_or_else(|| "there is no Deployment, StatefulSet or DaemonSet".to_owned());
            return Some(format!(
                "`workloads` names `{pattern}`, which no workload of {whose} is called; {hint}"
            ));
        }
        let component = self.component?;
        let is_taken = |member: &&Member<'_>| member.component == Some(component);
        if members.iter().any(is_taken) {
            return None;
        }
        Some(if names.is_empty() {
            format!(
                "{whose} is declared to be the {}, but there is no Deployment, StatefulSet or DaemonSet",
                component.title()
            )
        } else {
            format!(
                "{whose} is declared to be the {}, but which of its workloads that is cannot be told: name one of {} under `workloads`",
                component.title(),
                names.join(", ")
            )
        })
    }
}
