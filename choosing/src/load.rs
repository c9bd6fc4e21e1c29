//! From the files to the data: read, and checked.

use am_generator::diagnostic::{Diagnostic, Diagnostics, Place};
use am_generator::yaml;
use am_product::data::File;
use serde::de::DeserializeOwned;

use crate::check;
use crate::rules::{OUTCOMES, QUESTIONS, RULES, Rules, SIZING};

/// Texts of the files of data.
#[derive(Debug, Clone)]
pub struct Texts {
    /// `questions.yaml`.
    pub questions: String,
    /// `rules.yaml`.
    pub rules: String,
    /// `sizing.yaml`.
    pub sizing: String,
    /// `outcomes.yaml`.
    pub outcomes: String,
    /// `cases.yaml`.
    pub cases: String,
}

impl Texts {
    /// Those that the program holds.
    pub fn held() -> Self {
        Self {
            questions: include_str!("../data/questions.yaml").to_owned(),
            rules: include_str!("../data/rules.yaml").to_owned(),
            sizing: include_str!("../data/sizing.yaml").to_owned(),
            outcomes: include_str!("../data/outcomes.yaml").to_owned(),
            cases: include_str!("../data/cases.yaml").to_owned(),
        }
    }

    fn read() -> Result<Self, Diagnostic> {
        let text = |file: File| match file.text() {
            Ok(text) => Ok(text.into_owned()),
            Err(error) => Err(Diagnostic::new(Place::file(&error.file), error.message)),
        };
        Ok(Self {
            questions: text(QUESTIONS)?,
            rules: text(RULES)?,
            sizing: text(SIZING)?,
            outcomes: text(OUTCOMES)?,
            cases: text(crate::cases::FILE)?,
        })
    }
}

impl Rules {
    /// Reads and checks the data, of another workspace where one was named.
    ///
    /// # Errors
    /// When a file cannot be read, or breaks a rule; every mistake with its place.
    pub fn load() -> Result<Self, Diagnostics> {
        Self::of(&Texts::read()?)
    }

    /// The data that the program holds: what command-line flags are made of, before it is known which workspace is meant.
    ///
    /// # Errors
    /// As [`Rules::load`].
    pub fn held() -> Result<Self, Diagnostics> {
        Self::of(&Texts::held())
    }

    /// Reads and checks these.
    ///
    /// # Errors
    /// As [`Rules::load`].
    pub fn of(texts: &Texts) -> Result<Self, Diagnostics> {
        let mut found = Diagnostics::default();
        let questions = read(&mut found, QUESTIONS, &texts.questions);
        let rules = read(&mut found, RULES, &texts.rules);
        let sizing = read(&mut found, SIZING, &texts.sizing);
        let outcomes = read(&mut found, OUTCOMES, &texts.outcomes);
        let cases = read(&mut found, crate::cases::FILE, &texts.cases);
        let (Some(questions), Some(rules), Some(sizing), Some(outcomes), Some(cases)) =
            (questions, rules, sizing, outcomes, cases)
        else {
            return Err(found);
        };
        let this = Self {
            questions,
            logic: rules,
            sizing,
            outcomes,
            cases,
        };
        check::all(&this, &mut found);
        let sources = [
            (QUESTIONS.path.to_owned(), texts.questions.clone()),
            (RULES.path.to_owned(), texts.rules.clone()),
            (SIZING.path.to_owned(), texts.sizing.clone()),
            (OUTCOMES.path.to_owned(), texts.outcomes.clone()),
            (crate::cases::FILE.path.to_owned(), texts.cases.clone()),
        ];
        found.into_result(this, &sources.into())
    }
}

fn read<T: DeserializeOwned>(found: &mut Diagnostics, file: File, text: &str) -> Option<T> {
    found.take(yaml::parse(file.path, text))
}
