//! A file of answers: read strictly, so that a slip is told and not taken for a default.

use std::fmt;

use am_generator::diagnostic::{Diagnostic, Diagnostics, Place};
use am_generator::model::table::Table;
use am_generator::yaml;
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use crate::answers::Answers;
use crate::logic::Scalar;
use crate::rules::{Question, Rules};

/// What stands beside a question.
#[derive(Debug, Clone, PartialEq)]
enum Entry {
    Answer(Scalar),
    Nothing,
    /// Several values, and what they are called.
    Several(&'static str),
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EntryVisitor)
    }
}

struct EntryVisitor;

#[expect(
    clippy::cast_precision_loss,
    reason = "what a question takes is far below"
)]
impl<'de> Visitor<'de> for EntryVisitor {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an answer")
    }

    fn visit_bool<E: Error>(self, is: bool) -> Result<Entry, E> {
        Ok(Entry::Answer(Scalar::Is(is)))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Entry, E> {
        self.visit_f64(number as f64)
    }

    fn visit_i128<E: Error>(self, number: i128) -> Result<Entry, E> {
        self.visit_f64(number as f64)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Entry, E> {
        self.visit_f64(number as f64)
    }

    fn visit_u128<E: Error>(self, number: u128) -> Result<Entry, E> {
        self.visit_f64(number as f64)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Entry, E> {
        Ok(Entry::Answer(Scalar::Number(number)))
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Entry, E> {
        Ok(Entry::Answer(Scalar::Text(word.to_owned())))
    }

    fn visit_unit<E: Error>(self) -> Result<Entry, E> {
        Ok(Entry::Nothing)
    }

    fn visit_none<E: Error>(self) -> Result<Entry, E> {
        Ok(Entry::Nothing)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Entry, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Entry, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Entry::Several("a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Entry, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Entry::Several("a mapping"))
    }
}

impl Answers {
    /// Reads a file of answers: a mapping of questions to answers. `file` is how errors name it.
    ///
    /// # Errors
    /// Every unknown question and every answer that a question does not have, with its place.
    pub fn read(rules: &Rules, file: &str, text: &str) -> Result<Self, Diagnostics> {
        let table: Result<Table<Spanned<Entry>>, Diagnostic> = yaml::parse(file, text);
        let table = match table {
            Ok(table) if table.is_empty() => Err(no_answers(file)),
            // Parsers differ on a file of comments, and on a document without anything.
            Err(_) if is_bare(text) => Err(no_answers(file)),
            table => table.map_err(|error| no_sheet(file, text).unwrap_or(error)),
        };
        let mut found = Diagnostics::default();
        let mut this = Self::default();
        let table = found.take(table).unwrap_or_default();
        for (id, entry) in table.iter() {
            let Some(question) = rules.question(&id.value) else {
                let place = yaml::place(file, id.referenced);
                let message = format!("there is no question `{}`", id.value);
                found.push(Diagnostic::new(place, message).maybe_hint(meant(rules, &id.value)));
                continue;
            };
            let written = written(text, entry.referenced);
            match answer(question, &entry.value, &written) {
                Ok(answer) => this.set(question, answer),
                Err((message, hint)) => {
                    let place = yaml::place(file, entry.referenced);
                    found.push(Diagnostic::new(place, message).maybe_hint(hint));
                }
            }
        }
        let sources = [(file.to_owned(), text.to_owned())];
        found.into_result(this, &sources.into())
    }
}

/// Whether nothing is said: blank lines, comments, marks of a document.
fn is_bare(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim);
    lines.all(|it| it.is_empty() || it.starts_with('#') || it == "---")
}

/// What is told of a file without answers, which would otherwise be taken for the defaults.
fn no_answers(file: &str) -> Diagnostic {
    Diagnostic::new(Place::file(file), "the file has no answers").hint(
        "write a line for each: `requestsPerSecond: 5000`; without --answers all have their defaults",
    )
}

/// What is told of a file that is no mapping at all, where the parser's words help nobody.
fn no_sheet(file: &str, text: &str) -> Option<Diagnostic> {
    let is_list = yaml::parse::<Vec<IgnoredAny>>(file, text).is_ok();
    let is_word = yaml::parse::<Scalar>(file, text).is_ok();
    let second = text.lines().position(|line| line.trim_end() == "---");
    let second = second.filter(|line| {
        let before = text.lines().take(*line);
        let mut before = before.filter(|it| !it.trim().is_empty() && !it.starts_with('#'));
        before.next().is_some()
    });
    let (line, message, hint) = match second {
        Some(line) => (
            line + 1,
            "a file of answers is one document, and here another one begins",
            "remove this line, or put the answers into one file each",
        ),
        None if is_list || is_word => (
            1,
            "a file of answers is a mapping of questions to answers",
            "write a line for each: `requestsPerSecond: 5000`",
        ),
        None => return None,
    };
    let mut place = Place::file(file);
    (place.line, place.column) = (line, 1);
    Some(Diagnostic::new(place, message).hint(hint))
}

/// The question that was probably meant, which may be written as its flag is.
fn meant(rules: &Rules, written: &str) -> Option<String> {
    let as_flag = written.trim_start_matches('-').replace('_', "-");
    let question = rules.questions().find(|it| it.flag() == as_flag);
    match question {
        Some(question) => Some(format!("did you mean `{}`?", question.id())),
        None => am_suggest::hint(written, rules.questions().map(Question::id)),
    }
}

/// The text of a value, as far as it is a number or a word.
fn written(text: &str, at: Location) -> String {
    let place = yaml::place("", at);
    let line = text.lines().nth(place.line.saturating_sub(1));
    let rest = line.into_iter().flat_map(str::chars);
    rest.skip(place.column.saturating_sub(1))
        .take_while(|it| !it.is_whitespace() && !",]}".contains(*it))
        .collect()
}

/// The answer that an entry is.
fn answer(
    question: &Question,
    entry: &Entry,
    written: &str,
) -> Result<Scalar, (String, Option<String>)> {
    let (id, wanted) = (question.id(), question.wanted());
    let answer = match entry {
        Entry::Answer(answer) => answer,
        Entry::Nothing => {
            let hint = format!("write {wanted}, or remove the line");
            return Err((format!("`{id}` has no answer"), Some(hint)));
        }
        Entry::Several(what) => {
            let hint = format!("write {wanted}");
            return Err((
                format!("`{id}` has {what}, and takes one answer"),
                Some(hint),
            ));
        }
    };
    question.takes(answer)?;
    // What YAML takes for a number, and a flag does not.
    let is_plain = |it: char| it.is_ascii_digit() || "+-.eE".contains(it);
    if let Some(number) = answer.number().filter(|_| !written.chars().all(is_plain)) {
        let hint = format!("write `{number}` instead of `{written}`");
        return Err((format!("`{id}` is {wanted}, in digits alone"), Some(hint)));
    }
    Ok(answer.clone())
}
