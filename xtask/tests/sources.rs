//! Every citation leads to a file of the repository, and to a heading or key in it (`facts/README.md` has the form).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Folders whose `source:` fields and mentions of facts are citations.
const CITING: [&str; 11] = [
    "conformance/mutation-equivalents.yaml",
    "conformance/requirements",
    "conformance/src",
    "deployment-toml",
    "deployments",
    "docs",
    "generator/families",
    "generator/model",
    "generator/templates",
    "product",
    "charts-out",
];

/// A name that ends so is a file of the repository; anything else (`kubernetes.io`, `helm.sh`) is a source elsewhere.
const FILES: [&str; 4] = [".md", ".yaml", ".json", ".jsonl"];

#[test]
fn every_source_leads_to_a_place_in_the_repository() {
    let root = root();
    let mut places = Places::of(&root);
    let mut cited = 0;
    let mut wrong = Vec::new();
    for folder in CITING {
        for file in files(&root.join(folder)) {
            let Ok(text) = fs::read_to_string(&file) else {
                continue;
            };
            let name = file.strip_prefix(&root).expect("below the root").display();
            for (at, line) in text.lines().enumerate() {
                for citation in citations(line) {
                    cited += 1;
                    if let Err(fault) = places.resolve(&citation) {
                        wrong.push(format!("{name}:{}: {citation}: {fault}", at + 1));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cited > 200, "only {cited} citations were found");
}

#[test]
fn every_file_of_facts_is_listed_and_every_name_of_one_says_where_it_lies() {
    let root = root();
    let readme = fs::read_to_string(root.join("facts/README.md")).expect("facts have a README");
    let name_of = |file: &Path| {
        file.file_name()
            .map(|name| name.to_string_lossy().into_owned())
    };
    let elsewhere: BTreeSet<String> = CITING
        .iter()
        .flat_map(|folder| files(&root.join(folder)))
        .filter_map(|file| name_of(&file))
        .collect();
    let mut wrong = Vec::new();
    for fact in files(&root.join("facts")) {
        let name = name_of(&fact).expect("a file");
        if name != "README.md" && !readme.contains(&format!("`{name}`")) {
            wrong.push(format!("facts/README.md: {name} is not listed"));
        }
        // A name that a file of another folder has, too, says nothing by itself.
        if elsewhere.contains(&name) {
            continue;
        }
        for folder in CITING {
            for file in files(&root.join(folder)) {
                let text = fs::read_to_string(&file).unwrap_or_default();
                for (at, _) in text.match_indices(&name) {
                    let before = &text[..at];
                    let is_longer = before.ends_with(|c: char| c.is_alphanumeric() || c == '-');
                    if !is_longer && !before.ends_with("facts/") {
                        let line = before.lines().count();
                        wrong.push(format!("{}:{line}: write facts/{name}", file.display()));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_leads_nowhere_is_told_with_the_nearest_place() {
    let mut places = Places::of(&root());
    let mut fault = |citation: &str| places.resolve(citation).expect_err("leads nowhere");
    assert_eq!(
        fault("facts/required-wirng.md#edges"),
        "there is no such file; did you mean facts/required-wiring.md?"
    );
    assert_eq!(
        fault("facts/required-wiring.md#egdes"),
        "there is no such heading; did you mean #edges?"
    );
    assert_eq!(
        fault("facts/runtime.yaml#databases.carbon_bd"),
        "there is no such key; did you mean #databases.carbon_db?"
    );
    assert_eq!(
        fault("deployment-toml/data/keys.jsonl#apim.event_hub.enabled"),
        "there is no such key; did you mean #apim.event_hub.enable?"
    );
}

#[test]
fn citations_are_found_in_fields_and_in_prose() {
    let found = |line: &str| citations(line).join(" | ");
    assert_eq!(
        found(
            "    source: facts/a.md#b (c; d), kubernetes.io, Pods; ARCHITECTURE.md#decisions; missing.yaml"
        ),
        "facts/a.md#b | ARCHITECTURE.md#decisions | missing.yaml"
    );
    assert_eq!(
        found("sources: [\"facts/a.md#b\", \"x.md\"]"),
        "facts/a.md#b | x.md"
    );
    assert_eq!(found("- source: facts/a.yaml#b\\_c"), "facts/a.yaml#b_c");
    assert_eq!(
        found("// Source: facts/a.yaml#b.c, and `facts/d.md`."),
        "facts/a.yaml#b.c | facts/d.md"
    );
}

/// The citations of a line: the items of a field called `source` or `sources`, and mentions of `facts/` anywhere.
fn citations(line: &str) -> Vec<String> {
    let field = line.trim_start().trim_start_matches("- ");
    let value = ["source:", "sources:"]
        .iter()
        .find_map(|name| field.strip_prefix(name));
    let Some(value) = value else {
        let mentions = line.match_indices("facts/").filter(|(at, _)| {
            !line[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '/' || c == '-')
        });
        return mentions.filter_map(|(at, _)| place(&line[at..])).collect();
    };
    items(&value.replace('\\', ""))
        .iter()
        .filter_map(|item| place(item))
        .collect()
}

/// The items between `;` and, in a list, `,` between quotes; what stands in brackets belongs to its item.
fn items(value: &str) -> Vec<String> {
    let value = value.trim().trim_start_matches('[').trim_end_matches(']');
    let mut items = vec![String::new()];
    let mut depth = 0;
    for c in value.replace("\", \"", ";").replace('"', "").chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ';' if depth == 0 => {
                items.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(item) = items.last_mut() {
            item.push(c);
        }
    }
    items
}

/// The file and place that a text begins with, if it is a file.
fn place(text: &str) -> Option<String> {
    let text = text.trim();
    let end = text
        .find(|c: char| c.is_whitespace() || matches!(c, ')' | '(' | '`' | ',' | ';' | '"'))
        .unwrap_or(text.len());
    let place = text[..end].trim_end_matches(['.', ':']);
    let file = place.split('#').next()?;
    FILES
        .iter()
        .any(|end| file.ends_with(end))
        .then(|| place.to_owned())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .expect("the repository")
}

/// The files below a path, or the file itself.
fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(path).expect("a folder of the repository") {
        found.extend(files(&entry.expect("an entry").path()));
    }
    found.sort();
    found
}

/// The places of each file that was asked for: slugs of headings, or keys.
struct Places {
    root: PathBuf,
    known: BTreeMap<String, Vec<String>>,
}

impl Places {
    fn of(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            known: BTreeMap::new(),
        }
    }

    fn resolve(&mut self, citation: &str) -> Result<(), String> {
        let (file, place) = citation.split_once('#').unwrap_or((citation, ""));
        let path = self.root.join(file);
        if !path.is_file() {
            let folder = path
                .parent()
                .filter(|folder| folder.is_dir())
                .unwrap_or(&self.root)
                .to_owned();
            let names = files(&folder)
                .into_iter()
                .filter_map(|file| Some(file.strip_prefix(&self.root).ok()?.display().to_string()));
            return Err(format!(
                "there is no such file; did you mean {}?",
                nearest(file, names)
            ));
        }
        let places = self
            .known
            .entry(file.to_owned())
            .or_insert_with(|| places(&path));
        if place.is_empty() || places.iter().any(|known| known == place) {
            return Ok(());
        }
        let kind = if Path::new(file)
            .extension()
            .is_some_and(|ending| ending == "md")
        {
            "heading"
        } else {
            "key"
        };
        let near = nearest(place, places.iter().cloned());
        Err(format!("there is no such {kind}; did you mean #{near}?"))
    }
}

fn nearest(wanted: &str, names: impl Iterator<Item = String>) -> String {
    names
        .min_by_key(|name| am_suggest::edits(name, wanted))
        .unwrap_or_default()
}

fn places(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).expect("a text");
    let extension = file
        .extension()
        .map(|end| end.to_string_lossy().into_owned());
    let mut found = Vec::new();
    match extension.as_deref() {
        Some("md") => found.extend(text.lines().filter(|line| line.starts_with('#')).map(slug)),
        Some("jsonl") => found.extend(text.lines().filter_map(|line| {
            let row: Value = serde_json::from_str(line).ok()?;
            Some(row.get("key")?.as_str()?.to_owned())
        })),
        _ => {
            let tree: Value = serde_saphyr::from_str(&text).expect("YAML or JSON");
            keys(&tree, "", &mut found);
        }
    }
    found
}

/// The heading as its link has it.
fn slug(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim().to_lowercase();
    heading
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

fn keys(tree: &Value, before: &str, found: &mut Vec<String>) {
    for (key, value) in tree.as_object().into_iter().flatten() {
        let path = if before.is_empty() {
            key.clone()
        } else {
            format!("{before}.{key}")
        };
        keys(value, &path, found);
        found.push(path);
    }
}
