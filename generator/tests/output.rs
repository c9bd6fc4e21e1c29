//! Comparing and writing output directories: nothing of the user's is lost, and nothing is half done.

mod common;

use std::fs;
use std::path::Path;

use am_generator::output::{self, DifferenceKind, Extent, OutputError};
use am_generator::{ChartTree, Selection, generate};

fn written() -> (tempfile::TempDir, ChartTree) {
    let folder = tempfile::tempdir().expect("temporary directory");
    let tree = common::tree();
    output::write(&tree, folder.path(), Extent::Everything).expect("writes");
    (folder, tree)
}

fn kinds(tree: &ChartTree, folder: &Path) -> Vec<(String, DifferenceKind)> {
    let differences = output::check(tree, folder, Extent::Everything).expect("can be compared");
    differences
        .into_iter()
        .map(|difference| (difference.path, difference.kind))
        .collect()
}

#[test]
fn what_was_written_is_up_to_date_and_a_second_run_changes_nothing() {
    let (folder, tree) = written();
    assert_eq!(kinds(&tree, folder.path()), []);
    let summary = output::write(&tree, folder.path(), Extent::Everything).expect("writes");
    assert_eq!(summary.unchanged, ["am-pattern-0", "am-pattern-1"]);
    assert!(summary.written.is_empty() && summary.removed.is_empty() && !summary.recovered);
    assert!(!folder.path().join(".gen-charts").exists());
}

#[test]
fn edited_missing_and_left_over_files_are_found_and_repaired() {
    let (folder, tree) = written();
    let chart = folder.path().join("am-pattern-0");
    let values = fs::read_to_string(chart.join("values.yaml")).expect("values");
    fs::write(
        chart.join("values.yaml"),
        values.replace("mode: embedded", "mode: external"),
    )
    .expect("writes");
    fs::copy(chart.join("Chart.yaml"), chart.join("Old.yaml")).expect("copies");
    fs::remove_file(chart.join("Chart.yaml")).expect("removes");
    assert_eq!(
        kinds(&tree, folder.path()),
        [
            (
                "am-pattern-0/Chart.yaml".to_owned(),
                DifferenceKind::Missing
            ),
            ("am-pattern-0/Old.yaml".to_owned(), DifferenceKind::Orphan),
            (
                "am-pattern-0/values.yaml".to_owned(),
                DifferenceKind::Changed
            ),
        ]
    );
    let summary = output::write(&tree, folder.path(), Extent::Everything).expect("writes");
    assert_eq!(summary.written, ["am-pattern-0"]);
    assert_eq!(kinds(&tree, folder.path()), []);
}

#[test]
fn charts_of_earlier_runs_are_removed_and_other_files_never_touched() {
    let (folder, tree) = written();
    common::copy(
        &folder.path().join("am-pattern-1"),
        &folder.path().join("am-pattern-9"),
    );
    fs::write(folder.path().join("notes.txt"), "mine").expect("writes");
    fs::create_dir(folder.path().join("my-chart")).expect("creates");
    fs::write(folder.path().join("my-chart/Chart.yaml"), "mine").expect("writes");
    let summary = output::write(&tree, folder.path(), Extent::Everything).expect("writes");
    assert_eq!(summary.removed, ["am-pattern-9"]);
    assert!(!folder.path().join("am-pattern-9").exists());
    assert_eq!(
        fs::read_to_string(folder.path().join("notes.txt")).expect("kept"),
        "mine"
    );
    assert_eq!(
        fs::read_to_string(folder.path().join("my-chart/Chart.yaml")).expect("kept"),
        "mine"
    );
}

#[test]
fn a_chart_of_another_family_that_is_made_no_longer_is_removed() {
    let (folder, tree) = written();
    common::copy(
        &folder.path().join("am-pattern-1"),
        &folder.path().join("am-integration-old"),
    );
    let summary = output::write(&tree, folder.path(), Extent::Everything).expect("writes");
    assert_eq!(summary.removed, ["am-integration-old"]);
    assert!(!folder.path().join("am-integration-old").exists());
}

#[test]
fn one_chart_alone_leaves_the_others() {
    let (folder, whole) = written();
    let model = common::model();
    let selection = Selection {
        patterns: vec!["am-pattern-0".to_owned()],
        ..Selection::all(&model)
    };
    let one = generate(&model, &common::templates(), &selection).expect("generates");
    fs::remove_file(folder.path().join("am-pattern-0/Chart.yaml")).expect("removes");
    let summary = output::write(&one, folder.path(), Extent::ChartsInTree).expect("writes");
    assert_eq!((summary.written.len(), summary.removed.len()), (1, 0));
    assert_eq!(kinds(&whole, folder.path()), []);
}

#[test]
fn files_that_somebody_else_made_are_refused_and_kept() {
    for name in [
        "am-pattern-0/mine.yaml",
        "am-pattern-0/templates/mine.yaml",
        "am-pattern-9/mine.yaml",
    ] {
        let (folder, tree) = written();
        let mine = folder.path().join(name);
        fs::create_dir_all(mine.parent().expect("parent")).expect("creates");
        fs::write(&mine, "mine: true\n").expect("writes");
        fs::remove_file(folder.path().join("am-pattern-1/Chart.yaml")).expect("removes");
        let error = output::write(&tree, folder.path(), Extent::Everything).expect_err(name);
        assert!(matches!(error, OutputError::Foreign { .. }), "{error}");
        let file = name.split_once('/').map_or(name, |(_, file)| file);
        assert!(error.to_string().contains(file), "{error}");
        assert_eq!(fs::read_to_string(&mine).expect("kept"), "mine: true\n");
        assert!(
            !folder.path().join("am-pattern-1/Chart.yaml").exists(),
            "nothing was written"
        );
        assert!(output::check(&tree, folder.path(), Extent::Everything).is_err());
    }
}

#[test]
fn a_file_in_the_place_of_a_directory_is_refused() {
    let folder = tempfile::tempdir().expect("temporary directory");
    let tree = common::tree();
    let out = folder.path().join("out");
    fs::write(&out, "mine").expect("writes");
    let error = output::write(&tree, &out, Extent::Everything).expect_err("a file");
    assert!(
        error.to_string().contains("is a file, not a directory"),
        "{error}"
    );
    fs::remove_file(&out).expect("removes");
    fs::create_dir(&out).expect("creates");
    fs::write(out.join("am-pattern-0"), "mine").expect("writes");
    let error = output::write(&tree, &out, Extent::Everything).expect_err("a file");
    assert!(
        matches!(error, OutputError::NotADirectory { .. }),
        "{error}"
    );
    assert_eq!(
        fs::read_to_string(out.join("am-pattern-0")).expect("kept"),
        "mine"
    );
}

#[cfg(unix)]
#[test]
fn symbolic_links_are_refused() {
    let (folder, tree) = written();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(folder.path(), &link).expect("links");
    let error = output::write(&tree, &link, Extent::Everything).expect_err("a link");
    assert!(error.to_string().contains("is a symbolic link"), "{error}");
    std::os::unix::fs::symlink("/", folder.path().join("am-pattern-0/templates/root"))
        .expect("links");
    let error = output::write(&tree, folder.path(), Extent::Everything).expect_err("a link");
    assert!(error.to_string().contains("templates/root"), "{error}");
}

#[test]
fn preparations_of_an_interrupted_run_are_thrown_away() {
    let (folder, tree) = written();
    let half = folder.path().join(".gen-charts/new/am-pattern-0");
    fs::create_dir_all(&half).expect("creates");
    fs::write(half.join("Chart.yaml"), "half").expect("writes");
    let summary = output::write(&tree, folder.path(), Extent::Everything).expect("writes");
    assert!(summary.recovered);
    assert_eq!(kinds(&tree, folder.path()), []);
    assert!(!folder.path().join(".gen-charts").exists());
}

#[test]
fn an_exchange_that_was_interrupted_is_finished_first() {
    let (folder, tree) = written();
    // The old chart has moved away, its successor waits, and another one was about to be removed.
    let staging = folder.path().join(".gen-charts");
    fs::create_dir_all(staging.join("new")).expect("creates");
    fs::create_dir_all(staging.join("old")).expect("creates");
    common::copy(
        &folder.path().join("am-pattern-0"),
        &staging.join("new/am-pattern-0"),
    );
    fs::rename(
        folder.path().join("am-pattern-0"),
        staging.join("old/am-pattern-0"),
    )
    .expect("renames");
    common::copy(
        &folder.path().join("am-pattern-1"),
        &folder.path().join("am-pattern-9"),
    );
    fs::write(
        staging.join("plan.json"),
        r#"{"replace": ["am-pattern-0"], "remove": ["am-pattern-9"]}"#,
    )
    .expect("writes");
    let summary = output::write(&tree, folder.path(), Extent::Everything).expect("writes");
    assert!(summary.recovered);
    assert_eq!(summary.unchanged, ["am-pattern-0", "am-pattern-1"]);
    assert!(!folder.path().join("am-pattern-9").exists());
    assert_eq!(kinds(&tree, folder.path()), []);
}

#[test]
fn two_runs_at_once_are_refused() {
    let (folder, tree) = written();
    fs::create_dir(folder.path().join(".gen-charts")).expect("creates");
    let lock = fs::File::create(folder.path().join(".gen-charts/lock")).expect("creates");
    lock.lock().expect("locks");
    let error = output::write(&tree, folder.path(), Extent::Everything).expect_err("locked");
    assert!(matches!(error, OutputError::Locked { .. }), "{error}");
}
