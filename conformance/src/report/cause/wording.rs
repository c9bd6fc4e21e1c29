//! Causes in words and as data.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::{Cause, Sign};
use crate::{report::FindingGroup, requirement::Level};

impl Cause<'_> {
    /// Every finding of the cause, the one to look at first in front.
    pub(in crate::report) fn findings(&self) -> impl Iterator<Item = &FindingGroup<'_>> {
        std::iter::once(&self.finding).chain(&self.consequences)
    }

    /// What the findings share, such as "the name `x`"; empty for a cause without consequences.
    pub(in crate::report) fn shared(&self) -> String {
        match &self.sign {
            None => String::new(),
            Some(Sign::Mistake { written, meant }) if meant.is_empty() => {
                format!("the same mistake, `{written}` too much")
            }
            Some(Sign::Mistake { written, meant }) => {
                format!("the same mistake, `{written}` for `{meant}`")
            }
            Some(Sign::Reason(_)) => "this reason".into(),
            Some(Sign::Name(name)) => format!("the name `{name}`"),
            Some(Sign::Port(port)) => format!("port {port}"),
            Some(Sign::Value { value, .. }) => format!("the value `{value}`"),
            Some(Sign::Address(address)) => format!("the address `{address}`"),
            Some(Sign::Line { place, .. }) => format!("the line {place}"),
            Some(Sign::PortOf { object, port }) => format!("port {port} of {object}"),
        }
    }

    /// The consequences in one sentence, by requirement; empty when there are none.
    pub(in crate::report) fn folded(&self) -> String {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for consequence in &self.consequences {
            *counts.entry(&consequence.finding.requirement).or_default() += 1;
        }
        if counts.is_empty() {
            return String::new();
        }
        let ids: Vec<String> = counts
            .into_iter()
            .map(|(id, count)| match count {
                1 => id.to_owned(),
                _ => format!("{id} ({count})"),
            })
            .collect();
        format!(
            "{} that share {}: {}",
            plural(self.consequences.len(), "consequence"),
            self.shared(),
            ids.join(", ")
        )
    }

    /// The cause as reports for machines hold it.
    pub(in crate::report) fn record(&self) -> CauseRecord {
        let told = |group: &FindingGroup<'_>| Consequence {
            requirement: group.finding.requirement.clone(),
            message: group.finding.message.clone(),
            subjects: group.subjects.len(),
        };
        CauseRecord {
            finding: told(&self.finding),
            shared: self.shared(),
            consequences: self.consequences.iter().map(told).collect(),
        }
    }
}

/// A cause in a report for machines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::report) struct CauseRecord {
    /// The finding to look at first.
    #[serde(flatten)]
    finding: Consequence,
    /// What the findings share, in words; empty for a cause without consequences.
    #[serde(skip_serializing_if = "String::is_empty")]
    shared: String,
    /// Further findings of the same cause.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    consequences: Vec<Consequence>,
}

/// A finding as a cause names it; requirement and message are those of the finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Consequence {
    /// Id of the requirement.
    requirement: String,
    /// The finding's message, as on the first of its subjects.
    message: String,
    /// Number of subjects on which it was made.
    subjects: usize,
}

/// How many causes, consequences and warnings there are. A warning is a cause of which no finding is an error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Causes with an error.
    pub causes: usize,
    /// Further findings of those causes.
    pub consequences: usize,
    /// Findings of all other causes.
    pub warnings: usize,
}

impl Tally {
    /// Counts `causes`.
    pub fn of(causes: &[Cause<'_>]) -> Self {
        causes.iter().fold(Self::default(), |mut tally, cause| {
            if cause.finding.finding.level == Level::Must {
                tally.causes += 1;
                tally.consequences += cause.consequences.len();
            } else {
                tally.warnings += 1 + cause.consequences.len();
            }
            tally
        })
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.causes, "cause"),
            (self.consequences, "consequence"),
            (self.warnings, "warning"),
        ];
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| plural(count, word))
            .collect();
        f.write_str(&parts.join(", "))
    }
}

fn plural(count: usize, word: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {word}{plural}")
}
