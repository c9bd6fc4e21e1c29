//! What the data must be: every name leads somewhere, every step gives a value, every operand is a number.

use std::collections::BTreeMap;

use am_generator::diagnostic::{Diagnostic, Diagnostics, Place};
use am_generator::model::table::Table;
use am_generator::yaml::{self, Text};
use am_product::data::File;
use serde_saphyr::{Location, Spanned};

use crate::cases;
use crate::logic::{Formula, OPERATIONS, Scalar, When, next_name};
use crate::rules::{Choices, OUTCOMES, QUESTIONS, RULES, Remark, Rules, SIZING, Step};

/// Finds every mistake of the data that could be seen.
pub(crate) fn all(rules: &Rules, found: &mut Diagnostics) {
    let mut check = Check {
        known: BTreeMap::new(),
        file: QUESTIONS,
        found,
    };
    check.questions(rules);
    check.file = SIZING;
    check.steps(&rules.sizing.measured);
    check.file = RULES;
    check.steps(&rules.logic.steps);
    check.file = SIZING;
    check.steps(&rules.sizing.nodes);
    check.known.insert("flags".to_owned(), Kind::word());
    check.known.insert("totalNodes".to_owned(), Kind::number());
    check.texts_of_steps(rules);
    check.remarks(rules);
    check.components(rules);
    check.outcomes(rules);
    check.cases(rules);
}

/// What a fact may be.
struct Kind {
    example: Scalar,
    /// The words that it may be, where that is settled.
    words: Option<Vec<String>>,
}

impl Kind {
    fn number() -> Self {
        Self {
            example: Scalar::Number(0.0),
            words: None,
        }
    }

    fn word() -> Self {
        Self {
            example: Scalar::Text(String::new()),
            words: None,
        }
    }
}

struct Check<'c> {
    known: BTreeMap<String, Kind>,
    file: File,
    found: &'c mut Diagnostics,
}

impl Check<'_> {
    fn wrong(&mut self, at: Location, message: impl Into<String>) {
        self.wrong_with_hint(at, message, None);
    }

    fn wrong_with_hint(&mut self, at: Location, message: impl Into<String>, hint: Option<String>) {
        let place = yaml::place(self.file.path, at);
        self.found
            .push(Diagnostic::new(place, message).maybe_hint(hint));
    }

    fn questions(&mut self, rules: &Rules) {
        for question in rules.questions() {
            let id = &question.id;
            let factors = &rules.questions.factors;
            let factor = &question.factor;
            if factors.get(&factor.value).is_none() {
                let hint = am_suggest::hint(&factor.value, factors.names());
                let message = format!("there is no factor `{}`", factor.value);
                self.wrong_with_hint(factor.referenced, message, hint);
            }
            let kinds =
                usize::from(question.choices.is_some()) + usize::from(question.least.is_some());
            if kinds > 1 || question.least.is_some() != question.most.is_some() {
                self.wrong(
                    id.referenced,
                    "a question has `choices`, or `least` and `most`, or none of them",
                );
            }
            if let Some(when) = &question.when {
                self.when(when);
            }
            if let Err((message, hint)) = question.takes(question.default()) {
                self.wrong_with_hint(question.default.referenced, message, hint);
            }
            let words = match question.choices() {
                Choices::OneOf(choices) => {
                    Some(choices.iter().map(|(name, _)| (*name).to_owned()).collect())
                }
                _ => None,
            };
            let example = question.default().clone();
            self.know(id, Kind { example, words });
        }
        for factor in rules.questions.factors.keys() {
            if !rules.questions().any(|it| it.factor.value == factor.value) {
                self.wrong(
                    factor.referenced,
                    format!("no question asks about `{}`", factor.value),
                );
            }
        }
    }

    fn know(&mut self, name: &Text, kind: Kind) {
        if self.known.insert(name.value.clone(), kind).is_some() {
            self.wrong(name.referenced, format!("`{}` is there twice", name.value));
        }
    }

    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            let name = &step.set.value;
            let mut kinds = Vec::new();
            for case in &step.cases {
                if let Some(when) = &case.when {
                    self.when(when);
                }
                match (&case.value, &case.formula) {
                    (Some(value), None) => {
                        let words = Some(vec![value.value.to_string()]);
                        kinds.push(Kind {
                            example: value.value.clone(),
                            words,
                        });
                    }
                    (None, Some(formula)) => kinds.extend(self.formula(formula)),
                    _ => self.wrong(
                        step.set.referenced,
                        format!("each case of `{name}` needs either `value` or `formula`"),
                    ),
                }
            }
            let last = step.cases.len().checked_sub(1);
            let without = |(at, case): (usize, &crate::rules::Case)| {
                case.when.is_none() != (Some(at) == last)
            };
            if last.is_none() || step.cases.iter().enumerate().any(without) {
                self.wrong(
                    step.set.referenced,
                    format!("the last case of `{name}`, and no other, has no `when`"),
                );
            }
            let mut kinds = kinds.into_iter();
            let Some(first) = kinds.next() else { continue };
            let mut words = first.words;
            for other in kinds {
                if other.example.kind() != first.example.kind() {
                    let message = format!(
                        "`{name}` is both {} and {}",
                        first.example.kind(),
                        other.example.kind()
                    );
                    self.wrong(step.set.referenced, message);
                }
                words = words.zip(other.words).map(|(mut all, more)| {
                    all.extend(more);
                    all
                });
            }
            self.know(
                &step.set,
                Kind {
                    example: first.example,
                    words,
                },
            );
        }
    }

    fn unknown(&mut self, name: &str, at: Location) {
        let hint = am_suggest::near(name, self.known.keys().map(String::as_str));
        let hint = hint.map_or_else(
            || "a fact is known after its step".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        self.wrong_with_hint(at, format!("there is no fact `{name}` here"), Some(hint));
    }

    fn when(&mut self, when: &When) {
        let several = when.all.iter().chain(&when.any).flatten();
        several.for_each(|it| self.when(it));
        let Some(fact) = &when.fact else {
            let inside = when.all.iter().chain(&when.any).map(Vec::len);
            let (lists, conditions) = inside.fold((0, 0), |(lists, sum), it| (lists + 1, sum + it));
            if lists != 1 || conditions == 0 {
                self.file_wrong("a condition is `all`, `any`, or a `fact` with one of is, atLeast, atMost, oneOf");
            }
            return;
        };
        let tests = usize::from(when.is.is_some())
            + usize::from(when.at_least.is_some())
            + usize::from(when.at_most.is_some())
            + usize::from(when.one_of.is_some());
        if tests != 1 || when.all.is_some() || when.any.is_some() {
            self.wrong(
                fact.referenced,
                "a condition has one of is, atLeast, atMost, oneOf",
            );
        }
        let Some(kind) = self.known.get(&fact.value) else {
            return self.unknown(&fact.value, fact.referenced);
        };
        let (example, words) = (kind.example.clone(), kind.words.clone());
        let numbers = when.at_least.iter().chain(&when.at_most);
        for bound in numbers {
            if example.number().is_none() {
                let message = format!("`{}` is {}, not a number", fact.value, example.kind());
                self.wrong(bound.referenced, message);
            }
        }
        for value in when.is.iter().chain(when.one_of.iter().flatten()) {
            self.comparable(&fact.value, value, &example, words.as_deref());
        }
    }

    fn comparable(
        &mut self,
        fact: &str,
        value: &Spanned<Scalar>,
        example: &Scalar,
        words: Option<&[String]>,
    ) {
        if value.value.kind() != example.kind() {
            let message = format!("`{fact}` is {}, never {}", example.kind(), value.value);
            return self.wrong(value.referenced, message);
        }
        let written = value.value.to_string();
        if let Some(words) = words
            && !matches!(example, Scalar::Is(_))
            && !words.contains(&written)
        {
            let hint = am_suggest::hint(&written, words.iter().map(String::as_str));
            self.wrong_with_hint(
                value.referenced,
                format!("`{fact}` is never {written}"),
                hint,
            );
        }
    }

    fn file_wrong(&mut self, message: &str) {
        self.found
            .push(Diagnostic::new(Place::file(self.file.path), message));
    }

    /// What a formula gives, where its names are known.
    fn formula(&mut self, formula: &Spanned<Formula>) -> Option<Kind> {
        let at = formula.referenced;
        match &formula.value {
            Formula::Name(name) => {
                let Some(kind) = self.known.get(name) else {
                    self.unknown(name, at);
                    return None;
                };
                Some(Kind {
                    example: kind.example.clone(),
                    words: kind.words.clone(),
                })
            }
            other => {
                self.operand(other, at);
                Some(Kind {
                    example: Scalar::Number(0.0),
                    words: None,
                })
            }
        }
    }

    fn operand(&mut self, formula: &Formula, at: Location) {
        match formula {
            Formula::Number(_) => {}
            Formula::Name(name) => match self.known.get(name).map(|it| it.example.number()) {
                None => self.unknown(name, at),
                Some(None) => self.wrong(at, format!("`{name}` is no number")),
                Some(Some(_)) => {}
            },
            Formula::Call(parts) => {
                let Some((Formula::Name(operation), operands)) = parts.split_first() else {
                    return self.wrong(at, "a list begins with an operation");
                };
                let Some((_, least, most)) = OPERATIONS.iter().find(|(name, ..)| name == operation)
                else {
                    let hint = am_suggest::hint(operation, OPERATIONS.iter().map(|it| it.0));
                    return self.wrong_with_hint(
                        at,
                        format!("there is no operation `{operation}`"),
                        hint,
                    );
                };
                if operands.len() < *least || operands.len() > *most {
                    self.wrong(
                        at,
                        format!(
                            "`{operation}` takes {least} to {most} numbers, not {}",
                            operands.len()
                        ),
                    );
                }
                for operand in operands {
                    self.operand(operand, at);
                }
            }
        }
    }

    /// Facts that a text names.
    fn text(&mut self, text: &Text) {
        let mut rest = text.value.as_str();
        while let Some((_, name, after)) = next_name(rest) {
            if !self.known.contains_key(name) {
                self.unknown(name, text.referenced);
            }
            rest = after;
        }
    }

    fn texts_of_steps(&mut self, rules: &Rules) {
        for (file, steps) in [
            (SIZING, &rules.sizing.measured),
            (RULES, &rules.logic.steps),
            (SIZING, &rules.sizing.nodes),
        ] {
            self.file = file;
            let texts = steps
                .iter()
                .flat_map(|step| &step.cases)
                .filter_map(|case| case.because.as_ref());
            texts.for_each(|text| self.text(text));
        }
    }

    fn remarks(&mut self, rules: &Rules) {
        self.file = RULES;
        for remark in &rules.logic.remarks {
            self.when(&remark.when);
            let texts = [
                &remark.because,
                &remark.watch,
                &remark.conflict,
                &remark.alternative,
            ];
            let texts: Vec<&Text> = texts.into_iter().flatten().collect();
            for text in &texts {
                self.text(text);
            }
            if let [_, second, ..] = texts.as_slice() {
                self.wrong(second.referenced, "a remark says one thing");
            }
            self.instead(rules, remark);
            if texts.is_empty() {
                self.file_wrong("a remark needs one of because, watch, conflict, alternative");
            }
        }
    }

    /// An alternative is what other answers give, which its text names.
    fn instead(&mut self, rules: &Rules, remark: &Remark) {
        let (alternative, instead) = (&remark.alternative, &remark.instead);
        if let Some(instead) = instead {
            self.answers(rules, instead);
        }
        let Some(text) = alternative else { return };
        let answers = instead.iter().flat_map(Table::iter);
        let mut named = answers.map(|(id, answer)| format!("`{}: {}`", id.value, answer.value));
        if instead.is_none() || !named.all(|it| text.value.contains(&it)) {
            self.wrong(
                text.referenced,
                "an alternative has answers `instead`, and names each of them",
            );
        }
    }

    fn answers(&mut self, rules: &Rules, answers: &Table<Spanned<Scalar>>) {
        for (id, answer) in answers.iter() {
            let Some(question) = rules.question(&id.value) else {
                self.unknown(&id.value, id.referenced);
                continue;
            };
            if let Err((message, hint)) = question.takes(&answer.value) {
                self.wrong_with_hint(answer.referenced, message, hint);
            }
        }
    }

    fn components(&mut self, rules: &Rules) {
        self.file = SIZING;
        for component in &rules.sizing.components {
            self.when(&component.when);
            for formula in [
                &component.sites,
                &component.nodes,
                &component.cpu,
                &component.memory,
            ] {
                self.operand(&formula.value, formula.referenced);
            }
            if component.key.is_none() != component.parts.contains(&crate::rules::Part::Beside) {
                self.wrong(
                    component.name.referenced,
                    "a component has a `key`, or stands `beside`",
                );
            }
        }
    }

    fn outcomes(&mut self, rules: &Rules) {
        self.file = OUTCOMES;
        for outcome in &rules.outcomes.rules {
            let name = &outcome.fact;
            let Some(kind) = self.known.get(&name.value) else {
                self.unknown(&name.value, name.referenced);
                continue;
            };
            let words = kind.words.clone().unwrap_or_default();
            let values = &outcome.values;
            // A choice that a step turns into others is none of its values.
            for missing in words
                .iter()
                .filter(|word| values.get(word).is_none() && *word != "any")
            {
                self.wrong(
                    name.referenced,
                    format!("`{}` may be {missing}, which has no title", name.value),
                );
            }
            for (value, meaning) in values.iter() {
                if !words.contains(&value.value) {
                    let hint = am_suggest::hint(&value.value, words.iter().map(String::as_str));
                    self.wrong_with_hint(
                        value.referenced,
                        format!("`{}` is never {}", name.value, value.value),
                        hint,
                    );
                }
                self.text(&meaning.title);
                self.text(&meaning.says);
            }
        }
        for command in &rules.outcomes.commands {
            if let Some(when) = &command.when {
                self.when(when);
            }
            if command.sites.is_some() {
                self.known.insert("site".to_owned(), Kind::word());
            }
            self.text(&command.run);
            self.known.remove("site");
        }
    }

    fn cases(&mut self, rules: &Rules) {
        self.file = cases::FILE;
        if rules.cases.scenarios.is_empty() {
            self.file_wrong("there are no scenarios");
        }
        for row in rules.cases.scenarios.iter().chain(&rules.cases.matrix) {
            self.answers(rules, &row.answers);
        }
        for topology in &rules.cases.topologies {
            let answer = Scalar::Text(topology.previous.value.clone());
            if !rules.questions().any(|it| it.takes(&answer).is_ok()) {
                let message = format!("`{}` answers no question", topology.previous.value);
                self.wrong(topology.previous.referenced, message);
            }
        }
    }
}
