//! A guide is played on a stage: its commands run in a folder of their own, where only Helm is real.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use am_toolchain::{RenderedDocument, StderrProgress, Tool, Toolchain, parse_documents};

use super::guide::Guide;

/// Programs that talk to a cloud or a cluster, or make what only they need.
const PLAYED: [&str; 13] = [
    "aws", "az", "curl", "docker", "eksctl", "gcloud", "gsutil", "helm", "keytool", "kubectl",
    "oc", "openssl", "podman",
];

/// What came of playing a guide with the chart of one pattern.
pub(crate) struct Played {
    /// Every call, one a line.
    pub(crate) calls: String,
    /// What Helm rendered, for each command; the first is the installation.
    pub(crate) renders: Vec<Vec<RenderedDocument>>,
    /// What a cluster was given, and the manifests that the guide shows.
    pub(crate) applied: Vec<RenderedDocument>,
    /// JSON files that a cloud was given.
    pub(crate) json: Vec<(String, String)>,
}

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Runs a guide. What goes wrong ends it, as it would end a reader.
pub(crate) fn play(guide: &Guide, pattern: u32) -> Result<Played, String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let stage = folder.path().join("stage");
    let work = folder.path().join("work");
    let bin = stage.join("bin");
    for new in [
        &bin,
        &stage.join("applied"),
        &stage.join("json"),
        &stage.join("renders"),
        &work.join("charts-out"),
    ] {
        fs::create_dir_all(new).expect("a folder");
    }
    let here = fs::canonicalize(root()).expect("the repository");
    let stub = here.join("xtask/tests/platform_guides/stub.sh");
    for program in PLAYED {
        symlink(&stub, bin.join(program)).expect("a link");
    }
    for name in ["docs", "charts-out", "images"] {
        let _ = fs::remove_dir(work.join(name));
        symlink(here.join(name), work.join(name)).expect("a link");
    }
    let files = guide.files();
    for file in files.iter().filter(|file| file.is_for(pattern)) {
        fs::write(work.join(file.name), file.text).expect("written");
    }
    let run = |script: &str| {
        let output = shell(&bin, &work, script);
        if output.status.success() {
            return Ok(());
        }
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(told.trim().to_owned())
    };
    run(&guide.script(pattern))?;
    // Values that no command names are given to Helm after those of the installation.
    let installed = read(&stage.join("renders/0000.args"));
    let arguments: Vec<String> = installed
        .lines()
        .map(|argument| format!("'{argument}'"))
        .collect();
    let arguments = arguments.join(" ");
    for file in &files {
        if file.is_manifest() || !file.is_for(pattern) || guide.types(file.name) {
            continue;
        }
        let command = format!("helm install {arguments} --values '{}'", file.name);
        run(&command).map_err(|told| format!("line {}: {}: {told}", file.line, file.name))?;
    }
    let documents = |text: &str| parse_documents(text).map_err(|error| error.to_string());
    let mut renders = Vec::new();
    for file in list(&stage.join("renders"), "yaml") {
        renders.push(documents(&read(&file))?);
    }
    let mut applied = Vec::new();
    for file in list(&stage.join("applied"), "yaml") {
        applied.extend(documents(&read(&file))?);
    }
    for file in files.iter().filter(|file| file.is_manifest()) {
        applied.extend(documents(file.text)?);
    }
    let json = list(&stage.join("json"), "json")
        .iter()
        .map(|file| (name(file), read(file)))
        .collect();
    Ok(Played {
        calls: read(&stage.join("calls")),
        renders,
        applied,
        json,
    })
}

/// Runs a script with the programs of the stage before all others.
fn shell(bin: &Path, work: &Path, script: &str) -> Output {
    let helm = Toolchain::new(root())
        .ensure(Tool::Helm4, &mut StderrProgress::default())
        .unwrap_or_else(|error| panic!("{error}"));
    Command::new("/bin/bash")
        .args(["-c", script])
        .current_dir(work)
        .env_clear()
        .env("HOME", work)
        .env("HELM", helm)
        .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
        .output()
        .expect("bash runs")
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_default()
}

fn name(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The files of a folder with an extension, by name.
pub(crate) fn list(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}
