//! The render server, Helm 4 and Helm 3 render the same documents.

mod support;

use std::path::{Path, PathBuf};

use am_toolchain::{
    HelmCommand, RenderError, RenderRequest, RenderServer, Rendered, Renderer, Tool,
};
use serde_json::{Value, json};

fn fixture_request() -> RenderRequest {
    RenderRequest::new(support::fixture("chart"), "demo", "apps")
}

/// The requests to compare: the fixture chart in several ways, and each generated chart with each of its overlays.
fn requests() -> Vec<RenderRequest> {
    let plain = fixture_request();
    let mut requests = vec![
        RenderRequest {
            values_files: vec![support::fixture("override.yaml")],
            ..plain.clone()
        },
        RenderRequest {
            values_files: vec![support::fixture("override.yaml")],
            values: json!({"message": "inline: #1 \"ä\"", "config": {"list": [1, 2.5, {"a": null}]}}),
            set: vec![
                ("replicas".to_owned(), "3".to_owned()),
                ("config.server.hostname".to_owned(), "a\\,b".to_owned()),
            ],
            ..plain.clone()
        },
        RenderRequest {
            kube_version: Some("1.29".to_owned()),
            api_versions: vec!["gateway.networking.k8s.io/v1".to_owned()],
            is_upgrade: true,
            skip_tests: true,
            ..plain.clone()
        },
        RenderRequest {
            values: json!({"replicas": "many"}),
            skip_schema_validation: true,
            ..plain.clone()
        },
        plain,
    ];
    for chart in generated_charts() {
        let plain = RenderRequest::new(&chart, "am", "apim");
        let overlays = entries(&chart.join("overlays"));
        requests.extend(overlays.into_iter().map(|overlay| RenderRequest {
            values_files: vec![overlay],
            ..plain.clone()
        }));
        requests.push(plain);
    }
    requests
}

fn generated_charts() -> Vec<PathBuf> {
    entries(&support::workspace().join("charts-out"))
        .into_iter()
        .filter(|chart| chart.join("Chart.yaml").is_file())
        .collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .map(|entries| {
            entries
                .filter_map(|entry| Some(entry.ok()?.path()))
                .collect()
        })
        .unwrap_or_default();
    paths.sort();
    paths
}

/// Random strings differ between any two renders: their length is what can be compared.
fn without_randomness(mut rendered: Rendered) -> Rendered {
    for document in &mut rendered.documents {
        if document.value["kind"] == "Secret" {
            document.text.clear();
            for section in ["data", "stringData"] {
                for (_, value) in document.value[section]
                    .as_object_mut()
                    .into_iter()
                    .flatten()
                {
                    *value = Value::from(value.as_str().map(str::len));
                }
            }
        }
    }
    rendered
}

fn compare(left: &mut dyn Renderer, right: &mut dyn Renderer, same_text: bool) {
    for request in requests() {
        let what = format!(
            "{} {:?} {}",
            request.chart.display(),
            request.values_files,
            request.values
        );
        match (left.render(&request), right.render(&request)) {
            (Ok(left), Ok(right)) => {
                let (left, right) = (without_randomness(left), without_randomness(right));
                assert!(!left.documents.is_empty(), "{what}: nothing rendered");
                assert_eq!(left.documents.len(), right.documents.len(), "{what}");
                for (left, right) in left.documents.iter().zip(&right.documents) {
                    if same_text {
                        assert_eq!(left, right, "{what}");
                    } else {
                        assert_eq!(
                            (&left.template, &left.value),
                            (&right.template, &right.value),
                            "{what}"
                        );
                    }
                }
            }
            (Err(left), Err(right)) => assert_eq!(left.to_string(), right.to_string(), "{what}"),
            (left, right) => panic!("{what}: only one renders\n{left:?}\n{right:?}"),
        }
    }
}

#[test]
fn what_the_server_renders_is_what_the_helm_command_renders() {
    let mut server = RenderServer::new(support::tool(Tool::Renderer));
    compare(
        &mut server,
        &mut HelmCommand::new(support::tool(Tool::Helm4)),
        true,
    );
}

#[test]
fn helm_3_and_helm_4_render_the_same_documents() {
    /// Each Helm has a Kubernetes version of its own that it renders for when it is not told one.
    struct SameKubernetes<R>(R);
    impl<R: Renderer> Renderer for SameKubernetes<R> {
        fn render(&mut self, request: &RenderRequest) -> Result<Rendered, RenderError> {
            let version = request
                .kube_version
                .clone()
                .or_else(|| Some("1.34".to_owned()));
            self.0.render(&RenderRequest {
                kube_version: version,
                ..request.clone()
            })
        }
    }
    let mut helm3 = SameKubernetes(HelmCommand::new(support::tool(Tool::Helm3)));
    let mut helm4 = SameKubernetes(RenderServer::new(support::tool(Tool::Renderer)));
    compare(&mut helm3, &mut helm4, false);
}

#[test]
fn a_difference_between_renderers_is_noticed() {
    struct Forgetful(HelmCommand);
    impl Renderer for Forgetful {
        fn render(&mut self, request: &RenderRequest) -> Result<Rendered, RenderError> {
            self.0.render(&RenderRequest {
                set: Vec::new(),
                ..request.clone()
            })
        }
    }
    let helm = HelmCommand::new(support::tool(Tool::Helm4));
    let compared =
        std::panic::catch_unwind(|| compare(&mut helm.clone(), &mut Forgetful(helm.clone()), true));
    assert!(
        compared.is_err(),
        "a renderer that ignores --set passed for one that renders the same"
    );
}

#[test]
fn documents_are_read_as_kubernetes_reads_them() {
    let mut server = RenderServer::new(support::tool(Tool::Renderer)).deterministic(true);
    for request in requests() {
        let Ok(kubernetes) = server.render_as_kubernetes_reads(&request) else {
            continue;
        };
        let ours = server.render(&request).expect("renders");
        assert_eq!(ours.documents.len(), kubernetes.len());
        for (ours, kubernetes) in ours.documents.iter().zip(kubernetes) {
            assert_eq!(
                ours.value,
                kubernetes,
                "{} of {}",
                ours.template,
                request.chart.display()
            );
        }
    }
}
