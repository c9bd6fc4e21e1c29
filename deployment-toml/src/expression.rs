//! `$env{X}`, `$sys{x}`, `$ref{a.b}` and `$secret{x}` inside strings.

use std::fmt;

/// Which of the four.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// An environment variable.
    Env,
    /// A Java system property.
    Sys,
    /// Another key.
    Ref,
    /// An entry of `[secrets]`.
    Secret,
}

/// An expression found in a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// Where its value comes from.
    pub source: Source,
    /// The name between the braces.
    pub name: String,
}

impl Source {
    fn opening(self) -> &'static str {
        match self {
            Self::Env => "$env{",
            Self::Sys => "$sys{",
            Self::Ref => "$ref{",
            Self::Secret => "$secret{",
        }
    }
}

impl fmt::Display for Expression {
    /// The expression as it is written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}}}", self.source.opening(), self.name)
    }
}

const SOURCES: [Source; 4] = [Source::Env, Source::Sys, Source::Ref, Source::Secret];

/// The expressions of a string, in order. `${…}` is none: the product resolves it at run time.
pub fn expressions(text: &str) -> Vec<Expression> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        rest = &rest[at..];
        match expression_at_start(rest) {
            Some((expression, after)) => {
                found.push(expression);
                rest = after;
            }
            None => rest = &rest[1..],
        }
    }
    found
}

fn expression_at_start(text: &str) -> Option<(Expression, &str)> {
    let (source, inner) = SOURCES
        .iter()
        .find_map(|source| Some((*source, text.strip_prefix(source.opening())?)))?;
    let (name, after) = inner.split_once('}')?;
    let name = name.to_owned();
    Some((Expression { source, name }, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_expressions_between_text_and_leaves_runtime_placeholders() {
        let found = expressions("a$env{X}b${carbon.home}$ref{server.hostname}$");
        assert_eq!(
            found,
            [
                Expression {
                    source: Source::Env,
                    name: "X".to_owned()
                },
                Expression {
                    source: Source::Ref,
                    name: "server.hostname".to_owned()
                },
            ]
        );
    }

    #[test]
    fn an_unclosed_expression_is_text() {
        assert!(expressions("$env{X").is_empty());
    }
}
