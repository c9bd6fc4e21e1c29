//! What the changes since a commit affect, so that a pull request judges only that.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use am_product::Pattern;

use super::{Subject, judges::judges, matrix::platforms_in};
use crate::{error::SuiteError, subject::SubjectDescription};

/// The operator's values of each platform.
const VALUES: &str = "fixtures/values";

/// The files that changed since a commit: committed on this branch, not committed yet, or not even tracked.
#[derive(Debug, Clone)]
pub struct Changes {
    /// The commit as the user named it.
    pub since: String,
    /// Where this branch left it.
    base: String,
    /// The folder that git was asked in.
    folder: PathBuf,
    /// The checkout.
    root: PathBuf,
    /// Relative to the checkout.
    files: BTreeSet<PathBuf>,
}

impl Changes {
    /// Asks git, in the checkout that holds `folder`. Below the paths of `input` also ignored files count, because
    /// nobody can tell whether they changed.
    ///
    /// # Errors
    /// When there is no git or no checkout, or the commit is unknown or unrelated.
    pub fn since(folder: &Path, since: &str, input: &[PathBuf]) -> Result<Self, SuiteError> {
        let top = git(folder, &["rev-parse", "--show-toplevel"])?;
        if !top.status.success() {
            return Err(SuiteError::usage(format!(
                "--changed-since needs a git checkout, and {} is in none: leave the option out to check everything",
                folder.display()
            )));
        }
        let root = canonical(Path::new(text(&top.stdout).trim_end_matches('\n')))?;
        let commit = git(
            &root,
            &[
                "rev-parse",
                "--verify",
                "--quiet",
                "--end-of-options",
                &format!("{since}^{{commit}}"),
            ],
        )?;
        if !commit.status.success() {
            return Err(SuiteError::usage(format!(
                "--changed-since {since}: git knows no such commit here; fetch it first (`git fetch origin`), or see `git branch --all` for names"
            )));
        }
        let base = git(&root, &["merge-base", text(&commit.stdout).trim(), "HEAD"])?;
        if !base.status.success() {
            return Err(SuiteError::usage(format!(
                "--changed-since {since}: HEAD has no commit in common with it; in a shallow clone fetch the history first (`git fetch --unshallow`)"
            )));
        }
        let base = text(&base.stdout).trim().to_owned();
        let mut files = BTreeSet::new();
        let mut add = |arguments: &[&str]| {
            let listed = git(&root, arguments)?;
            if !listed.status.success() {
                return Err(SuiteError::cannot_check(format!(
                    "git {} failed: {}",
                    arguments.join(" "),
                    text(&listed.stderr).trim()
                )));
            }
            let names = listed.stdout.split(|byte| *byte == 0);
            files.extend(
                names
                    .filter(|name| !name.is_empty())
                    .map(|name| PathBuf::from(text(name))),
            );
            Ok(())
        };
        add(&[
            "diff",
            "--name-only",
            "--no-renames",
            "--no-relative",
            "--no-ext-diff",
            "-z",
            &base,
            "--",
        ])?;
        add(&["ls-files", "--others", "--exclude-standard", "-z"])?;
        for path in input {
            let path = canonical(path)?;
            if !path.starts_with(&root) {
                return Err(SuiteError::usage(format!(
                    "--changed-since {since}: {} lies outside the checkout {}, so git cannot tell what changed there",
                    path.display(),
                    root.display()
                )));
            }
            add(&["ls-files", "--others", "-z", "--", &path.to_string_lossy()])?;
        }
        Ok(Self {
            since: since.to_owned(),
            base,
            folder: folder.to_owned(),
            root,
            files,
        })
    }

    /// The same for a specification and what it names.
    ///
    /// # Errors
    /// As [`Changes::since`].
    pub fn of_specification(
        file: &Path,
        since: &str,
        subjects: &[Subject],
    ) -> Result<Self, SuiteError> {
        let file = canonical(file)?;
        let folder = file.parent().unwrap_or(&file).to_owned();
        let input: Vec<PathBuf> = inputs(&file, subjects).map(Path::to_owned).collect();
        Self::since(&folder, since, &input)
    }

    /// The changed files below a path, relative to it; a path that changed itself is the empty path.
    pub fn below(&self, path: &Path) -> impl Iterator<Item = &Path> {
        let path = canonical(path).unwrap_or_else(|_| path.to_owned());
        let path = path.strip_prefix(&self.root).map(Path::to_owned).ok();
        self.files
            .iter()
            .filter_map(move |file| file.strip_prefix(path.as_ref()?).ok())
    }

    /// Unpacks what a path (relative to the folder that was asked about) held where the branch began.
    ///
    /// # Errors
    /// When it was not there.
    pub fn unpack(&self, path: &str, into: &Path) -> Result<(), SuiteError> {
        let archive = git(
            &self.folder,
            &["archive", "--format=tar", &self.base, "--", path],
        )?;
        if !archive.status.success() {
            return Err(SuiteError::cannot_check(format!(
                "{path} was not there at {}: {}",
                self.since,
                text(&archive.stderr).trim()
            )));
        }
        tar::Archive::new(archive.stdout.as_slice())
            .unpack(into)
            .map_err(|error| SuiteError::cannot_check(format!("cannot unpack {path}: {error}")))
    }
}

/// Platforms of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Platforms {
    /// Each of them.
    All,
    /// These.
    Some(BTreeSet<String>),
}

/// What changes affect.
#[derive(Debug, Clone)]
pub struct Affected {
    /// The commit since which.
    since: String,
    /// Why everything is affected.
    everything: Option<String>,
    /// Affected platforms by pattern.
    patterns: BTreeMap<Pattern, Platforms>,
}

impl Affected {
    /// Changes that affect everything, and why.
    pub fn everything(changes: &Changes, reason: impl Into<String>) -> Self {
        Self {
            since: changes.since.clone(),
            everything: Some(reason.into()),
            patterns: BTreeMap::new(),
        }
    }

    /// What changes affect of charts in a directory. `regenerated` are the patterns whose charts the generator makes
    /// differently since then, where it makes them; `all` are the patterns that there are.
    pub fn charts(
        changes: &Changes,
        workspace: &Path,
        directory: &Path,
        regenerated: &BTreeSet<Pattern>,
        all: impl IntoIterator<Item = Pattern>,
    ) -> Self {
        if let Some(judge) = judging(changes, workspace) {
            return Self::everything(
                changes,
                format!("{judge} changed, which is part of the suite"),
            );
        }
        let mut patterns: BTreeMap<Pattern, Platforms> = BTreeMap::new();
        let known = platforms_in(directory);
        let platforms: BTreeSet<String> = changes
            .below(&workspace.join(VALUES))
            .filter_map(|file| {
                // `aws.yaml`, or `aws-key-manager.yaml` for what only some patterns need.
                let name = file.to_str()?.strip_suffix(".yaml")?;
                let platform = name.split_once('-').map_or(name, |(platform, _)| platform);
                Some(platform.to_owned())
            })
            .filter(|name| known.contains(name))
            .collect();
        if !platforms.is_empty() {
            patterns = all
                .into_iter()
                .map(|pattern| (pattern, Platforms::Some(platforms.clone())))
                .collect();
        }
        let edited = changes.below(directory).filter_map(|file| {
            let chart = file.components().next()?.as_os_str().to_str()?;
            Pattern::of_chart(chart)
        });
        for pattern in edited.chain(regenerated.iter().copied()) {
            patterns.insert(pattern, Platforms::All);
        }
        Self {
            since: changes.since.clone(),
            everything: None,
            patterns,
        }
    }

    /// What changes affect of a specification.
    pub fn specification(
        changes: &Changes,
        workspace: &Path,
        file: &Path,
        subjects: &[Subject],
    ) -> Self {
        if let Some(judge) = judging(changes, workspace) {
            return Self::everything(
                changes,
                format!("{judge} changed, which is part of the suite"),
            );
        }
        let is_changed = inputs(file, subjects).any(|path| changes.below(path).next().is_some());
        let patterns = subjects.iter().map(|subject| subject.description.pattern);
        Self {
            since: changes.since.clone(),
            everything: None,
            patterns: patterns
                .filter(|_| is_changed)
                .map(|pattern| (pattern, Platforms::All))
                .collect(),
        }
    }

    /// Whether a subject is affected.
    pub(crate) fn covers(&self, subject: &SubjectDescription) -> bool {
        self.everything.is_some()
            || match self.patterns.get(&subject.pattern) {
                None => false,
                Some(Platforms::All) => true,
                Some(Platforms::Some(platforms)) => platforms.contains(&subject.platform),
            }
    }

    /// Those of `patterns` that are affected on any of these platforms.
    pub fn patterns_on(
        &self,
        platforms: &[&str],
        patterns: impl IntoIterator<Item = Pattern>,
    ) -> Vec<Pattern> {
        let is_affected = |pattern: &Pattern| {
            self.everything.is_some()
                || match self.patterns.get(pattern) {
                    None => false,
                    Some(Platforms::All) => true,
                    Some(Platforms::Some(names)) => {
                        platforms.iter().any(|name| names.contains(*name))
                    }
                }
        };
        patterns.into_iter().filter(is_affected).collect()
    }

    /// What is judged and why, in a sentence for the report.
    pub(crate) fn sentence(&self) -> String {
        let since = &self.since;
        if let Some(reason) = &self.everything {
            return format!("everything was checked: since {since}, {reason}");
        }
        let parts: Vec<String> = self
            .patterns
            .iter()
            .map(|(pattern, platforms)| match platforms {
                Platforms::All => pattern.chart(),
                Platforms::Some(platforms) => {
                    let names: Vec<&str> = platforms.iter().map(String::as_str).collect();
                    format!("{} on {}", pattern.chart(), names.join(" and "))
                }
            })
            .collect();
        format!(
            "only what changed since {since} was checked: {}",
            parts.join(", ")
        )
    }

    /// The sentence of a run that has nothing to judge.
    pub fn nothing(&self) -> String {
        format!(
            "no chart is affected by the changes since {}: nothing to check",
            self.since
        )
    }
}

/// The files and folders that judging a specification reads.
fn inputs<'s>(file: &'s Path, subjects: &'s [Subject]) -> impl Iterator<Item = &'s Path> {
    let beside = subjects.iter().flat_map(|subject| &subject.beside);
    let renders = subjects.iter().flat_map(|subject| &subject.renders);
    let renders = renders.chain(beside);
    let paths =
        renders.flat_map(|render| std::iter::once(&render.chart).chain(&render.values_files));
    std::iter::once(file).chain(paths.map(PathBuf::as_path))
}

/// A changed file that judges.
fn judging(changes: &Changes, workspace: &Path) -> Option<String> {
    changes
        .below(workspace)
        .map(|file| file.to_string_lossy().into_owned())
        .find(|file| {
            judges().any(|judge| {
                if judge.ends_with('/') {
                    file.starts_with(judge)
                } else {
                    file == judge
                }
            })
        })
}

fn git(folder: &Path, arguments: &[&str]) -> Result<Output, SuiteError> {
    Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .output()
        .map_err(|error| {
            SuiteError::cannot_check(format!("--changed-since needs git on PATH: {error}"))
        })
}

fn canonical(path: &Path) -> Result<PathBuf, SuiteError> {
    path.canonicalize().map_err(|source| SuiteError::Read {
        file: path.to_owned(),
        source,
    })
}

fn text(bytes: &[u8]) -> &str {
    // A name that is no UTF-8 is told up to where it is not; no file of ours is called so.
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
    }
}

#[cfg(test)]
#[path = "affected_tests.rs"]
mod tests;
