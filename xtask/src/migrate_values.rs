//! `cargo xtask migrate-values`: values files of the vendor's charts become one of ours.

use std::fs;
use std::path::{Path, PathBuf};

use am_generator::{ChartTree, Model, Selection, Templates, generate};
use am_migration::mapping::Mapping;
use am_migration::source::File;
use am_migration::target::Target;
use am_migration::{Input, MigrateError, Migration, migrate, page, version_of};
use am_product::{Component, ProductVersion};
use clap::{Args, ValueEnum};

use crate::beside::write_beside;
use crate::exit::ExitStatus;
use crate::workspace;

/// The page that has the mapping.
const PAGE: &str = "docs/migrate.md";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Values files of the vendor's charts; of several for one chart the later counts, as for Helm. Which chart a file is for follows
    /// from what it says, from the Chart.yaml beside it, or from its name; COMPONENT=FILE says it.
    #[arg(value_name = "[COMPONENT=]FILE", required_unless_present_any = ["write_page", "check_page"])]
    files: Vec<String>,
    /// The pattern, by number.
    #[arg(long, value_name = "N", required_unless_present_any = ["write_page", "check_page"])]
    pattern: Option<u8>,
    /// Product version of the chart; that of the files unless given.
    #[arg(long, value_name = "VERSION")]
    product_version: Option<String>,
    /// Where the values go; standard output unless given.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// How the report is printed, on standard error when the values go to standard output.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Write the mapping into docs/migrate.md.
    #[arg(long, conflicts_with_all = ["pattern", "files"])]
    write_page: bool,
    /// Fail when docs/migrate.md is not up to date.
    #[arg(long, conflicts_with_all = ["pattern", "files", "write_page"])]
    check_page: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text for people.
    Human,
    /// One JSON document.
    Json,
}

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Input(#[from] MigrateError),
    #[error("{path}: {error}")]
    Write { path: String, error: std::io::Error },
}

pub(crate) fn run(arguments: &Arguments) -> ExitStatus {
    let result = if arguments.write_page || arguments.check_page {
        update_page(arguments.write_page)
    } else {
        execute(arguments)
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        match error {
            Error::Usage(_) | Error::Input(_) => ExitStatus::Usage,
            Error::Write { .. } => ExitStatus::Unable,
        }
    })
}

fn execute(arguments: &Arguments) -> Result<ExitStatus, Error> {
    let inputs: Vec<Input> = arguments
        .files
        .iter()
        .map(|argument| input(argument))
        .collect::<Result<_, _>>()?;
    let version = match &arguments.product_version {
        Some(name) => version(name)?,
        None => match version_of(&inputs)? {
            Some(name) => ProductVersion::from_name(&name).ok_or_else(|| {
                let known: Vec<&str> = ProductVersion::all().map(ProductVersion::name).collect();
                Error::Usage(format!(
                    "the files are for product version {name}, for which there are no charts here (there are for {}); say with --product-version which one you move to",
                    known.join(", ")
                ))
            })?,
            None => ProductVersion::newest(),
        },
    };
    let charts = charts(version)?;
    let target = Target::new(&charts, arguments.pattern.unwrap_or_default(), version)
        .map_err(Error::Usage)?;
    let migration = migrate(&inputs, &target)?;
    print(arguments, &migration)?;
    Ok(ExitStatus::Success)
}

fn version(name: &str) -> Result<ProductVersion, Error> {
    ProductVersion::from_name(name).ok_or_else(|| {
        let known = ProductVersion::all().map(ProductVersion::name);
        let hint = am_suggest::hint(name, known).unwrap_or_default();
        Error::Usage(format!("there is no product version {name}; {hint}"))
    })
}

/// A file, or `component=file`.
fn input(argument: &str) -> Result<Input, Error> {
    let (component, path) = match argument.split_once('=') {
        Some((name, path)) if !Path::new(argument).exists() => (Some(component(name)?), path),
        _ => (None, argument),
    };
    let text = fs::read_to_string(path).map_err(|error| {
        Error::Usage(format!("{path}: {error}; give the path of a values file"))
    })?;
    let beside = Path::new(path).with_file_name("Chart.yaml");
    let chart_beside = fs::read_to_string(beside).ok().and_then(|text| {
        let chart: serde_json::Value = serde_saphyr::from_str(&text).ok()?;
        Some(chart.get("name")?.as_str()?.to_owned())
    });
    let file = File {
        name: path.to_owned(),
        text,
    };
    Ok(Input {
        file,
        component,
        chart_beside,
    })
}

fn component(name: &str) -> Result<Component, Error> {
    Component::from_name(name).ok_or_else(|| {
        let hint =
            am_suggest::hint(name, Component::all().map(Component::name)).unwrap_or_default();
        Error::Usage(format!("there is no component {name}; {hint}"))
    })
}

/// The charts of all patterns for a product version, as the generator makes them.
fn charts(version: ProductVersion) -> Result<ChartTree, Error> {
    let root = workspace::root();
    let refuse = |error: &dyn std::fmt::Display| Error::Usage(error.to_string());
    let model = Model::load(&root.join("generator/model"), "generator/model")
        .map_err(|error| refuse(&error))?;
    let templates = Templates::load(&root.join("generator/templates"), "generator/templates")
        .map_err(|error| refuse(&error))?;
    let mut selection = Selection::all(&model);
    version.name().clone_into(&mut selection.version);
    generate(&model, &templates, &selection).map_err(|error| refuse(&error))
}

fn print(arguments: &Arguments, migration: &Migration) -> Result<(), Error> {
    let report = match arguments.format {
        Format::Human => migration.report.to_string(),
        Format::Json => format!("{:#}\n", serde_json::json!(migration.report)),
    };
    if let Some(path) = &arguments.out {
        write(path, &migration.text)?;
        print!("{report}");
    } else {
        eprint!("{report}");
        print!("{}", migration.text);
    }
    Ok(())
}

/// Writes a file as a whole or not at all.
fn write(path: &Path, text: &str) -> Result<(), Error> {
    write_beside(path, text)
        .and_then(|file| Ok(file.persist(path).map(drop)?))
        .map_err(|error| Error::Write {
            path: path.display().to_string(),
            error,
        })
}

fn update_page(write_it: bool) -> Result<ExitStatus, Error> {
    let path = workspace::root().join(PAGE);
    let old =
        fs::read_to_string(&path).map_err(|error| Error::Usage(format!("{PAGE}: {error}")))?;
    let mapping = Mapping::load().map_err(MigrateError::from)?;
    let new = page::update(&old, &mapping).map_err(|why| Error::Usage(format!("{PAGE}: {why}")))?;
    if old == new {
        println!("{PAGE} is up to date");
        return Ok(ExitStatus::Success);
    }
    if !write_it {
        eprintln!("{PAGE} is not up to date; run `cargo xtask migrate-values --write-page`");
        return Ok(ExitStatus::Failure);
    }
    write(&path, &new)?;
    println!("{PAGE} is written");
    Ok(ExitStatus::Success)
}
