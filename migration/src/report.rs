//! What became of each value.

use std::fmt::{self, Write as _};

use serde::Serialize;
use serde_json::Value;

use crate::path::Path;
use crate::source::Origin;

/// What became of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// A placeholder that somebody must fill in.
    Open,
    /// Not in the vendor's charts.
    Unknown,
    /// A person has to carry it over.
    Manual,
    /// An object has to be made anew.
    New,
    /// Carried over.
    Mapped,
    /// Made by the chart's wiring.
    Wired,
    /// The chart does without it.
    Unneeded,
    /// The old chart did not read it, because something else was on or off.
    Inactive,
    /// The vendor's own value.
    Default,
    /// It said nothing.
    Empty,
    /// A later file replaced it.
    Replaced,
}

impl Class {
    const ALL: [Self; 11] = [
        Self::Open,
        Self::Unknown,
        Self::Manual,
        Self::New,
        Self::Mapped,
        Self::Wired,
        Self::Unneeded,
        Self::Inactive,
        Self::Default,
        Self::Empty,
        Self::Replaced,
    ];

    /// The heading of its entries.
    pub fn title(self) -> &'static str {
        match self {
            Self::Open => "Placeholders: fill them in",
            Self::Unknown => "Not in the vendor's charts: nothing read them",
            Self::Manual => "Not carried over: yours to decide",
            Self::New => "To be made anew",
            Self::Mapped => "Carried over",
            Self::Wired => "Made by the chart's wiring",
            Self::Unneeded => "Not needed any more",
            Self::Inactive => "Without effect in the old charts",
            Self::Default => "The vendor's own value, which the chart has its own for",
            Self::Empty => "Empty",
            Self::Replaced => "Replaced by a later file",
        }
    }
}

/// One value of the input.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// What became of it.
    pub class: Class,
    /// The component whose chart it was for.
    pub component: &'static str,
    /// Where it was.
    pub path: Path,
    /// It, unless it is secret.
    pub value: Value,
    /// Where it was written.
    pub origin: Origin,
    /// Where it went.
    pub to: Vec<String>,
    /// Why, or what to know.
    pub note: Option<String>,
}

/// Something that was wrong, or may be now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Where it was written, if anywhere.
    pub origin: Option<Origin>,
    /// The value.
    pub path: String,
    /// What is wrong, and what to do.
    pub message: String,
}

/// An object of the cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Object {
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Keys that it must have, each with where its content is now.
    pub keys: Vec<(String, String)>,
}

/// The whole report.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The chart.
    pub chart: String,
    /// Its product version.
    pub product_version: &'static str,
    /// What was or is wrong.
    pub warnings: Vec<Warning>,
    /// Objects that stay in use.
    pub kept: Vec<Object>,
    /// Objects to make before the chart is installed.
    pub to_make: Vec<Object>,
    /// Each value of the input, once.
    pub values: Vec<Entry>,
}

impl Report {
    /// Values of a class.
    pub fn of(&self, class: Class) -> impl Iterator<Item = &Entry> {
        self.values.iter().filter(move |entry| entry.class == class)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "values for {} with product version {}",
            self.chart, self.product_version
        )?;
        for warning in &self.warnings {
            let at = warning
                .origin
                .as_ref()
                .map(|origin| format!("{origin}: "))
                .unwrap_or_default();
            writeln!(f, "warning: {at}{}: {}", warning.path, warning.message)?;
        }
        objects(f, "Stays in use", &self.kept)?;
        objects(f, "Make before you install", &self.to_make)?;
        for class in Class::ALL {
            let entries: Vec<&Entry> = self.of(class).collect();
            if entries.is_empty() {
                continue;
            }
            writeln!(f, "\n{} ({})", class.title(), entries.len())?;
            if class == Class::Empty {
                // Their names say nothing that their values do not; the JSON has them.
                continue;
            }
            for entry in entries {
                writeln!(f, "  {}", line(entry))?;
            }
        }
        Ok(())
    }
}

fn line(entry: &Entry) -> String {
    let mut text = format!(
        "{}: {}: {} = {}",
        entry.origin, entry.component, entry.path, entry.value
    );
    if !entry.to.is_empty() {
        let _ = write!(text, " -> {}", entry.to.join(", "));
    }
    if let Some(note) = &entry.note {
        let _ = write!(text, " ({note})");
    }
    text
}

fn objects(f: &mut fmt::Formatter<'_>, title: &str, objects: &[Object]) -> fmt::Result {
    if objects.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n{title}")?;
    for object in objects {
        writeln!(f, "  {} {}", object.kind, object.name)?;
        for (key, from) in &object.keys {
            writeln!(f, "    {key}: {from}")?;
        }
    }
    Ok(())
}
