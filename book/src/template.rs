//! How pages are written out of templates and data.

use am_product::data::File;
use handlebars::{Handlebars, no_escape};
use serde::Serialize;

use crate::error::BookError;

/// A template with its data.
pub(crate) fn render(template: &File, data: &impl Serialize) -> Result<String, BookError> {
    let text = template.text()?;
    let mut engine = Handlebars::new();
    engine.set_strict_mode(true);
    engine.register_escape_fn(no_escape);
    engine
        .render_template(&text, data)
        .map_err(|error| BookError::Wrong(format!("{}: {error}", template.path)))
}

/// Text in a cell of a table, in which nothing outside of backticks is taken for markup.
pub(crate) fn cell(text: &str) -> String {
    let mut in_code = false;
    text.chars().fold(String::new(), |mut out, c| {
        match c {
            '`' => in_code = !in_code,
            '|' => out.push('\\'),
            '<' | '*' | '_' | '[' if !in_code => out.push('\\'),
            _ => {}
        }
        out.push(if c == '\n' { ' ' } else { c });
        out
    })
}
