//! `cargo xtask docs`: the documentation as a site, and its parts that are made of data.

use std::path::Path;
use std::process::{Command, Stdio};

use am_book::{BookError, built, links, made, pages, staging};
use clap::Args;

use crate::exit::ExitStatus;
use crate::packages::{self, Failure};
use crate::workspace;

/// Where the site is built, below the workspace.
const SITE: &str = "target/docs";

/// What mdBook is told, and how the site looks.
const SETTINGS: [&str; 2] = ["book.toml", "style.css"];

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Write the parts of pages that are made of data, and build nothing.
    #[arg(long, conflicts_with = "check")]
    write: bool,
    /// Change and build nothing; fail when a part is not up to date, a link leads nowhere or the table of contents lacks a page.
    #[arg(long)]
    check: bool,
}

impl From<BookError> for Failure {
    fn from(error: BookError) -> Self {
        match error {
            BookError::Wrong(_) => Self::usage(error.to_string()),
            BookError::Io { .. } => Self::unable(error.to_string()),
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> ExitStatus {
    execute(arguments).unwrap_or_else(|failure| failure.tell(false))
}

fn execute(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    let root = workspace::root();
    let (model, _) = packages::load()?;
    let stale: Vec<made::Made> = made::pages(&root, &model)?
        .into_iter()
        .filter(|page| page.new != page.old)
        .collect();
    if arguments.write {
        for page in &stale {
            packages::write(&root.join(&page.name), &page.new)?;
            println!("wrote {}", page.name);
        }
        println!("{} pages written", stale.len());
        return Ok(ExitStatus::Success);
    }
    let mut wrong: Vec<String> = stale
        .iter()
        .map(|page| {
            format!(
                "{} is not up to date; run `cargo xtask docs --write`",
                page.name
            )
        })
        .collect();
    let mut names = pages::all(&root)?;
    names.extend(pages::chapters(&root)?);
    names.sort();
    names.dedup();
    wrong.extend(links::dead(&root, &names)?);
    wrong.extend(pages::missing(&root)?);
    if wrong.is_empty() && !arguments.check {
        wrong = build(&root)?;
    }
    if wrong.is_empty() {
        println!("{} pages are sound", names.len());
        if !arguments.check {
            println!("the site: {SITE}/book/index.html");
        }
        return Ok(ExitStatus::Success);
    }
    for fault in wrong {
        eprintln!("{fault}");
    }
    Ok(ExitStatus::Failure)
}

/// Builds the site, and returns links of it that lead nowhere.
fn build(root: &Path) -> Result<Vec<String>, Failure> {
    let site = root.join(SITE);
    let source = site.join("src");
    let unable = |what: &str, error: std::io::Error| Failure::unable(format!("{what}: {error}"));
    if source.exists() {
        std::fs::remove_dir_all(&source).map_err(|error| unable(SITE, error))?;
    }
    let staging = staging::stage(root)?;
    let place = |name: &str| -> Result<std::path::PathBuf, Failure> {
        let path = source.join(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| unable(name, error))?;
        }
        Ok(path)
    };
    for (name, text) in &staging.texts {
        std::fs::write(place(name)?, text).map_err(|error| unable(name, error))?;
    }
    for name in &staging.copies {
        std::fs::copy(root.join(name), place(name)?).map_err(|error| unable(name, error))?;
    }
    for name in SETTINGS {
        std::fs::copy(root.join("book").join(name), site.join(name))
            .map_err(|error| unable(name, error))?;
    }
    let mdbook =
        run_tool(Command::new(root.join("tools/mdbook/install")).stderr(Stdio::inherit()))?;
    run_tool(Command::new(mdbook.trim()).arg("build").arg(&site))?;
    Ok(built::dead(&site.join("book"))?)
}

/// Runs a program, and returns what it wrote.
fn run_tool(command: &mut Command) -> Result<String, Failure> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Failure::unable(format!("cannot run {name}: {error}")))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    Err(Failure::unable(format!(
        "{name} failed ({}): {}",
        output.status,
        text(&output.stderr)
    )))
}
