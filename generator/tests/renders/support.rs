//! A render of a generated chart, and what tests ask of it.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use am_toolchain::{RenderRequest, RenderServer, Renderer, StderrProgress, Tool, Toolchain};
use serde_json::Value;

/// The documents of a render.
pub(crate) struct Release(Vec<Value>);

thread_local! {
    /// One server for all renders of a test.
    static SERVER: RefCell<RenderServer> = RefCell::new(server());
}

pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn server() -> RenderServer {
    let program = Toolchain::new(workspace())
        .ensure(Tool::Renderer, &mut StderrProgress::default())
        .unwrap_or_else(|error| panic!("{error}"));
    RenderServer::new(program).deterministic(true)
}

/// A render that may fail.
pub(crate) fn try_release(pattern: u32, values: Value) -> Result<Release, String> {
    overlaid(pattern, &[], values)
}

/// A render with overlays of the chart below the values.
pub(crate) fn overlaid(
    pattern: u32,
    overlays: &[&str],
    mut values: Value,
) -> Result<Release, String> {
    // There is no cluster that could be asked which passwords it has.
    let credentials = values.get("credentials");
    if credentials
        .is_none_or(|given| given.is_object() && given.get("generateWithoutCluster").is_none())
    {
        values["credentials"]["generateWithoutCluster"] = true.into();
    }
    let overlays = overlays.iter();
    let files = overlays.map(|overlay| format!("overlays/{overlay}.yaml"));
    as_given(&format!("charts-out/am-pattern-{pattern}"), files, values)
}

/// A render of the chart in a folder of the repository with values files of that folder, and nothing but what is given.
pub(crate) fn as_given(
    chart: &str,
    values_files: impl Iterator<Item = String>,
    values: Value,
) -> Result<Release, String> {
    let chart = workspace().join(chart);
    let request = RenderRequest {
        values_files: values_files.map(|file| chart.join(file)).collect(),
        values,
        ..RenderRequest::new(&chart, "apim", "apim")
    };
    let rendered = SERVER.with_borrow_mut(|server| server.render(&request));
    let documents = rendered.map_err(|error| error.to_string())?.documents;
    Ok(Release(
        documents
            .into_iter()
            .map(|document| document.value)
            .collect(),
    ))
}

/// A render that succeeds.
pub(crate) fn release(pattern: u32, values: Value) -> Release {
    try_release(pattern, values).unwrap_or_else(|error| panic!("{error}"))
}

/// What Helm says about values that the chart refuses.
pub(crate) fn refusal(pattern: u32, values: Value) -> String {
    try_release(pattern, values)
        .err()
        .expect("the values must be refused")
}

impl Release {
    /// The document of a kind and a name.
    pub(crate) fn find(&self, kind: &str, name: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|document| document["kind"] == kind && document["metadata"]["name"] == name)
    }

    /// All documents of a kind.
    pub(crate) fn all<'r>(&'r self, kind: &'r str) -> impl Iterator<Item = &'r Value> {
        self.0
            .iter()
            .filter(move |document| document["kind"] == kind)
    }

    /// The deployment.toml of a component's first node.
    pub(crate) fn toml(&self, component: &str) -> String {
        let name = format!("apim-{component}-config");
        let data = &self.find("ConfigMap", &name).expect("a ConfigMap")["data"];
        let toml = data.get("node-0.toml").unwrap_or(&data["deployment.toml"]);
        toml.as_str().expect("text").to_owned()
    }

    /// The pod of a component's workload.
    pub(crate) fn pod(&self, component: &str) -> &Value {
        let name = format!("apim-{component}");
        let workload = self
            .find("StatefulSet", &name)
            .or_else(|| self.find("Deployment", &name));
        &workload.unwrap_or_else(|| panic!("{name} is missing"))["spec"]["template"]["spec"]
    }

    /// The init containers of a component.
    pub(crate) fn init_containers(&self, component: &str) -> &[Value] {
        self.pod(component)["initContainers"]
            .as_array()
            .map_or(&[], Vec::as_slice)
    }

    /// Names of the init containers of a component.
    pub(crate) fn init_names(&self, component: &str) -> Vec<&str> {
        let containers = self.init_containers(component).iter();
        containers
            .map(|container| container["name"].as_str().expect("a name"))
            .collect()
    }

    /// The script of an init container.
    pub(crate) fn script(&self, component: &str, container: &str) -> &str {
        let found = self
            .init_containers(component)
            .iter()
            .find(|candidate| candidate["name"] == container);
        found
            .and_then(|container| container["args"][0].as_str())
            .unwrap_or_else(|| panic!("{component} has no {container}"))
    }
}

/// The host/port pairs that a script connects to, in order.
pub(crate) fn attempts(script: &str) -> Vec<&str> {
    script
        .split("/dev/tcp/")
        .skip(1)
        .filter_map(|rest| rest.split('\'').next())
        .collect()
}
