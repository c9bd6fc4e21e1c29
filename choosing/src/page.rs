//! The page in `docs/choose`: the data as JSON and an interpreter in JavaScript, in one file that needs no network.

use am_generator::diagnostic::{Diagnostic, Place};
use am_generator::yaml;
use am_product::data::{DataError, File};
use serde_json::{Value, json};

use crate::cases;
use crate::rules::{OUTCOMES, QUESTIONS, RULES, SIZING};

const PAGE: File = File::new(
    "choosing/page/index.html",
    include_str!("../page/index.html"),
);
const STYLE: File = File::new("choosing/page/style.css", include_str!("../page/style.css"));
const INTERPRETER: File = File::new("choosing/page/choose.js", include_str!("../page/choose.js"));
const FORM: File = File::new("choosing/page/page.js", include_str!("../page/page.js"));

/// The page, as a whole.
///
/// # Errors
/// When a file that it is made of cannot be read.
pub fn page() -> Result<String, Diagnostic> {
    let text = |file: File| file.text().map_err(unreadable);
    let value = |file: File| -> Result<Value, Diagnostic> { yaml::parse(file.path, &text(file)?) };
    let mut cases = value(cases::FILE)?;
    let data = json!({
        "questions": value(QUESTIONS)?,
        "rules": value(RULES)?,
        "sizing": value(SIZING)?,
        "outcomes": value(OUTCOMES)?,
        "scenarios": cases["scenarios"].take(),
    });
    // Nothing in the data may end the element that holds it.
    let data = data.to_string().replace('<', "\\u003c");
    let page = text(PAGE)?
        .replacen("/* style */", text(STYLE)?.trim_end(), 1)
        .replacen(
            "/* script */",
            &format!(
                "{}\n{}",
                text(INTERPRETER)?.trim_end(),
                text(FORM)?.trim_end()
            ),
            1,
        );
    Ok(page.replacen("/* data */", &data, 1))
}

fn unreadable(error: DataError) -> Diagnostic {
    Diagnostic::new(Place::file(&error.file), error.message)
}
