//! Writing files.

use std::path::Path;

use am_conformance::report::{Format, Output, write};

use crate::sample;

#[test]
fn one_report_is_written_in_every_format() {
    let folder = tempfile::tempdir().expect("a folder");
    let outputs: Vec<Output> = [
        "r.txt",
        "r.json",
        "r.yaml",
        "r.xml",
        "r.sarif",
        "deep/er/r.html",
        "r.md",
    ]
    .map(|name| Output {
        format: Format::from_path(Path::new(name)).expect("a format"),
        path: folder.path().join(name),
    })
    .to_vec();
    write(&sample::report(), &outputs).expect("written");
    for output in &outputs {
        let text = std::fs::read_to_string(&output.path).expect("there");
        assert_eq!(
            text,
            output.format.render(&sample::report()).expect("rendered")
        );
    }
    let left = std::fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(left, outputs.len(), "no temporary file is left");
}

#[test]
fn two_reports_in_one_file_are_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("report");
    let outputs = [Format::Json, Format::Yaml].map(|format| Output {
        format,
        path: path.clone(),
    });
    let error = write(&sample::report(), &outputs).expect_err("refused");
    assert_eq!(error.exit_code(), 2);
    assert!(!path.exists());
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("written");
    let output = Output {
        format: Format::Json,
        path: file.join("report.json"),
    };
    let error = write(&sample::report(), &[output]).expect_err("refused");
    assert_eq!(error.exit_code(), 3);
    assert!(error.to_string().contains("report.json"), "{error}");
}
