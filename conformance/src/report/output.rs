//! Writes a report in any number of formats.

use std::{
    borrow::Cow,
    fmt,
    io::Write as _,
    path::{Path, PathBuf},
    str::FromStr,
};

use serde::Serialize;
use thiserror::Error;

use super::{
    Cause, Mode, Report, cause::CauseRecord, causes, html, human, junit, markdown, sarif,
    text::Style,
};

/// A format that reports are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Text for people, without colour.
    Human,
    /// The report's data as JSON.
    Json,
    /// The report's data as YAML.
    Yaml,
    /// `JUnit` XML, for CI systems.
    Junit,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// A single page with pictures.
    Html,
    /// A summary for a CI job's page.
    Markdown,
    /// The picture of one pattern's topology.
    Svg,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 8] = [
        Self::Human,
        Self::Json,
        Self::Yaml,
        Self::Junit,
        Self::Sarif,
        Self::Html,
        Self::Markdown,
        Self::Svg,
    ];

    /// The name that [`Format::from_str`] reads.
    pub fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Yaml => "yaml",
            Self::Junit => "junit",
            Self::Sarif => "sarif",
            Self::Html => "html",
            Self::Markdown => "markdown",
            Self::Svg => "svg",
        }
    }

    /// The format that a file's name asks for: `.txt`, `.json`, `.yaml`, `.yml`, `.xml` (`JUnit`),
    /// `.sarif`, `.sarif.json`, `.html`, `.htm`, `.md`, `.svg`.
    ///
    /// # Errors
    /// When the ending is another one.
    pub fn from_path(path: &Path) -> Result<Self, OutputError> {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().to_lowercase())
            .unwrap_or_default();
        if name.ends_with(".sarif.json") {
            return Ok(Self::Sarif);
        }
        match name.rsplit_once('.').map(|(_, ending)| ending) {
            Some("txt") => Ok(Self::Human),
            Some("json") => Ok(Self::Json),
            Some("yaml" | "yml") => Ok(Self::Yaml),
            Some("xml") => Ok(Self::Junit),
            Some("sarif") => Ok(Self::Sarif),
            Some("html" | "htm") => Ok(Self::Html),
            Some("md") => Ok(Self::Markdown),
            Some("svg") => Ok(Self::Svg),
            _ => Err(OutputError::Ending { path: path.into() }),
        }
    }

    /// `report` in this format.
    ///
    /// # Errors
    /// When the report cannot be written in it; a report that this crate made can.
    pub fn render(self, report: &Report) -> Result<String, OutputError> {
        let failed = |reason: String| OutputError::Render {
            format: self,
            reason,
        };
        match self {
            Self::Human => Ok(human::render(report, Style::PLAIN)),
            Self::Json => serde_json::to_string_pretty(&Written::of(&timeless(report)))
                .map(|text| text + "\n")
                .map_err(|error| failed(error.to_string())),
            Self::Yaml => serde_saphyr::to_string(&Written::of(&timeless(report)))
                .map_err(|error| failed(error.to_string())),
            Self::Junit => junit::render(report).map_err(|error| failed(error.to_string())),
            Self::Sarif => serde_json::to_string_pretty(&sarif::log(report))
                .map(|text| text + "\n")
                .map_err(|error| failed(error.to_string())),
            Self::Html => Ok(html::render(report)),
            Self::Markdown => Ok(markdown::render(report)),
            Self::Svg => match report.profiles.as_slice() {
                [profile] => Ok(html::picture(profile)),
                several => Err(failed(format!(
                    "a picture shows one pattern, and the report has {}; choose one with --pattern",
                    several.len()
                ))),
            },
        }
    }
}

/// The report with what follows from it, for readers that count causes.
#[derive(Serialize)]
struct Written<'r> {
    #[serde(flatten)]
    report: &'r Report,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    causes: Vec<CauseRecord>,
}

impl<'r> Written<'r> {
    fn of(report: &'r Report) -> Self {
        let subjects = report.profiles.iter().flat_map(|profile| &profile.subjects);
        let causes = causes(report, subjects);
        Self {
            report,
            causes: causes.iter().map(Cause::record).collect(),
        }
    }
}

/// The report without times when it is a static one: the same charts give the same bytes, whenever they are judged.
fn timeless(report: &Report) -> Cow<'_, Report> {
    let is_timed = report
        .profiles
        .iter()
        .any(|profile| profile.seconds.is_some());
    if report.mode == Mode::Live || !is_timed {
        return Cow::Borrowed(report);
    }
    let mut report = report.clone();
    for profile in &mut report.profiles {
        profile.seconds = None;
    }
    Cow::Owned(report)
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = OutputError;

    fn from_str(name: &str) -> Result<Self, OutputError> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == name)
            .ok_or_else(|| OutputError::Format { name: name.into() })
    }
}

/// A report to write: a format and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The format.
    pub format: Format,
    /// The file; its folder is made when it is not there. `-` is standard output.
    pub path: PathBuf,
}

impl FromStr for Output {
    type Err = OutputError;

    /// Reads `FORMAT=PATH`, or `PATH` alone when its ending tells the format.
    fn from_str(text: &str) -> Result<Self, OutputError> {
        match text.split_once('=') {
            Some((format, path)) if !format.contains(['/', '.']) && !path.is_empty() => Ok(Self {
                format: format.parse()?,
                path: path.into(),
            }),
            _ => Ok(Self {
                format: Format::from_path(Path::new(text))?,
                path: text.into(),
            }),
        }
    }
}

/// A report could not be written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OutputError {
    /// The file's ending tells no format.
    #[error(
        "the report format of {} is unknown: use the ending .txt, .json, .yaml, .xml (JUnit), .sarif, .html or .md, or write FORMAT=PATH",
        path.display()
    )]
    Ending {
        /// The file.
        path: PathBuf,
    },
    /// There is no such format.
    #[error(
        "unknown report format `{name}`{}; formats are {}",
        nearest(name),
        names()
    )]
    Format {
        /// What was written.
        name: String,
    },
    /// Two reports would be written to one file.
    #[error("two reports go to {}: give each its own file", path.display())]
    Twice {
        /// The file.
        path: PathBuf,
    },
    /// The report cannot be expressed in the format.
    #[error("cannot write the report as {format}: {reason}")]
    Render {
        /// The format.
        format: Format,
        /// Why.
        reason: String,
    },
    /// The file could not be written.
    #[error("cannot write the {format} report to {}: {source}", path.display())]
    Write {
        /// The format.
        format: Format,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}

impl OutputError {
    /// The exit code of a command that ends with this error: 2 for wrong arguments, 3 when it could not
    /// write.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Ending { .. } | Self::Format { .. } | Self::Twice { .. } => 2,
            Self::Render { .. } | Self::Write { .. } => 3,
        }
    }
}

fn names() -> String {
    Format::ALL.map(Format::name).join(", ")
}

fn nearest(name: &str) -> String {
    am_suggest::near(name, Format::ALL.map(Format::name))
        .map(|format| format!(", did you mean {format}?"))
        .unwrap_or_default()
}

/// Writes `report` once per output. Everything is rendered before anything is written, and each file is
/// replaced in one step, so that a reader never sees half a report.
///
/// # Errors
/// When two outputs name one file, or a file cannot be written.
pub fn write(report: &Report, outputs: &[Output]) -> Result<(), OutputError> {
    for (index, output) in outputs.iter().enumerate() {
        if outputs[..index]
            .iter()
            .any(|other| other.path == output.path)
        {
            return Err(OutputError::Twice {
                path: output.path.clone(),
            });
        }
    }
    let rendered = outputs
        .iter()
        .map(|output| Ok((output, output.format.render(report)?)))
        .collect::<Result<Vec<_>, OutputError>>()?;
    for (output, text) in rendered {
        let written = if output.path == Path::new("-") {
            std::io::stdout().lock().write_all(text.as_bytes())
        } else {
            replace(&output.path, &text)
        };
        written.map_err(|source| OutputError::Write {
            format: output.format,
            path: output.path.clone(),
            source,
        })?;
    }
    Ok(())
}

fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".report-");
    #[cfg(unix)]
    {
        // Reports are for others to read; the process's umask still takes its share.
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o644));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Format, Output};

    #[test]
    fn the_ending_tells_the_format() {
        for (name, format) in [
            ("a/report.txt", Format::Human),
            ("report.JSON", Format::Json),
            ("report.yml", Format::Yaml),
            ("TEST-am.xml", Format::Junit),
            ("x.sarif", Format::Sarif),
            ("x.sarif.json", Format::Sarif),
            ("index.html", Format::Html),
            ("summary.md", Format::Markdown),
            ("topology.svg", Format::Svg),
        ] {
            assert_eq!(
                Format::from_path(Path::new(name)).ok(),
                Some(format),
                "{name}"
            );
        }
        let error = Format::from_path(Path::new("report.pdf")).err();
        let error = error.map(|error| (error.exit_code(), error.to_string()));
        assert!(
            error.is_some_and(|(code, text)| code == 2 && text.contains("report.pdf")),
            "an unknown ending is a usage error"
        );
    }

    #[test]
    fn an_output_names_its_format_or_lets_the_ending_tell() {
        let output: Option<Output> = "junit=out/results.txt".parse().ok();
        assert_eq!(output.map(|output| output.format), Some(Format::Junit));
        let output: Option<Output> = "out/a=b.json".parse().ok();
        assert_eq!(output.map(|output| output.format), Some(Format::Json));
        let error = "jnuit=x"
            .parse::<Output>()
            .err()
            .map(|error| error.to_string());
        assert!(error.is_some_and(|text| text.contains("did you mean junit?")));
    }
}
