//! The whole static suite, against the same renders by `helm template`, with and without kubeconform.

use std::process::Command;

use am_toolchain::{HelmCommand, StderrProgress, Tool, Toolchain};

use super::kubeconform::Kubeconform;
use super::memory::run_with_children;
use super::process::{Comparison, Cost, ProcessError, run_expecting, run_piped};
use super::programs::{Error, Programs};
use super::renders::{self, Render};

/// Kubernetes versions of the single and of the doubled run.
const VERSIONS: [&str; 4] = ["1.31", "1.32", "1.33", "1.34"];

/// The suite in turn with what it is compared with: `pairs` times each.
pub(super) fn compare(programs: &Programs, pairs: usize) -> Result<Vec<Comparison>, Error> {
    let scratch = tempfile::tempdir().map_err(Error::Temporary)?;
    let schemas = tempfile::tempdir().map_err(Error::Temporary)?;
    let kubeconform = Toolchain::new(&programs.workspace)
        .ensure(Tool::Kubeconform, &mut StderrProgress::default())?;
    let kubeconform = Kubeconform::new(kubeconform, schemas.path())?;
    let helm = HelmCommand::new(&programs.helm);
    let charts = renders::charts(programs, scratch.path())?;
    let list = renders::of_the_suite(programs, charts, scratch.path())?;

    let mut with_helm = Vec::new();
    let mut with_kubeconform = Vec::new();
    for _ in 0..pairs {
        with_helm.push((
            run_suite(programs, &[])?,
            one_after_another(&list, |render| {
                run_expecting(render.command(&helm), render.renders)
            })?,
        ));
        with_kubeconform.push((
            run_suite(programs, &[])?,
            one_after_another(&list, |render| {
                run_piped(render.command(&helm), kubeconform.command(), render.renders)
            })?,
        ));
    }
    let title = |theirs: &str| format!("static suite / its {} renders by {theirs}", list.len());
    Ok(vec![
        Comparison {
            title: title("helm template, one after another"),
            ours: "cargo xtask conformance",
            theirs: "helm template",
            aim: 0.2,
            memory_aim: Some(400.0),
            pairs: with_helm,
        },
        Comparison {
            title: title("helm template | kubeconform, one after another"),
            ours: "cargo xtask conformance",
            theirs: "helm template | kubeconform",
            aim: 0.085,
            memory_aim: Some(400.0),
            pairs: with_kubeconform,
        },
    ])
}

/// Twice the subjects against once: the time must grow no faster.
pub(super) fn growth(programs: &Programs, pairs: usize) -> Result<Comparison, Error> {
    let run = |versions: &[&'static str]| {
        let mut arguments = vec!["--no-variants"];
        for version in versions {
            arguments.extend(["--kubernetes-version", version]);
        }
        run_suite(programs, &arguments)
    };
    let pairs = (0..pairs)
        .map(|_| Ok((run(&VERSIONS)?, run(&VERSIONS[..2])?)))
        .collect::<Result<_, ProcessError>>()?;
    Ok(Comparison {
        title: "static suite on twice the subjects / on once".to_owned(),
        ours: "four Kubernetes versions",
        theirs: "two Kubernetes versions",
        aim: 1.7,
        memory_aim: None,
        pairs,
    })
}

fn run_suite(programs: &Programs, arguments: &[&str]) -> Result<Cost, ProcessError> {
    let mut command = Command::new(&programs.xtask);
    command
        .args(["conformance", "--no-cache", "--report"])
        .arg(programs.workspace.join("target/conformance/bench.json"))
        .args(arguments);
    run_with_children(command)
}

fn one_after_another(
    renders: &[Render],
    run: impl Fn(&Render) -> Result<Cost, ProcessError>,
) -> Result<Cost, ProcessError> {
    let mut total = Cost::default();
    for render in renders {
        total += run(render)?;
    }
    Ok(total)
}
