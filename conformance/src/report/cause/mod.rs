//! Findings that one mistake makes, told as one cause with its consequences.
//!
//! A wrong port in a helper fails every requirement that follows an address through it. Two findings have the same cause when
//! they share a [`Sign`]; signs are chosen so that two mistakes never share one, and what has no sign stays a cause of its own.

mod shared;
mod sign;
mod wording;

use std::collections::{BTreeMap, BTreeSet};

use super::{FindingGroup, Report, SubjectResult, groups};
use crate::requirement::Level;

use shared::Intact;
use sign::Sign;
pub(super) use wording::CauseRecord;
pub use wording::Tally;

/// A finding to mend, and the findings that go with it.
#[derive(Debug, Clone)]
pub struct Cause<'r> {
    /// The finding to look at first.
    pub finding: FindingGroup<'r>,
    /// Further findings of the same cause, in the order of the report's requirements.
    pub consequences: Vec<FindingGroup<'r>>,
    /// What all of them share; none when there are no consequences.
    sign: Option<Sign>,
}

/// The causes of all findings of `subjects`: MUST before SHOULD, then in the order of the report's requirements.
pub fn causes<'r>(
    report: &'r Report,
    subjects: impl IntoIterator<Item = &'r SubjectResult>,
) -> Vec<Cause<'r>> {
    let groups = groups(report, subjects);
    let signs = sign::signs(report, &groups);
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, root) in roots(&signs).into_iter().enumerate() {
        members.entry(root).or_default().push(index);
    }
    let mut groups: Vec<Option<FindingGroup<'r>>> = groups.into_iter().map(Some).collect();
    members
        .into_values()
        .filter_map(|members| {
            let head = head(&members, &signs, &groups)?;
            let sign = most_shared(&members, &signs);
            let finding = groups.get_mut(head)?.take()?;
            let consequences = members
                .iter()
                .filter_map(|index| groups.get_mut(*index)?.take())
                .collect();
            Some(Cause {
                finding,
                consequences,
                sign,
            })
        })
        .collect()
}

/// For each finding the first finding that it shares a sign with, directly or through others.
fn roots(signs: &[BTreeSet<Sign>]) -> Vec<usize> {
    let mut roots: Vec<usize> = (0..signs.len()).collect();
    let mut known: BTreeMap<&Sign, usize> = BTreeMap::new();
    for (index, signs) in signs.iter().enumerate() {
        for sign in signs {
            let Some(other) = known.get(sign).copied() else {
                known.insert(sign, index);
                continue;
            };
            let (one, two) = (roots[index], roots[other]);
            let (first, second) = (one.min(two), one.max(two));
            for root in &mut roots {
                if *root == second {
                    *root = first;
                }
            }
        }
    }
    roots
}

/// The finding that others quote as their reason, if there is one among the most severe, else the first.
fn head(
    members: &[usize],
    signs: &[BTreeSet<Sign>],
    groups: &[Option<FindingGroup<'_>>],
) -> Option<usize> {
    let is_error = |index: &usize| {
        groups[*index]
            .as_ref()
            .is_some_and(|group| group.finding.level == Level::Must)
    };
    let is_reason = |index: &usize| {
        groups[*index].as_ref().is_some_and(|group| {
            signs[*index].contains(&Sign::Reason(group.finding.message.clone()))
        })
    };
    let reasons = || members.iter().filter(|index| is_reason(index));
    reasons()
        .find(|index| is_error(index))
        .or_else(|| members.iter().find(|index| is_error(index)))
        .or_else(|| reasons().next())
        .or(members.first())
        .copied()
}

/// The sign that most members have; of several, the one that says most.
fn most_shared(members: &[usize], signs: &[BTreeSet<Sign>]) -> Option<Sign> {
    let mut counts: BTreeMap<&Sign, usize> = BTreeMap::new();
    for sign in members.iter().flat_map(|index| &signs[*index]) {
        *counts.entry(sign).or_default() += 1;
    }
    counts
        .into_iter()
        .rev()
        .filter(|(_, count)| *count > 1)
        .max_by_key(|(_, count)| *count)
        .map(|(sign, _)| sign.clone())
}
