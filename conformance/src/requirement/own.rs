//! Requirements that users bring: files of rows with ids of their own, each with an example or a mutant by which it shows that it can
//! fail.

use std::{fs, path::Path, sync::Arc};

use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::Spanned;

use super::{AppliesTo, AppliesWhen, Example, Family, Layer, Level, Mutant, Requirement, Row};
use crate::error::SuiteError;

/// The kind of such a file.
const KIND: &str = "Requirements";

/// Its version.
const API_VERSION: &str = "conformance.am-charts/v1";

/// What ids of the suite start with.
const OURS: &str = "AM-";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    api_version: String,
    kind: String,
    requirements: Vec<Spanned<Written>>,
}

/// A requirement as users write it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    id: String,
    level: Level,
    title: String,
    text: String,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    applies_to: AppliesTo,
    #[serde(default)]
    applies_when: Option<AppliesWhen>,
    rows: Vec<Row>,
    #[serde(default)]
    example: Examples,
    #[serde(default)]
    mutants: Vec<Mutant>,
}

/// Documents of which the good ones meet a requirement and the bad ones do not.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Examples {
    /// Documents in which it finds nothing wrong.
    #[serde(default)]
    pub good: Vec<Value>,
    /// Documents that it reports.
    #[serde(default)]
    pub bad: Vec<Value>,
}

/// Where a user's requirement comes from, and how it shows that it can fail.
#[derive(Debug, Clone, PartialEq)]
pub struct Own {
    /// The file, as it was given.
    pub file: String,
    /// Its examples.
    pub examples: Examples,
    line: usize,
    text: Arc<str>,
}

impl Own {
    /// `FILE:LINE` of the requirement.
    pub fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }

    /// `FILE:LINE` of a field of one of its rows, as far as it stands on a line of its own.
    pub fn place_of(&self, row: usize, field: &str) -> String {
        let starts = |line: &str, field: &str| {
            let line = line.trim_start().trim_start_matches("- ").trim_start();
            line.strip_prefix(field)
                .is_some_and(|rest| rest.trim_start().starts_with(':'))
        };
        let lines = || self.text.lines().enumerate().skip(self.line - 1);
        let nth = lines().filter(|(_, line)| starts(line, "each")).nth(row);
        let first = nth.map_or(self.line - 1, |(at, _)| at);
        let end = |line: &str| starts(line, "id") || starts(line, "each");
        let mut own = lines()
            .skip_while(|(at, _)| *at < first)
            .enumerate()
            .take_while(|(passed, (_, line))| *passed == 0 || !end(line))
            .map(|(_, line)| line);
        let found = own
            .find(|(_, line)| starts(line, field))
            .map_or(first, |(at, _)| at);
        format!("{}:{}", self.file, found + 1)
    }
}

/// The requirements of a file.
///
/// # Errors
/// When it cannot be read, or breaks a rule: an unknown field, an id of the suite, a requirement that shows by nothing that it can
/// fail.
pub(super) fn read(path: &Path) -> Result<Vec<Requirement>, SuiteError> {
    let text = fs::read_to_string(path).map_err(|source| SuiteError::Read {
        file: path.to_owned(),
        source,
    })?;
    parse(&path.display().to_string(), &text)
}

fn parse(file: &str, text: &str) -> Result<Vec<Requirement>, SuiteError> {
    let wrong = |place: String, message: String| SuiteError::Requirements {
        file: place,
        message,
    };
    let read: File = crate::yaml::read(text).map_err(|error| wrong(file.to_owned(), error))?;
    if read.api_version != API_VERSION || read.kind != KIND {
        let message = format!("apiVersion must be `{API_VERSION}` and kind `{KIND}`");
        return Err(wrong(file.to_owned(), message));
    }
    if read.requirements.is_empty() {
        let message = "requirements is empty, so there is nothing to judge".to_owned();
        return Err(wrong(file.to_owned(), message));
    }
    let text: Arc<str> = text.into();
    let requirement = |written: Spanned<Written>| {
        let line = usize::try_from(written.referenced.line())
            .unwrap_or(1)
            .max(1);
        let written = written.value;
        let own = Own {
            file: file.to_owned(),
            examples: written.example.clone(),
            line,
            text: Arc::clone(&text),
        };
        check(&written).map_err(|message| wrong(own.place(), message))?;
        Ok(made(written, own))
    };
    read.requirements.into_iter().map(requirement).collect()
}

/// What is wrong with a requirement before anything is judged by it.
fn check(written: &Written) -> Result<(), String> {
    let id = &written.id;
    let is_word = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit();
    let is_id = id.contains('-')
        && id
            .split('-')
            .all(|part| !part.is_empty() && part.chars().all(is_word));
    if !is_id || id.starts_with(OURS) {
        return Err(format!(
            "`{id}` must be capital letters, digits and hyphens, such as HOUSE-001, and must not start with {OURS}, as those of the suite do"
        ));
    }
    let word = written.level.to_string();
    if !written.text.contains(&word) {
        return Err(format!(
            "the text of {id} must say {word}, as its level does"
        ));
    }
    if written.rows.is_empty() {
        return Err(format!(
            "{id} has no row, so it judges nothing: write `each` and `holds`"
        ));
    }
    let Examples { good, bad } = &written.example;
    if good.is_empty() != bad.is_empty() {
        let missing = if good.is_empty() { "good" } else { "bad" };
        return Err(format!(
            "the example of {id} has no `{missing}` documents: it shows what is reported and what is not"
        ));
    }
    if bad.is_empty() && written.mutants.is_empty() {
        return Err(format!(
            "{id} shows by nothing that it can fail: add `example` with `good` and `bad` documents, or `mutants`"
        ));
    }
    for mutant in &written.mutants {
        for step in &mutant.steps {
            step.validate()
                .map_err(|error| format!("mutant `{}` of {id}: {error}", mutant.name))?;
        }
    }
    match written.applies_when.as_ref().map(AppliesWhen::validate) {
        Some(Err(message)) => Err(format!("{id}: {message}")),
        _ => Ok(()),
    }
}

fn made(written: Written, own: Own) -> Requirement {
    let help = written
        .rows
        .first()
        .map(|row| row.help.clone())
        .unwrap_or_default();
    let mut applies_to = written.applies_to;
    if applies_to.layers.is_empty() {
        applies_to.layers = vec![Layer::ApiManagement, Layer::Integration];
    }
    let failure = written
        .rows
        .first()
        .map(|row| row.fault.clone())
        .unwrap_or_default();
    Requirement {
        id: written.id,
        level: written.level,
        title: written.title,
        text: written.text,
        source: written.source.unwrap_or_else(|| own.place()),
        applies_to,
        applies_when: written.applies_when,
        never_looked_at: None,
        rows: written.rows,
        example: Example { failure, fix: help },
        mutants: written.mutants,
        family: Family::Own,
        own: Some(own),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    const GOOD: &str = "\
apiVersion: conformance.am-charts/v1
kind: Requirements
requirements:
  - id: HOUSE-001
    level: MUST
    title: t
    text: A chart MUST be good.
    rows:
      - each: Service
        holds: 'true'
        fault: f
        help: h
      - each: container
        when: 'true'
        holds: 'false'
        fault: f
        help: h
    example: {good: [{kind: Service}], bad: [{kind: Service}]}
";

    fn error(text: &str) -> String {
        parse("own.yaml", text)
            .expect_err("it must be refused")
            .to_string()
    }

    #[test]
    fn fields_of_rows_are_found_in_the_file() {
        let read = parse("own.yaml", GOOD).expect("well-formed");
        let own = read[0].own.as_ref().expect("it is the user's");
        assert_eq!(own.place(), "own.yaml:4");
        assert_eq!(own.place_of(0, "holds"), "own.yaml:10");
        assert_eq!(own.place_of(1, "holds"), "own.yaml:15");
        assert_eq!(own.place_of(1, "each"), "own.yaml:13");
        assert_eq!(own.place_of(0, "when"), "own.yaml:9", "it has none");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (from, to, told) in [
            (
                "HOUSE-001",
                "AM-NET-001",
                "own.yaml:4: `AM-NET-001` must be",
            ),
            ("HOUSE-001", "house", "own.yaml:4: `house` must be"),
            ("MUST be", "should be", "must say MUST"),
            (
                "        holds: 'true'\n",
                "        hold: 'true'\n",
                "did you mean `holds`?",
            ),
            (
                "kind: Requirements",
                "kind: Requirement",
                "kind `Requirements`",
            ),
            (", bad: [{kind: Service}]", "", "has no `bad` documents"),
            (
                "    example: {good: [{kind: Service}], bad: [{kind: Service}]}\n",
                "",
                "shows by nothing that it can fail",
            ),
            ("level: MUST", "level: MUTS", "did you mean `MUST`?"),
        ] {
            assert!(GOOD.contains(from), "{from}");
            let error = error(&GOOD.replacen(from, to, 1));
            assert!(error.contains(told), "{to}: {error}");
        }
    }
}
