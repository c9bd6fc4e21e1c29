//! `$env{X}`, `$sys{x}`, `$ref{a.b}` and `$secret{x}` inside strings.

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

/// A piece of a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Text(&'a str),
    Expression(Expression, &'a str),
}

const OPENINGS: [(&str, Source); 4] = [
    ("$env{", Source::Env),
    ("$sys{", Source::Sys),
    ("$ref{", Source::Ref),
    ("$secret{", Source::Secret),
];

/// The expressions of a string, in order. `${…}` is none: the product resolves it at run time.
pub fn expressions(text: &str) -> Vec<Expression> {
    pieces(text)
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Expression(expression, _) => Some(expression),
            Piece::Text(_) => None,
        })
        .collect()
}

pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut plain = 0;
    let mut at = 0;
    while let Some(found) = text[at..].find('$') {
        let start = at + found;
        if let Some((expression, end)) = expression_at(text, start) {
            if plain < start {
                pieces.push(Piece::Text(&text[plain..start]));
            }
            pieces.push(Piece::Expression(expression, &text[start..end]));
            plain = end;
            at = end;
        } else {
            at = start + 1;
        }
    }
    if plain < text.len() {
        pieces.push(Piece::Text(&text[plain..]));
    }
    pieces
}

fn expression_at(text: &str, start: usize) -> Option<(Expression, usize)> {
    let rest = &text[start..];
    let (opening, source) = OPENINGS
        .iter()
        .find(|(opening, _)| rest.starts_with(opening))?;
    let length = rest[opening.len()..].find('}')?;
    let name_start = start + opening.len();
    let name = text[name_start..name_start + length].to_owned();
    Some((
        Expression {
            source: *source,
            name,
        },
        name_start + length + 1,
    ))
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
