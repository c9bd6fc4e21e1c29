//! Packages, from the model to whoever pulls them, played on loopback: nothing here is simulated but the registry's address.

mod artifact_hub;
mod overlays;
mod shop;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use am_toolchain::Tool;
use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::contains;

use shop::{Shop, key, packages, text, tool, xtask};

/// The charts of most tests: two, so that one is there when the other is refused.
const TWO: [&str; 6] = [
    "--product-version",
    "4.7.0",
    "--pattern",
    "0",
    "--pattern",
    "am-pattern-3",
];

/// A chart of another family.
const BESIDE: [&str; 2] = ["--pattern", "am-integration-mi"];

/// The options that sign packages with the tests' own key.
fn provenance(secret: &Path) -> [&str; 4] {
    [
        "--provenance-key",
        "am-charts tests",
        "--keyring",
        text(secret),
    ]
}

#[test]
fn every_chart_of_every_product_version_is_packed_into_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let (one, other) = (folder.path().join("one"), folder.path().join("other"));
    let index = packages(&one, &[]);
    assert_eq!(index, packages(&other, &[]));
    assert_eq!(index.packages.len(), 24);
    let names: BTreeSet<String> = index
        .packages
        .iter()
        .map(am_packaging::Package::name)
        .collect();
    assert_eq!(names.len(), 24, "two packages have one name: {names:?}");
    let files: BTreeSet<_> = fs::read_dir(&one)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert_eq!(files.len(), 25, "archives and index: {files:?}");
    for file in files {
        let read = |folder: &std::path::Path| fs::read(folder.join(&file)).expect("a file");
        assert_eq!(read(&one), read(&other), "{}", file.display());
    }
}

#[test]
fn charts_of_other_families_are_of_the_versions_beside_api_manager_s() {
    let folder = tempfile::tempdir().expect("a folder");
    let all = [&BESIDE[..], &["--pattern", "am-integration-si"]].concat();
    let made = |further: &[&str]| -> Vec<String> {
        let index = packages(folder.path(), &[&all, further].concat());
        let packages = index.packages.iter();
        packages
            .map(|package| format!("{} of {}", package.file, package.product_version))
            .collect()
    };
    let beside = [
        "am-integration-mi-4.4.100.tgz of 4.4.0",
        "am-integration-si-4.3.100.tgz of 4.3.0",
        "am-integration-mi-4.5.100.tgz of 4.5.0",
        "am-integration-si-4.3.1000100.tgz of 4.3.1",
        "am-integration-mi-4.6.100.tgz of 4.6.0",
        "am-integration-si-4.4.100.tgz of 4.4.0",
    ];
    assert_eq!(made(&[]), beside);
    assert_eq!(made(&["--product-version", "4.6.0"]), beside[2..4]);
}

#[test]
fn packages_that_an_earlier_run_made_and_this_one_does_not_are_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("mine.txt"), "").expect("written");
    packages(folder.path(), &TWO);
    let index = packages(
        folder.path(),
        &["--product-version", "4.5.0", "--pattern", "0"],
    );
    assert_eq!(index.packages.len(), 1);
    let mut files: Vec<_> = fs::read_dir(folder.path())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    files.sort();
    assert_eq!(
        files,
        [index.packages[0].file.as_str(), "index.json", "mine.txt"]
    );
}

#[test]
fn what_is_published_is_pulled_verified_and_judged() {
    let shop = Shop::open();
    let secret = key("openpgp-secret.asc");
    let signing = provenance(&secret);
    let made = shop.path("packages");
    let index = packages(&made, &[&TWO[..], &BESIDE, &signing].concat());
    let signing_key = shop.signing_key("release");
    let sign = ["--sign", "--key", text(&signing_key)];

    // Told only.
    let dry = shop.publish(&made, &sign).assert().success();
    dry.stdout(
        contains("would push")
            .count(6)
            .and(contains("would sign").count(3)),
    );
    let package = &index.packages[0];
    let (chart, version) = (package.chart.as_str(), package.version.as_str());
    assert_eq!(shop.pulled(Tool::Helm4, chart, version), None);

    // Done, and done again.
    let execute = [&sign[..], &["--execute"]].concat();
    let first = shop.publish(&made, &execute).assert().success();
    first.stdout(
        contains("pushed")
            .count(6)
            .and(contains("(signed)").count(3)),
    );
    let second = shop.publish(&made, &execute).assert().success();
    second.stdout(
        contains("already there")
            .count(3)
            .and(contains("sign").not()),
    );

    // The same bytes for both Helms, which know the signer.
    let public = key("openpgp-public.gpg");
    for helm in [Tool::Helm3, Tool::Helm4] {
        for package in &index.packages {
            let bytes = shop.pulled(helm, &package.chart, &package.version);
            let own = fs::read(made.join(&package.file)).expect("the package");
            assert!(bytes == Some(own), "{helm}: {}", package.name());
        }
        let archive = made.join(&package.file);
        let verify = ["verify", text(&archive), "--keyring", text(&public)];
        assert!(shop.done(&tool(helm), &verify).contains("am-charts tests"));
    }

    // A signature holds for its key only.
    shop.signing_key("other");
    assert!(shop.is_signed(chart, version, "release"));
    assert!(!shop.is_signed(chart, version, "other"));

    // What people have on their disk is judged.
    let unpacked = shop.path("unpacked");
    for package in &index.packages {
        let reference = format!("{}/{}", shop.url(), package.chart);
        let pull = [
            "pull",
            &reference,
            "--version",
            &package.version,
            "--plain-http",
        ];
        let untar = ["--untar", "--untardir", text(&unpacked)];
        shop.done(&tool(Tool::Helm4), &[&pull[..], &untar].concat());
    }
    xtask(&[
        "conformance",
        "--charts",
        text(&unpacked),
        "--pattern",
        "0",
        "--pattern",
        "3",
        "--no-variants",
        "--no-cache",
    ])
    .assert()
    .success()
    .stdout(contains("ok       am-pattern-0").and(contains("ok       am-pattern-3")));

    // Artifact Hub finds what it looks for.
    let metadata = format!("{}:artifacthub.io", shop.repository(chart));
    let fetch = ["manifest", "fetch", "--plain-http", &metadata];
    let manifest = shop.done(&tool(Tool::Oras), &fetch);
    for wanted in [
        "application/vnd.cncf.artifacthub.config.v1+yaml",
        "application/vnd.cncf.artifacthub.repository-metadata.layer.v1.yaml",
    ] {
        assert!(manifest.contains(wanted), "{manifest}");
    }
}

#[test]
fn a_version_is_never_given_other_bytes() {
    let shop = Shop::open();
    let made = shop.path("packages");
    let index = packages(&made, &TWO);
    let only = shop.path("only-pattern-0");
    packages(&only, &TWO[..4]);
    let execute = ["--execute", "--no-artifact-hub"];
    shop.publish(&only, &execute).assert().success();

    let changed = shop.changed(&made, "am-pattern-0");
    let refused = shop.publish(&changed, &execute).assert().code(1);
    refused
        .stdout(contains("REFUSED").and(contains("raise the version")))
        .stderr(contains("1 of 2 versions are there with other bytes"));
    let package = &index.packages[0];
    let own = fs::read(made.join(&package.file)).expect("the package");
    let there = shop.pulled(Tool::Helm4, &package.chart, &package.version);
    assert!(
        there == Some(own),
        "the registry has what was published first"
    );
    // Nor was anything else of that folder published.
    let other = &index.packages[1];
    assert_eq!(shop.pulled(Tool::Helm4, &other.chart, &other.version), None);
    // A script can read it, too.
    let json = [&execute[..], &["--format", "json"]].concat();
    let said = shop.publish(&changed, &json).assert().code(1);
    let said: serde_json::Value =
        serde_json::from_slice(&said.get_output().stdout).expect("one JSON document");
    assert_eq!(said["packages"][0]["outcome"], "REFUSED");
    assert_eq!(said["packages"][0]["found"], package.sha256);
    assert_eq!(said["executed"], false);
}

#[test]
fn what_was_tampered_with_is_noticed() {
    let shop = Shop::open();
    let secret = key("openpgp-secret.asc");
    let signing = provenance(&secret);
    let made = shop.path("packages");
    let index = packages(&made, &[&TWO[..4], &signing].concat());
    let package = &index.packages[0];
    let signing_key = shop.signing_key("release");
    let execute = [
        "--execute",
        "--no-artifact-hub",
        "--sign",
        "--key",
        text(&signing_key),
    ];
    shop.publish(&made, &execute).assert().success();

    // In the folder: the provenance file is for other bytes, and the index lists others.
    let changed = shop.changed(&made, &package.chart);
    let archive = changed.join(&package.file);
    let public = key("openpgp-public.gpg");
    for helm in [Tool::Helm3, Tool::Helm4] {
        let verify = ["verify", text(&archive), "--keyring", text(&public)];
        let (success, said) = shop.run(&tool(helm), &verify);
        assert!(
            !success && said.contains("sum does not match"),
            "{helm}: {said}"
        );
    }
    let damaged = shop.path("damaged");
    am_toolchain::copy_folder(&made, &damaged).expect("a copy");
    fs::copy(&archive, damaged.join(&package.file)).expect("a copy");
    shop.publish(&damaged, &execute)
        .assert()
        .code(2)
        .stderr(contains("is not the archive that index.json lists"));

    // In the registry: somebody who can write there moves the tag.
    assert!(shop.is_signed(&package.chart, &package.version, "release"));
    let unsigned = shop.path("unsigned");
    fs::create_dir_all(&unsigned).expect("a folder");
    let archive = unsigned.join(&package.file);
    fs::copy(changed.join(&package.file), &archive).expect("a copy");
    let url = shop.url();
    shop.done(
        &tool(Tool::Helm4),
        &["push", text(&archive), &url, "--plain-http"],
    );
    assert!(!shop.is_signed(&package.chart, &package.version, "release"));
}

#[test]
fn what_cannot_be_done_says_why_and_has_its_exit_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = text(folder.path());
    for (arguments, code, message) in [
        (
            vec!["package", "--out", out, "--pattern", "am-pattern-33"],
            2,
            "did you mean `am-pattern-3`?",
        ),
        (
            vec!["package", "--out", out, "--pattern", "am-integration-is"],
            2,
            "did you mean `am-integration-si`?",
        ),
        (
            vec!["package", "--out", out, "--product-version", "4.7"],
            2,
            "known are: 4.5.0, 4.6.0, 4.7.0",
        ),
        (
            vec!["package", "--out", out, "--release", "v9.9.9"],
            2,
            "not 9.9.9; add it there",
        ),
        (
            vec![
                "package",
                "--out",
                out,
                "--provenance-key",
                "nobody",
                "--keyring",
                "nowhere",
            ],
            2,
            "there is no nowhere",
        ),
        (
            vec!["publish", "--registry", "https://ghcr.io/x"],
            2,
            "oci://HOST/PATH",
        ),
        (
            vec![
                "publish",
                "--registry",
                "oci://localhost:1/x",
                "--packages",
                out,
            ],
            2,
            "cargo xtask package --out",
        ),
        (
            vec!["publish", "--registry", "oci://localhost:1/x", "--key", "k"],
            2,
            "--sign",
        ),
    ] {
        xtask(&arguments)
            .assert()
            .code(code)
            .stderr(contains(message));
    }
    // A registry that does not answer is not an empty one.
    packages(folder.path(), &TWO[..4]);
    xtask(&[
        "publish",
        "--registry",
        "oci://localhost:1/x",
        "--packages",
        out,
        "--execute",
    ])
    .assert()
    .code(3)
    .stderr(contains("is the registry there"));
    xtask(&[
        "publish",
        "--registry",
        "oci://localhost:1/x",
        "--packages",
        out,
        "--sign",
        "--key",
        "nowhere.key",
    ])
    .assert()
    .code(2)
    .stderr(contains("there is no key nowhere.key"));
}

#[test]
fn the_changelog_is_that_of_the_model() {
    xtask(&["changelog", "--check"]).assert().success();
    let text = fs::read_to_string(shop::root().join("CHANGELOG.md")).expect("a changelog");
    xtask(&["changelog"]).assert().success().stdout(text);
}

#[test]
fn the_pictures_for_artifact_hub_show_the_charts() {
    let folder = tempfile::tempdir().expect("a folder");
    let pictures = fs::read_dir(shop::root().join("docs/topology")).expect("pictures");
    let mut seen = 0;
    for picture in pictures {
        let picture = picture.expect("an entry").path();
        let name = picture
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let pattern = name
            .strip_prefix("am-pattern-")
            .expect("a picture of a pattern");
        let drawn = folder.path().join(format!("{name}.svg"));
        let report = format!("svg={}", drawn.display());
        let arguments = ["conformance", "--pattern", pattern, "--platform", "none"];
        let what = [
            "--product-version",
            "4.7.0",
            "--no-variants",
            "--report",
            &report,
        ];
        xtask(&[&arguments[..], &what].concat()).assert().success();
        let read = |file: &std::path::Path| fs::read_to_string(file).expect("a picture");
        assert!(
            read(&drawn) == read(&picture),
            "{} is not up to date; docs/publishing.md says how it is drawn",
            picture.display()
        );
        seen += 1;
    }
    assert_eq!(seen, 6);
}
