//! What a whole run of our charts left unjudged: a template that no subject rendered, a requirement that found nothing to look at
//! anywhere. Either would be green by silence.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use super::{
    Charts, Input, Matrix, Options, Subject, Variants,
    judge::{Judged, Suite},
    own,
};
use crate::{chart::ChartSource, outcome::Outcome, requirement::Requirement};

/// The gaps of a run, as sentences that say what to do. A run that was narrowed on purpose has only those of requirements that the
/// user brings, and there are none for one whose charts did
/// not render, because that is told already.
pub(super) fn gaps(
    options: &Options,
    suite: &Suite,
    matrix: &Matrix,
    charts: &Charts,
    subjects: &[Subject],
    judged: &[Judged],
) -> Vec<String> {
    let is_rendered = judged.iter().all(|judged| judged.result.error.is_none());
    if !is_rendered {
        return Vec::new();
    }
    let mut gaps = unlooked_by_own(suite.requirements(), judged);
    if !is_whole(options) {
        return gaps;
    }
    gaps.extend(unrendered(matrix, charts, subjects, judged));
    gaps.extend(unlooked(suite, judged, has_steps(options)));
    gaps
}

/// Whether there are charts of more than one product version, so that there is a step from one to another.
fn has_steps(options: &Options) -> bool {
    matches!(&options.input, Input::Charts(directories) if directories.len() > 1)
}

/// Whether a run is about everything that there is.
fn is_whole(options: &Options) -> bool {
    matches!(options.input, Input::Charts(_))
        && options.variants == Variants::All
        && options.patterns.is_empty()
        && options.platforms.is_empty()
        && options.product_versions.is_empty()
        && options.only.is_empty()
        && options.skip.is_empty()
        && options.affected.is_none()
}

/// Templates of documents that no subject of their chart rendered.
fn unrendered(
    matrix: &Matrix,
    charts: &Charts,
    subjects: &[Subject],
    judged: &[Judged],
) -> Vec<String> {
    let mut rendered: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut sources: BTreeMap<&str, &ChartSource> = BTreeMap::new();
    for (subject, judged) in subjects.iter().zip(judged) {
        for chart in subject.charts().filter_map(|path| charts.get(path)) {
            sources.insert(&chart.place, chart);
            let templates = judged.templates.iter().map(String::as_str);
            rendered.entry(&chart.place).or_default().extend(templates);
        }
    }
    let mut missing: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (place, chart) in sources {
        for template in document_templates(chart) {
            let is_rendered = rendered
                .get(place)
                .is_some_and(|rendered| rendered.contains(template));
            if !is_rendered && !matrix.without_documents.contains_key(template) {
                missing.entry(template).or_default().push(place);
            }
        }
    }
    missing
        .into_iter()
        .map(|(template, places)| {
            format!(
                "no subject renders {template} of {}: add a variant that does to conformance/requirements/matrix.yaml, or say in its withoutDocuments why it makes no document",
                places.join(", ")
            )
        })
        .collect()
}

/// The files of a chart that Helm takes for documents.
fn document_templates(chart: &ChartSource) -> impl Iterator<Item = &str> {
    chart
        .templates()
        .map(|(path, _)| path.as_str())
        .filter(|path| {
            let name = path.rsplit('/').next().unwrap_or(path);
            !name.starts_with('_') && name != "NOTES.txt"
        })
}

/// Requirements that looked at nothing on any subject, and those that did although their file says that they never can.
/// Without steps from one product version to another, those that ask for one may look at nothing.
fn unlooked(suite: &Suite, judged: &[Judged], has_steps: bool) -> Vec<String> {
    let mut looked: BTreeSet<&str> = BTreeSet::new();
    for result in judged.iter().flat_map(|judged| &judged.result.results) {
        match &result.outcome {
            // What could not be judged is told already.
            Outcome::Passed { .. } | Outcome::Failed { .. } | Outcome::Unsupported { .. } => {
                looked.insert(&result.requirement);
            }
            Outcome::Skipped { .. } | Outcome::NotApplicable { .. } => {}
        }
    }
    let mut gaps = Vec::new();
    for requirement in suite
        .requirements()
        .filter(|requirement| requirement.own.is_none())
        .filter(|requirement| has_steps || !is_about_steps(requirement))
    {
        let id = requirement.id.as_str();
        let file = format!(
            "conformance/requirements/{}.yaml",
            requirement.family.name()
        );
        match (&requirement.never_looked_at, looked.contains(id)) {
            (None, false) => gaps.push(format!(
                "{id} checked nothing on any subject: add a variant to conformance/requirements/matrix.yaml that has what it checks, or give the reason why there can be none in {file} (neverLookedAt)"
            )),
            (Some(reason), true) => gaps.push(format!(
                "{id} checked something, but {file} says that it never can (neverLookedAt: {reason}): remove that entry"
            )),
            (None, true) | (Some(_), false) => {}
        }
    }
    gaps
}

/// Whether a requirement applies only where charts of another product version are at hand.
fn is_about_steps(requirement: &Requirement) -> bool {
    requirement
        .applies_when
        .as_ref()
        .is_some_and(|condition| condition.any.iter().all(|one| one.other_version))
}

/// Requirements of users that looked at nothing on any subject, although they state no condition: a slip of the pen in `each` or
/// `when` would be green otherwise.
fn unlooked_by_own<'r>(
    requirements: impl Iterator<Item = &'r Requirement>,
    judged: &[Judged],
) -> Vec<String> {
    let mut gaps = Vec::new();
    for requirement in requirements.filter(|requirement| requirement.applies_when.is_none()) {
        let Some(own) = &requirement.own else {
            continue;
        };
        let results = || {
            let results = judged.iter().flat_map(|judged| &judged.result.results);
            results.filter(|result| result.requirement == requirement.id)
        };
        let has_looked =
            results().any(|result| !matches!(result.outcome, Outcome::NotApplicable { .. }));
        if has_looked || results().next().is_none() {
            continue;
        }
        let mut gap = format!(
            "{} ({}) looked at nothing on any subject",
            requirement.id,
            own.place()
        );
        if let Some(result) = results().next() {
            // Writing to a string cannot fail.
            let _ = write!(gap, ": {}", own::reason_of(&result.outcome));
        }
        gap.push_str(
            "; correct `each` or `when`, or say with appliesWhen when it asks for something",
        );
        gaps.push(gap);
    }
    gaps
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeSet,
        fs,
        path::{Path, PathBuf},
    };

    use am_deployment_toml::product::ProductVersion;
    use am_product::Pattern;
    use am_toolchain::RenderRequest;

    use super::gaps;
    use crate::{
        graph::Hints,
        outcome::Outcome,
        report::{RequirementResult, SubjectResult, Topology},
        subject::SubjectDescription,
        suite::{
            ChartDirectory, Charts, Input, Matrix, Options, Subject,
            judge::{Judged, Suite},
        },
    };

    /// A run over one chart with two templates, in which every requirement looked at something that can.
    struct Run {
        folder: tempfile::TempDir,
        options: Options,
        suite: Suite,
        templates: BTreeSet<String>,
        /// Requirements that looked at nothing, or did against their word.
        turned: Vec<String>,
    }

    impl Run {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let chart = folder.path().join("am-pattern-0");
            for file in [
                "a.yaml",
                "_b.tpl",
                "NOTES.txt",
                "more/c.yaml",
                "_common/_validation/validation.yaml",
            ] {
                let path = chart.join("templates").join(file);
                fs::create_dir_all(path.parent().expect("a folder")).expect("made");
                fs::write(path, "").expect("written");
            }
            let directories = ProductVersion::all().map(|version| ChartDirectory {
                version,
                path: folder.path().to_owned(),
            });
            let options = Options::new(folder.path(), Input::Charts(directories.collect()));
            let suite = Suite::load(&options).expect("the requirements are well-formed");
            Self {
                folder,
                options,
                suite,
                templates: ["templates/a.yaml", "templates/more/c.yaml"]
                    .map(str::to_owned)
                    .into(),
                turned: Vec::new(),
            }
        }

        fn chart(&self) -> PathBuf {
            self.folder.path().join("am-pattern-0")
        }

        fn gaps(&self) -> Vec<String> {
            let description = SubjectDescription {
                id: "p0".into(),
                pattern: Pattern::Numbered(0),
                site: None,
                product_version: "4.7.0".into(),
                platform: "none".into(),
                variant: "default".into(),
                releases: vec!["am".into()],
                namespace: "apim".into(),
                kubernetes_version: String::new(),
            };
            let subject = Subject {
                description: description.clone(),
                version: ProductVersion::newest(),
                renders: vec![RenderRequest::new(self.chart(), "am", "apim")],
                beside: Vec::new(),
                sites: Vec::new(),
                tree: None,
                specification: None,
                hints: Hints::default(),
                is_generated: true,
                is_representative: true,
            };
            let results = self.suite.requirements().map(|requirement| {
                let has_looked =
                    requirement.never_looked_at.is_none() != self.turned.contains(&requirement.id);
                RequirementResult {
                    requirement: requirement.id.clone(),
                    level: requirement.level,
                    outcome: if has_looked {
                        Outcome::Passed { checked: 1 }
                    } else {
                        Outcome::NotApplicable {
                            reason: String::new(),
                        }
                    },
                }
            });
            let judged = Judged {
                result: SubjectResult {
                    subject: description,
                    error: None,
                    results: results.collect(),
                },
                topology: Topology::default(),
                sources: std::collections::BTreeMap::new(),
                renders: 1,
                templates: self.templates.clone(),
                unseen: Vec::new(),
                mistake: None,
                by_machine: false,
                is_cached: false,
                seconds: 0.0,
            };
            let charts = Charts::read([self.chart()].iter(), Path::new(".")).expect("a chart");
            let matrix = Matrix::load(&self.suite.facts).expect("the matrix is well-formed");
            gaps(
                &self.options,
                &self.suite,
                &matrix,
                &charts,
                &[subject],
                &[judged],
            )
        }
    }

    #[test]
    fn a_run_in_which_everything_was_judged_has_no_gap() {
        assert_eq!(Run::new().gaps(), Vec::<String>::new());
    }

    #[test]
    fn a_template_that_no_subject_renders_is_named() {
        let mut run = Run::new();
        run.templates.remove("templates/more/c.yaml");
        let gaps = run.gaps();
        assert_eq!(gaps.len(), 1, "{gaps:?}");
        assert!(gaps[0].contains("templates/more/c.yaml of") && gaps[0].contains("am-pattern-0"));
    }

    #[test]
    fn a_requirement_that_looked_at_nothing_is_named() {
        let mut run = Run::new();
        run.turned.push("AM-NET-009".into());
        let gaps = run.gaps();
        assert_eq!(gaps.len(), 1, "{gaps:?}");
        assert!(
            gaps[0].starts_with("AM-NET-009 checked nothing"),
            "{gaps:?}"
        );
    }

    #[test]
    fn a_requirement_that_looked_at_something_against_its_word_is_named() {
        let mut run = Run::new();
        run.turned.push("AM-HELM-010".into());
        let gaps = run.gaps();
        assert_eq!(gaps.len(), 1, "{gaps:?}");
        assert!(
            gaps[0].starts_with("AM-HELM-010 checked something"),
            "{gaps:?}"
        );
    }

    #[test]
    fn a_run_that_was_narrowed_has_no_gap() {
        let mut run = Run::new();
        run.templates.clear();
        assert!(!run.gaps().is_empty());
        run.options.patterns = vec![Pattern::Numbered(0)];
        assert!(run.gaps().is_empty());
        run.options.patterns.clear();
        run.options.only = vec!["AM-DIST".into()];
        assert!(run.gaps().is_empty());
    }

    #[test]
    fn a_run_of_one_product_version_may_leave_steps_between_versions_unlooked_at() {
        let mut run = Run::new();
        run.turned.push("AM-UPG-002".into());
        assert!(!run.gaps().is_empty());
        let Input::Charts(directories) = &mut run.options.input else {
            panic!("the run is of charts");
        };
        directories.truncate(1);
        assert!(run.gaps().is_empty());
        run.turned.push("AM-DIST-001".into());
        assert_eq!(run.gaps().len(), 1);
    }
}
