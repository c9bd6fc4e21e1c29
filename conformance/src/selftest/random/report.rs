//! What came of a run of random mutants.

use std::{collections::BTreeMap, fmt::Write as _};

use serde::Serialize;
use serde_json::Value;

use super::{Change, Mutation, Place};

/// Longest value that a report shows, in characters.
const LONGEST: usize = 100;

/// The result of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MutationReport {
    /// Seed that draws the same mutants again.
    pub seed: u64,
    /// Mutants applied.
    pub mutants: usize,
    /// Mutants that a requirement reported that had been green.
    pub killed: usize,
    /// Mutants that the committed list explains as harmless.
    pub equivalent: usize,
    /// Killed ones in percent of those that are not equivalent, rounded down to a tenth.
    pub kill_rate: f64,
    /// How many mutants each requirement reported.
    pub killed_by: BTreeMap<String, usize>,
    /// How many mutants of each kind of change there were, and how many of them survived.
    pub changes: BTreeMap<Change, (usize, usize)>,
    /// How many mutants each reason explained.
    pub explained: BTreeMap<String, usize>,
    /// Mutants that nobody reported or explained.
    pub survivors: Vec<RandomMutant>,
}

/// One mutant as a reader sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RandomMutant {
    /// Number in the run, from 0.
    pub number: usize,
    /// Subject whose documents were changed.
    pub subject: String,
    /// Where.
    pub place: Place,
    /// What was done.
    pub change: Change,
    /// What was there.
    pub before: String,
    /// What is there now.
    pub after: String,
}

/// What happened to a mutant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// These requirements reported it.
    Killed(Vec<String>),
    /// Explained as harmless, with the reason.
    Equivalent(String),
    /// Nobody reported it.
    Survived,
}

impl RandomMutant {
    pub(super) fn new(number: usize, subject: &str, mutation: &Mutation) -> Self {
        // A report is no place for what a Secret holds.
        let is_secret = mutation.place.kind == "Secret" && mutation.place.path.contains("ata/");
        let show = |value: &Value| match value {
            Value::Null => String::new(),
            _ if is_secret => "***".into(),
            Value::String(text) => shortened(&format!("{text:?}")),
            other => shortened(&other.to_string()),
        };
        Self {
            number,
            subject: subject.to_owned(),
            place: mutation.place.clone(),
            change: mutation.change,
            before: show(&mutation.before),
            after: show(&mutation.after),
        }
    }
}

impl std::fmt::Display for RandomMutant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let change = serde_json::to_value(self.change).unwrap_or_default();
        let change = change.as_str().unwrap_or_default();
        write!(
            f,
            "#{} {} {} {change}: {}",
            self.number, self.subject, self.place, self.before
        )?;
        if self.after.is_empty() {
            Ok(())
        } else {
            write!(f, " -> {}", self.after)
        }
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST).chain(['…']).collect()
}

impl MutationReport {
    pub(super) fn new(seed: u64, fates: impl IntoIterator<Item = (RandomMutant, Fate)>) -> Self {
        let mut report = Self {
            seed,
            mutants: 0,
            killed: 0,
            equivalent: 0,
            kill_rate: 0.0,
            killed_by: BTreeMap::new(),
            changes: BTreeMap::new(),
            explained: BTreeMap::new(),
            survivors: Vec::new(),
        };
        for (mutant, fate) in fates {
            report.mutants += 1;
            let (all, survived) = report.changes.entry(mutant.change).or_default();
            *all += 1;
            match fate {
                Fate::Killed(by) => {
                    report.killed += 1;
                    for requirement in by {
                        *report.killed_by.entry(requirement).or_default() += 1;
                    }
                }
                Fate::Equivalent(reason) => {
                    report.equivalent += 1;
                    *report.explained.entry(reason).or_default() += 1;
                }
                Fate::Survived => {
                    *survived += 1;
                    report.survivors.push(mutant);
                }
            }
        }
        let tenths = report.killed * 1000 / (report.mutants - report.equivalent).max(1);
        report.kill_rate = f64::from(u32::try_from(tenths).unwrap_or(0)) / 10.0;
        report
    }

    /// 0 when every mutant was killed or explained, 4 when one survived.
    pub fn exit_code(&self) -> u8 {
        if self.survivors.is_empty() { 0 } else { 4 }
    }

    /// The report for people.
    pub fn human(&self) -> String {
        let mut text = String::new();
        for survivor in &self.survivors {
            let _ = writeln!(text, "SURVIVED {survivor}");
        }
        for (reason, times) in &self.explained {
            let _ = writeln!(text, "equivalent ({times}): {reason}");
        }
        let _ = writeln!(
            text,
            "{} random mutants of seed {}: {} killed, {} equivalent, {} survived; {:.1} % of those that matter were killed",
            self.mutants,
            self.seed,
            self.killed,
            self.equivalent,
            self.survivors.len(),
            self.kill_rate
        );
        text
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Change, Fate, Mutation, MutationReport, Place, RandomMutant};

    fn mutant(kind: &str) -> RandomMutant {
        let mutation = Mutation {
            place: Place {
                kind: kind.into(),
                name: "a".into(),
                template: "t".into(),
                number: 0,
                file: None,
                path: "/data/key".into(),
            },
            change: Change::Text,
            before: json!("hush"),
            after: json!("hsuh"),
        };
        RandomMutant::new(4, "p0", &mutation)
    }

    #[test]
    fn equivalent_mutants_count_neither_as_killed_nor_against_the_rate() {
        let report = MutationReport::new(
            1,
            [
                (mutant("Service"), Fate::Killed(vec!["AM-NET-001".into()])),
                (
                    mutant("Service"),
                    Fate::Equivalent("nothing reads it".into()),
                ),
                (mutant("Service"), Fate::Survived),
            ],
        );
        assert_eq!(
            (report.mutants, report.killed, report.equivalent),
            (3, 1, 1)
        );
        assert!((report.kill_rate - 50.0).abs() < f64::EPSILON);
        assert_eq!(report.exit_code(), 4);
        let text = report.human();
        assert!(
            text.contains("SURVIVED #4 p0 Service/a /data/key text: \"hush\" -> \"hsuh\""),
            "{text}"
        );
    }

    #[test]
    fn what_a_secret_holds_is_not_shown() {
        let text = mutant("Secret").to_string();
        assert!(text.contains("***") && !text.contains("hush"), "{text}");
    }

    #[test]
    fn a_run_without_survivors_is_good() {
        let report = MutationReport::new(1, [(mutant("Service"), Fate::Killed(Vec::new()))]);
        assert_eq!(report.exit_code(), 0);
    }
}
