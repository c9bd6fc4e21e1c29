//! Lists the files of the Ansible role, so that a new one needs no line of code.

use std::fs;
use std::path::{Path, PathBuf};

const FOLDER: &str = "templates/ansible";

fn main() {
    println!("cargo::rerun-if-changed={FOLDER}");
    let mut files = Vec::new();
    find(Path::new(FOLDER), &mut files);
    files.sort();
    // Where the crate lies is asked when it is compiled: a folder of build results may have come from another checkout.
    let entries = files.iter().map(|file| {
        format!(
            "File::new(\"deployments/{0}\", include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/{0}\"))),",
            file.display()
        )
    });
    let list = format!("&[{}]", entries.collect::<Vec<_>>().join("\n"));
    let out = PathBuf::from(std::env::var("OUT_DIR").expect("set by Cargo"));
    fs::write(out.join("ansible.rs"), list).expect("the list is written");
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            find(&path, files);
        } else {
            files.push(path);
        }
    }
}
