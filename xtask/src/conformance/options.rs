//! What the arguments ask the suite for.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use am_conformance::SuiteError;
use am_conformance::context;
use am_conformance::suite::{self, ChartDirectory, Input, Options, Skip, Variants};
use am_deployment_toml::product::{ProductVersion, Unknown};
use am_product::Pattern;

use super::arguments::{Arguments, Scenario};
use super::incremental;
use super::own_charts::{CHARTS, Lines, lines_of, own_charts};
use crate::{deploy, workspace};

/// What to do when charts-out is not what the model generates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stale {
    /// Judge nothing.
    Refused,
    /// Say so, and judge what the model generates.
    Told,
}

/// The options of a run.
pub(super) fn options(
    arguments: &Arguments,
    folder: &Path,
    stale: Stale,
) -> Result<Options, SuiteError> {
    let root = workspace::root();
    let versions = versions(arguments)?;
    let mut lines = Lines::default();
    let is_on_machines = arguments.live.scenario == Scenario::Machines;
    // Sites on machines are played as their document says.
    let deployment = arguments.deployment.as_ref().filter(|_| !is_on_machines);
    let specification = match deployment {
        Some(file) => Some(deploy::for_the_suite(file, folder)?),
        None => arguments.spec.clone(),
    };
    let input = match (specification, &arguments.charts) {
        (Some(file), _) => Input::Spec(file),
        (None, Some(path)) => {
            let version = match versions.as_slice() {
                [] => suite::version_in(path)?,
                [version] => *version,
                [_, other, ..] => {
                    return Err(SuiteError::usage(format!(
                        "--charts takes one product version, so {other} would not be checked; run the command once per version"
                    )));
                }
            };
            lines = lines_of(&root, path, version);
            Input::Charts(vec![ChartDirectory {
                version,
                path: path.clone(),
            }])
        }
        // Sites on machines bring their own charts.
        (None, None) if is_on_machines => Input::Charts(Vec::new()),
        (None, None) => {
            let own = own_charts(&root, &versions, folder)?;
            if own.stale > 0 {
                let message = format!(
                    "{CHARTS} is out of date ({} files differ from what the model generates); run `cargo xtask gen-charts`",
                    own.stale
                );
                match stale {
                    Stale::Refused => return Err(SuiteError::cannot_check(message)),
                    Stale::Told => println!("{message}; checking what the model generates"),
                }
            }
            lines.maps = own.maps;
            Input::Charts(own.directories)
        }
    };
    let mut options = Options::new(root, input);
    options.patterns = patterns(arguments)?;
    options.platforms.clone_from(&arguments.platform);
    options.product_versions = versions;
    options
        .kubernetes_versions
        .clone_from(&arguments.kubernetes_version);
    options.only.clone_from(&arguments.only);
    options.skip = arguments.skip.iter().map(|text| skip(text)).collect();
    options.requirements.clone_from(&arguments.requirements);
    options.external.clone_from(&arguments.external);
    options.jobs = arguments.jobs;
    if arguments.no_variants {
        options.variants = Variants::None;
    }
    options.command = command_line();
    options.suite = Some(suite::suite_digest(env!("AM_SUITE_DIGEST")));
    options.source_map = Some(Arc::new(lines) as Arc<dyn context::SourceMap>);
    incremental::apply(arguments, &mut options, folder)?;
    Ok(options)
}

/// The patterns that were named.
pub(super) fn patterns(arguments: &Arguments) -> Result<Vec<Pattern>, SuiteError> {
    named(&arguments.pattern)
}

/// The product versions that were named.
pub(super) fn versions(arguments: &Arguments) -> Result<Vec<ProductVersion>, SuiteError> {
    named(&arguments.product_version)
}

/// What names mean in the table of the product: read here, because `--workspace` may bring others than the program holds.
fn named<T: FromStr<Err = Unknown>>(names: &[String]) -> Result<Vec<T>, SuiteError> {
    let parsed = names.iter().map(|name| {
        name.parse()
            .map_err(|unknown: Unknown| SuiteError::usage(unknown.to_string()))
    });
    parsed.collect()
}

fn skip(text: &str) -> Skip {
    let (requirement, reason) = text.split_once('=').unwrap_or((text, ""));
    Skip {
        requirement: requirement.to_owned(),
        reason: reason.to_owned(),
    }
}

fn command_line() -> String {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    format!("cargo xtask {}", arguments.join(" "))
}
