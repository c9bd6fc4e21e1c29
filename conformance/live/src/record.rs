//! What the phases learned about requirements, gathered into outcomes.

use std::collections::BTreeMap;

use am_conformance::finding::{Evidence, Finding, ObjectRef};
use am_conformance::report::RequirementResult;
use am_conformance::{Catalogue, Outcome};

use crate::mask::Mask;

/// The requirements that a run judges for one pattern.
#[derive(Debug)]
pub(crate) struct Record {
    catalogue: Catalogue,
    entries: BTreeMap<String, Entry>,
}

#[derive(Debug, Default)]
struct Entry {
    checked: usize,
    findings: Vec<Finding>,
    unsupported: Option<String>,
    not_applicable: Option<String>,
}

/// What is wrong, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// One sentence, lower case first.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) help: String,
    /// The value responsible, never a secret.
    pub(crate) value: Option<String>,
    /// The peer that was meant.
    pub(crate) peer: Option<String>,
    /// The object at fault: kind and name.
    pub(crate) object: Option<(&'static str, String)>,
}

impl Fault {
    /// A fault and its cure.
    pub(crate) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: help.into(),
            value: None,
            peer: None,
            object: None,
        }
    }

    /// Names the object at fault.
    #[must_use]
    pub(crate) fn at(mut self, kind: &'static str, name: impl Into<String>) -> Self {
        self.object = Some((kind, name.into()));
        self
    }

    /// Names the value responsible.
    #[must_use]
    pub(crate) fn value(mut self, value: impl Into<String>) -> Self {
        self.value = Some(value.into());
        self
    }

    /// Without the values of Secrets.
    #[must_use]
    pub(crate) fn masked(mut self, mask: &Mask) -> Self {
        for text in [&mut self.message, &mut self.help]
            .into_iter()
            .chain(&mut self.value)
        {
            *text = mask.apply(text);
        }
        self
    }

    /// Names the peer that was meant.
    #[must_use]
    pub(crate) fn peer(mut self, peer: impl Into<String>) -> Self {
        self.peer = Some(peer.into());
        self
    }
}

/// Where something was found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// Namespace.
    pub(crate) namespace: &'a str,
    /// Release.
    pub(crate) release: &'a str,
}

impl Record {
    /// Nothing learned yet; each of `planned` must be judged, or the run is not green.
    pub(crate) fn new<'a>(
        catalogue: Catalogue,
        planned: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let entries = planned
            .into_iter()
            .map(|id| (id.to_owned(), Entry::default()))
            .collect();
        Self { catalogue, entries }
    }

    /// Something was looked at and is right.
    pub(crate) fn passed(&mut self, requirement: &str, count: usize) {
        self.entry(requirement).checked += count;
    }

    /// Something was looked at and is wrong. The same fault is kept once.
    pub(crate) fn failed(&mut self, requirement: &str, place: Place<'_>, fault: Fault) {
        let level = self
            .catalogue
            .get(requirement)
            .map(|known| known.level)
            .unwrap_or_default();
        let finding = Finding {
            requirement: requirement.to_owned(),
            level,
            message: fault.message,
            object: fault.object.map(|(kind, name)| ObjectRef {
                kind: kind.to_owned(),
                name,
                namespace: place.namespace.to_owned(),
                release: place.release.to_owned(),
            }),
            configuration: None,
            template: None,
            generator: None,
            value: fault.value,
            peer: fault.peer,
            values: Vec::new(),
            help: fault.help,
            evidence: Evidence::Live,
            also: Vec::new(),
        };
        let entry = self.entry(requirement);
        entry.checked += 1;
        if !entry.findings.contains(&finding) {
            entry.findings.push(finding);
        }
    }

    /// It cannot be judged on this cluster.
    pub(crate) fn unsupported(&mut self, requirement: &str, reason: impl Into<String>) {
        self.entry(requirement)
            .unsupported
            .get_or_insert_with(|| reason.into());
    }

    /// It asks for nothing here.
    pub(crate) fn not_applicable(&mut self, requirement: &str, reason: impl Into<String>) {
        self.entry(requirement)
            .not_applicable
            .get_or_insert_with(|| reason.into());
    }

    /// One result for each requirement, in the catalogue's order.
    pub(crate) fn results(&self) -> Vec<RequirementResult> {
        self.catalogue
            .iter()
            .filter_map(|requirement| {
                let entry = self.entries.get(&requirement.id)?;
                Some(RequirementResult {
                    requirement: requirement.id.clone(),
                    level: requirement.level,
                    outcome: entry.outcome(),
                })
            })
            .collect()
    }

    fn entry(&mut self, requirement: &str) -> &mut Entry {
        self.entries.entry(requirement.to_owned()).or_default()
    }
}

impl Entry {
    fn outcome(&self) -> Outcome {
        if !self.findings.is_empty() {
            return Outcome::of(self.checked, self.findings.clone());
        }
        if let Some(reason) = &self.unsupported {
            return Outcome::Unsupported {
                reason: reason.clone(),
            };
        }
        match &self.not_applicable {
            Some(reason) if self.checked == 0 => Outcome::NotApplicable {
                reason: reason.clone(),
            },
            _ => Outcome::of(self.checked, Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Place, Record};
    use am_conformance::{Catalogue, Outcome};

    const PLACE: Place<'static> = Place {
        namespace: "n",
        release: "r",
    };

    fn outcome(change: impl FnOnce(&mut Record)) -> Outcome {
        let catalogue = Catalogue::load().expect("the committed requirements parse");
        let mut record = Record::new(catalogue, ["AM-WIRE-001"]);
        change(&mut record);
        record.results().remove(0).outcome
    }

    #[test]
    fn a_planned_requirement_that_nobody_judged_is_not_green() {
        assert!(!outcome(|_| ()).is_green());
        assert!(outcome(|record| record.passed("AM-WIRE-001", 1)).is_green());
    }

    #[test]
    fn one_finding_outweighs_everything_that_passed() {
        let outcome = outcome(|record| {
            record.passed("AM-WIRE-001", 5);
            record.unsupported("AM-WIRE-001", "no probe");
            record.failed("AM-WIRE-001", PLACE, Fault::new("wrong", "right it"));
            record.failed("AM-WIRE-001", PLACE, Fault::new("wrong", "right it"));
        });
        assert_eq!(outcome.findings().len(), 1);
    }

    #[test]
    fn what_is_unsupported_is_never_passed() {
        let outcome = outcome(|record| {
            record.passed("AM-WIRE-001", 5);
            record.unsupported("AM-WIRE-001", "nobody enforces policies here");
        });
        assert!(matches!(outcome, Outcome::Unsupported { .. }));
    }
}
