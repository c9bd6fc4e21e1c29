//! Sentences with expressions in braces.

use cel::Context;

use super::expression::Expression;

/// A sentence whose expressions are compiled.
#[derive(Debug, Clone)]
pub(super) struct Template(Vec<Part>);

#[derive(Debug, Clone)]
enum Part {
    Text(String),
    Value(Expression),
}

impl Template {
    /// Reads a sentence; the error says what is wrong in which braces.
    pub(super) fn compile(source: &str, variables: &[&str]) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = source;
        while let Some((before, after)) = rest.split_once('{') {
            parts.push(Part::Text(before.to_owned()));
            let end = end_of(after).ok_or_else(|| format!("`{{{after}` has no closing brace"))?;
            let expression = Expression::compile(&after[..end], variables)
                .map_err(|error| format!("in {{{}}}: {error}", &after[..end]))?;
            parts.push(Part::Value(expression));
            rest = &after[end + 1..];
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self(parts))
    }

    pub(super) fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.0.iter().filter_map(|part| match part {
            Part::Value(expression) => Some(expression),
            Part::Text(_) => None,
        })
    }

    /// The sentence; what cannot be evaluated says why.
    pub(super) fn fill(&self, context: &Context<'_, '_>) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Value(expression) => expression
                .text(context)
                .unwrap_or_else(|error| format!("({error})")),
        };
        self.0.iter().map(part).collect()
    }
}

/// Where the braces that were opened are closed, texts aside.
fn end_of(source: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote = None;
    for (at, letter) in source.char_indices() {
        match (quote, letter) {
            (Some(open), _) => quote = (open != letter).then_some(open),
            (None, '\'' | '"') => quote = Some(letter),
            (None, '{') => depth += 1,
            (None, '}') if depth == 0 => return Some(at),
            (None, '}') => depth -= 1,
            (None, _) => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use cel::Context;

    use super::{super::functions::ENVIRONMENT, Template};

    fn filled(source: &str) -> Result<String, String> {
        let env = ENVIRONMENT.as_ref().expect("no name is declared twice");
        let template = Template::compile(source, &[])?;
        Ok(template.fill(&Context::with_env(env.clone())))
    }

    #[test]
    fn expressions_in_braces_are_filled_in() {
        assert_eq!(
            filled("{1 + 1} of {['a', 'b']}").as_deref(),
            Ok("2 of a, b")
        );
        assert_eq!(filled("{'}' + {'a': 'b'}.a}!").as_deref(), Ok("}b!"));
        assert_eq!(filled("no value").as_deref(), Ok("no value"));
    }

    #[test]
    fn what_is_wrong_in_braces_is_told() {
        assert!(filled("a {1 +").is_err_and(|error| error.contains("no closing brace")));
        assert!(filled("a {b}").is_err_and(|error| error.contains("in {b}: there is no variable")));
        let missing = filled("a {{'x': 1}.b}").expect("it compiles");
        assert!(missing.contains("there is no `b`"), "{missing}");
    }
}
