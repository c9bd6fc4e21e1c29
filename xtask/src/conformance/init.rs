//! `cargo xtask conformance init`: a first specification of charts.

use std::path::{Path, PathBuf};

use am_conformance::{
    SuiteError,
    init::{Given, Request, first_specification},
    suite::Options,
};
use am_deployment_toml::product::ProductVersion;
use am_product::Pattern;
use clap::Args;

use crate::beside::write_beside;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A chart (folder or .tgz), or a folder of charts, with the name of its release if it has one. May be repeated.
    #[arg(long, value_name = "[RELEASE=]DIR", required = true)]
    chart: Vec<Given>,
    /// A values file of one release, or of all. May be repeated; a later one wins.
    #[arg(long, value_name = "[RELEASE=]FILE")]
    values: Vec<Given>,
    /// The namespace into which the releases are installed.
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    /// Where to write the specification; `-` prints it. A file that is there is never overwritten.
    #[arg(long, value_name = "FILE", default_value = "pattern-under-test.yaml")]
    out: PathBuf,
}

/// Writes the specification and returns the exit code.
pub(super) fn run(
    arguments: &Arguments,
    pattern: Option<Pattern>,
    product_version: Option<ProductVersion>,
    options: &Options,
) -> Result<u8, SuiteError> {
    let is_printed = arguments.out == Path::new("-");
    let out = &arguments.out;
    if !is_printed && out.exists() {
        return Err(SuiteError::usage(format!(
            "{} is there already: name another file with --out, or print with --out -",
            out.display()
        )));
    }
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let request = Request {
        charts: arguments.chart.clone(),
        values: arguments.values.clone(),
        namespace: arguments.namespace.clone(),
        pattern,
        product_version,
        folder: folder.unwrap_or(Path::new(".")).to_owned(),
    };
    let text = first_specification(&request, options)?;
    if is_printed {
        print!("{text}");
        return Ok(0);
    }
    write_beside(out, &text)
        .and_then(|file| Ok(file.persist_noclobber(out)?))
        .map_err(|error| {
            SuiteError::cannot_check(format!("cannot write {}: {error}", out.display()))
        })?;
    println!(
        "{} is written. Read its comments, then run: cargo xtask conformance --spec {}",
        out.display(),
        out.display()
    );
    Ok(0)
}
