//! The interpreter: answers in, a recommendation out.

use serde::Serialize;

use crate::answers::Answers;
use crate::logic::{Facts, Scalar, fill, number, whole};
use crate::rules::{Case, Integrator, Part, Question, Rules, Sites};

/// What is recommended, and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recommendation {
    /// What counted for each question.
    pub answers: Facts,
    /// The answers that are not the defaults, as flags of the command.
    pub flags: String,
    /// Platform, pattern, regions, identity, tenants, integration, version.
    pub outcomes: Vec<Outcome>,
    /// Why.
    pub because: Vec<String>,
    /// Answers that do not go together, and what was decided.
    pub conflicts: Vec<String>,
    /// What to look after.
    pub watch: Vec<String>,
    /// What else would do.
    pub alternatives: Vec<String>,
    /// Components with their nodes.
    pub components: Vec<Component>,
    /// Sums over all regions.
    pub total: Size,
    /// What to run.
    pub commands: Vec<Command>,
    /// Names of the sites that a document has.
    #[serde(skip)]
    pub(crate) sites: Vec<String>,
    /// Everything that was worked out.
    #[serde(skip)]
    pub(crate) facts: Facts,
}

/// One part of the answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// Name of the fact.
    pub fact: String,
    /// What it is about.
    pub title: String,
    /// Its value.
    pub value: Scalar,
    /// The value in words.
    pub name: String,
    /// What that means.
    pub says: String,
}

/// Nodes of a component.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Component {
    /// Its name.
    pub name: String,
    /// Its name in texts.
    pub title: String,
    /// In how many regions it is.
    #[serde(serialize_with = "number")]
    pub sites: f64,
    /// Nodes in each of these.
    #[serde(serialize_with = "number")]
    pub nodes: f64,
    /// Processors of a node.
    #[serde(serialize_with = "number")]
    pub cpu: f64,
    /// Memory of a node in GB.
    #[serde(serialize_with = "number")]
    pub memory: f64,
    #[serde(skip)]
    pub(crate) key: Option<String>,
    #[serde(skip)]
    pub(crate) parts: Vec<Part>,
    /// Nodes of one release.
    #[serde(skip)]
    pub(crate) release: f64,
    #[serde(skip)]
    pub(crate) balanced: Option<u16>,
    /// What it is as a cluster beside API Manager.
    #[serde(skip)]
    pub(crate) integrator: Option<Integrator>,
}

/// Sums.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Size {
    /// Nodes.
    #[serde(serialize_with = "number")]
    pub nodes: f64,
    /// Processors.
    #[serde(serialize_with = "number")]
    pub cpu: f64,
    /// Memory in GB.
    #[serde(serialize_with = "number")]
    pub memory: f64,
}

/// A command, and what it does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Command {
    /// What it does.
    pub does: String,
    /// What is typed; several lines where there are several sites.
    pub run: String,
}

/// What the rules say of answers. Any answers give a recommendation; those that do not go together are told.
///
/// An alternative is what the rules say of other answers. It is left out where these change nothing, or do not go together with the rest.
pub fn recommend(rules: &Rules, answers: &Answers) -> Recommendation {
    let mut it = alone(rules, answers);
    for remark in &rules.logic.remarks {
        let (Some(text), Some(instead)) = (&remark.alternative, &remark.instead) else {
            continue;
        };
        if !remark.when.holds(&it.facts) {
            continue;
        }
        let other = alone(rules, &rules.answers(instead).over(answers.clone()));
        if other.outcomes != it.outcomes && other.conflicts.len() <= it.conflicts.len() {
            it.alternatives.push(fill(&text.value, &other.facts));
        }
    }
    it
}

/// What the rules say, without alternatives.
fn alone(rules: &Rules, answers: &Answers) -> Recommendation {
    let mut facts = Facts::new();
    let (mut flags, mut because, mut conflicts) = (String::new(), Vec::new(), Vec::new());
    for question in rules.questions() {
        let is_asked = question.when.as_ref().is_none_or(|it| it.holds(&facts));
        let default = question.default();
        let answer = answers.get(question.id()).unwrap_or(default);
        if !is_asked && answer != default {
            let named = [("question".to_owned(), Scalar::Text(question.id().into()))];
            conflicts.push(fill(&rules.logic.ignored, &named.into()));
        }
        let counts = if is_asked { answer } else { default };
        if counts != default {
            flags.extend([" --", &question.flag(), "=", &counts.to_string()]);
        }
        facts.insert(question.id().to_owned(), counts.clone());
    }
    let answered = facts.clone();
    facts.insert("flags".to_owned(), Scalar::Text(flags.clone()));
    let mut reasons = Vec::new();
    for step in rules.steps() {
        let Some(case) = step.cases.iter().find(|case| case.holds(&facts)) else {
            continue;
        };
        facts.insert(step.set.value.clone(), case.gives(&facts));
        reasons.extend(case.because.as_ref());
    }
    let components = components(rules, &facts);
    let total = components.iter().fold(Size::default(), |sum, it| Size {
        nodes: sum.nodes + it.sites * it.nodes,
        cpu: sum.cpu + it.sites * it.nodes * it.cpu,
        memory: sum.memory + it.sites * it.nodes * it.memory,
    });
    facts.insert("totalNodes".to_owned(), Scalar::Number(total.nodes));
    // Reasons may name facts of later steps.
    because.extend(reasons.into_iter().map(|text| fill(&text.value, &facts)));
    let mut watch = Vec::new();
    for remark in rules
        .logic
        .remarks
        .iter()
        .filter(|it| it.when.holds(&facts))
    {
        for (text, list) in [
            (&remark.because, &mut because),
            (&remark.conflict, &mut conflicts),
            (&remark.watch, &mut watch),
        ] {
            list.extend(text.as_ref().map(|text| fill(&text.value, &facts)));
        }
    }
    let sites = sites(rules, &facts);
    Recommendation {
        answers: answered,
        flags,
        outcomes: outcomes(rules, &facts),
        because,
        conflicts,
        watch,
        alternatives: Vec::new(),
        components,
        total,
        commands: commands(rules, &facts, &sites),
        sites,
        facts,
    }
}

impl Case {
    fn holds(&self, facts: &Facts) -> bool {
        self.when.as_ref().is_none_or(|it| it.holds(facts))
    }

    fn gives(&self, facts: &Facts) -> Scalar {
        let formula = self.formula.as_ref().map(|it| it.value.value(facts));
        let value = self.value.as_ref().map(|it| it.value.clone());
        formula.or(value).unwrap_or(Scalar::Number(0.0))
    }
}

fn components(rules: &Rules, facts: &Facts) -> Vec<Component> {
    let mut components = Vec::new();
    for rule in &rules.sizing.components {
        let number = |formula: &crate::logic::Formula| formula.value(facts).number().unwrap_or(0.0);
        let nodes = number(&rule.nodes.value);
        if nodes > 0.0 && rule.when.holds(facts) {
            components.push(Component {
                name: rule.name.value.clone(),
                title: rule.title.clone(),
                sites: number(&rule.sites.value),
                nodes,
                cpu: number(&rule.cpu.value),
                memory: number(&rule.memory.value),
                key: rule.key.clone(),
                parts: rule.parts.clone(),
                release: rule.release.as_ref().map_or(nodes, |it| number(&it.value)),
                balanced: rule.balanced,
                integrator: rule.integrator.clone(),
            });
        }
    }
    components
}

fn outcomes(rules: &Rules, facts: &Facts) -> Vec<Outcome> {
    let outcomes = rules.outcomes.rules.iter().filter_map(|rule| {
        let value = facts.get(&rule.fact.value)?;
        let meaning = rule.values.get(&value.to_string())?;
        Some(Outcome {
            fact: rule.fact.value.clone(),
            title: rule.title.clone(),
            value: value.clone(),
            name: fill(&meaning.title.value, facts),
            says: fill(&meaning.says.value, facts),
        })
    });
    outcomes.collect()
}

fn sites(rules: &Rules, facts: &Facts) -> Vec<String> {
    let names = &rules.outcomes.sites;
    let all = 1..=count(facts, "regions");
    let name = |number: usize| match number {
        1 => names.first.clone(),
        _ => names.others.replace("{number}", &number.to_string()),
    };
    all.map(name).collect()
}

fn count(facts: &Facts, name: &str) -> usize {
    whole(facts.get(name).and_then(Scalar::number).unwrap_or(0.0))
}

fn commands(rules: &Rules, facts: &Facts, sites: &[String]) -> Vec<Command> {
    let full = count(facts, "fullRegions").min(sites.len());
    let commands = rules.outcomes.commands.iter();
    let commands = commands.filter(|it| it.when.as_ref().is_none_or(|when| when.holds(facts)));
    let commands = commands.filter_map(|rule| {
        let run = |facts: &Facts| fill(&rule.run.value, facts);
        let its = match rule.sites {
            None => return Some((rule, run(facts))),
            Some(Sites::All) => sites,
            Some(Sites::Full) => &sites[..full],
            Some(Sites::Planes) => &sites[full..],
        };
        let lines = its.iter().map(|site| {
            let mut facts = facts.clone();
            facts.insert("site".to_owned(), Scalar::Text(site.clone()));
            run(&facts)
        });
        (!its.is_empty()).then(|| (rule, lines.collect::<Vec<_>>().join("\n")))
    });
    let commands = commands.map(|(rule, run)| Command {
        does: rule.does.clone(),
        run,
    });
    commands.collect()
}

impl Recommendation {
    /// Whether a question is asked beside these answers.
    pub fn asks(&self, question: &Question) -> bool {
        question
            .when
            .as_ref()
            .is_none_or(|it| it.holds(&self.facts))
    }

    /// The value of one of its outcomes, or of another fact.
    pub fn fact(&self, name: &str) -> Option<&Scalar> {
        self.facts.get(name)
    }
}
