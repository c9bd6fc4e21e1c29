//! Every kind of mistake in the model is refused with its place and what to do.
//!
//! A case is a folder under `model_errors/`: files that replace those of the mini model, and `expected.txt`, whose text must be
//! part of the message; `*` stands for any text.

mod common;

use std::path::Path;

use am_generator::{Model, Selection, generate};

/// What the generator says about the mini model with the files of a case over it.
fn message(case: &Path) -> String {
    let folder = tempfile::tempdir().expect("temporary directory");
    common::copy(&common::mini().join("model"), folder.path());
    common::copy(case, folder.path());
    std::fs::remove_file(folder.path().join("expected.txt"))
        .expect("every case has an expected.txt");
    let model = match Model::load(folder.path(), "m") {
        Ok(model) => model,
        Err(mistakes) => return mistakes.to_string(),
    };
    match generate(&model, &common::templates(), &Selection::all(&model)) {
        Ok(_) => "no mistake was found".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// The parts between `*` appear in this order.
fn matches(message: &str, expected: &str) -> bool {
    let mut rest = message;
    expected.split('*').all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

#[test]
fn every_mistake_is_refused_with_its_place() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/model_errors");
    let mut cases: Vec<_> = std::fs::read_dir(cases)
        .expect("cases")
        .map(|entry| entry.expect("case").path())
        .collect();
    cases.sort();
    assert!(cases.len() > 30, "only {} cases", cases.len());
    let mut failures = Vec::new();
    for case in cases {
        let expected = std::fs::read_to_string(case.join("expected.txt")).expect("expected.txt");
        let message = message(&case);
        if !matches(&message, expected.trim_end()) {
            failures.push(format!(
                "{}\n  expected: {}\n  message:  {message}",
                case.display(),
                expected.trim_end()
            ));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let folder = tempfile::tempdir().expect("temporary directory");
    common::copy(&common::mini().join("model"), folder.path());
    std::fs::write(folder.path().join("ports.yaml"), "https: {}\n").expect("writes");
    std::fs::write(folder.path().join("endpoints.yaml"), "x: 1\n").expect("writes");
    std::fs::remove_file(folder.path().join("wiring.yaml")).expect("removes");
    std::fs::write(folder.path().join("platforms/notes.txt"), "x").expect("writes");
    let message = Model::load(folder.path(), "m")
        .expect_err("must be refused")
        .to_string();
    for file in [
        "m/ports.yaml:1:8",
        "m/endpoints.yaml:1:4",
        "m/wiring.yaml: cannot be read",
        "m/platforms/notes.txt: is not a .yaml",
    ] {
        assert!(message.contains(file), "{file} is not in:\n{message}");
    }
}
