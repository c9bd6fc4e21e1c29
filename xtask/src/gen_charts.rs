//! `cargo xtask gen-charts`: make the charts, or check that they are up to date.

use std::path::{Path, PathBuf};

use am_generator::diagnostic::Diagnostics;
use am_generator::output::{self, Difference, Extent, OutputError, Summary};
use am_generator::{ChartTree, Families, GenerateError, Model, Selection, Templates};
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::exit::ExitStatus;
use crate::workspace;

/// The folder of the generated charts below the workspace.
const DEFAULT_OUT: &str = "charts-out";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Change nothing; print a unified diff and fail when the charts are not up to date.
    #[arg(long, conflicts_with = "dry_run")]
    check: bool,
    /// Change nothing; print what would change.
    #[arg(long)]
    dry_run: bool,
    /// Make only this pattern, by number or name, or the chart of another family by its name. May be repeated.
    #[arg(long, value_name = "N")]
    pattern: Vec<String>,
    /// Version of API Manager; the newest unless given. Other families' charts are of the version beside it. Another version needs --out.
    #[arg(long, value_name = "VERSION")]
    product_version: Option<String>,
    /// Where the charts go; charts-out in the workspace unless given.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Model to read instead of generator/model; other families are then left out.
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Templates to read instead of generator/templates; other families are then left out.
    #[arg(long, value_name = "DIR")]
    templates: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text for people.
    Human,
    /// One JSON document.
    Json,
}

pub(crate) fn run(arguments: &Arguments) -> ExitStatus {
    match execute(arguments) {
        Ok(status) => status,
        Err(error) => {
            report_error(arguments.format, &error);
            match error {
                Error::Input(_) | Error::Usage(_) => ExitStatus::Usage,
                Error::Output(_) => ExitStatus::Unable,
            }
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("{0}")]
    Input(#[from] Diagnostics),
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Output(#[from] OutputError),
}

fn execute(arguments: &Arguments) -> Result<ExitStatus, Error> {
    let root = workspace::root();
    let folder = |given: &Option<PathBuf>, own: &str| match given {
        Some(path) => (path.clone(), path.display().to_string()),
        None => (root.join(own), own.to_owned()),
    };
    let (model_path, model_label) = folder(&arguments.model, "generator/model");
    let (templates_path, templates_label) = folder(&arguments.templates, "generator/templates");
    let families = if arguments.model.is_none() && arguments.templates.is_none() {
        Families::load(&root)?
    } else {
        let model = Model::load(&model_path, &model_label)?;
        Families::of(model, Templates::load(&templates_path, &templates_label)?)
    };
    let selection = select(arguments, &families)?;
    let tree = families.generate(&selection).map_err(|error| match error {
        GenerateError::Input(diagnostics) => Error::Input(diagnostics),
        unknown @ GenerateError::Unknown { .. } => Error::Usage(unknown.to_string()),
    })?;
    let out = arguments
        .out
        .clone()
        .unwrap_or_else(|| root.join(DEFAULT_OUT));
    let extent = if arguments.pattern.is_empty() {
        Extent::Everything
    } else {
        Extent::ChartsInTree
    };
    if arguments.check || arguments.dry_run {
        let differences = output::check(&tree, &out, extent)?;
        report_differences(arguments, &differences);
        let failed = arguments.check && !differences.is_empty();
        return Ok(if failed {
            ExitStatus::Failure
        } else {
            ExitStatus::Success
        });
    }
    let summary = output::write(&tree, &out, extent)?;
    report_summary(arguments.format, &selection, &tree, &out, &summary);
    Ok(ExitStatus::Success)
}

fn select(arguments: &Arguments, families: &Families) -> Result<Selection, Error> {
    let model = families.main();
    let mut selection = families.all();
    if let Some(version) = &arguments.product_version {
        if model.version(version).is_none() {
            let known = model
                .versions
                .iter()
                .map(|known| known.version.value.as_str());
            return Err(unknown("product version", version, known));
        }
        if *version != selection.version && arguments.out.is_none() {
            return Err(Error::Usage(format!(
                "{DEFAULT_OUT} holds the charts of the newest product version, {}; give --out DIR for those of {version}",
                selection.version
            )));
        }
        selection.version.clone_from(version);
    }
    if !arguments.pattern.is_empty() {
        let known = selection.patterns.iter().map(String::as_str);
        let named = families.named(&arguments.pattern);
        selection.patterns = named.map_err(|wanted| unknown("pattern", wanted, known))?;
    }
    Ok(selection)
}

fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> Error {
    let known: Vec<&str> = known.collect();
    let nearest = am_suggest::near(name, known.iter().copied());
    let nearest = nearest
        .map(|meant| format!("did you mean `{meant}`? "))
        .unwrap_or_default();
    Error::Usage(format!(
        "there is no {what} `{name}`; {nearest}known are: {}",
        known.join(", ")
    ))
}

/// The command that makes what was checked.
fn command(arguments: &Arguments) -> String {
    let mut words = vec!["cargo xtask gen-charts".to_owned()];
    for pattern in &arguments.pattern {
        words.push(format!("--pattern {pattern}"));
    }
    if let Some(version) = &arguments.product_version {
        words.push(format!("--product-version {version}"));
    }
    for (name, path) in [
        ("out", &arguments.out),
        ("model", &arguments.model),
        ("templates", &arguments.templates),
    ] {
        if let Some(path) = path {
            words.push(format!("--{name} {}", path.display()));
        }
    }
    words.join(" ")
}

fn report_differences(arguments: &Arguments, differences: &[Difference]) {
    match arguments.format {
        Format::Json => {
            let entries: Vec<_> = differences
                .iter()
                .map(|difference| json!({"path": difference.path, "kind": difference.kind.word(), "diff": difference.diff}))
                .collect();
            println!(
                "{}",
                json!({"upToDate": differences.is_empty(), "differences": entries, "command": command(arguments)})
            );
        }
        Format::Human if differences.is_empty() => println!("the charts are up to date"),
        Format::Human => {
            for difference in differences {
                print!("{}", difference.diff);
            }
            let files = if differences.len() == 1 {
                "1 file differs".to_owned()
            } else {
                format!("{} files differ", differences.len())
            };
            eprintln!("{files}; run `{}` to write the charts", command(arguments));
        }
    }
}

fn report_summary(
    format: Format,
    selection: &Selection,
    tree: &ChartTree,
    out: &Path,
    summary: &Summary,
) {
    match format {
        Format::Json => println!(
            "{}",
            json!({
                "version": selection.version,
                "out": out.display().to_string(),
                "written": summary.written,
                "unchanged": summary.unchanged,
                "removed": summary.removed,
                "recovered": summary.recovered,
            })
        ),
        Format::Human => {
            if summary.recovered {
                println!("an earlier run was interrupted; its work was finished or undone first");
            }
            for (word, charts) in [
                ("wrote", &summary.written),
                ("unchanged", &summary.unchanged),
                ("removed", &summary.removed),
            ] {
                if !charts.is_empty() {
                    println!("{word:>9}  {}", charts.join(", "));
                }
            }
            println!(
                "{} files for product version {} in {}",
                tree.files().count(),
                selection.version,
                out.display()
            );
        }
    }
}

fn report_error(format: Format, error: &Error) {
    match (format, error) {
        (Format::Human, _) => eprintln!("error: {error}"),
        (Format::Json, Error::Input(diagnostics)) => {
            let entries: Vec<_> = diagnostics
                .iter()
                .map(|found| {
                    json!({
                        "file": found.place.file, "line": found.place.line, "column": found.place.column,
                        "message": found.message, "hint": found.hint,
                    })
                })
                .collect();
            println!("{}", json!({"error": "bad input", "diagnostics": entries}));
        }
        (Format::Json, _) => println!("{}", json!({"error": error.to_string()})),
    }
}
