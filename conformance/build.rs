//! Tells the suite its own digest, so that the result of a self-test is never shown for another suite.

use std::{
    collections::BTreeSet,
    fs,
    hash::{DefaultHasher, Hasher as _},
    io,
    path::{Path, PathBuf},
};

/// What a verdict of the suite depends on, relative to this package.
const SOURCES: [&str; 4] = [
    "src",
    "requirements",
    "../deployment-toml/src",
    "mutation-equivalents.yaml",
];

fn main() -> io::Result<()> {
    let mut files = BTreeSet::new();
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
        collect(Path::new(source), &mut files)?;
    }
    let mut hasher = DefaultHasher::new();
    for file in files {
        hasher.write(file.to_string_lossy().as_bytes());
        hasher.write(&fs::read(&file)?);
    }
    println!(
        "cargo::rustc-env=AM_CONFORMANCE_SUITE_DIGEST={:016x}",
        hasher.finish()
    );
    Ok(())
}

fn collect(path: &Path, files: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    if !path.is_dir() {
        files.insert(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        collect(&entry?.path(), files)?;
    }
    Ok(())
}
