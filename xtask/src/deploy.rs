//! `cargo xtask deploy`: a deployment becomes values, scripts and instructions for each site.

use std::path::{Path, PathBuf};

use am_deployments::{Document, MAKER, Vocabulary, deploy, read, schema, specification};
use am_generator::output::{self, Extent, Files, OutputError};
use am_generator::{ChartTree, Families};
use clap::Args;

use crate::exit::ExitStatus;
use crate::packages::{self, Failure};
use crate::rendering;
use crate::workspace;

/// The schema for editors below the workspace.
const SCHEMA: &str = "docs/deployment.schema.json";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The document, `kind: ApiManagerDeployment`.
    #[arg(value_name = "FILE", required_unless_present_any = ["write_schema", "check_schema"])]
    file: Option<PathBuf>,
    /// Where the files go.
    #[arg(long, value_name = "DIR", required_unless_present_any = ["write_schema", "check_schema"])]
    out: Option<PathBuf>,
    /// Change nothing; print a unified diff and fail when the files are not up to date.
    #[arg(long)]
    check: bool,
    /// Write docs/deployment.schema.json.
    #[arg(long, conflicts_with_all = ["file", "out", "check"])]
    write_schema: bool,
    /// Fail when docs/deployment.schema.json is not up to date.
    #[arg(long, conflicts_with_all = ["file", "out", "check", "write_schema"])]
    check_schema: bool,
}

pub(crate) fn run(arguments: &Arguments) -> ExitStatus {
    let result = match (&arguments.file, &arguments.out) {
        (Some(file), Some(out)) => Made::of(file).and_then(|made| {
            let command = format!("deploy {}", file.display());
            make(&made, out, arguments.check, &command)
        }),
        _ => update_schema(arguments.write_schema),
    };
    result.unwrap_or_else(|failure| failure.tell(false))
}

/// Writes the files of a document, or compares them; `command` does it without `--out`.
pub(crate) fn make(
    made: &Made,
    out: &Path,
    only_check: bool,
    command: &str,
) -> Result<ExitStatus, Failure> {
    let files = made.files()?;
    if only_check {
        let differences = output::check_files(&files, MAKER, out, Extent::Everything)?;
        for difference in &differences {
            print!("{}", difference.diff);
        }
        if differences.is_empty() {
            println!("{} is up to date", out.display());
            return Ok(ExitStatus::Success);
        }
        let count = match differences.len() {
            1 => "1 file differs".to_owned(),
            many => format!("{many} files differ"),
        };
        eprintln!(
            "{count}; run `cargo xtask {command} --out {}` to write them",
            out.display()
        );
        return Ok(ExitStatus::Failure);
    }
    let summary = output::write_files(&files, MAKER, out, Extent::Everything)?;
    if summary.recovered {
        println!("an earlier run was interrupted; its work was finished or undone first");
    }
    let state = if summary.written.is_empty() {
        "unchanged"
    } else {
        "wrote"
    };
    println!("{state} {} files in {}:", files.len(), out.display());
    for path in files.keys() {
        println!("  {path}");
    }
    Ok(ExitStatus::Success)
}

/// Writes what a document makes, the charts beside it, and what the suite is told of them; returns the path of the latter.
pub(crate) fn for_the_suite(file: &Path, folder: &Path) -> Result<PathBuf, Failure> {
    let made = Made::of(file)?;
    let (charts, tree) = (folder.join("charts"), folder.join("deployment"));
    output::write(&made.charts, &charts, Extent::Everything)?;
    output::write_files(&made.files()?, MAKER, &tree, Extent::Everything)?;
    let path = |path: &Path| path.display().to_string();
    let specification = specification(
        &made.document,
        &made.families,
        &made.vocabulary,
        &made.charts,
        &path(&charts),
        &path(&tree),
    )?;
    // Reports call it by the name of the document.
    let name = file.file_name().unwrap_or(file.as_os_str());
    let written = folder.join(name);
    std::fs::write(&written, specification.to_string())
        .map_err(|error| Failure::unable(format!("{}: {error}", written.display())))?;
    Ok(written)
}

/// Writes what a document makes in another product version than its own.
pub(crate) fn in_version(file: &Path, version: &str, out: &Path) -> Result<(), Failure> {
    let label = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::usage(format!("{label}: {error}; give the path of a deployment"))
    })?;
    let lines = text.lines().map(|line| {
        if line.starts_with("productVersion:") {
            format!("productVersion: {version}\n")
        } else {
            format!("{line}\n")
        }
    });
    let files = Made::of_text(&label, &lines.collect::<String>())?.files()?;
    output::write_files(&files, MAKER, out, Extent::Everything)?;
    Ok(())
}

/// A document, and what it is made with.
pub(crate) struct Made {
    document: Document,
    families: Families,
    vocabulary: Vocabulary,
    charts: ChartTree,
}

impl Made {
    fn of(file: &Path) -> Result<Self, Failure> {
        let label = file.display().to_string();
        let text = std::fs::read_to_string(file).map_err(|error| {
            Failure::usage(format!("{label}: {error}; give the path of a deployment"))
        })?;
        Self::of_text(&label, &text)
    }

    fn of_text(label: &str, text: &str) -> Result<Self, Failure> {
        let document = read(label, text)?;
        Self::new(document, packages::families()?, Vocabulary::load()?)
    }

    /// The charts of a document.
    pub(crate) fn new(
        document: Document,
        families: Families,
        vocabulary: Vocabulary,
    ) -> Result<Self, Failure> {
        let charts = document.charts(&families, &vocabulary)?;
        Ok(Self {
            document,
            families,
            vocabulary,
            charts,
        })
    }

    fn files(&self) -> Result<Files, Failure> {
        Ok(deploy(
            &self.document,
            &self.families,
            &self.vocabulary,
            &self.charts,
            &rendering::render,
        )?)
    }
}

fn update_schema(write_it: bool) -> Result<ExitStatus, Failure> {
    let new = schema(&packages::families()?, &Vocabulary::load()?);
    let new = format!("{new:#}\n");
    let path = workspace::root().join(SCHEMA);
    let unable = |error: std::io::Error| Failure::unable(format!("{SCHEMA}: {error}"));
    let old = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        old => old.map_err(unable)?,
    };
    if old == new {
        println!("{SCHEMA} is up to date");
        return Ok(ExitStatus::Success);
    }
    if !write_it {
        eprintln!("{SCHEMA} is not up to date; run `cargo xtask deploy --write-schema`");
        return Ok(ExitStatus::Failure);
    }
    packages::write(&path, &new)?;
    println!("wrote {SCHEMA}");
    Ok(ExitStatus::Success)
}

impl From<OutputError> for Failure {
    fn from(error: OutputError) -> Self {
        Self::unable(error.to_string())
    }
}
