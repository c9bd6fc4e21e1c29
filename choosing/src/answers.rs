//! Answers, and what a question takes for one.

use std::collections::BTreeMap;

use am_generator::model::table::Table;
use serde_saphyr::Spanned;

use crate::cases::Row;
use crate::logic::Scalar;
use crate::rules::{Choices, Question, Rules};

/// Answers by the ids of questions; what is not answered has its default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answers(BTreeMap<String, Scalar>);

impl Answers {
    /// The answer to a question.
    pub fn get(&self, id: &str) -> Option<&Scalar> {
        self.0.get(id)
    }

    /// All of them, by the ids of questions.
    pub fn given(&self) -> &BTreeMap<String, Scalar> {
        &self.0
    }

    /// Answers a question that takes this answer.
    pub fn set(&mut self, question: &Question, answer: Scalar) {
        self.0.insert(question.id().to_owned(), answer);
    }

    /// These, and where they say nothing those.
    #[must_use]
    pub fn over(mut self, others: Self) -> Self {
        for (id, answer) in others.0 {
            self.0.entry(id).or_insert(answer);
        }
        self
    }
}

impl Question {
    /// Whether this is an answer to it.
    ///
    /// # Errors
    /// What is wrong, and what to do.
    pub fn takes(&self, answer: &Scalar) -> Result<(), (String, Option<String>)> {
        let id = self.id();
        match (self.choices(), answer) {
            (Choices::YesOrNo, Scalar::Is(_)) => Ok(()),
            (Choices::Number(least, most), Scalar::Number(number)) => {
                if *number < least || *number > most || number.fract() != 0.0 {
                    return Err((format!("`{id}` is {}", self.wanted()), None));
                }
                Ok(())
            }
            (Choices::OneOf(choices), Scalar::Text(word)) => {
                let mut known = choices.iter().map(|(name, _)| *name);
                if known.any(|it| it == word) {
                    return Ok(());
                }
                let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
                // Of two versions none is a slip of the other.
                let hint = if word.contains(char::is_alphabetic) {
                    am_suggest::hint(word, names)
                } else {
                    Some(format!("known are: {}", names.join(", ")))
                };
                Err((format!("`{word}` is no answer to `{id}`"), hint))
            }
            (Choices::Number(..), Scalar::Text(_)) => {
                let hint = "write it in digits alone, without quotes".to_owned();
                Err((format!("`{id}` is {}", self.wanted()), Some(hint)))
            }
            (..) => Err((format!("`{id}` is {}", self.wanted()), None)),
        }
    }

    /// What it takes, in words.
    pub(crate) fn wanted(&self) -> String {
        match self.choices() {
            Choices::YesOrNo => "true or false".to_owned(),
            Choices::Number(least, most) => format!("a whole number from {least} to {most}"),
            Choices::OneOf(choices) => {
                let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
                format!("one of {}", names.join(", "))
            }
        }
    }

    /// An answer as it is typed.
    ///
    /// # Errors
    /// As [`Question::takes`].
    pub fn parse(&self, typed: &str) -> Result<Scalar, (String, Option<String>)> {
        let typed = typed.trim();
        let answer = match self.choices() {
            Choices::YesOrNo => match typed.to_ascii_lowercase().as_str() {
                "yes" | "y" | "true" => Scalar::Is(true),
                "no" | "n" | "false" => Scalar::Is(false),
                _ => Scalar::Text(typed.to_owned()),
            },
            Choices::Number(..) => match typed.parse() {
                Ok(number) => Scalar::Number(number),
                Err(_) => Scalar::Text(typed.to_owned()),
            },
            Choices::OneOf(_) => Scalar::Text(typed.to_owned()),
        };
        self.takes(&answer)?;
        Ok(answer)
    }
}

impl Row {
    /// Its answers, which were checked when the data was read.
    pub fn answers(&self, rules: &Rules) -> Answers {
        rules.answers(&self.answers)
    }
}

impl Rules {
    /// Answers of the data, which were checked when it was read.
    pub(crate) fn answers(&self, given: &Table<Spanned<Scalar>>) -> Answers {
        let mut answers = Answers::default();
        for (id, answer) in given.iter() {
            if let Some(question) = self.question(&id.value) {
                answers.set(question, answer.value.clone());
            }
        }
        answers
    }
}
