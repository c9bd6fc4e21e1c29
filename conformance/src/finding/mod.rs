//! Findings: what is wrong, where, and how to put it right.

mod fold;

use serde::{Deserialize, Serialize};

use crate::requirement::Level;

pub(crate) use fold::{Told, fold};

/// One fault, told so that its reader can go to the line and change it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Id of the requirement that is not met, such as `AM-WIRE-003`.
    pub requirement: String,
    /// Level of that requirement.
    pub level: Level,
    /// One sentence, lower case first, that names the fault.
    pub message: String,
    /// The Kubernetes object that is at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectRef>,
    /// The place in a configuration file that the object carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<ConfigurationLocation>,
    /// The chart's template that wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateLocation>,
    /// The generator's model or template that wrote the chart's template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generator: Option<GeneratorLocation>,
    /// The value responsible, as found (never a secret).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The peer that was meant, such as `traffic-manager node 1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// Values of the chart, as dotted paths, that the template's line reads: what a user would change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// What to do about it.
    pub help: String,
    /// How it was found out.
    #[serde(default)]
    pub evidence: Evidence,
    /// Other objects that the same line of the chart makes, with the same fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Occurrence>,
}

/// A further object with a fault that is told elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Occurrence {
    /// What is wrong with it.
    pub message: String,
    /// The object.
    pub object: ObjectRef,
    /// The place in a configuration file that it carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<ConfigurationLocation>,
}

impl std::fmt::Display for Occurrence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Some(configuration) = &self.configuration else {
            return write!(f, "{} of release {}", self.object, self.object.release);
        };
        f.write_str(&configuration.source)?;
        match configuration.span {
            Some(span) => write!(f, ":{}", span.line),
            None => Ok(()),
        }
    }
}

/// How a finding was established.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// By reading rendered documents.
    #[default]
    Static,
    /// By observing a running cluster.
    Live,
}

/// A Kubernetes object in a release.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectRef {
    /// Kind, such as `StatefulSet`.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Namespace; empty for a cluster-scoped object.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Helm release that made it.
    pub release: String,
}

impl std::fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

/// A place in a configuration file. `source` is the key of the file's text in
/// [`crate::report::Report::sources`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigurationLocation {
    /// Key of the text in the report's sources: `release/Kind/name/data key`.
    pub source: String,
    /// File name, such as `deployment.toml`.
    pub file: String,
    /// Dotted key; empty when the whole file is meant.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// Byte range in the text, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
}

/// A byte range in a text and where it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Line of the first byte, from 1.
    pub line: usize,
    /// Column of the first byte in characters, from 1.
    pub column: usize,
}

impl Span {
    /// The span of bytes `start..end` of `text`; positions past the end are cut.
    pub fn of(text: &str, start: usize, end: usize) -> Self {
        let mut start = start.min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self {
            start,
            end: end.clamp(start, text.len()),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

/// A line of a chart's template, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TemplateLocation {
    /// Chart name or path as given to the suite.
    pub chart: String,
    /// File inside the chart, such as `templates/gateway/service.yaml`.
    pub file: String,
    /// Line, from 1; absent when only the file is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

impl TemplateLocation {
    /// Whether its line is known.
    pub(crate) fn has_line(&self) -> bool {
        self.line.is_some()
    }

    /// The path below the folder of the chart; a report's sources hold the text under this name.
    pub(crate) fn path(&self) -> String {
        path_below(&self.chart, &self.file)
    }
}

/// The path of a file in a folder.
pub(crate) fn path_below(folder: &str, file: &str) -> String {
    match folder.trim_end_matches('/') {
        "" => file.to_owned(),
        folder => format!("{folder}/{file}"),
    }
}

/// A line of the generator's model or templates, from its source map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GeneratorLocation {
    /// File, relative to the repository.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
}

#[cfg(test)]
mod tests {
    use super::Span;

    #[test]
    fn a_span_knows_its_line_and_column() {
        let text = "a = 1\nschlüssel = 2\n";
        let at = text.find("= 2").unwrap_or_default();
        let span = Span::of(text, at, at + 3);
        assert_eq!((span.line, span.column), (2, 11));
        assert_eq!(&text[span.start..span.end], "= 2");
    }

    #[test]
    fn a_span_past_the_end_is_cut() {
        let span = Span::of("ab", 7, 9);
        assert_eq!((span.start, span.end, span.line), (2, 2, 1));
    }
}
