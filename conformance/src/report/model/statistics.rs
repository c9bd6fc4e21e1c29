//! Counts of outcomes, and the verdict that they allow.

use serde::{Deserialize, Serialize};

use crate::{outcome::Outcome, requirement::Level};

/// The verdict on a pattern or run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProfileResult {
    /// Every MUST was judged and holds.
    Success,
    /// Nothing failed, but something was skipped on request.
    Partial,
    /// A MUST failed, could not be judged, or a chart did not render.
    Failure,
}

/// Counts of outcomes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Statistics {
    /// Outcomes that passed.
    pub passed: usize,
    /// Outcomes of MUST requirements that failed.
    pub failed: usize,
    /// Outcomes of SHOULD requirements that failed.
    pub warned: usize,
    /// Outcomes skipped on request.
    pub skipped: usize,
    /// Outcomes that could not be judged.
    pub unsupported: usize,
    /// Outcomes that do not apply.
    pub not_applicable: usize,
    /// Things looked at by all passed and failed outcomes.
    pub checked: usize,
    /// Charts rendered.
    pub renders: usize,
    /// Subjects whose charts did not render.
    pub render_failures: usize,
}

impl Statistics {
    /// Counts one outcome.
    pub fn count(&mut self, level: Level, outcome: &Outcome) {
        match outcome {
            Outcome::Passed { checked } => {
                self.passed += 1;
                self.checked += checked;
            }
            Outcome::Failed { checked, .. } => {
                match level {
                    Level::Must => self.failed += 1,
                    Level::Should => self.warned += 1,
                }
                self.checked += checked;
            }
            Outcome::Skipped { .. } => self.skipped += 1,
            Outcome::Unsupported { .. } => self.unsupported += 1,
            Outcome::NotApplicable { .. } => self.not_applicable += 1,
        }
    }

    /// The sum of two counts.
    #[must_use]
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            warned: self.warned + other.warned,
            skipped: self.skipped + other.skipped,
            unsupported: self.unsupported + other.unsupported,
            not_applicable: self.not_applicable + other.not_applicable,
            checked: self.checked + other.checked,
            renders: self.renders + other.renders,
            render_failures: self.render_failures + other.render_failures,
        }
    }

    /// One sentence for a profile.
    pub fn sentence(self) -> String {
        let mut parts = vec![format!("{} passed", self.passed)];
        for (count, word) in [
            (self.failed, "failed"),
            (self.warned, "with warnings"),
            (self.skipped, "skipped"),
            (self.unsupported, "could not be checked"),
            (self.render_failures, "did not render"),
        ] {
            if count > 0 {
                parts.push(format!("{count} {word}"));
            }
        }
        format!(
            "{}; {} check{} in {} render{}.",
            parts.join(", "),
            self.checked,
            plural(self.checked),
            self.renders,
            plural(self.renders),
        )
    }

    /// The verdict that these counts allow. Nothing checked is a failure.
    pub fn verdict(self) -> ProfileResult {
        if self.failed > 0 || self.unsupported > 0 || self.render_failures > 0 || self.checked == 0
        {
            ProfileResult::Failure
        } else if self.skipped > 0 {
            ProfileResult::Partial
        } else {
            ProfileResult::Success
        }
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

#[cfg(test)]
mod tests {
    use super::Statistics;
    use crate::{outcome::Outcome, report::ProfileResult, requirement::Level};

    #[test]
    fn nothing_checked_is_a_failure() {
        assert_eq!(Statistics::default().verdict(), ProfileResult::Failure);
    }

    #[test]
    fn an_unsupported_requirement_keeps_a_pattern_from_success() {
        let mut statistics = Statistics::default();
        statistics.count(Level::Must, &Outcome::Passed { checked: 3 });
        assert_eq!(statistics.verdict(), ProfileResult::Success);
        statistics.count(
            Level::Must,
            &Outcome::Skipped {
                reason: "asked".into(),
            },
        );
        assert_eq!(statistics.verdict(), ProfileResult::Partial);
        statistics.count(
            Level::Must,
            &Outcome::Unsupported {
                reason: "no schema".into(),
            },
        );
        assert_eq!(statistics.verdict(), ProfileResult::Failure);
    }
}
