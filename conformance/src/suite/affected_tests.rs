//! In checkouts made for the purpose.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use am_product::Pattern;

use super::{Affected, Changes, Platforms};
use crate::subject::SubjectDescription;

struct Checkout(tempfile::TempDir);

impl Checkout {
    /// A repository whose branch `main` holds a few charts.
    fn new() -> Self {
        let checkout = Self(tempfile::tempdir().expect("a temporary folder"));
        checkout.git(&["init", "--quiet", "--initial-branch=main"]);
        for file in [
            "charts-out/am-pattern-0/values.yaml",
            "charts-out/am-pattern-0/overlays/aws.yaml",
            "charts-out/am-pattern-3/values.yaml",
            "conformance/src/lib.rs",
            "conformance/live/src/lib.rs",
            "fixtures/values/aws.yaml",
            "generator/model/ports.yaml",
            "docs/guide.md",
        ] {
            checkout.write(file, "first\n");
        }
        checkout.write(".gitignore", "*.tgz\n");
        checkout.commit("first");
        checkout
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    fn path(&self, file: &str) -> PathBuf {
        self.root().join(file)
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = Command::new("git");
        for role in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{role}_NAME"), "test")
                .env(format!("GIT_{role}_EMAIL"), "test@example.com");
        }
        let done = git
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .arg("-C")
            .arg(self.root())
            .args(arguments)
            .output()
            .expect("git is there");
        assert!(done.status.success(), "{arguments:?}: {done:?}");
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
    }

    fn changes(&self, since: &str) -> Changes {
        Changes::since(self.root(), since, &[self.path("charts-out")]).expect("git answers")
    }

    fn affected(&self, since: &str) -> Affected {
        let charts = self.path("charts-out");
        let none = BTreeSet::new();
        Affected::charts(
            &self.changes(since),
            self.root(),
            &charts,
            &none,
            (0..=5).map(Pattern::Numbered),
        )
    }
}

fn covers(affected: &Affected, pattern: u8, platform: &str) -> bool {
    affected.covers(&SubjectDescription {
        id: String::new(),
        pattern: Pattern::Numbered(pattern),
        site: None,
        product_version: "4.7.0".into(),
        platform: platform.into(),
        variant: "default".into(),
        releases: Vec::new(),
        namespace: String::new(),
        kubernetes_version: String::new(),
    })
}

#[test]
fn committed_uncommitted_untracked_and_ignored_files_count() {
    let checkout = Checkout::new();
    checkout.git(&["switch", "--quiet", "--create", "branch"]);
    assert!(checkout.affected("main").patterns.is_empty());
    checkout.write("docs/guide.md", "not a chart\n");
    assert!(checkout.affected("main").patterns.is_empty());
    let mut known = BTreeMap::new();
    let mut then = |pattern: u8| {
        known.insert(Pattern::Numbered(pattern), Platforms::All);
        assert_eq!(
            checkout.affected("main").patterns,
            known,
            "am-pattern-{pattern}"
        );
    };

    checkout.write("charts-out/am-pattern-0/values.yaml", "second\n");
    checkout.commit("committed");
    then(0);
    checkout.write("charts-out/am-pattern-3/values.yaml", "second\n");
    then(3);
    checkout.write("charts-out/am-pattern-4/values.yaml", "untracked\n");
    then(4);
    checkout.write("charts-out/am-pattern-5/charts/library.tgz", "ignored\n");
    then(5);
    assert!(covers(&checkout.affected("main"), 5, "aws"));
    assert!(!covers(&checkout.affected("main"), 1, "none"));
    let sentence = checkout.affected("main").sentence();
    assert!(sentence.contains("since main") && sentence.contains("am-pattern-0, am-pattern-3"));
}

#[test]
fn a_file_that_was_moved_away_counts_for_both_places() {
    let checkout = Checkout::new();
    checkout.git(&[
        "mv",
        "charts-out/am-pattern-3/values.yaml",
        "charts-out/am-pattern-0/more.yaml",
    ]);
    let affected = checkout.affected("HEAD");
    assert!(covers(&affected, 0, "none") && covers(&affected, 3, "none"));
}

#[test]
fn what_the_other_branch_did_meanwhile_does_not_count() {
    let checkout = Checkout::new();
    checkout.git(&["switch", "--quiet", "--create", "branch"]);
    checkout.write("charts-out/am-pattern-0/values.yaml", "ours\n");
    checkout.commit("ours");
    checkout.git(&["switch", "--quiet", "main"]);
    checkout.write("charts-out/am-pattern-3/values.yaml", "theirs\n");
    checkout.commit("theirs");
    checkout.git(&["switch", "--quiet", "branch"]);
    let affected = checkout.affected("main");
    assert!(covers(&affected, 0, "none") && !covers(&affected, 3, "none"));
}

#[test]
fn what_judges_affects_everything_and_values_their_platform() {
    let checkout = Checkout::new();
    checkout.write("conformance/live/src/lib.rs", "judges clusters only\n");
    checkout.write("fixtures/values/aws.yaml", "second\n");
    let affected = checkout.affected("HEAD");
    assert!(covers(&affected, 0, "aws") && covers(&affected, 5, "aws"));
    assert!(!covers(&affected, 0, "none"));
    checkout.write("conformance/src/lib.rs", "second\n");
    let affected = checkout.affected("HEAD");
    assert!(covers(&affected, 0, "none"));
    let sentence = affected.sentence();
    assert!(sentence.contains("everything") && sentence.contains("conformance/src/lib.rs"));
}

#[test]
fn what_the_generator_makes_differently_is_affected() {
    let checkout = Checkout::new();
    checkout.write("generator/model/ports.yaml", "second\n");
    let changes = checkout.changes("HEAD");
    let charts = checkout.path("charts-out");
    let affected = Affected::charts(
        &changes,
        checkout.root(),
        &charts,
        &[Pattern::Numbered(2)].into(),
        (0..=5).map(Pattern::Numbered),
    );
    assert_eq!(
        affected.patterns,
        [(Pattern::Numbered(2), Platforms::All)].into()
    );

    let before = tempfile::tempdir().expect("a temporary folder");
    changes
        .unpack("generator/model", before.path())
        .expect("it was there");
    let text = fs::read_to_string(before.path().join("generator/model/ports.yaml")).expect("read");
    assert_eq!(text, "first\n");
    assert!(
        changes
            .unpack("generator/templates", before.path())
            .is_err()
    );
}

#[test]
fn what_git_cannot_answer_is_wrong_usage() {
    let checkout = Checkout::new();
    let told = |folder: &Path, since: &str, input: &[PathBuf]| {
        let error = Changes::since(folder, since, input).expect_err("refused");
        (error.exit_code(), error.to_string())
    };
    let (code, text) = told(checkout.root(), "origin/nothing", &[]);
    assert!(
        code == 2 && text.contains("origin/nothing") && text.contains("fetch"),
        "{text}"
    );
    let (code, text) = told(checkout.root(), "--help", &[]);
    assert!(code == 2 && text.contains("no such commit"), "{text}");

    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let (code, text) = told(elsewhere.path(), "main", &[]);
    assert!(code == 2 && text.contains("git checkout"), "{text}");
    let (code, text) = told(checkout.root(), "main", &[elsewhere.path().to_owned()]);
    assert!(code == 2 && text.contains("outside the checkout"), "{text}");

    checkout.git(&["switch", "--quiet", "--orphan", "unrelated"]);
    checkout.write("a", "a\n");
    checkout.commit("unrelated");
    let (code, text) = told(checkout.root(), "main", &[]);
    assert!(code == 2 && text.contains("no commit in common"), "{text}");
}

#[test]
fn a_live_run_plays_the_patterns_that_are_affected_where_it_installs_them() {
    let on = |pattern, platforms| Affected {
        since: "main".into(),
        everything: None,
        patterns: BTreeMap::from([(pattern, platforms)]),
    };
    let live = |affected: &Affected| {
        affected.patterns_on(&["none", "dev"], (0..=5).map(Pattern::Numbered))
    };
    let aws = Platforms::Some(BTreeSet::from(["aws".to_owned()]));
    let dev = Platforms::Some(BTreeSet::from(["dev".to_owned()]));
    assert_eq!(
        live(&on(Pattern::Numbered(3), Platforms::All)),
        [Pattern::Numbered(3)]
    );
    assert_eq!(live(&on(Pattern::Numbered(3), dev)), [Pattern::Numbered(3)]);
    assert!(live(&on(Pattern::Numbered(3), aws)).is_empty());
    let everything = Affected {
        everything: Some("a check changed".into()),
        ..on(Pattern::Numbered(3), Platforms::All)
    };
    assert_eq!(live(&everything), [0, 1, 2, 3, 4, 5].map(Pattern::Numbered));
}
