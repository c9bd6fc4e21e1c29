//! `$secret{}`, `$sys{}` and `$env{}`, in this order; what the engine does not reach stays as text.

use std::collections::BTreeSet;

use super::value::{Problem, Provenance, Values};
use crate::catalogue::Catalogue;
use crate::environment::Environment;
use crate::expression::{Expression, Source, expressions};
use crate::key::{KeyPath, Segment};
use crate::product::{Feature, Product};

pub(super) type Found = Vec<(KeyPath, Expression, Problem)>;

pub(super) fn substitute(
    values: &mut Values,
    product: Product,
    environment: &Environment,
) -> Found {
    let secrets = Secrets::of(values);
    let mut found = Vec::new();
    for (key, entry) in values.iter_mut() {
        if !entry.raw.strings().iter().any(|text| text.contains('$')) {
            continue;
        }
        let mut pass = Pass {
            product,
            environment,
            secrets: &secrets,
            place: Place::of(key),
            variable: None,
            problems: Vec::new(),
        };
        entry.value = entry
            .raw
            .map_strings(&mut |depth, text| pass.text(depth, text));
        if let (Some(name), Provenance::Written(span)) = (pass.variable, &entry.provenance) {
            entry.provenance = Provenance::Env { name, span: *span };
        }
        let problems = pass.problems.into_iter();
        found.extend(problems.map(|(expression, problem)| (key.clone(), expression, problem)));
    }
    found
}

/// The aliases of `[secrets]`.
struct Secrets {
    aliases: BTreeSet<String>,
    /// Whether aliases are looked up while the server runs, so that any may be named.
    at_run_time: bool,
}

impl Secrets {
    fn of(values: &Values) -> Self {
        let table = KeyPath::root().child("secrets");
        Self {
            aliases: values
                .range(&table..)
                .take_while(|(key, _)| key.starts_with(&table))
                .filter_map(|(key, _)| key.last_key().map(ToOwned::to_owned))
                .collect(),
            at_run_time: values
                .get(&KeyPath::from("runtime_secrets.enable"))
                .and_then(|found| found.value.as_str())
                .is_some_and(|text| text.eq_ignore_ascii_case("true")),
        }
    }
}

/// Where a value stands: the engine does not look into every place.
struct Place {
    /// Tables of arrays around it.
    tables: usize,
    /// Whether one of them lies in an array of arrays.
    is_nested: bool,
}

impl Place {
    fn of(key: &KeyPath) -> Self {
        let is_index = |segment: &Segment| matches!(segment, Segment::Index(_));
        let segments = key.segments();
        Self {
            tables: segments.iter().filter(|segment| is_index(segment)).count(),
            is_nested: segments.windows(2).any(|pair| pair.iter().all(is_index)),
        }
    }

    fn has_variables(&self, depth: usize) -> bool {
        !self.is_nested && depth <= 1
    }

    fn has_secrets(&self, depth: usize) -> bool {
        self.tables + depth <= 1
    }
}

struct Pass<'a> {
    product: Product,
    environment: &'a Environment,
    secrets: &'a Secrets,
    place: Place,
    /// The first environment variable.
    variable: Option<String>,
    problems: Vec<(Expression, Problem)>,
}

impl Pass<'_> {
    fn text(&mut self, depth: usize, text: &str) -> String {
        if self.place.has_secrets(depth) {
            self.secrets_of(text);
        }
        let mut text = text.to_owned();
        for source in [Source::Sys, Source::Env] {
            for expression in expressions(&text) {
                if expression.source != source {
                    continue;
                }
                if self.place.has_variables(depth) {
                    text = self.replace(&text, expression);
                } else {
                    self.problems.push((expression, Problem::StaysText));
                }
            }
        }
        text
    }

    /// Secrets are decrypted by the product; their value is never known here.
    fn secrets_of(&mut self, text: &str) {
        for expression in expressions(text) {
            let is_known =
                self.secrets.at_run_time || self.secrets.aliases.contains(&expression.name);
            if expression.source == Source::Secret && !is_known {
                self.problems.push((expression, Problem::Missing));
            }
        }
    }

    fn replace(&mut self, text: &str, expression: Expression) -> String {
        let is_variable = expression.source == Source::Env;
        let known = if is_variable {
            self.variable.get_or_insert_with(|| expression.name.clone());
            self.environment.variable(&expression.name)
        } else {
            self.property(&expression.name)
        };
        let Some(known) = known else {
            self.problems.push((expression, Problem::Missing));
            return text.to_owned();
        };
        let Some(value) = known else {
            return text.to_owned();
        };
        let written = expression.to_string();
        // Newer engines quote the values of variables, and still not those of properties.
        if is_variable && self.product.has(Feature::LiteralVariables) {
            return text.replace(&written, value);
        }
        let Some(replacement) = replacement(value, &written) else {
            self.problems.push((expression, Problem::Unfit));
            return text.to_owned();
        };
        if replacement != value {
            self.problems.push((expression, Problem::Altered));
        }
        text.replace(&written, &replacement)
    }

    /// An empty property is as good as none.
    #[expect(
        clippy::option_option,
        reason = "not set, set to something that nobody knows, and set to a known value are three things"
    )]
    fn property(&self, name: &str) -> Option<Option<&str>> {
        match self.environment.system_property(name) {
            Some(value) => (value != Some("")).then_some(value),
            None => Catalogue::of(self.product.distribution)
                .is_system_property(name)
                .then_some(None),
        }
    }
}

/// What Java's `String.replaceAll` puts in the place of `matched` when the value is taken for a replacement with groups:
/// `\` takes the next character as it is, `$0` is the match. `None` where it throws.
fn replacement(value: &str, matched: &str) -> Option<String> {
    let mut made = String::new();
    let mut rest = value.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => made.push(rest.next()?),
            '$' => {
                // There is no other group than the whole match, and `$00` is the same.
                let zeros = rest.as_str().trim_start_matches('0');
                if zeros.len() == rest.as_str().len() {
                    return None;
                }
                made.push_str(matched);
                rest = zeros.chars();
            }
            c => made.push(c),
        }
    }
    Some(made)
}
