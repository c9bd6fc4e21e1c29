//! The README's table: every deployment, component, platform and scenario that WSO2's documents name (`named.yaml`), each with a command that
//! shows it working and that the command line takes.

use std::collections::BTreeMap;
use std::process::Command;

use super::data::Data;
use super::{faults, judge, root};

/// A row: what it is called, what it is here, and the command.
#[derive(Debug)]
struct Row<'r> {
    name: &'r str,
    here: &'r str,
    command: Option<&'r str>,
}

/// The rows of tables whose last column is a command alone.
fn rows(text: &str) -> Vec<Row<'_>> {
    text.lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"))
        .filter_map(|line| {
            let cells: Vec<&str> = line.split(" | ").collect();
            let [name, here, shown] = cells.as_slice() else {
                return None;
            };
            let command = shown.strip_prefix('`').and_then(|it| it.strip_suffix('`'));
            Some(Row {
                name,
                here,
                command,
            })
        })
        // The head of each table.
        .filter(|row| row.command.is_some() || !row.name.starts_with("WSO2's"))
        .collect()
}

fn named() -> BTreeMap<String, Vec<String>> {
    serde_saphyr::from_str(include_str!("named.yaml")).expect("named.yaml is well-formed")
}

/// What the table lacks, has too much, or shows by no command.
fn missing(text: &str, named: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let rows = rows(text);
    let mut told = Vec::new();
    for name in named.values().flatten() {
        let count = rows.iter().filter(|row| row.name == name).count();
        if count != 1 {
            told.push(format!("{count} rows are called `{name}`; write one"));
        }
    }
    for row in &rows {
        if row.command.is_none() {
            told.push(format!("`{}` has no command", row.name));
        }
        if !named.values().flatten().any(|name| name == row.name) {
            told.push(format!("`{}` is not in named.yaml", row.name));
        }
    }
    told
}

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).expect("the README")
}

pub(crate) fn the_readme_has_everything_that_the_source_documents_name() {
    let told = missing(&readme(), &named());
    assert!(told.is_empty(), "{}", told.join("\n"));
}

pub(crate) fn every_row_of_the_readme_has_a_command_that_is_taken() {
    let text = readme();
    let rows = rows(&text);
    let commands: Vec<&str> = rows.iter().filter_map(|row| row.command).collect();
    let page = format!("```sh\n{}\n```\n", commands.join("\n"));
    let told = faults("README.md", &page, &Data::read(), judge::fault);
    assert!(told.is_empty(), "{}", told.join("\n"));
}

pub(crate) fn quick_commands_of_the_readme_do_what_it_says() {
    let text = readme();
    let mut count = 0;
    for row in rows(&text) {
        let command = row.command.unwrap_or_default();
        let words: Vec<&str> = command.split_whitespace().collect();
        let ["cargo", "xtask", verb @ ("recommend" | "deploy"), ..] = words.as_slice() else {
            continue;
        };
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .current_dir(root())
            .args(&words[2..])
            .output()
            .expect("runs");
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{command}\n{told}");
        count += 1;
        if *verb == "recommend" {
            let pattern = told
                .lines()
                .find_map(|line| line.strip_prefix("Pattern "))
                .and_then(|rest| rest.trim_start().split(',').next())
                .unwrap_or_default();
            assert!(
                row.here.contains(&format!("pattern-{pattern}.md")),
                "{command} recommends {pattern}, and the row says {}",
                row.here
            );
        }
    }
    assert!(count > 10, "{count} commands");
}

pub(crate) fn a_row_that_is_missing_or_without_a_command_is_noticed() {
    let named = BTreeMap::from([("a".to_owned(), vec!["A".to_owned(), "B".to_owned()])]);
    let table = "| WSO2's documents | here | shown by |\n|---|---|---|\n| A | x | `ls` |\n| C | y | nothing |\n";
    assert_eq!(
        missing(table, &named),
        [
            "0 rows are called `B`; write one",
            "`C` has no command",
            "`C` is not in named.yaml",
        ]
    );
}
