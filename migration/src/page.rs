//! The mapping as tables of `docs/migrate.md`.

use std::fmt::Write as _;

use crate::mapping::{Fixed, How, Mapping, Row};

/// The line after which the tables begin, and the one before which they end.
const MARKS: [&str; 2] = [
    "<!-- mapping: made by `cargo xtask migrate-values --write-page` -->",
    "<!-- end of the mapping -->",
];

/// The page with up-to-date tables.
///
/// # Errors
/// When the page has no place for them.
pub fn update(page: &str, mapping: &Mapping) -> Result<String, String> {
    let [start, end] = MARKS;
    let missing = |mark: &str| format!("the page has no line {mark}");
    let (head, rest) = page.split_once(start).ok_or_else(|| missing(start))?;
    let (_, tail) = rest.split_once(end).ok_or_else(|| missing(end))?;
    Ok(format!("{head}{start}\n{}\n{end}{tail}", tables(mapping)))
}

fn tables(mapping: &Mapping) -> String {
    let mut text = String::new();
    for (topic, rows) in mapping.topics() {
        let _ = write!(
            text,
            "\n### {topic}\n\n| old | charts | versions | new | to know |\n|---|---|---|---|---|\n"
        );
        for row in rows {
            let all = |words: &[String]| {
                if words.is_empty() {
                    "all".to_owned()
                } else {
                    words.join(", ")
                }
            };
            let _ = writeln!(
                text,
                "| `{}` | {} | {} | {} | {} |",
                row.from.as_str(),
                all(&row.charts),
                all(&row.versions),
                place(row),
                notes(row)
            );
        }
    }
    text
}

fn place(row: &Row) -> String {
    match row.class {
        Some(Fixed::Wired) => return "made by the wiring".into(),
        Some(Fixed::Unneeded) => return "not needed".into(),
        Some(Fixed::Manual) => return "by hand".into(),
        Some(Fixed::New) => return "made anew".into(),
        None => {}
    }
    let mut places: Vec<String> = row.to.iter().map(|to| format!("`{to}`")).collect();
    places.extend(
        row.config
            .iter()
            .map(|key| format!("`{{component}}.config.{key}`")),
    );
    places.extend(row.also.keys().map(|to| format!("`{to}`")));
    if places.is_empty() {
        if row.how == How::Off {
            "by hand".into()
        } else {
            "said otherwise".into()
        }
    } else {
        places.join(", ")
    }
}

fn notes(row: &Row) -> String {
    let mut notes = Vec::new();
    notes.extend(
        row.when
            .iter()
            .map(|path| format!("only while `{path}` is on")),
    );
    notes.extend(
        row.unless
            .iter()
            .map(|path| format!("not while `{path}` is given")),
    );
    notes.extend(
        row.vault
            .iter()
            .map(|alias| format!("with the secure vault `secureVault.secrets.{alias}`")),
    );
    if row.how == How::IntoSecret {
        notes.push("into a Secret that you make".into());
    }
    if row.default.is_some() {
        notes.push("left out where it is the vendor's own".into());
    }
    notes.extend(row.note.clone());
    notes.join("; ").replace('|', "\\|")
}
