//! The data as it is read: `data/*.yaml`.

use am_generator::model::table::Table;
use am_generator::yaml::Text;
use am_product::data::File;
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::cases::Cases;
use crate::logic::{Formula, Scalar, When};

pub(crate) const QUESTIONS: File = File::new(
    "choosing/data/questions.yaml",
    include_str!("../data/questions.yaml"),
);
pub(crate) const RULES: File = File::new(
    "choosing/data/rules.yaml",
    include_str!("../data/rules.yaml"),
);
pub(crate) const SIZING: File = File::new(
    "choosing/data/sizing.yaml",
    include_str!("../data/sizing.yaml"),
);
pub(crate) const OUTCOMES: File = File::new(
    "choosing/data/outcomes.yaml",
    include_str!("../data/outcomes.yaml"),
);

/// Everything that recommendations are made of.
#[derive(Debug, Clone)]
pub struct Rules {
    pub(crate) questions: Questions,
    pub(crate) logic: RulesFile,
    pub(crate) sizing: Sizing,
    pub(crate) outcomes: Outcomes,
    pub(crate) cases: Cases,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Questions {
    pub(crate) factors: Table<Factor>,
    pub(crate) questions: Vec<Question>,
}

/// One of the four factors of the guide for choosing.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Factor {
    /// What it is called.
    pub title: String,
    /// What its questions are about.
    pub asks: String,
}

/// A question. What is not a choice and has no bounds is answered by yes or no.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    pub(crate) id: Text,
    /// What is asked.
    pub text: String,
    /// More about it.
    #[serde(default)]
    pub help: Option<String>,
    pub(crate) factor: Text,
    #[serde(default)]
    pub(crate) when: Option<When>,
    #[serde(default)]
    pub(crate) choices: Option<Table<String>>,
    #[serde(default)]
    pub(crate) least: Option<f64>,
    #[serde(default)]
    pub(crate) most: Option<f64>,
    pub(crate) default: Spanned<Scalar>,
}

/// What a question may be answered with.
#[derive(Debug, Clone, PartialEq)]
pub enum Choices<'r> {
    /// Yes or no.
    YesOrNo,
    /// A whole number from one to the other.
    Number(f64, f64),
    /// One of these words, each with what it means.
    OneOf(Vec<(&'r str, &'r str)>),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RulesFile {
    pub(crate) ignored: String,
    pub(crate) steps: Vec<Step>,
    pub(crate) remarks: Vec<Remark>,
}

/// A fact, by the first of the cases that holds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    pub(crate) set: Text,
    pub(crate) cases: Vec<Case>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    #[serde(default)]
    pub(crate) when: Option<When>,
    #[serde(default)]
    pub(crate) value: Option<Spanned<Scalar>>,
    #[serde(default)]
    pub(crate) formula: Option<Spanned<Formula>>,
    #[serde(default)]
    pub(crate) because: Option<Text>,
}

/// One sentence, told where the condition holds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Remark {
    pub(crate) when: When,
    #[serde(default)]
    pub(crate) because: Option<Text>,
    #[serde(default)]
    pub(crate) watch: Option<Text>,
    #[serde(default)]
    pub(crate) conflict: Option<Text>,
    #[serde(default)]
    pub(crate) alternative: Option<Text>,
    /// Answers with which an alternative is what is recommended.
    #[serde(default)]
    pub(crate) instead: Option<Table<Spanned<Scalar>>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sizing {
    pub(crate) measured: Vec<Step>,
    pub(crate) nodes: Vec<Step>,
    pub(crate) components: Vec<ComponentRule>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ComponentRule {
    pub(crate) name: Text,
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) key: Option<String>,
    #[serde(default)]
    pub(crate) parts: Vec<Part>,
    pub(crate) when: When,
    pub(crate) sites: Spanned<Formula>,
    pub(crate) nodes: Spanned<Formula>,
    /// Nodes of one release, where that has fewer.
    #[serde(default)]
    pub(crate) release: Option<Spanned<Formula>>,
    /// The port by which nodes reach it through the load balancer, where that is not its own.
    #[serde(default)]
    pub(crate) balanced: Option<u16>,
    /// What it is as a cluster beside API Manager.
    #[serde(default)]
    pub(crate) integrator: Option<Integrator>,
    pub(crate) cpu: Spanned<Formula>,
    pub(crate) memory: Spanned<Formula>,
}

/// A cluster beside API Manager.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Integrator {
    /// Its kind in a document.
    pub(crate) kind: String,
    /// Its name in values.
    pub(crate) key: String,
}

/// What a component is in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Part {
    /// Other sites hear events from it.
    Hub,
    /// Data planes have it.
    Plane,
    /// Tokens come from it.
    Tokens,
    /// It has more nodes while there is more traffic.
    Scales,
    /// It balances what machines get.
    Balances,
    /// It is no component of a chart.
    Beside,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outcomes {
    #[serde(rename = "outcomes")]
    pub(crate) rules: Vec<OutcomeRule>,
    pub(crate) sites: SiteNames,
    pub(crate) commands: Vec<CommandRule>,
}

/// What sites are called.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SiteNames {
    pub(crate) first: String,
    /// The others, by their numbers.
    pub(crate) others: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutcomeRule {
    pub(crate) fact: Text,
    pub(crate) title: String,
    pub(crate) values: Table<Meaning>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Meaning {
    pub(crate) title: Text,
    pub(crate) says: Text,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommandRule {
    #[serde(default)]
    pub(crate) when: Option<When>,
    pub(crate) does: String,
    /// The sites for each of which it is said.
    #[serde(default)]
    pub(crate) sites: Option<Sites>,
    pub(crate) run: Text,
}

/// Which sites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Sites {
    /// Every site.
    All,
    /// Those that run the whole pattern.
    Full,
    /// Those that run a data plane.
    Planes,
}

impl Rules {
    /// The questions, in their order.
    pub fn questions(&self) -> impl Iterator<Item = &Question> {
        self.questions.questions.iter()
    }

    /// A question by its id.
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.questions().find(|it| it.id.value == id)
    }

    /// The factor that a question belongs to.
    pub fn factor(&self, question: &Question) -> Option<&Factor> {
        self.questions.factors.get(&question.factor.value)
    }

    /// The tables of the source documents.
    pub fn cases(&self) -> &Cases {
        &self.cases
    }

    /// All steps, in the order in which they are taken.
    pub(crate) fn steps(&self) -> impl Iterator<Item = &Step> {
        let measured = self.sizing.measured.iter();
        measured.chain(&self.logic.steps).chain(&self.sizing.nodes)
    }
}

impl Question {
    /// Its name in answers.
    pub fn id(&self) -> &str {
        &self.id.value
    }

    /// Its name as a flag: `requests-per-second` for `requestsPerSecond`.
    pub fn flag(&self) -> String {
        let mut flag = String::new();
        for letter in self.id.value.chars() {
            if letter.is_ascii_uppercase() {
                flag.push('-');
            }
            flag.push(letter.to_ascii_lowercase());
        }
        flag
    }

    /// What counts where it is not answered.
    pub fn default(&self) -> &Scalar {
        &self.default.value
    }

    /// What it may be answered with.
    pub fn choices(&self) -> Choices<'_> {
        if let Some(choices) = &self.choices {
            let choices = choices.iter();
            Choices::OneOf(
                choices
                    .map(|(name, text)| (name.value.as_str(), text.as_str()))
                    .collect(),
            )
        } else if let (Some(least), Some(most)) = (self.least, self.most) {
            Choices::Number(least, most)
        } else {
            Choices::YesOrNo
        }
    }
}
