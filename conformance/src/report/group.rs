//! Findings that say the same about several subjects, told once.
//!
//! A suite that judges forty variants of a chart finds a wrong template forty times. Reports show it
//! once and say where it occurs.

use std::collections::{BTreeMap, BTreeSet};

use super::{Report, RequirementSummary, SubjectResult};
use crate::subject::SubjectDescription;
use crate::{component::Component, finding::Finding, outcome::Outcome, requirement::Level};

/// A finding and all subjects on which it was made.
#[derive(Debug, Clone)]
pub struct FindingGroup<'r> {
    /// The finding, as it was made on the first of the subjects.
    pub finding: &'r Finding,
    /// The requirement, where the report holds it.
    pub requirement: Option<&'r RequirementSummary>,
    /// Subjects on which it was made, in the report's order; never empty.
    pub subjects: Vec<&'r SubjectDescription>,
    /// Subjects on which the requirement was judged at all.
    pub judged: Vec<&'r SubjectDescription>,
    /// What makes it the same finding: the same text for the same fault in every variant and in every
    /// run, whatever the release is called and however lines move.
    pub identity: String,
}

/// Groups the findings of `subjects`: MUST before SHOULD, then in the order of the report's requirements.
pub fn groups<'r>(
    report: &'r Report,
    subjects: impl IntoIterator<Item = &'r SubjectResult>,
) -> Vec<FindingGroup<'r>> {
    let subjects: Vec<&SubjectResult> = subjects.into_iter().collect();
    let ambiguous = ambiguous_places(&subjects);
    let mut order: BTreeMap<String, usize> = BTreeMap::new();
    let mut found: Vec<FindingGroup<'r>> = Vec::new();
    for subject in &subjects {
        for finding in subject.findings() {
            let mut identity = place(finding, &subject.subject);
            if ambiguous.contains(&identity) {
                identity.push('\u{1f}');
                identity.push_str(&without_names(&finding.message, finding, &subject.subject));
            }
            if let Some(&at) = order.get(&identity) {
                let group = &mut found[at];
                if group.subjects.last().map(|last| &last.id) != Some(&subject.subject.id) {
                    group.subjects.push(&subject.subject);
                }
                continue;
            }
            order.insert(identity.clone(), found.len());
            found.push(FindingGroup {
                finding,
                requirement: report
                    .requirements
                    .iter()
                    .find(|requirement| requirement.id == finding.requirement),
                subjects: vec![&subject.subject],
                judged: judged(&subjects, &finding.requirement),
                identity,
            });
        }
    }
    found.sort_by_key(|group| {
        (
            group.finding.level,
            rank(report, &group.finding.requirement),
        )
    });
    found
}

impl FindingGroup<'_> {
    /// Where it occurs, in words, such as `in every subject with platform openshift (6 of 30)`.
    pub fn spread(&self) -> String {
        let (here, of) = (
            self.subjects.len(),
            self.judged.len().max(self.subjects.len()),
        );
        if of == 1 {
            return format!("in {}", self.subjects[0].id);
        }
        if here == of {
            return format!("in all {of} subjects");
        }
        let ids: BTreeSet<&str> = self
            .subjects
            .iter()
            .map(|subject| subject.id.as_str())
            .collect();
        for (name, value_of) in DIMENSIONS {
            let value = value_of(self.subjects[0]);
            let alike: BTreeSet<&str> = self
                .judged
                .iter()
                .filter(|subject| value_of(subject) == value)
                .map(|subject| subject.id.as_str())
                .collect();
            if alike == ids && here > 1 {
                return format!("in every subject with {name} {value} ({here} of {of})");
            }
        }
        let shown: Vec<&str> = self
            .subjects
            .iter()
            .take(3)
            .map(|subject| subject.id.as_str())
            .collect();
        let more = match here - shown.len() {
            0 => String::new(),
            rest => format!(" and {rest} more"),
        };
        format!("in {here} of {of} subjects: {}{more}", shown.join(", "))
    }
}

type Dimension = (&'static str, fn(&SubjectDescription) -> String);

const DIMENSIONS: [Dimension; 5] = [
    ("pattern", |subject| subject.pattern.to_string()),
    ("platform", |subject| subject.platform.clone()),
    ("product version", |subject| subject.product_version.clone()),
    ("variant", |subject| subject.variant.clone()),
    ("Kubernetes version", |subject| {
        subject.kubernetes_version.clone()
    }),
];

fn rank(report: &Report, id: &str) -> usize {
    report
        .requirements
        .iter()
        .position(|requirement| requirement.id == id)
        .unwrap_or(usize::MAX)
}

fn judged<'r>(subjects: &[&'r SubjectResult], id: &str) -> Vec<&'r SubjectDescription> {
    subjects
        .iter()
        .filter(|subject| {
            subject.results.iter().any(|result| {
                result.requirement == id
                    && matches!(
                        result.outcome,
                        Outcome::Passed { .. } | Outcome::Failed { .. }
                    )
            })
        })
        .map(|subject| &subject.subject)
        .collect()
}

/// Places about which one subject has more than one thing to say.
fn ambiguous_places(subjects: &[&SubjectResult]) -> BTreeSet<String> {
    let mut ambiguous = BTreeSet::new();
    for subject in subjects {
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for finding in subject.findings() {
            let place = place(finding, &subject.subject);
            if seen
                .get(&place)
                .is_some_and(|message| *message != finding.message)
            {
                ambiguous.insert(place.clone());
            }
            seen.insert(place, &finding.message);
        }
    }
    ambiguous
}

fn place(finding: &Finding, subject: &SubjectDescription) -> String {
    let mut parts = vec![finding.requirement.clone()];
    match (&finding.object, &finding.template) {
        (Some(object), _) => {
            parts.push(object.kind.clone());
            parts.push(without_names(&object.name, finding, subject));
        }
        (None, Some(template)) => parts.push(template.file.clone()),
        (None, None) => parts.push(without_names(&finding.message, finding, subject)),
    }
    if let Some(configuration) = &finding.configuration {
        parts.push(configuration.file.clone());
        parts.push(configuration.key.clone());
    }
    parts.join("\u{1f}")
}

/// `text` with every name that differs from variant to variant replaced.
fn without_names(text: &str, finding: &Finding, subject: &SubjectDescription) -> String {
    let mut names: Vec<&str> = subject.releases.iter().map(String::as_str).collect();
    if let Some(object) = &finding.object {
        names.push(&object.release);
        // Object names are `F-C…`; F may be a shortened release name.
        let full_name = Component::ALL
            .iter()
            .filter_map(|component| object.name.find(&format!("-{component}")))
            .min();
        if let Some(end) = full_name {
            names.push(&object.name[..end]);
        }
    }
    names.retain(|name| !name.is_empty());
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names.iter().fold(text.to_owned(), |text, name| {
        replace_word(&text, name, "<release>")
    })
}

fn replace_word(text: &str, word: &str, with: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = None;
    while let Some(at) = rest.find(word) {
        let (head, tail) = (&rest[..at], &rest[at + word.len()..]);
        let whole = !head
            .chars()
            .last()
            .or(before)
            .is_some_and(char::is_alphanumeric)
            && !tail.chars().next().is_some_and(char::is_alphanumeric);
        out.push_str(head);
        out.push_str(if whole { with } else { word });
        before = word.chars().last();
        rest = tail;
    }
    out + rest
}

/// How reports call a finding of this level.
pub(super) fn severity(level: Level) -> &'static str {
    match level {
        Level::Must => "error",
        Level::Should => "warning",
    }
}

#[cfg(test)]
mod tests {
    use super::replace_word;

    #[test]
    fn only_whole_words_are_names() {
        assert_eq!(
            replace_word("apim-gateway of apimx", "apim", "R"),
            "R-gateway of apimx"
        );
        assert_eq!(replace_word("aa a", "a", "R"), "aa R");
    }
}
