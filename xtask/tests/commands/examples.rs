//! Pages show what the commands really say: every example in a `console` block is run, unless `programs.yaml` says why it cannot be.

use std::fs;
use std::process::Command;

use super::data::Data;
use super::shell::Stage;
use super::{names, root};

/// A command on a page, and the lines that it is shown to print; `…` stands for any lines, or for the rest of one.
#[derive(Debug)]
struct Example {
    line: usize,
    command: String,
    shown: Vec<String>,
}

fn examples(text: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut is_console = false;
    // A block may go on without a command; then nothing says what prints it.
    let mut has_command = false;
    for (index, line) in text.lines().enumerate() {
        if let Some(language) = line.strip_prefix("```") {
            is_console = language == "console";
            has_command = false;
        } else if is_console {
            match (line.strip_prefix("$ "), examples.last_mut()) {
                (Some(command), _) => {
                    has_command = true;
                    examples.push(Example {
                        line: index + 1,
                        command: command.to_owned(),
                        shown: Vec::new(),
                    });
                }
                (None, Some(example)) if has_command => example.shown.push(line.to_owned()),
                _ => {}
            }
        }
    }
    examples
}

/// What may differ from run to run: times, how much was checked, and what an earlier run knew.
fn lasting(line: &str) -> String {
    let is_sum = ["ok ", "FAILED ", "conformant: ", "not conformant: "]
        .iter()
        .any(|start| line.starts_with(start));
    let line = line.split("; self-test").next().unwrap_or(line).trim_end();
    if !is_sum {
        return line.to_owned();
    }
    let mut text = String::new();
    for c in line.split(" (").next().unwrap_or(line).chars() {
        let c = if c.is_ascii_digit() { '0' } else { c };
        if c != '0' || !text.ends_with('0') {
            text.push(c);
        }
    }
    text
}

/// The first line that is shown and not printed there.
fn missing<'e>(example: &'e Example, printed: &str) -> Option<&'e str> {
    let mut printed = printed.lines().map(lasting).peekable();
    let mut may_skip = false;
    for line in &example.shown {
        if line == "…" {
            may_skip = true;
            continue;
        }
        let wanted = lasting(line);
        let fits = |printed: &String| match wanted.strip_suffix('…') {
            Some(start) => printed.starts_with(start),
            None => *printed == wanted,
        };
        let found = if may_skip {
            printed.any(|line| fits(&line))
        } else {
            printed.next().is_some_and(|line| fits(&line))
        };
        if !found {
            return Some(line);
        }
        may_skip = false;
    }
    None
}

/// What is wrong with an example, run where those before it on its page ran.
fn fault(example: &Example, stage: &Stage) -> Option<String> {
    let Some(arguments) = example.command.strip_prefix("cargo xtask ") else {
        return Some("only `cargo xtask` can be run here; say why not in programs.yaml".to_owned());
    };
    let done = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .current_dir(stage.work())
        .args(arguments.split(' '))
        .output()
        .expect("the command runs");
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let printed = text(&done.stdout) + &text(&done.stderr);
    // A page that shows nothing of what is printed promises that it works.
    if example.shown.is_empty() && !done.status.success() {
        return Some(format!("ends with {}\n{printed}", done.status));
    }
    let line = missing(example, &printed)?;
    Some(format!("does not print\n    {line}\n  but\n{printed}"))
}

pub(crate) fn every_example_of_a_page_prints_what_it_shows() {
    let data = Data::read();
    let mut wrong = Vec::new();
    let mut run = 0;
    for name in names() {
        let text = fs::read_to_string(root().join(&name)).expect("a page");
        let examples = examples(&text);
        let examples: Vec<&Example> = examples
            .iter()
            .filter(|example| !data.is_not_run(&example.command))
            .collect();
        if examples.is_empty() {
            continue;
        }
        let stage = Stage::new(&root(), &data);
        for example in examples {
            run += 1;
            if let Some(fault) = fault(example, &stage) {
                let Example { line, command, .. } = example;
                wrong.push(format!("{name}:{line}: `{command}` {fault}"));
            }
        }
    }
    assert!(run > 20, "{run} examples");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

pub(crate) fn a_line_that_is_not_printed_is_noticed() {
    let example = |shown: &[&str]| Example {
        line: 1,
        command: String::new(),
        shown: shown.iter().map(|line| (*line).to_owned()).collect(),
    };
    let printed = "a\nb\nok       pattern 3  2368 checks  0.4 s\n";
    assert_eq!(
        missing(
            &example(&["a", "…", "ok       pattern 3  17 checks  11.2 s"]),
            printed
        ),
        None
    );
    assert_eq!(missing(&example(&["…", "b…"]), printed), None);
    assert_eq!(missing(&example(&["b"]), printed), Some("b"));
    assert_eq!(missing(&example(&["a", "…", "c"]), printed), Some("c"));
}
