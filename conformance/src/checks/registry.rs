//! Which check judges which requirement.

use std::collections::BTreeMap;

use am_product::{ConfigurationFormat, Distribution};

use super::{
    Check, FamilyChecks, condition, configuration, distribution, given, helm, integration,
    kubernetes, machine, network, operations, region, rows, security, topology, upgrade, wiring,
};
use crate::{
    context::{Context, Judge},
    error::SuiteError,
    facts::controllers,
    outcome::Outcome,
    requirement::{Catalogue, Charts, Family, Ground, Layer, Requirement, Subjects},
};

const FAMILIES: [FamilyChecks; 13] = [
    distribution::CHECKS,
    topology::CHECKS,
    wiring::CHECKS,
    configuration::CHECKS,
    network::CHECKS,
    region::CHECKS,
    integration::CHECKS,
    machine::CHECKS,
    security::CHECKS,
    operations::CHECKS,
    upgrade::CHECKS,
    helm::CHECKS,
    kubernetes::CHECKS,
];

/// What came of a check.
pub(crate) enum Verdict {
    /// Its outcome.
    Told(Outcome),
    /// It looked at nothing, though the requirement's condition holds or it has none.
    Silent,
}

/// What judges a requirement.
#[derive(Clone)]
enum Judgement {
    /// A check in code.
    Code(Check),
    /// Its rows.
    Rows(Vec<rows::Compiled>),
}

/// Which check judges which requirement.
#[derive(Clone)]
pub(crate) struct Registry {
    checks: BTreeMap<String, Judgement>,
}

impl Registry {
    /// The registry of this build.
    ///
    /// # Errors
    /// When a requirement has no check, a check no requirement, or an id two checks.
    pub(crate) fn load(catalogue: &Catalogue) -> Result<Self, SuiteError> {
        let mut checks = BTreeMap::new();
        for requirement in catalogue
            .iter()
            .filter(|requirement| !requirement.rows.is_empty())
        {
            let compiled = requirement.rows.iter().enumerate().map(|(index, row)| {
                rows::compile(row).map_err(|wrong| SuiteError::Requirements {
                    file: place_of(requirement, index, wrong.field),
                    message: format!("{}: `{}`: {}", requirement.id, wrong.field, wrong.message),
                })
            });
            let compiled = compiled.collect::<Result<_, _>>()?;
            checks.insert(requirement.id.clone(), Judgement::Rows(compiled));
        }
        for (id, check) in FAMILIES.iter().flat_map(|family| family.iter()) {
            if checks
                .insert((*id).to_owned(), Judgement::Code(*check))
                .is_some()
            {
                return Err(SuiteError::usage(format!("{id} has two checks")));
            }
            catalogue
                .get(id)
                .map_err(|_| SuiteError::usage(format!("the check of {id} has no requirement")))?;
        }
        if let Some(bare) = catalogue
            .iter()
            .find(|requirement| !checks.contains_key(&requirement.id))
        {
            return Err(SuiteError::usage(format!("{} has no check", bare.id)));
        }
        Ok(Self { checks })
    }

    /// Judges one requirement on one subject.
    pub(crate) fn judge(&self, requirement: &Requirement, context: &Context<'_>) -> Verdict {
        if let Some(reason) = out_of_scope(requirement, context) {
            return Verdict::Told(Outcome::NotApplicable { reason });
        }
        self.look(requirement, context)
    }

    /// Judges one requirement on a subject that it is about.
    pub(crate) fn look(&self, requirement: &Requirement, context: &Context<'_>) -> Verdict {
        match self.checks.get(&requirement.id) {
            Some(Judgement::Code(check)) => verdict(requirement, *check, context),
            Some(Judgement::Rows(rows)) => verdict(
                requirement,
                |context, judge| rows.iter().for_each(|row| row.judge(context, judge)),
                context,
            ),
            None => Verdict::Told(Outcome::Unsupported {
                reason: "no check".into(),
            }),
        }
    }
}

/// Where a field of a row stands.
fn place_of(requirement: &Requirement, row: usize, field: &str) -> String {
    match &requirement.own {
        Some(own) => own.place_of(row, field),
        None => format!("{}.yaml", requirement.family.name()),
    }
}

/// Lets a check look at a subject, and says what to make of it when it looked at nothing.
pub(super) fn verdict(
    requirement: &Requirement,
    check: impl Fn(&Context<'_>, &mut Judge<'_>),
    context: &Context<'_>,
) -> Verdict {
    let mut judge = Judge::new(context, requirement);
    check(context, &mut judge);
    if !judge.is_silent() {
        return Verdict::Told(judge.outcome());
    }
    let condition = match &requirement.applies_when {
        Some(when) if condition::holds(when, &requirement.id, context) => Ok(()),
        Some(when) => Err(when.otherwise.as_str()),
        None if is_unseen(context) => Err("no configuration can be seen from here"),
        // Who states nothing always finds something to look at.
        None => judge.condition().unwrap_or(Ok(())),
    };
    match condition {
        Ok(()) => Verdict::Silent,
        Err(otherwise) => Verdict::Told(Outcome::NotApplicable {
            reason: otherwise.to_owned(),
        }),
    }
}

/// Whether all configurations that there are come from elsewhere, which the report tells.
fn is_unseen(context: &Context<'_>) -> bool {
    let nodes = || context.graph.nodes.iter();
    nodes().any(|node| node.unseen.is_some()) && nodes().all(|node| node.configuration.is_none())
}

fn out_of_scope(requirement: &Requirement, context: &Context<'_>) -> Option<String> {
    let applies_to = &requirement.applies_to;
    let subject = context.subject;
    let ground = context.ground();
    if !applies_to.is_about(ground) {
        return Some(match ground {
            Ground::Clusters => "is about virtual machines".into(),
            Ground::Machines => "is about clusters".into(),
        });
    }
    let layer = Layer::of(subject.pattern);
    if !applies_to.is_about_layer(layer) {
        return Some(match layer {
            Layer::ApiManagement => "is about the integration layer".into(),
            Layer::Integration => "is about API management".into(),
        });
    }
    let reads_yaml = |distribution: Distribution| {
        distribution.configuration_format() == ConfigurationFormat::Yaml
    };
    let is_about_files = [Family::Configuration, Family::Wiring].contains(&requirement.family);
    if is_about_files && subject.pattern.distribution().is_some_and(reads_yaml) {
        return Some("is about deployment.toml, which its servers do not read".into());
    }
    if applies_to.charts == Charts::Generated && !context.is_generated {
        return Some("asks for the layout of the generated charts".into());
    }
    if applies_to.subjects == Subjects::Representative && !context.is_representative {
        return Some("is judged once per chart and product version".into());
    }
    if !applies_to.patterns.is_empty() && !applies_to.patterns.contains(&subject.pattern) {
        return Some(format!("does not concern pattern {}", subject.pattern));
    }
    if applies_to.except_patterns.contains(&subject.pattern) {
        return Some(format!("does not hold for pattern {}", subject.pattern));
    }
    let has = |component| context.pattern().contains_key(component);
    if !applies_to.components.is_empty() && !applies_to.components.iter().any(has) {
        return Some("the pattern has none of the components concerned".into());
    }
    let is_version = |version: &String| {
        subject.product_version == *version
            || subject.product_version.starts_with(&format!("{version}."))
    };
    if !applies_to.versions.is_empty() && !applies_to.versions.iter().any(is_version) {
        return Some(format!(
            "does not concern version {}",
            subject.product_version
        ));
    }
    if !applies_to.platforms.is_empty() && !applies_to.platforms.contains(&subject.platform) {
        return Some(format!("does not concern platform {}", subject.platform));
    }
    if applies_to.except_platforms.contains(&subject.platform) {
        return Some(format!("does not hold on platform {}", subject.platform));
    }
    None
}

/// Whether every table that checks read can be used.
///
/// # Errors
/// With the place of the first one that cannot.
pub(crate) fn check_tables() -> Result<(), String> {
    given::GIVEN.as_ref().map_err(Clone::clone)?;
    controllers::check_tables()?;
    helm::check_tables()?;
    security::check_tables()?;
    upgrade::check_tables()?;
    kubernetes::check_tables()
}

#[cfg(test)]
mod tests {
    use super::{Check, Registry, Verdict};
    use crate::{
        checks::harness::{Case, Subject},
        outcome::Outcome,
        requirement::Catalogue,
    };

    #[test]
    fn every_requirement_has_a_check_and_every_check_a_requirement() {
        let catalogue = Catalogue::load().expect("the committed requirements are well-formed");
        Registry::load(&catalogue).expect("requirements and checks agree");
        assert!(!catalogue.is_empty());
    }

    const SERVICE: &str =
        "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 1}]}}";
    const SCALER: &str = "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: a}, \
        spec: {scaleTargetRef: {kind: Deployment, name: nobody}}}";

    /// What the registry says of AM-NET-010, which looks at workloads that are scaled, on some documents.
    fn verdict(documents: &str) -> Verdict {
        let catalogue = Catalogue::load().expect("the committed requirements are well-formed");
        let registry = Registry::load(&catalogue).expect("requirements and checks agree");
        let requirement = catalogue.get("AM-NET-010").expect("there");
        Subject::default().with_context(documents, |context| registry.judge(requirement, context))
    }

    #[test]
    fn a_requirement_is_not_applicable_where_its_condition_does_not_hold() {
        let Verdict::Told(Outcome::NotApplicable { reason }) = verdict(SERVICE) else {
            panic!("it asks for nothing")
        };
        assert_eq!(reason, "no workload has an autoscaler");
    }

    #[test]
    fn a_check_that_looks_at_nothing_where_its_condition_holds_is_silent() {
        assert!(matches!(verdict(SCALER), Verdict::Silent));
    }

    #[test]
    fn looking_at_nothing_passes_only_where_a_condition_says_so() {
        let of = |check: Check| Case::documents(SERVICE).judge(check);
        assert!(!of(|_, _| {}).is_green());
        assert!(!of(|_, judge| judge.applies(true, "nothing is there")).is_green());
        let outcome = of(|_, judge| judge.applies(false, "nothing is there"));
        assert!(matches!(outcome, Outcome::NotApplicable { .. }));
    }
}
