//! What a finding says, in words: the one source of the text of every format.

mod excerpt;
mod render;

use super::{Cause, FindingGroup, Report};
use crate::{
    finding::{Evidence, Finding, Occurrence},
    requirement::Level,
};

pub(super) use excerpt::Excerpt;
pub use render::Style;
pub(super) use render::wrap;

/// A finding in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingText<'r> {
    /// Id of the requirement.
    pub(super) code: &'r str,
    /// Level of the requirement.
    pub(super) level: Level,
    /// What is wrong.
    pub(super) headline: &'r str,
    /// Where it is wrong: the place to look at first comes first.
    pub(super) places: Vec<Place<'r>>,
    /// What else there is to know, in reading order; the fix is among them.
    pub(super) notes: Vec<Note>,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place<'r> {
    /// What kind of file it is.
    pub(super) role: PlaceRole,
    /// Path, or `release/Kind/name/data key` in rendered documents.
    pub(super) path: String,
    /// Line and, where known, column; both from 1.
    pub(super) position: Option<(usize, Option<usize>)>,
    /// The text itself, where the report holds it.
    pub(super) excerpt: Option<Excerpt<'r>>,
    /// What to say about it.
    pub(super) label: String,
}

/// What kind of file a place is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlaceRole {
    /// A configuration file as it was rendered.
    Configuration,
    /// A chart's template.
    Template,
    /// The generator's model or templates.
    Generator,
}

impl PlaceRole {
    /// The role in words.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Configuration => "rendered configuration",
            Self::Template => "chart template",
            Self::Generator => "generator source",
        }
    }
}

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.path)?;
        if let Some((line, column)) = self.position {
            write!(f, ":{line}")?;
            if let Some(column) = column {
                write!(f, ":{column}")?;
            }
        }
        Ok(())
    }
}

/// One thing to know about a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Note {
    /// What it is about.
    pub(super) label: NoteLabel,
    /// What there is to know.
    pub(super) text: String,
}

/// What a note is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoteLabel {
    Object,
    Key,
    Value,
    Values,
    Meant,
    Requirement,
    Found,
    Likewise,
    Also,
    Help,
    Explain,
}

impl NoteLabel {
    /// The label as reports print it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Key => "key",
            Self::Value => "value",
            Self::Values => "set by",
            Self::Meant => "meant",
            Self::Requirement => "requirement",
            Self::Found => "found",
            Self::Likewise => "also at",
            Self::Also => "also",
            Self::Help => "help",
            Self::Explain => "explain",
        }
    }
}

impl<'r> FindingText<'r> {
    /// Tells the finding of `group` with the texts and requirements of `report`.
    pub fn of(report: &'r Report, group: &FindingGroup<'r>) -> Self {
        let finding = group.finding;
        let places = places(report, finding);
        Self {
            code: &finding.requirement,
            level: finding.level,
            headline: &finding.message,
            notes: notes(group, &places),
            places,
        }
    }

    /// Tells the first finding of `cause`, and how many others have the same cause.
    pub(super) fn of_cause(report: &'r Report, cause: &Cause<'r>) -> Self {
        let mut text = Self::of(report, &cause.finding);
        if !cause.consequences.is_empty() {
            let before = text
                .notes
                .iter()
                .position(|note| note.label == NoteLabel::Help);
            let note = Note {
                label: NoteLabel::Also,
                text: cause.folded(),
            };
            text.notes.insert(before.unwrap_or(text.notes.len()), note);
        }
        text
    }

    /// What is wrong.
    pub fn headline(&self) -> &str {
        self.headline
    }

    /// What to do about it.
    pub fn help(&self) -> &str {
        self.notes
            .iter()
            .find(|note| note.label == NoteLabel::Help)
            .map_or("", |note| &note.text)
    }
}

/// The command that explains the requirement `id`.
pub(super) fn explain_command(id: &str) -> String {
    format!("cargo xtask conformance explain {id}")
}

fn places<'r>(report: &'r Report, finding: &'r Finding) -> Vec<Place<'r>> {
    let mut places = Vec::new();
    if let Some(configuration) = &finding.configuration {
        places.push(Place {
            role: PlaceRole::Configuration,
            path: configuration.source.clone(),
            position: configuration
                .span
                .map(|span| (span.line, Some(span.column))),
            excerpt: configuration.span.and_then(|span| {
                let text = report.sources.get(&configuration.source)?;
                Excerpt::new(text, span.start..span.end)
            }),
            label: match (&finding.peer, configuration.key.as_str()) {
                (Some(peer), _) => format!("should lead to {peer}"),
                (None, "") => String::new(),
                (None, key) => format!("`{key}`"),
            },
        });
    }
    if let Some(template) = &finding.template {
        let path = template.path();
        places.push(line_of(report, PlaceRole::Template, path, template.line));
    }
    if let Some(generator) = &finding.generator {
        let (path, line) = (generator.file.clone(), Some(generator.line));
        places.push(line_of(report, PlaceRole::Generator, path, line));
    }
    places
}

fn line_of(report: &Report, role: PlaceRole, path: String, line: Option<usize>) -> Place<'_> {
    let line = line.map(|line| line.max(1));
    Place {
        role,
        position: line.map(|line| (line, None)),
        excerpt: line.and_then(|line| Excerpt::line(report.sources.get(&path)?, line)),
        label: match role {
            PlaceRole::Configuration => String::new(),
            PlaceRole::Template => "rendered from here".into(),
            PlaceRole::Generator => "generated from here".into(),
        },
        path,
    }
}

/// The first values by name; a line that reads many is about something else than each of them.
fn values_in_words(values: &[String]) -> String {
    const MOST: usize = 4;
    let named: Vec<String> = values
        .iter()
        .take(MOST)
        .map(|value| format!("`{value}`"))
        .collect();
    let further = match values.len().saturating_sub(MOST) {
        0 => String::new(),
        further => format!(" and {further} more"),
    };
    format!("{}{further} of the chart's values", named.join(", "))
}

/// The first of the other objects with the same fault; reports for machines have them all.
fn occurrences_in_words(also: &[Occurrence]) -> String {
    const MOST: usize = 6;
    let named: Vec<String> = also.iter().take(MOST).map(ToString::to_string).collect();
    let further = match also.len().saturating_sub(MOST) {
        0 => String::new(),
        further => format!(" and {further} more"),
    };
    format!("{}{further}", named.join(", "))
}

/// What the places do not show already.
fn notes(group: &FindingGroup<'_>, places: &[Place<'_>]) -> Vec<Note> {
    let finding = group.finding;
    let shown = places.first().and_then(|place| place.excerpt.as_ref());
    let is_shown = |value: &String| shown.is_some_and(|excerpt| excerpt.marked().contains(value));
    let mut notes = Vec::new();
    let mut note = |label, text: String| notes.push(Note { label, text });
    // The path of a configuration file names its object.
    if let Some(object) = finding
        .object
        .as_ref()
        .filter(|_| finding.configuration.is_none())
    {
        note(
            NoteLabel::Object,
            format!("{object} of release {}", object.release),
        );
    }
    if let Some(configuration) = finding
        .configuration
        .as_ref()
        .filter(|at| !at.key.is_empty())
    {
        note(
            NoteLabel::Key,
            format!("{} in {}", configuration.key, configuration.file),
        );
    }
    if let Some(value) = finding.value.as_ref().filter(|value| !is_shown(value)) {
        note(NoteLabel::Value, value.clone());
    }
    if !finding.values.is_empty() {
        note(NoteLabel::Values, values_in_words(&finding.values));
    }
    if let Some(peer) = finding.peer.as_ref().filter(|_| shown.is_none()) {
        note(NoteLabel::Meant, peer.clone());
    }
    if let Some(requirement) = group.requirement {
        let text = format!("{} (source: {})", requirement.text, requirement.source);
        note(NoteLabel::Requirement, text);
    }
    let how = match finding.evidence {
        Evidence::Static => "",
        Evidence::Live => ", observed in the cluster",
    };
    note(NoteLabel::Found, format!("{}{how}", group.spread()));
    if !finding.also.is_empty() {
        note(NoteLabel::Likewise, occurrences_in_words(&finding.also));
    }
    note(NoteLabel::Help, finding.help.clone());
    note(NoteLabel::Explain, explain_command(&finding.requirement));
    notes
}
