//! Judges one subject.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    Options, Subject, SubjectVariations,
    consequences::without_placeholders,
    digest::{ChartSet, Charts},
    own,
    render::documents_of,
    sources::sources_of,
    topology::topology_of,
    variation::Renders,
};
use crate::{
    chart::{ChartSource, Places},
    checks::{Registry, Verdict},
    context::Context,
    error::SuiteError,
    facts::Facts,
    graph::Graph,
    manifest::{Flaw, FlawKind, Manifest},
    outcome::Outcome,
    report::{RequirementResult, SubjectResult, Topology},
    requirement::{Catalogue, Level, Requirement},
    upstream::{Admission, Asked, Upstream},
    variation::Variations,
};

/// A judged subject with what the report needs of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Judged {
    /// Outcomes.
    pub(crate) result: SubjectResult,
    /// Components and edges.
    pub(crate) topology: Topology,
    /// Texts that findings point into.
    pub(crate) sources: BTreeMap<String, String>,
    /// Charts rendered.
    pub(crate) renders: usize,
    /// Templates that made a document of it.
    #[serde(default)]
    pub(crate) templates: BTreeSet<String>,
    /// Configurations that could not be seen, each in a sentence.
    #[serde(default)]
    pub(crate) unseen: Vec<String>,
    /// What its specification declares in vain.
    #[serde(skip)]
    pub(crate) mistake: Option<String>,
    /// Whether an outcome may be owed to this machine, and another machine or day would have another.
    #[serde(skip)]
    pub(crate) by_machine: bool,
    /// Whether an earlier run found it.
    #[serde(skip)]
    pub(crate) is_cached: bool,
    /// Time that it took, in seconds.
    #[serde(skip)]
    pub(crate) seconds: f64,
}

/// Everything that does not change from subject to subject.
pub(crate) struct Suite {
    pub(crate) facts: Facts,
    pub(crate) catalogue: Catalogue,
    registry: Registry,
    /// Why requirements are not judged, by id.
    pub(super) skipped: BTreeMap<String, String>,
    /// Ids to judge or to report as skipped.
    pub(super) chosen: Vec<String>,
    pub(super) source_map: Option<std::sync::Arc<dyn crate::context::SourceMap>>,
    schemas: Option<std::sync::Arc<dyn crate::context::SchemaValidator>>,
}

impl Suite {
    pub(crate) fn load(options: &Options) -> Result<Self, SuiteError> {
        let catalogue = Catalogue::load_with(&options.requirements)?;
        let registry = Registry::load(&catalogue)?;
        let facts = Facts::load()?;
        own::prove(&catalogue, &registry, &facts)?;
        let mut chosen: Vec<String> = Vec::new();
        for pattern in &options.only {
            chosen.extend(
                catalogue
                    .select(pattern)?
                    .iter()
                    .map(|requirement| requirement.id.clone()),
            );
        }
        let mut skipped = BTreeMap::new();
        for skip in &options.skip {
            if skip.reason.trim().is_empty() {
                return Err(SuiteError::usage(format!(
                    "--skip {} needs a reason, such as --skip {}='no cluster here'",
                    skip.requirement, skip.requirement
                )));
            }
            for requirement in catalogue.select(&skip.requirement)? {
                skipped.insert(requirement.id.clone(), skip.reason.clone());
            }
        }
        if options.only.is_empty() {
            chosen = catalogue
                .iter()
                .map(|requirement| requirement.id.clone())
                .collect();
        }
        Ok(Self {
            facts,
            catalogue,
            registry,
            skipped,
            chosen,
            source_map: options.source_map.clone(),
            schemas: options.schemas.clone(),
        })
    }

    pub(crate) fn requirements(&self) -> impl Iterator<Item = &Requirement> {
        self.catalogue
            .iter()
            .filter(|requirement| self.chosen.contains(&requirement.id))
    }

    /// Renders a subject and judges it.
    pub(super) fn judge(&self, subject: &Subject, charts: &Charts, by: &Renders<'_>) -> Judged {
        let mut renders = 0;
        let rendered = documents_of(subject, by.renderer, &mut renders);
        let rendered = rendered.and_then(|manifest| match manifest.missing_release() {
            // There is nothing else to judge.
            Some(message) if manifest.objects.is_empty() => Err(message),
            _ => Ok(manifest),
        });
        let manifest = match rendered {
            Ok(manifest) => manifest,
            Err(error) => {
                let result = SubjectResult {
                    subject: subject.description.clone(),
                    error: Some(error),
                    results: Vec::new(),
                };
                return Judged {
                    result,
                    topology: Topology::default(),
                    sources: BTreeMap::new(),
                    renders,
                    templates: BTreeSet::new(),
                    unseen: Vec::new(),
                    mistake: None,
                    by_machine: false,
                    is_cached: false,
                    seconds: 0.0,
                };
            }
        };
        let variations =
            SubjectVariations::new(subject, by.renderer, by.programs, &by.directories, &[])
                .passing_over(&manifest);
        let mut judged = self.judge_manifest(
            subject,
            &manifest,
            Some(&variations),
            &charts.of(subject),
            by.renderer.upstream(),
        );
        judged.result.error = untold(&manifest, &judged.result);
        judged.renders = renders + variations.renders();
        judged.by_machine |= variations.is_refused_by_machine();
        judged
    }

    /// Judges documents that are already rendered.
    pub(crate) fn judge_manifest(
        &self,
        subject: &Subject,
        manifest: &Manifest,
        variations: Option<&dyn Variations>,
        charts: &ChartSet,
        upstream: &dyn Upstream,
    ) -> Judged {
        let upstream = Asked::new(upstream);
        let graph = Graph::build(manifest, &self.facts, subject.version, &subject.hints);
        let context = Context {
            subject: &subject.description,
            version: subject.version,
            is_generated: subject.is_generated,
            is_representative: subject.is_representative,
            manifest,
            graph: &graph,
            facts: &self.facts,
            charts: &charts.charts,
            upstream: &upstream,
            admission: Admission::new(&upstream),
            variations,
            given: &charts.given,
            places: Places::default(),
            source_map: self.source_map.as_deref(),
            schemas: self.schemas.as_deref(),
        };
        let verdicts: Vec<(&Requirement, Verdict)> = self
            .requirements()
            .map(|requirement| {
                let verdict = match self.skipped.get(&requirement.id) {
                    Some(reason) => Verdict::Told(Outcome::Skipped {
                        reason: reason.clone(),
                    }),
                    None => self.registry.judge(requirement, &context),
                };
                (requirement, verdict)
            })
            .collect();
        let is_told = |verdict: &Verdict| matches!(verdict, Verdict::Told(Outcome::Failed { .. }));
        let excuse = if verdicts.iter().any(|(_, verdict)| is_told(verdict)) {
            Some("there was nothing to check; other requirements report why")
        } else if !subject.is_generated {
            Some("there was nothing to check in these charts")
        } else {
            None
        };
        let results = verdicts
            .into_iter()
            .map(|(requirement, verdict)| RequirementResult {
                requirement: requirement.id.clone(),
                level: requirement.level,
                outcome: outcome_of(requirement, verdict, excuse),
            })
            .collect();
        let results = without_placeholders(results, &graph);
        let result = SubjectResult {
            subject: subject.description.clone(),
            error: None,
            results,
        };
        let by_machine = upstream.has_failed()
            || charts
                .charts
                .values()
                .any(ChartSource::is_unread_by_machine);
        let topology = topology_of(&graph, &result);
        let sources = sources_of(&graph, &result, charts);
        Judged {
            result,
            topology,
            sources,
            renders: 0,
            templates: templates_of(manifest),
            unseen: graph.unseen().into_values().collect(),
            mistake: graph.declared_in_vain(&subject.hints),
            by_machine,
            is_cached: false,
            seconds: 0.0,
        }
    }

    /// Ids of MUST requirements that a judged subject does not meet, and of those that could not be judged.
    pub(crate) fn failing(judged: &Judged) -> Vec<(String, Level)> {
        judged
            .result
            .results
            .iter()
            .filter(|result| !result.outcome.is_green())
            .map(|result| (result.requirement.clone(), result.level))
            .collect()
    }
}

/// A check that looked at nothing has judged nothing, and on our charts that is an error. There are two excuses: something else failed,
/// and what this check is about may be what is broken; or the charts are another author's, of a shape that the condition, which is
/// ours, does not foresee.
fn outcome_of(requirement: &Requirement, verdict: Verdict, excuse: Option<&str>) -> Outcome {
    match (verdict, excuse) {
        (Verdict::Told(outcome), _) => outcome,
        (Verdict::Silent, Some(excuse)) => Outcome::NotApplicable {
            reason: excuse.to_owned(),
        },
        (Verdict::Silent, None) => Outcome::Unsupported {
            reason: format!(
                "there was nothing to check, although it applies (conformance/requirements/{}.yaml): either the check is wrong or its condition",
                requirement.family.name()
            ),
        },
    }
}

/// What is missing of the documents, where no finding says so because its requirement was not asked for: what was not read was not
/// judged, and must not be green.
fn untold(manifest: &Manifest, result: &SubjectResult) -> Option<String> {
    let findings = result
        .results
        .iter()
        .filter_map(|result| match &result.outcome {
            Outcome::Failed { findings, .. } => Some(findings),
            _ => None,
        });
    let told: BTreeSet<&str> = findings
        .flatten()
        .map(|finding| finding.message.as_str())
        .collect();
    manifest
        .flaws
        .iter()
        .filter(|flaw| !matches!(flaw.kind, FlawKind::KeyTwice(_)))
        .map(Flaw::sentence)
        .find(|sentence| !told.contains(sentence.as_str()))
}

fn templates_of(manifest: &Manifest) -> BTreeSet<String> {
    let templates = manifest.objects.iter().map(|object| &object.template);
    templates.cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::outcome_of;
    use crate::{checks::Verdict, outcome::Outcome, requirement::Catalogue};

    #[test]
    fn a_check_that_looks_at_nothing_is_an_error_unless_something_else_is_broken() {
        let catalogue = Catalogue::load().expect("the requirements are well-formed");
        let requirement = catalogue.get("AM-NET-009").expect("there");
        let silent = |excuse| outcome_of(requirement, Verdict::Silent, excuse);
        assert!(!silent(None).is_green());
        assert!(matches!(
            silent(Some("another is broken")),
            Outcome::NotApplicable { .. }
        ));
        let told = Outcome::Passed { checked: 1 };
        assert_eq!(
            outcome_of(requirement, Verdict::Told(told.clone()), None),
            told
        );
    }
}
