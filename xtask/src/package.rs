//! `cargo xtask package`: archives of the charts.

use std::path::PathBuf;

use am_packaging::{Index, package, select};
use am_toolchain::{StderrProgress, Toolchain};
use clap::Args;

use crate::exit::ExitStatus;
use crate::packages::{self, DEFAULT_PACKAGES, Failure, Format, OpenPgp, Which};
use crate::workspace;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    which: Which,
    /// Where the packages and their index.json go; target/packages in the workspace unless given.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    key: OpenPgp,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments) -> ExitStatus {
    match make(arguments) {
        Ok(index) => {
            tell(arguments.format, &index);
            ExitStatus::Success
        }
        Err(failure) => failure.tell(arguments.format == Format::Json),
    }
}

fn make(arguments: &Arguments) -> Result<Index, Failure> {
    let root = workspace::root();
    let families = packages::families()?;
    packages::check_release(families.main(), arguments.which.release.as_deref())?;
    let which = &arguments.which;
    let selected = select(&families, &which.product_version, &which.pattern)?;
    let out = arguments.out.clone();
    Ok(package(
        &Toolchain::new(&root),
        &families,
        &selected,
        &out.unwrap_or_else(|| root.join(DEFAULT_PACKAGES)),
        arguments.key.provenance().as_ref(),
        &mut StderrProgress::default(),
    )?)
}

fn tell(format: Format, index: &Index) {
    if format == Format::Json {
        println!("{}", serde_json::json!(index));
        return;
    }
    for package in &index.packages {
        let signed = if package.provenance.is_some() {
            "  .prov"
        } else {
            ""
        };
        println!(
            "{:<17} {:<11} {}  sha256:{}{signed}",
            package.chart, package.version, package.product_version, package.sha256
        );
    }
    let date = index.date.as_deref().unwrap_or("unreleased");
    println!(
        "{} packages of release {} ({date})",
        index.packages.len(),
        index.release
    );
}
