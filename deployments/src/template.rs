//! How files are written out of templates, and whose they are.

use am_generator::diagnostic::{Diagnostic, Place};
use am_generator::maker::Maker;
use am_product::data::File;
use handlebars::{Context, Handlebars, Helper, HelperResult, Output, RenderContext, no_escape};
use serde_json::Value;

/// Whose files these are.
pub const MAKER: Maker = Maker {
    command: "deploy",
    leaves: &[],
};

/// A template with its data.
///
/// # Errors
/// When the template is broken.
pub(crate) fn render(template: &File, data: &Value) -> Result<String, Diagnostic> {
    let broken = |message: String| Diagnostic::new(Place::file(template.path), message);
    let text = template.text().map_err(|error| broken(error.message))?;
    let mut engine = Handlebars::new();
    engine.set_strict_mode(true);
    engine.register_escape_fn(no_escape);
    engine.register_helper("sh", Box::new(shell_word));
    engine
        .render_template(&text, data)
        .map_err(|error| broken(error.to_string()))
}

/// A text as one word of a shell.
fn shell_word(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    let text = helper
        .param(0)
        .and_then(|it| it.value().as_str())
        .unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/:@".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        out.write(text)?;
    } else {
        out.write(&format!("'{}'", text.replace('\'', r"'\''")))?;
    }
    Ok(())
}
