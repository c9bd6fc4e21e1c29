//! Expands words: variables, command substitution, arithmetic, field splitting and file name patterns.

use super::ShellError;
use super::files::glob;
use super::interpreter::{Flow, Shell};
use super::syntax::{Content, Fragment, Word};

/// A word under expansion: fields, and whether each holds an unquoted pattern character.
#[derive(Default)]
struct Fields {
    done: Vec<(String, bool)>,
    current: Option<(String, bool)>,
}

impl Fields {
    fn push(&mut self, text: &str, pattern: bool) {
        let (field, has_pattern) = self.current.get_or_insert_with(Default::default);
        field.push_str(text);
        *has_pattern |= pattern;
    }

    fn end(&mut self) {
        self.done.extend(self.current.take());
    }

    /// Adds the result of an unquoted expansion, which is split at white space.
    fn split(&mut self, text: &str) {
        if text.starts_with(char::is_whitespace) {
            self.end();
        }
        let mut pieces = text.split_whitespace().peekable();
        while let Some(piece) = pieces.next() {
            self.push(piece, piece.contains('*'));
            if pieces.peek().is_some() || text.ends_with(char::is_whitespace) {
                self.end();
            }
        }
    }
}

impl Shell {
    /// Expands words to fields, as for the arguments of a command.
    pub(super) fn fields(&mut self, words: &[Word]) -> Result<Vec<String>, Flow> {
        let mut expanded = Vec::new();
        for word in words {
            let mut fields = Fields::default();
            for fragment in &word.0 {
                self.expand_into(fragment, &mut fields)?;
            }
            fields.end();
            for (field, pattern) in fields.done {
                let matches = if pattern { glob(&field) } else { Vec::new() };
                // A pattern that matches nothing stays as it is, as in any POSIX shell.
                if matches.is_empty() {
                    expanded.push(field);
                } else {
                    expanded.extend(matches);
                }
            }
        }
        Ok(expanded)
    }

    /// Expands a word to one string, as for an assignment.
    pub(super) fn text(&mut self, word: &Word) -> Result<String, Flow> {
        let mut text = String::new();
        for fragment in &word.0 {
            text.push_str(&self.content(&fragment.content)?);
        }
        Ok(text)
    }

    fn expand_into(&mut self, fragment: &Fragment, fields: &mut Fields) -> Result<(), Flow> {
        match &fragment.content {
            Content::Text(text) => fields.push(text, !fragment.quoted && text.contains('*')),
            Content::Parameter { name, .. } if name == "@" || (name == "*" && !fragment.quoted) => {
                for (index, argument) in self.positional.iter().skip(1).enumerate() {
                    if index > 0 {
                        fields.end();
                    }
                    fields.push(argument, false);
                }
            }
            content => {
                let value = self.content(content)?;
                if fragment.quoted {
                    fields.push(&value, false);
                } else {
                    fields.split(&value);
                }
            }
        }
        Ok(())
    }

    fn content(&mut self, content: &Content) -> Result<String, Flow> {
        match content {
            Content::Text(text) => Ok(text.clone()),
            Content::Parameter { name, default } => {
                let value = self.parameter(name);
                match (
                    value.filter(|value| default.is_none() || !value.is_empty()),
                    default,
                ) {
                    (Some(value), _) => Ok(value),
                    (None, Some(default)) => self.text(default),
                    (None, None) if self.options.unset_is_error => {
                        eprintln!("sh: {name}: parameter not set");
                        Err(Flow::Exit(2))
                    }
                    (None, None) => Ok(String::new()),
                }
            }
            Content::Substitution(list) => Ok(self.substitution(list)),
            Content::Arithmetic(expression) => arithmetic(expression, &|name| self.parameter(name))
                .map(|value| value.to_string())
                .map_err(|error| {
                    eprintln!("stand-in shell: {error}");
                    Flow::Exit(super::UNSUPPORTED)
                }),
        }
    }

    /// The value of a variable or special parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        match name {
            "?" => Some(self.status.to_string()),
            "$" => Some(std::process::id().to_string()),
            "#" => Some(self.positional.len().saturating_sub(1).to_string()),
            "@" | "*" => Some(self.positional.get(1..).unwrap_or_default().join(" ")),
            digits if digits.chars().all(|digit| digit.is_ascii_digit()) => {
                self.positional.get(digits.parse::<usize>().ok()?).cloned()
            }
            _ => self.variables.get(name).cloned(),
        }
    }
}

/// Evaluates `+`, `-`, `*`, `/` and `%` over integers and variables, from left to right with the usual precedence.
fn arithmetic(
    expression: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<i64, ShellError> {
    let unsupported = || ShellError::unsupported(format!("arithmetic `{}`", expression.trim()));
    let mut operands: Vec<i64> = Vec::new();
    let mut operators: Vec<char> = Vec::new();
    let mut rest = expression.trim();
    loop {
        let end = rest
            .find(|character: char| {
                !(character.is_ascii_alphanumeric() || matches!(character, '_' | '$'))
            })
            .unwrap_or(rest.len());
        let (operand, tail) = rest.split_at(end);
        let name = operand.trim_start_matches('$');
        let value = match name.parse() {
            Ok(number) => number,
            Err(_) if super::parser::is_name(name) => variable(name)
                .filter(|value| !value.is_empty())
                .map_or(Ok(0), |value| value.parse())
                .map_err(|_| unsupported())?,
            Err(_) => return Err(unsupported()),
        };
        match (operators.last().copied(), operands.last_mut()) {
            (Some(operator @ ('*' | '/' | '%')), Some(left)) => {
                let result = match operator {
                    '*' => left.checked_mul(value),
                    '/' => left.checked_div(value),
                    _ => left.checked_rem(value),
                };
                *left = result.ok_or_else(unsupported)?;
                operators.pop();
            }
            _ => operands.push(value),
        }
        let mut tail = tail.trim_start().chars();
        match tail.next() {
            None => break,
            Some(operator @ ('+' | '-' | '*' | '/' | '%')) => operators.push(operator),
            Some(_) => return Err(unsupported()),
        }
        rest = tail.as_str().trim_start();
    }
    let mut operands = operands.into_iter();
    let mut total = operands.next().unwrap_or_default();
    for (operator, operand) in operators.into_iter().zip(operands) {
        let result = if operator == '+' {
            total.checked_add(operand)
        } else {
            total.checked_sub(operand)
        };
        total = result.ok_or_else(unsupported)?;
    }
    Ok(total)
}
