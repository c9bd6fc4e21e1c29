//! Whether a broken chart was caught.

use std::collections::BTreeMap;

use am_conformance::fixture::LiveExpectations;
use am_conformance::report::RequirementResult;
use am_conformance::{Finding, Outcome};

/// Whether a broken chart was caught.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every expected requirement reported it at the expected place, and no other one did: the messages.
    Caught(Vec<String>),
    /// An expected requirement did not report it: which, and what there was instead.
    Missed(String),
    /// Requirements reported it that have nothing to do with it.
    Also(Vec<String>),
    /// The cluster cannot show it: why. Never counted as caught.
    Unsupported(String),
}

/// Compares what was found with what had to be found.
pub(crate) fn judge(live: &LiveExpectations, results: &[RequirementResult]) -> Verdict {
    let outcomes: BTreeMap<&str, &Outcome> = results
        .iter()
        .map(|result| (result.requirement.as_str(), &result.outcome))
        .collect();
    let mut messages = Vec::new();
    for expected in &live.expected {
        let id = expected.requirement.as_str();
        let outcome = outcomes.get(id);
        let findings = outcome
            .map(|outcome| outcome.findings())
            .unwrap_or_default();
        let named = findings.iter().find(|finding| {
            finding.message.contains(&expected.message) && place(finding).starts_with(&expected.at)
        });
        match (named, outcome) {
            (Some(finding), _) => {
                messages.push(format!("{id} at {}: {}", place(finding), finding.message));
            }
            (None, Some(Outcome::Unsupported { reason })) => {
                return Verdict::Unsupported(format!("{id}: {reason}"));
            }
            _ => {
                let instead = outcomes
                    .iter()
                    .flat_map(|(id, outcome)| {
                        let told = |finding: &Finding| {
                            format!("{id} at {}: {}", place(finding), finding.message)
                        };
                        outcome.findings().iter().map(told).collect::<Vec<_>>()
                    })
                    .collect::<Vec<_>>()
                    .join("; ");
                return Verdict::Missed(format!(
                    "{id} does not say `{}` at {}; found: {instead}",
                    expected.message, expected.at
                ));
            }
        }
    }
    let is_meant = |id: &&str| {
        live.consequences.contains_key(*id)
            || live
                .expected
                .iter()
                .any(|expected| expected.requirement == **id)
    };
    let also: Vec<String> = outcomes
        .iter()
        .filter(|(id, outcome)| !outcome.findings().is_empty() && !is_meant(id))
        .map(|(id, outcome)| format!("{id}: {}", outcome.findings()[0].message))
        .collect();
    if also.is_empty() {
        Verdict::Caught(messages)
    } else {
        Verdict::Also(also)
    }
}

/// `Kind/name` of what a finding points at.
fn place(finding: &Finding) -> String {
    finding
        .object
        .as_ref()
        .map(|object| format!("{}/{}", object.kind, object.name))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Verdict, judge};
    use crate::record::{Fault, Place, Record};
    use am_conformance::Catalogue;
    use am_conformance::fixture::{LiveExpectation, LiveExpectations};

    fn expectations() -> LiveExpectations {
        LiveExpectations {
            expected: vec![LiveExpectation {
                requirement: "AM-WIRE-008".into(),
                message: "does not reach".into(),
                at: "Pod/am-gateway".into(),
            }],
            consequences: [("AM-TOPO-002".to_owned(), "not ready".to_owned())].into(),
            ..LiveExpectations::default()
        }
    }

    fn verdict(change: impl FnOnce(&mut Record)) -> Verdict {
        let catalogue = Catalogue::load().expect("the committed requirements parse");
        let mut record = Record::new(catalogue, ["AM-WIRE-008", "AM-TOPO-002"]);
        change(&mut record);
        judge(&expectations(), &record.results())
    }

    fn fail(record: &mut Record, id: &str, pod: &str) {
        let place = Place {
            namespace: "n",
            release: "am",
        };
        record.failed(
            id,
            place,
            Fault::new("it does not reach", "help").at("Pod", pod),
        );
    }

    #[test]
    fn a_finding_with_the_right_words_at_the_right_place_is_a_catch() {
        let verdict = verdict(|record| {
            fail(record, "AM-WIRE-008", "am-gateway-x");
            fail(record, "AM-TOPO-002", "am-gateway-x");
        });
        assert!(matches!(verdict, Verdict::Caught(_)), "{verdict:?}");
    }

    #[test]
    fn a_finding_at_another_place_is_none() {
        let verdict = verdict(|record| fail(record, "AM-WIRE-008", "am-control-plane-0"));
        assert!(matches!(verdict, Verdict::Missed(_)), "{verdict:?}");
    }

    #[test]
    fn a_requirement_that_has_nothing_to_do_with_it_spoils_the_catch() {
        let verdict = verdict(|record| {
            fail(record, "AM-WIRE-008", "am-gateway-x");
            fail(record, "AM-NET-001", "am-gateway-x");
        });
        assert!(matches!(verdict, Verdict::Also(_)), "{verdict:?}");
    }

    #[test]
    fn what_the_cluster_cannot_show_is_not_caught() {
        let verdict = verdict(|record| record.unsupported("AM-WIRE-008", "no probe"));
        assert!(matches!(verdict, Verdict::Unsupported(_)), "{verdict:?}");
    }
}
