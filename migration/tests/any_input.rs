//! Nothing that a user wrote disappears, and nothing that a user writes makes the program stop.

use std::path::Path as FilePath;
use std::sync::LazyLock;

use am_generator::{ChartTree, Model, Selection, Templates, generate};
use am_migration::mapping::Mapping;
use am_migration::path::{Path, Segment};
use am_migration::report::Class;
use am_migration::source::{File, Node};
use am_migration::target::Target;
use am_migration::{Input, migrate};
use am_product::{Component, ProductVersion};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

static CHARTS: LazyLock<ChartTree> = LazyLock::new(|| {
    let root = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("../generator");
    let model = Model::load(&root.join("model"), "model").expect("the model");
    let templates = Templates::load(&root.join("templates"), "templates").expect("the templates");
    generate(&model, &templates, &Selection::all(&model)).expect("charts")
});

fn target(pattern: u8) -> Target {
    Target::new(&CHARTS, pattern, ProductVersion::newest()).expect("a pattern")
}

fn input(name: &str, text: &str) -> Input {
    let file = File {
        name: name.to_owned(),
        text: text.to_owned(),
    };
    Input {
        file,
        component: None,
        chart_beside: None,
    }
}

/// Paths that the mapping knows, made concrete, and a few that it does not.
fn any_path() -> impl Strategy<Value = Vec<String>> {
    let mapping = Mapping::load().expect("the mapping");
    let known: Vec<Vec<String>> = mapping
        .rows()
        .map(|row| {
            row.from
                .as_str()
                .replace("[*]", "")
                .replace(".**", ".below")
        })
        .map(|path| {
            path.split('.')
                .map(|key| {
                    if key == "*" {
                        "gateway".into()
                    } else {
                        key.to_owned()
                    }
                })
                .collect()
        })
        .collect();
    prop_oneof![
        6 => prop::sample::select(known),
        1 => prop::collection::vec("[a-z]{1,8}", 1..5).prop_map(|mut path| { path.insert(0, "wso2".into()); path }),
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
        Just(Value::Null),
        Just(json!([])),
        prop::collection::vec("[a-z.<>A-Z]{0,8}", 0..3).prop_map(Value::from),
        Just(json!([{"name": "a", "deep": {"er": [1, {"b": null}]}}])),
        Just(json!({"a": {"b": "c"}, "n": 1})),
        Just(json!("jdbc:mysql://db.example.com:3306/a")),
        Just(json!("[a]\nb = 1\n")),
    ]
}

fn any_values() -> impl Strategy<Value = Value> {
    prop::collection::vec((any_path(), any_value()), 1..25).prop_map(|leaves| {
        let mut tree = json!({"wso2": {"apim": {"version": "4.7.0"}}});
        for (path, value) in leaves {
            let mut at = &mut tree;
            for key in path {
                if !at.is_object() {
                    *at = Value::Object(Map::new());
                }
                at = at
                    .as_object_mut()
                    .expect("an object")
                    .entry(key)
                    .or_insert(Value::Null);
            }
            *at = value;
        }
        tree
    })
}

fn leaves(value: &Value, at: &Path, found: &mut Vec<Path>) {
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            for (key, value) in entries {
                leaves(value, &at.child(Segment::Key(key.clone())), found);
            }
        }
        Value::Array(items) if items.iter().any(|it| it.is_object() || it.is_array()) => {
            for (index, value) in items.iter().enumerate() {
                leaves(value, &at.child(Segment::Index(index)), found);
            }
        }
        _ => found.push(at.clone()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn every_leaf_is_in_the_report_exactly_once(values in any_values(), component in 0..4_usize) {
        let target = target(4);
        let mut input = input("any.yaml", &values.to_string());
        input.component = Some(target.components[component]);
        let report = migrate(&[input], &target).expect("a values file").report;
        let mut written = Vec::new();
        leaves(&values, &Path::default(), &mut written);
        for leaf in &written {
            let holds = |path: &Path| leaf.0.starts_with(&path.0);
            let entries: Vec<_> = report.values.iter().filter(|entry| holds(&entry.path)).collect();
            prop_assert_eq!(entries.len(), 1, "{}", leaf);
            prop_assert!(entries[0].note.as_deref() != Some("nothing took it"), "{:?}", entries[0]);
        }
        for entry in report.of(Class::Mapped) {
            prop_assert!(!entry.to.is_empty() || entry.note.is_some() || entry.value == json!(true), "{:?}", entry);
        }
    }

    #[test]
    fn what_comes_out_is_accepted_by_the_charts_schema(values in any_values(), component in 0..4_usize) {
        let target = target(4);
        let mut input = input("any.yaml", &values.to_string());
        input.component = Some(target.components[component]);
        let migration = migrate(&[input], &target).expect("a values file");
        let faults = target.faults(&migration.values);
        prop_assert!(faults.is_empty(), "{:?}\n{}", faults, migration.text);
        if migration.values != json!({}) {
            let read: Value = serde_saphyr::from_str(&migration.text).expect("YAML");
            prop_assert_eq!(read, migration.values);
        }
    }

    #[test]
    fn the_parser_takes_any_text(text in "[ -~\n]{0,80}|(\\PC|\n){0,80}") {
        let file = File { name: "any.yaml".into(), text: text.clone() };
        if let Err(message) = Node::read(&file) {
            prop_assert!(!message.is_empty());
        }
        let _ = migrate(&[input("any.yaml", &text)], &target(4));
    }
}

#[test]
fn deep_nesting_is_an_error_and_no_crash() {
    for text in [
        "[".repeat(100_000),
        format!("a: {}", "{a: ".repeat(5_000)),
        "- ".repeat(20_000),
    ] {
        let file = File {
            name: "deep.yaml".into(),
            text,
        };
        assert!(Node::read(&file).is_err());
    }
}

#[test]
fn later_files_win_and_earlier_values_are_told() {
    let target = target(0);
    let early = input(
        "a_aio.yaml",
        "wso2:\n  deployment:\n    image: {registry: one.example, pullPolicy: x}\n",
    );
    let late = input(
        "b_aio.yaml",
        "wso2:\n  deployment:\n    image:\n      registry: two.example\n",
    );
    let migration = migrate(&[early, late], &target).expect("values files");
    let key = target.components[0].values_key();
    assert_eq!(migration.values[key]["image"]["registry"], "two.example");
    let gone: Vec<_> = migration.report.of(Class::Replaced).collect();
    assert_eq!(gone.len(), 1);
    assert_eq!(gone[0].note.as_deref(), Some("b_aio.yaml:4 says otherwise"));
}

#[test]
fn a_misspelled_key_is_told_with_its_place_and_the_one_meant() {
    let text = "wso2:\n  deployment:\n    highAvailabilty: true\n";
    let report = migrate(&[input("aio.yaml", text)], &target(1))
        .expect("a values file")
        .report;
    let warning = report
        .warnings
        .iter()
        .find(|it| it.path.contains("Availabilty"))
        .expect("a warning");
    assert_eq!(
        warning.origin.as_ref().map(ToString::to_string).as_deref(),
        Some("aio.yaml:3")
    );
    assert_eq!(
        warning.message,
        "did you mean `wso2.deployment.highAvailability`?"
    );
}

#[test]
fn a_secret_is_in_the_values_and_never_in_the_report() {
    let text = "wso2: {apim: {configurations: {adminPassword: sesame-1}}}\n";
    let migration = migrate(&[input("aio.yaml", text)], &target(0)).expect("a values file");
    assert_eq!(
        migration.values["credentials"]["admin"]["password"],
        "sesame-1"
    );
    assert!(!migration.report.to_string().contains("sesame-1"));
    assert!(!json!(migration.report).to_string().contains("sesame-1"));
}

#[test]
fn files_that_are_nothing_of_the_sort_are_refused_with_what_to_do() {
    let cases = [
        ("empty.yaml", "# nothing\n", "empty.yaml: the file is empty"),
        (
            "list.yaml",
            "- a\n",
            "list.yaml: line 1: the top of a values file is a mapping",
        ),
        (
            "broken.yaml",
            "a:\n  b: c: d\n",
            "broken.yaml: line 2: this is not YAML",
        ),
        (
            "other.yaml",
            "replicaCount: 2\n",
            "other.yaml:1: this is no values file of the vendor's charts",
        ),
        (
            "values.yaml",
            "wso2: {apim: {version: 4.7.0}}\n",
            "values.yaml: it does not show which chart it is for; write ",
        ),
        (
            "km.yaml",
            "wso2: {apim: {version: 4.7.0}}\n",
            "pattern 3 does not have (it has control plane, gateway, traffic manager); give --pattern 4 or 5",
        ),
    ];
    for (name, text, part) in cases {
        let error = migrate(&[input(name, text)], &target(3))
            .expect_err("refused")
            .to_string();
        assert!(error.contains(part), "{error}");
    }
    let none = Target::new(&CHARTS, 9, ProductVersion::newest()).expect_err("no such pattern");
    assert_eq!(none, "there is no pattern 9; known are: 0, 1, 2, 3, 4, 5");
}

#[test]
fn a_file_is_recognised_by_content_before_its_name() {
    let text = "kubernetes: {ingress: {km: {enabled: true, hostname: km.example.com}}}\n";
    let report = migrate(&[input("my-gw.yaml", text)], &target(4))
        .expect("a values file")
        .report;
    let issuer = Component::from_name(report.values[0].component).expect("a component");
    assert!(text.contains(&format!("{}.example.com", "km")) && issuer.profile().is_some());
}

#[test]
fn an_address_outside_and_a_service_of_all_nodes_are_warned_about() {
    let text = "wso2:\n  apim:\n    configurations:\n      throttling: {serviceUrl: tm.example.com, urls: [apim-tm-service]}\n";
    let report = migrate(&[input("gw.yaml", text)], &target(3))
        .expect("a values file")
        .report;
    let messages: Vec<&str> = report
        .warnings
        .iter()
        .map(|it| it.message.as_str())
        .collect();
    assert!(
        messages
            .iter()
            .any(|it| it.starts_with("tm.example.com is outside")),
        "{messages:?}"
    );
    assert!(
        messages
            .iter()
            .any(|it| it.contains("each node's own Service")),
        "{messages:?}"
    );
}

#[test]
fn the_page_is_up_to_date() {
    let path = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("../docs/migrate.md");
    let page = std::fs::read_to_string(path).expect("the page");
    let mapping = Mapping::load().expect("the mapping");
    let wanted =
        am_migration::page::update(&page, &mapping).expect("a page with a place for the mapping");
    assert_eq!(
        page, wanted,
        "run `cargo xtask migrate-values --write-page`"
    );
}
