//! The examples of Argo CD and Flux hold values that the charts take.

use std::fs;

use serde_json::Value;

use crate::support::{Release, as_given, workspace};

/// What an example gives to Helm.
struct Example {
    chart: String,
    files: Vec<String>,
    values: Value,
}

impl Example {
    fn read(file: &str, kind: &str) -> Self {
        let text = fs::read_to_string(workspace().join("docs/gitops").join(file)).expect(file);
        let documents: Vec<Value> = serde_saphyr::from_multiple(&text).expect(file);
        let mut documents = documents.into_iter();
        let document = documents.find(|document| document["kind"] == kind);
        let spec = &document.expect(kind)["spec"];
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let texts = |value: &Value| -> Vec<String> {
            value.as_array().expect("a list").iter().map(text).collect()
        };
        if kind == "Application" {
            let source = &spec["source"];
            return Self {
                chart: text(&source["path"]),
                files: texts(&source["helm"]["valueFiles"]),
                values: source["helm"]["valuesObject"].clone(),
            };
        }
        let chart = text(&spec["chart"]["spec"]["chart"]);
        // Flux reads values files from the root of the source.
        let files = texts(&spec["chart"]["spec"]["valuesFiles"]);
        let below = |file: String| file.strip_prefix(&format!("{chart}/")).map(str::to_owned);
        Self {
            files: files
                .into_iter()
                .map(|file| below(file).expect("a file of the chart"))
                .collect(),
            chart,
            values: spec["values"].clone(),
        }
    }

    fn render(&self) -> Result<Release, String> {
        as_given(&self.chart, self.files.iter().cloned(), self.values.clone())
    }
}

#[test]
fn the_examples_render_where_no_cluster_can_be_asked() {
    for (file, kind) in [("argocd.yaml", "Application"), ("flux.yaml", "HelmRelease")] {
        let mut example = Example::read(file, kind);
        let release = example
            .render()
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(
            release.all("Secret").count(),
            0,
            "{file} makes passwords up"
        );
        assert!(release.all("ExternalSecret").count() > 0, "{file}");

        example
            .values
            .as_object_mut()
            .expect("values")
            .remove("credentials");
        let error = example.render().err().expect("no credentials are given");
        assert!(error.contains("credentials"), "{file}: {error}");
    }
}
