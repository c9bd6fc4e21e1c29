//! What Artifact Hub is told of a package is what it reads, and is complete.

use std::collections::BTreeSet;

use am_toolchain::Tool;
use serde_json::Value;

use crate::shop::{Shop, packages, root, text, tool};

/// The annotations that Artifact Hub reads (facts/publishing.md#artifact-hub).
const KNOWN: [&str; 16] = [
    "alternativeName",
    "category",
    "changes",
    "containsSecurityUpdates",
    "crds",
    "crdsExamples",
    "images",
    "license",
    "links",
    "maintainers",
    "operator",
    "operatorCapabilities",
    "prerelease",
    "recommendations",
    "screenshots",
    "signKey",
];
const KINDS: [&str; 6] = [
    "added",
    "changed",
    "deprecated",
    "removed",
    "fixed",
    "security",
];
/// Those that every chart has here.
const OURS: [&str; 7] = [
    "category",
    "changes",
    "containsSecurityUpdates",
    "images",
    "license",
    "links",
    "prerelease",
];

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}:\n{text}"))
}

/// The entries of an annotation that is a list.
fn list(annotations: &Value, name: &str) -> Vec<Value> {
    let text = annotations[format!("artifacthub.io/{name}")].as_str();
    let list = yaml(text.unwrap_or_else(|| panic!("no {name}")));
    list.as_array()
        .unwrap_or_else(|| panic!("{name} is no list"))
        .clone()
}

#[test]
fn every_package_tells_artifact_hub_what_it_reads() {
    let shop = Shop::open();
    let made = shop.path("packages");
    let helm = tool(Tool::Helm4);
    let index = packages(&made, &[]);
    let of_release = format!("/v{}/", index.release);
    for package in index.packages {
        let archive = made.join(&package.file);
        let chart = yaml(&shop.done(&helm, &["show", "chart", text(&archive)]));
        let values = yaml(&shop.done(&helm, &["show", "values", text(&archive)]));
        let annotations = &chart["annotations"];
        let names: BTreeSet<&str> = annotations
            .as_object()
            .expect("annotations")
            .keys()
            .filter_map(|name| name.strip_prefix("artifacthub.io/"))
            .collect();
        let unknown: Vec<_> = names.iter().filter(|name| !KNOWN.contains(name)).collect();
        assert!(unknown.is_empty(), "{}: {unknown:?}", package.name());
        let missing: Vec<_> = OURS.iter().filter(|name| !names.contains(*name)).collect();
        assert!(missing.is_empty(), "{}: {missing:?}", package.name());
        assert_eq!(chart["version"], package.version);
        assert_eq!(chart["appVersion"], package.product_version);
        assert_eq!(annotations["am-charts/release"], index.release);
        for boolean in ["prerelease", "containsSecurityUpdates"] {
            let value = annotations[format!("artifacthub.io/{boolean}")].as_str();
            assert!(
                matches!(value, Some("true" | "false")),
                "{boolean}: {value:?}"
            );
        }

        let changes = list(annotations, "changes");
        assert!(!changes.is_empty());
        for change in &changes {
            let kind = change["kind"].as_str().expect("a kind");
            assert!(KINDS.contains(&kind), "{kind}");
            assert!(!change["description"].as_str().expect("text").is_empty());
        }
        let images: BTreeSet<String> = list(annotations, "images")
            .iter()
            .map(|image| image["image"].as_str().expect("an image").to_owned())
            .collect();
        assert_eq!(
            images,
            images_of(&values, &package.product_version),
            "{}",
            package.name()
        );
        let links = list(annotations, "links");
        assert!(links.iter().any(|link| link["name"] == "support"));
        // Only API Manager's charts have a picture.
        let has_picture = package.chart.starts_with("am-pattern-");
        assert_eq!(
            names.contains("screenshots"),
            has_picture,
            "{}",
            package.name()
        );
        for screenshot in has_picture
            .then(|| list(annotations, "screenshots"))
            .into_iter()
            .flatten()
        {
            let url = screenshot["url"].as_str().expect("a URL");
            let path = url
                .split_once(&of_release)
                .expect("a file of the release")
                .1;
            assert!(
                root().join(path).is_file(),
                "{path} is not in the repository"
            );
            assert!(path.contains(&package.chart), "{path}");
        }
    }
}

/// The images of the components, as the values name them.
fn images_of(values: &Value, product_version: &str) -> BTreeSet<String> {
    let tables = values.as_object().expect("a table").values();
    tables
        .filter(|table| table["replicas"].is_number() || table["startup"].is_object())
        .filter_map(|table| table["image"]["repository"].as_str())
        .filter(|repository| !repository.is_empty())
        .map(|repository| format!("{repository}:{product_version}"))
        .collect()
}
