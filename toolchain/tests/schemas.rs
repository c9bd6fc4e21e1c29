//! The committed schemas: complete, usable, and as strict as an API server.

use std::path::Path;

use am_toolchain::schemas::{SchemaError, SchemaSet, SchemaViolation};
use serde_json::{Value, json};

fn newest() -> std::sync::Arc<SchemaSet> {
    let version = SchemaSet::kubernetes_versions().pop().expect("a version");
    SchemaSet::for_kubernetes(version).expect("schemas")
}

fn violations(object: &Value) -> Vec<(String, String)> {
    let pair = |SchemaViolation { path, message }| (path, message);
    newest()
        .validate(object)
        .expect("schema compiles")
        .into_iter()
        .map(pair)
        .collect()
}

#[test]
fn every_kind_of_every_version_compiles() {
    for version in SchemaSet::kubernetes_versions() {
        let set = SchemaSet::for_kubernetes(version).expect("schemas");
        assert!(set.kinds().len() >= 25, "{version}: {:?}", set.kinds());
        for name in set.kinds() {
            let (api_version, kind) = name.split_once(' ').expect("two words");
            let object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}, "unheardOf": 1});
            let violations = set
                .validate(&object)
                .unwrap_or_else(|error| panic!("{version} {name}: {error}"));
            let unheard_of = SchemaViolation {
                path: "/unheardOf".to_owned(),
                message: "unknown field".to_owned(),
            };
            assert!(
                violations.contains(&unheard_of),
                "{version} {name}: {violations:?}"
            );
        }
    }
}

#[test]
fn every_schema_file_is_used() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/schemas");
    let mut versions: Vec<_> = std::fs::read_dir(folder)
        .expect("folder")
        .filter_map(|entry| {
            let name = entry
                .expect("entry")
                .file_name()
                .into_string()
                .expect("UTF-8");
            Some(
                name.strip_prefix("kubernetes-")?
                    .strip_suffix(".json")?
                    .to_owned(),
            )
        })
        .collect();
    versions.sort();
    assert_eq!(versions, SchemaSet::kubernetes_versions());
}

#[test]
fn a_sound_object_has_no_violations() {
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "labels": {"app": "a"}},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "a"}},
            "template": {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{
                "name": "main", "image": "a", "ports": [{"name": "https", "containerPort": 443}],
                "resources": {"requests": {"cpu": 1, "memory": "1Gi"}},
                "readinessProbe": {"httpGet": {"path": "/", "port": "https"}},
            }]}},
        },
    });
    assert_eq!(violations(&deployment), []);
    let route = json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "a"},
        "spec": {
            "parentRefs": [{"name": "a"}],
            "hostnames": ["a.example.com"],
            "rules": [{"backendRefs": [{"name": "a", "port": 443}]}],
        },
    });
    assert_eq!(violations(&route), []);
}

#[test]
fn unknown_fields_wrong_types_and_missing_fields_are_found_where_they_are() {
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "annotations": {"a/b": 1}},
        "spec": {"ports": [{"name": "https", "port": "443", "targetport": 443}, {"name": "http"}]},
    });
    let found = violations(&service);
    let paths: Vec<_> = found.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/metadata/annotations/a~1b",
            "/spec/ports/0/port",
            "/spec/ports/0/targetport",
            "/spec/ports/1"
        ],
        "{found:?}"
    );
    assert_eq!(found[2].1, "unknown field");
}

#[test]
fn an_object_of_a_custom_resource_is_checked_by_its_definition() {
    let certificate = json!({
        "apiVersion": "cert-manager.io/v1", "kind": "Certificate", "metadata": {"name": "a", "nmae": "b"},
        "spec": {"secretName": "a", "issuerRef": {"name": "a"}, "privateKey": {"algorithm": "DSA"}},
    });
    let found = violations(&certificate);
    let paths: Vec<_> = found.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(
        paths,
        ["/metadata/nmae", "/spec/privateKey/algorithm"],
        "{found:?}"
    );
}

#[test]
fn an_unknown_kind_or_api_version_is_never_taken_for_sound() {
    for object in [
        json!({"apiVersion": "apps/v1beta1", "kind": "Deployment"}),
        json!({"apiVersion": "v1", "kind": "Servce"}),
        json!({"kind": 1}),
        json!([]),
        Value::Null,
    ] {
        let found = violations(&object);
        assert_eq!(found.len(), 1, "{object}");
        assert_eq!(found[0].0, "/kind", "{object}");
    }
}

#[test]
fn a_field_of_a_newer_version_is_unknown_to_an_older_one() {
    // Job's spec.managedBy came with Kubernetes 1.30.
    let job = json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a"},
        "spec": {"managedBy": "a/b", "template": {"spec": {"containers": [{"name": "a"}]}}},
    });
    let paths = |version: &str| -> Vec<String> {
        let set = SchemaSet::for_kubernetes(version).expect("schemas");
        set.validate(&job)
            .expect("compiles")
            .into_iter()
            .map(|violation| violation.path)
            .collect()
    };
    assert_eq!(paths("1.29"), ["/spec/managedBy"]);
    assert_eq!(paths("v1.37.0"), Vec::<String>::new());
}

#[test]
fn a_version_without_schemas_is_an_error_that_lists_the_others() {
    let error = SchemaSet::for_kubernetes("1.12").expect_err("too old");
    assert!(
        matches!(error, SchemaError::UnknownVersion { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("1.31"), "{error}");
}

#[test]
fn a_standalone_schema_judges_as_the_set_does() {
    let set = newest();
    for kind in set.kinds() {
        let schema = set.standalone(kind).expect("each kind has a schema");
        assert!(!schema.to_string().contains("$ref"), "{kind}");
    }
    let schema = set.standalone("v1 Service").expect("there is one");
    let validator = jsonschema::validator_for(&schema).expect("it compiles");
    let service = |spec: Value| json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": spec});
    for spec in [
        json!({"ports": [{"port": 1}]}),
        json!({"ports": [{"port": "one"}]}),
        json!({"prots": []}),
    ] {
        let service = service(spec);
        let is_sound = violations(&service).is_empty();
        assert_eq!(validator.is_valid(&service), is_sound, "{service}");
    }
    assert_eq!(set.standalone("v1 Nothing"), None);
}
