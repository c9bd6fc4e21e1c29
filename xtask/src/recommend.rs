//! `cargo xtask recommend`: answers become a recommendation, and a first deployment.

mod ask;
mod flags;

use std::io::{IsTerminal as _, stdin};
use std::path::{Path, PathBuf};

use am_choosing::{Answers, Recommendation, Rules, document, page, previous, recommend};
use am_generator::diagnostic::Diagnostics;
use clap::Args;

use crate::beside::write_beside;
use crate::exit::ExitStatus;
use crate::packages::{self, Failure, Format};
use crate::workspace;

/// The page below the workspace.
const PAGE: &str = "docs/choose/index.html";

/// What a folder given with `--out` gets.
const DOCUMENT: &str = "deployment.yaml";

/// What is told of questions that were left.
const LEFT: &str = "the questions were left before the last one, so nothing is recommended; an empty line takes a default, and flags or --answers FILE answer without questions";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Answers as YAML, a line for each: `requestsPerSecond: 5000`. Flags come before the file.
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// Version of a deployment with profiles that is to be replaced.
    #[arg(long, value_name = "VERSION", requires = "topology")]
    from: Option<String>,
    /// The profiles that it has: `control-plane,gateway`.
    #[arg(
        long,
        value_name = "PROFILES",
        requires = "from",
        value_delimiter = ','
    )]
    topology: Vec<String>,
    /// Write a first deployment for `cargo xtask deploy` to this file, or to deployment.yaml in this folder.
    #[arg(long, value_name = "FILE|DIR")]
    out: Option<PathBuf>,
    /// Replace a file that is there.
    #[arg(long, requires = "out")]
    force: bool,
    /// How the recommendation is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Write docs/choose/index.html.
    #[arg(long, conflicts_with_all = ["answers", "from", "out"])]
    write_page: bool,
    /// Fail when docs/choose/index.html is not up to date.
    #[arg(long, conflicts_with_all = ["answers", "from", "out", "write_page"])]
    check_page: bool,
    #[command(flatten)]
    flags: flags::Flags,
}

pub(crate) fn run(arguments: &Arguments) -> ExitStatus {
    let result = if arguments.write_page || arguments.check_page {
        update_page(arguments.write_page)
    } else {
        execute(arguments)
    };
    result.unwrap_or_else(|failure| failure.tell(arguments.format == Format::Json))
}

fn execute(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    let rules = Rules::load()?;
    let given = given(arguments, &rules)?;
    let is_human = arguments.format == Format::Human;
    let answers = match given {
        Some(answers) => answers,
        None if is_human && stdin().is_terminal() => {
            let asked = ask::all(&rules, stdin().lock());
            let asked = asked.map_err(|error| Failure::unable(format!("the terminal: {error}")))?;
            asked.ok_or_else(|| Failure::usage(LEFT))?
        }
        None => Answers::default(),
    };
    let recommendation = recommend(&rules, &answers);
    match arguments.format {
        Format::Human => print!("{recommendation}"),
        Format::Json => println!("{:#}", serde_json::json!(recommendation)),
    }
    if let Some(out) = &arguments.out {
        let file = write(&recommendation, out, arguments.force)?;
        if is_human {
            println!("\n{} is written", file.display());
        }
    }
    // Whoever runs the next command by itself must not overlook it.
    Ok(if recommendation.conflicts.is_empty() {
        ExitStatus::Success
    } else {
        ExitStatus::Failure
    })
}

/// What was answered by flags, a file or an old topology, if anything was.
fn given(arguments: &Arguments, rules: &Rules) -> Result<Option<Answers>, Failure> {
    let mut answers = arguments.flags.answers(rules).map_err(Failure::usage)?;
    let mut is_given = arguments.flags.are_given();
    if let Some(from) = &arguments.from {
        let (id, answer) = previous(rules, from, &arguments.topology).map_err(Failure::usage)?;
        if let Some(question) = rules.question(id) {
            if answers.get(id).is_some() {
                let flag = question.flag();
                return Err(Failure::usage(format!(
                    "--from with --topology and --{flag} say the same thing: leave one of them out"
                )));
            }
            answers.set(question, answer);
        }
        is_given = true;
    }
    if let Some(file) = &arguments.answers {
        let label = file.display().to_string();
        let text = std::fs::read_to_string(file).map_err(|error| {
            Failure::usage(format!(
                "{label}: {error}; give the path of a file of answers"
            ))
        })?;
        answers = answers.over(Answers::read(rules, &label, &text)?);
        is_given = true;
    }
    Ok(is_given.then_some(answers))
}

/// Writes the first document, and returns its path.
fn write(recommendation: &Recommendation, out: &Path, force: bool) -> Result<PathBuf, Failure> {
    let text = document(recommendation).map_err(Diagnostics::from)?;
    let file = if out.is_dir() || out.to_string_lossy().ends_with('/') {
        out.join(DOCUMENT)
    } else {
        out.to_owned()
    };
    let unable = |error: &dyn std::fmt::Display| {
        Failure::unable(format!("cannot write {}: {error}", file.display()))
    };
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(|error| unable(&error))?;
    }
    let beside = write_beside(&file, &text).map_err(|error| unable(&error))?;
    if force {
        beside.persist(&file).map_err(|error| unable(&error))?;
    } else {
        beside.persist_noclobber(&file).map_err(|error| {
            if file.exists() {
                Failure::usage(format!(
                    "{} is there already: name another file, or replace it with --force",
                    file.display()
                ))
            } else {
                unable(&error)
            }
        })?;
    }
    Ok(file)
}

fn update_page(write_it: bool) -> Result<ExitStatus, Failure> {
    Rules::load()?;
    let new = page().map_err(Diagnostics::from)?;
    let path = workspace::root().join(PAGE);
    let unable = |error: std::io::Error| Failure::unable(format!("{PAGE}: {error}"));
    let old = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        old => old.map_err(unable)?,
    };
    if old == new {
        println!("{PAGE} is up to date");
        return Ok(ExitStatus::Success);
    }
    if !write_it {
        eprintln!("{PAGE} is not up to date; run `cargo xtask recommend --write-page`");
        return Ok(ExitStatus::Failure);
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(unable)?;
    }
    packages::write(&path, &new)?;
    println!("wrote {PAGE}");
    Ok(ExitStatus::Success)
}
