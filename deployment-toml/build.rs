//! Lists the catalogues: `data`, which is the product's own, and each folder in it, so that another one needs no line of code.

use std::fs;
use std::path::{Path, PathBuf};

const FOLDER: &str = "data";
const FILES: [(&str, &str); 4] = [
    ("keys", "keys.jsonl"),
    ("dead_keys", "dead-keys.jsonl"),
    ("inference", "inference.json"),
    ("system_properties", "system-properties.json"),
];

fn main() {
    println!("cargo::rerun-if-changed={FOLDER}");
    let mut folders = vec![PathBuf::from(FOLDER)];
    for entry in fs::read_dir(FOLDER).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            folders.push(entry.path());
        }
    }
    folders.sort();
    let sources: Vec<String> = folders.iter().map(|it| source(it)).collect();
    let list = format!("&[{}]", sources.join(",\n"));
    let out = PathBuf::from(std::env::var("OUT_DIR").expect("set by Cargo"));
    fs::write(out.join("catalogues.rs"), list).expect("the list is written");
}

fn source(folder: &Path) -> String {
    let name = folder.strip_prefix(FOLDER).unwrap_or(folder);
    let name = name.to_str().filter(|name| !name.is_empty());
    let fields = FILES.map(|(field, file)| {
        let below = format!("/{}/{file}", folder.display());
        let path = format!("deployment-toml{below}");
        // Where the crate lies is asked when it is compiled: a folder of build results may have come from another checkout.
        format!(
            "{field}: File::new({path:?}, include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {below:?})))"
        )
    });
    format!("Source {{ name: {name:?}, {} }}", fields.join(", "))
}
