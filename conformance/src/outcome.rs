//! What came of judging one requirement on one subject.

use serde::{Deserialize, Serialize};

use crate::finding::Finding;

/// The outcome of one requirement on one subject. The five words differ: only `Passed` is green, and
/// it says how many things were looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum Outcome {
    /// Everything that was looked at meets the requirement.
    Passed {
        /// How many things were looked at; never zero.
        checked: usize,
    },
    /// Something does not meet it.
    Failed {
        /// How many things were looked at.
        checked: usize,
        /// What is wrong; never empty.
        findings: Vec<Finding>,
    },
    /// The user asked not to judge it.
    Skipped {
        /// The user's reason.
        reason: String,
    },
    /// It could not be judged here, though it applies.
    Unsupported {
        /// What is missing.
        reason: String,
    },
    /// It asks for nothing on this subject.
    NotApplicable {
        /// Why.
        reason: String,
    },
}

impl Outcome {
    /// The outcome of a check that looked at `checked` things. Zero things looked at is not green: it
    /// is reported as unsupported, which fails the run.
    pub fn of(checked: usize, findings: Vec<Finding>) -> Self {
        if !findings.is_empty() {
            Self::Failed { checked, findings }
        } else if checked == 0 {
            Self::Unsupported {
                reason: "there was nothing to check, although the requirement applies".into(),
            }
        } else {
            Self::Passed { checked }
        }
    }

    /// The findings of a failed outcome; empty for every other.
    pub fn findings(&self) -> &[Finding] {
        match self {
            Self::Failed { findings, .. } => findings,
            _ => &[],
        }
    }

    /// Whether this outcome is one that lets a run be green: passed, not applicable, or skipped with a
    /// reason. Unsupported is not.
    pub fn is_green(&self) -> bool {
        matches!(
            self,
            Self::Passed { .. } | Self::NotApplicable { .. } | Self::Skipped { .. }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Outcome;

    #[test]
    fn nothing_checked_is_never_green() {
        assert!(!Outcome::of(0, Vec::new()).is_green());
        assert!(Outcome::of(1, Vec::new()).is_green());
    }
}
