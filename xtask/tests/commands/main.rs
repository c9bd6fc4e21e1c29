//! Every command that a page shows is one that its program takes.
//!
//! A block of `sh` or `console` is played by a real shell, in which every program is played and writes down how it was called (`stub.sh`). Each
//! call is then judged by the program's own command line: ours, the pinned Helm's, a kubectl's. A program that nothing judges is named in
//! `programs.yaml`, with the reason. Guides of platforms are run by `platform_guides`.
//! Examples in blocks of `console` are run, and must print what they show (`examples`).

mod data;
mod examples;
mod judge;
mod readme;
mod shell;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use am_book::markdown::Page;
use am_book::pages;
use data::Data;
use libtest_mimic::{Arguments, Completion, Trial};
use shell::Script;

/// Languages behind a fence. Any other word would be a block that nobody looks at.
const LANGUAGES: [&str; 11] = [
    "sh",
    "console",
    "yaml",
    "json",
    "toml",
    "text",
    "sql",
    "dockerfile",
    "mermaid",
    "yml",
    "",
];

fn main() -> ExitCode {
    let tests: [(&str, fn()); 9] = [
        (
            "every_command_of_a_page_is_one_that_its_program_takes",
            every_command_of_a_page_is_one_that_its_program_takes,
        ),
        (
            "every_command_within_a_sentence_is_one_of_ours",
            every_command_within_a_sentence_is_one_of_ours,
        ),
        (
            "a_command_that_its_program_refuses_is_noticed",
            a_command_that_its_program_refuses_is_noticed,
        ),
        (
            "every_example_of_a_page_prints_what_it_shows",
            examples::every_example_of_a_page_prints_what_it_shows,
        ),
        (
            "a_line_that_is_not_printed_is_noticed",
            examples::a_line_that_is_not_printed_is_noticed,
        ),
        (
            "the_readme_has_everything_that_the_source_documents_name",
            readme::the_readme_has_everything_that_the_source_documents_name,
        ),
        (
            "every_row_of_the_readme_has_a_command_that_is_taken",
            readme::every_row_of_the_readme_has_a_command_that_is_taken,
        ),
        (
            "quick_commands_of_the_readme_do_what_it_says",
            readme::quick_commands_of_the_readme_do_what_it_says,
        ),
        (
            "a_row_that_is_missing_or_without_a_command_is_noticed",
            readme::a_row_that_is_missing_or_without_a_command_is_noticed,
        ),
    ];
    let mut trials: Vec<Trial> = tests
        .into_iter()
        .map(|(name, test)| {
            Trial::test(name, move || {
                test();
                Ok(())
            })
        })
        .collect();
    trials.push(Trial::ignorable_test(
        "every_command_of_kubectl_is_one_that_it_takes",
        || {
            if judge::has_kubectl() {
                every_command_of_kubectl_is_one_that_it_takes();
                return Ok(Completion::Completed);
            }
            Ok(Completion::ignored_with("no kubectl on PATH"))
        },
    ));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    root.canonicalize().expect("the repository")
}

/// Every page whose commands somebody may type.
fn names() -> Vec<String> {
    let mut names = pages::all(&root()).expect("pages");
    names.extend(pages::chapters(&root()).expect("chapters"));
    names.sort();
    names.dedup();
    names
}

/// The scripts of a page, or what is wrong with its blocks.
fn scripts(name: &str, text: &str, data: &Data) -> Result<Vec<Script>, String> {
    let mut scripts = Vec::new();
    for block in Page::read(text).blocks {
        let place = format!("{name}:{}", block.line);
        let language = block.language.as_str();
        if !LANGUAGES.contains(&language) {
            return Err(format!(
                "{place}: commands are in a block of `sh`, or of `console` with what they print; not `{language}`"
            ));
        }
        let text = match language {
            "sh" if !data.is_run_elsewhere(name) => block.text,
            "console" => shell::typed(&block.text),
            _ => continue,
        };
        scripts.push(Script { place, text });
    }
    Ok(scripts)
}

/// What is wrong with the commands of a page, as `judge` says.
fn faults(name: &str, text: &str, data: &Data, judge: judge::Judge) -> Vec<String> {
    let scripts = match scripts(name, text, data) {
        Ok(scripts) => scripts,
        Err(fault) => return vec![fault],
    };
    let mut faults = Vec::new();
    let stage = shell::Stage::new(&root(), data);
    for script in scripts {
        match stage.play(&script) {
            Ok(calls) => faults.extend(
                calls
                    .iter()
                    .filter_map(|call| Some((call, judge(call, &stage, data)?)))
                    .map(|(call, fault)| format!("{}: `{call}`: {fault}", script.place)),
            ),
            Err(fault) => faults.push(format!("{}: {fault}", script.place)),
        }
    }
    faults
}

/// What is wrong with the commands of all pages.
fn faults_of_all(judge: judge::Judge) {
    let data = Data::read();
    let names = names();
    let told = am_testing::side_by_side(&names, |name| {
        let text = std::fs::read_to_string(root().join(name)).expect("a page");
        faults(name, &text, &data, judge)
    });
    let faults: Vec<String> = told.into_iter().flatten().collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn every_command_of_a_page_is_one_that_its_program_takes() {
    faults_of_all(judge::fault);
}

fn every_command_of_kubectl_is_one_that_it_takes() {
    let data = Data::read();
    let wrong = "```sh\nkubectl get pods --namespce b\n```";
    let told = faults("docs/x.md", wrong, &data, judge::fault_of_kubectl).join("\n");
    assert!(told.contains("--namespce"), "{told}");
    faults_of_all(judge::fault_of_kubectl);
}

fn every_command_within_a_sentence_is_one_of_ours() {
    let mut faults = Vec::new();
    let mut count = 0;
    for name in names() {
        let text = std::fs::read_to_string(root().join(&name)).expect("a page");
        for (line, command) in Page::read(&text).code {
            count += usize::from(command.starts_with("cargo xtask "));
            if let Some(fault) = judge::fault_of_mention(&command) {
                faults.push(format!("{name}:{line}: `{command}`: {fault}"));
            }
        }
    }
    assert!(count > 50, "{count} commands");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let wrong = judge::fault_of_mention("cargo xtask conformance --charts DIR --patern N");
    assert!(wrong.is_some_and(|fault| fault.contains("--pattern")));
}

fn a_command_that_its_program_refuses_is_noticed() {
    let data = Data::read();
    let told = |block: &str| faults("docs/x.md", block, &data, judge::fault).join("\n");
    for (block, word) in [
        (
            "```sh\ncargo xtask conformance --patern 3\n```",
            "--pattern",
        ),
        ("```console\n$ cargo xtask gen-chart\n…\n```", "gen-charts"),
        (
            "```sh\ncargo xtask conformance --deployment deployments/examples/singel.yaml\n```",
            "there is no",
        ),
        (
            "```sh\nhelm install a charts-out/am-pattern-3 --namespce b\n```",
            "--namespce",
        ),
        (
            "```sh\nhelm template a charts-out/am-pattern-3 --set controlPlane.replica=3\n```",
            "replica",
        ),
        ("```sh\nfrobnicate --all\n```", "programs.yaml"),
        ("```sh\nif true\n```", "syntax error"),
        ("```bash\nls\n```", "not `bash`"),
    ] {
        let fault = told(block);
        assert!(fault.contains(word), "{block}\n{fault}");
    }
    assert_eq!(
        told("```sh\ncargo xtask conformance --pattern 3 # why\n```"),
        ""
    );
    assert_eq!(told("```text\nfrobnicate\n```"), "");
}
