//! No document makes the graph or a check panic: real ones with many random mutations, and any values at all.

use std::path::Path;

use am_deployment_toml::product::ProductVersion;
use am_product::Pattern;
use am_toolchain::parse_documents;
use fastrand::Rng;
use proptest::prelude::*;
use serde_json::Value;

use super::draw::draw;
use crate::{
    facts::Facts,
    graph::{Graph, Hints},
    manifest::{Manifest, Object},
    requirement::Catalogue,
    subject::SubjectDescription,
    suite::{ChartSet, Input, Options, PatternUnderTest, Subject, Suite},
    upstream::testing::upstream,
};

fn workspace() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn suite() -> Suite {
    let options = Options::new(workspace(), Input::Charts(Vec::new()));
    Suite::load(&options).expect("the committed requirements are well-formed")
}

fn subject(pattern: u8, is_generated: bool) -> Subject {
    Subject {
        description: SubjectDescription {
            id: "any".into(),
            pattern: Pattern::Numbered(pattern),
            site: None,
            product_version: "4.7.0".into(),
            platform: "none".into(),
            variant: "default".into(),
            releases: vec!["apim".into()],
            namespace: "apim".into(),
            kubernetes_version: String::new(),
        },
        version: ProductVersion::newest(),
        renders: Vec::new(),
        beside: Vec::new(),
        sites: Vec::new(),
        tree: None,
        specification: None,
        hints: Hints::default(),
        is_generated,
        is_representative: true,
    }
}

fn manifest(values: impl IntoIterator<Item = (String, Value)>, chart: &str) -> Manifest {
    let object = |(template, value)| Object {
        release: "apim".into(),
        chart: chart.into(),
        template,
        text: String::new(),
        release_namespace: "apim".into(),
        value,
    };
    Manifest {
        objects: values.into_iter().map(object).collect(),
        ..Manifest::default()
    }
}

fn golden(pattern: u8, platform: &str) -> Manifest {
    let chart = Pattern::Numbered(pattern).chart();
    let file = workspace().join(format!("fixtures/golden/{chart}-{platform}.yaml"));
    let text = std::fs::read_to_string(&file).expect("the golden renders are committed");
    let documents = parse_documents(&text).expect("they are YAML");
    let values = documents
        .into_iter()
        .map(|document| (document.template, document.value));
    manifest(values, &chart)
}

fn judge(suite: &Suite, pattern: u8, manifest: &Manifest) {
    for is_generated in [true, false] {
        let subject = subject(pattern, is_generated);
        let judged =
            suite.judge_manifest(&subject, manifest, None, &ChartSet::default(), upstream());
        assert_eq!(judged.result.results.len(), suite.catalogue.len());
    }
}

#[test]
fn documents_with_many_faults_are_judged() {
    let suite = suite();
    for (pattern, platform) in [(0, "dev"), (4, "aws")] {
        let original = golden(pattern, platform);
        for seed in 0..48 {
            let mut rng = Rng::with_seed(seed);
            let mut changed = original.clone();
            for _ in 0..1 << (seed % 8) {
                if let Some(mutation) = draw(&mut rng, &changed) {
                    mutation.apply(&mut changed);
                }
            }
            judge(&suite, pattern, &changed);
        }
    }
}

/// Any tree, with keys and words that checks look for.
fn trees() -> impl Strategy<Value = Value> {
    let words = [
        "metadata",
        "name",
        "labels",
        "spec",
        "template",
        "containers",
        "ports",
        "port",
        "selector",
        "matchLabels",
        "data",
        "deployment.toml",
        "volumes",
        "volumeMounts",
        "rules",
        "kind",
        "http",
        "paths",
        "backend",
        "service",
        "env",
        "image",
        "replicas",
        "resources",
        "limits",
        "memory",
        "initContainers",
        "securityContext",
        "volumeClaimTemplates",
    ];
    let texts = [
        "",
        "-1",
        "999999999999999999999Gi",
        "1e400",
        "wso2/wso2am-acp:4.7.0",
        "tcp://[::1]:99999",
        "a=b\n[c]\nd=1",
        "é",
        "50%",
        "-Xmx999999999g",
        "${x}",
        "$env{",
        "Service",
        "\u{0}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(texts.to_vec()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 60, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(words.to_vec()), inner), 0..6).prop_map(
                |entries| entries
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect::<serde_json::Map<_, _>>()
                    .into()
            ),
        ]
    })
}

const KINDS: [(&str, &str); 12] = [
    ("v1", "Service"),
    ("v1", "ConfigMap"),
    ("v1", "Secret"),
    ("v1", "Pod"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("networking.k8s.io/v1", "Ingress"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("gateway.networking.k8s.io/v1", "HTTPRoute"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("policy/v1", "PodDisruptionBudget"),
    ("route.openshift.io/v1", "Route"),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_documents_are_judged(
        documents in prop::collection::vec((prop::sample::select(KINDS.to_vec()), trees(), trees()), 1..5),
        pattern in 0..=5_u8,
    ) {
        let values = documents.into_iter().map(|((api_version, kind), metadata, spec)| {
            ("t.yaml".to_owned(), serde_json::json!({
                "apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec, "data": spec,
            }))
        });
        let manifest = manifest(values, "am-pattern-3");
        judge(&suite(), pattern, &manifest);
    }

    #[test]
    fn any_bare_values_are_judged(values in prop::collection::vec(trees(), 1..4)) {
        let values = values.into_iter().map(|value| ("t.yaml".to_owned(), value));
        judge(&suite(), 3, &manifest(values, "am-pattern-3"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_host_is_resolved(host in any::<String>(), namespace in "[a-z]{0,5}", port in any::<Option<u16>>()) {
        let manifest = Manifest::default();
        let facts = Facts::load().expect("the committed tables parse");
        let graph = Graph::build(&manifest, &facts, ProductVersion::newest(), &Hints::default());
        graph.resolver().resolve(&namespace, &host, port);
        let dotted = format!("{host}.{namespace}.svc.cluster.local.");
        graph.resolver().resolve(&namespace, &dotted, port);
    }

    #[test]
    fn any_specification_is_read_or_refused(text in any::<String>(), tail in "[ -~\n]{0,80}") {
        let _ = serde_saphyr::from_str::<PatternUnderTest>(&text);
        let spec = format!("apiVersion: conformance.am-charts/v1\nkind: PatternUnderTest\npattern: 3\n{tail}");
        let _ = serde_saphyr::from_str::<PatternUnderTest>(&spec);
    }

    #[test]
    fn any_requirement_pattern_is_looked_up(text in any::<String>()) {
        let catalogue = Catalogue::load().expect("the committed requirements are well-formed");
        let _ = catalogue.select(&text);
        let _ = catalogue.get(&text);
    }
}
