//! The charts of every family beside each version of API Manager, made once, and renders of them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use am_generator::output::{self, Extent};
use am_generator::{Families, Selection};
use am_toolchain::{RenderRequest, RenderServer, Renderer, StderrProgress, Tool, Toolchain};
use serde_json::Value;

pub(crate) const MI: &str = "am-integration-mi";
pub(crate) const SI: &str = "am-integration-si";
/// The newest version of API Manager.
pub(crate) const NEWEST: &str = "4.7.0";

thread_local! {
    static SERVER: RefCell<RenderServer> = RefCell::new(server());
}

fn server() -> RenderServer {
    let program = Toolchain::new(workspace())
        .ensure(Tool::Renderer, &mut StderrProgress::default())
        .unwrap_or_else(|error| panic!("{error}"));
    RenderServer::new(program).deterministic(true)
}

pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Names of the families that have a folder, whether or not they are listed.
fn names() -> Vec<String> {
    let entries = std::fs::read_dir(workspace().join("generator/families")).expect("families");
    let folders = entries.map(|entry| entry.expect("an entry").path());
    let mut names: Vec<String> = folders
        .filter(|folder| folder.join("family.yaml").is_file())
        .filter_map(|folder| Some(folder.file_name()?.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    names
}

pub(crate) fn families() -> &'static Families {
    static FAMILIES: OnceLock<Families> = OnceLock::new();
    FAMILIES.get_or_init(|| {
        let names = names();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        Families::load_named(&workspace(), &names).unwrap_or_else(|mistakes| panic!("{mistakes}"))
    })
}

/// The charts of the families beside API Manager's, by the latter's version.
pub(crate) fn charts() -> &'static BTreeMap<String, PathBuf> {
    static CHARTS: OnceLock<BTreeMap<String, PathBuf>> = OnceLock::new();
    CHARTS.get_or_init(|| {
        let versions = families().main().product.value.versions.iter();
        versions
            .map(|version| {
                let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("families");
                let folder = folder.join(&version.value);
                let selection = Selection {
                    version: version.value.clone(),
                    patterns: vec![MI.to_owned(), SI.to_owned()],
                };
                let tree = families()
                    .generate(&selection)
                    .unwrap_or_else(|error| panic!("{error}"));
                output::write(&tree, &folder, Extent::Everything)
                    .unwrap_or_else(|error| panic!("{error}"));
                (version.value.clone(), folder)
            })
            .collect()
    })
}

/// The documents of a render.
pub(crate) struct Release(pub(crate) Vec<Value>);

/// A render of a chart beside a version of API Manager, with overlays below the values.
pub(crate) fn render(
    chart: &str,
    version: &str,
    overlays: &[&str],
    values: Value,
) -> Result<Release, String> {
    let chart = charts()[version].join(chart);
    let files = overlays.iter();
    let request = RenderRequest {
        values_files: files
            .map(|name| chart.join(format!("overlays/{name}.yaml")))
            .collect(),
        values,
        ..RenderRequest::new(&chart, "int", "apim")
    };
    let rendered = SERVER.with_borrow_mut(|server| server.render(&request));
    let documents = rendered.map_err(|error| error.to_string())?.documents;
    let documents = documents.into_iter().map(|document| document.value);
    Ok(Release(documents.collect()))
}

/// A render of the newest chart that succeeds, with made-up passwords.
pub(crate) fn release(chart: &str, values: Value) -> Release {
    release_beside(chart, NEWEST, values)
}

pub(crate) fn release_beside(chart: &str, version: &str, mut values: Value) -> Release {
    values["credentials"]["generateWithoutCluster"] = true.into();
    render(chart, version, &[], values).unwrap_or_else(|error| panic!("{error}"))
}

/// What Helm says about values that the newest chart refuses.
pub(crate) fn refusal(chart: &str, mut values: Value) -> String {
    values["credentials"]["generateWithoutCluster"] = true.into();
    render(chart, NEWEST, &[], values)
        .err()
        .expect("the values must be refused")
}

/// What `helm lint --strict` says of a chart with an overlay.
pub(crate) fn lint(chart: &Path, overlay: &Path) -> Vec<String> {
    SERVER
        .with_borrow_mut(|server| server.lint_strict(chart, &[overlay.to_owned()]))
        .unwrap_or_else(|error| panic!("{error}"))
}

/// What the restricted level of Pod Security forbids of a workload's pods.
pub(crate) fn forbidden(pods: &[Value]) -> Vec<String> {
    let verdicts = SERVER
        .with_borrow_mut(|server| server.pod_security(pods))
        .unwrap_or_else(|error| panic!("{error}"));
    let violations = verdicts.into_iter().flatten();
    violations
        .map(|violation| format!("{violation:?}"))
        .collect()
}

impl Release {
    pub(crate) fn find(&self, kind: &str, name: &str) -> Option<&Value> {
        let named =
            |document: &&Value| document["kind"] == kind && document["metadata"]["name"] == name;
        self.0.iter().find(named)
    }

    pub(crate) fn all<'r>(&'r self, kind: &'r str) -> impl Iterator<Item = &'r Value> {
        let documents = self.0.iter();
        documents.filter(move |document| document["kind"] == kind)
    }

    /// The server's configuration file.
    pub(crate) fn configuration(&self, component: &str, file: &str) -> &str {
        let name = format!("int-{component}-config");
        let map = self.find("ConfigMap", &name).expect("a ConfigMap");
        map["data"][file].as_str().expect("text")
    }

    /// The pods of every workload, as templates.
    pub(crate) fn pods(&self) -> Vec<Value> {
        let workloads = ["Deployment", "StatefulSet"];
        let workloads = workloads.iter().flat_map(|kind| self.all(kind));
        workloads
            .map(|workload| workload["spec"]["template"].clone())
            .collect()
    }

    /// The server's container.
    pub(crate) fn container(&self) -> Value {
        self.pods()[0]["spec"]["containers"][0].clone()
    }

    /// The value of an environment variable of the server.
    pub(crate) fn variable(&self, name: &str) -> Option<Value> {
        let container = self.container();
        let mut variables = container["env"].as_array().expect("variables").iter();
        variables.find(|variable| variable["name"] == name).cloned()
    }
}

/// Names of a Service's ports.
pub(crate) fn ports(service: &Value) -> Vec<&str> {
    let ports = service["spec"]["ports"].as_array().expect("ports").iter();
    ports
        .map(|port| port["name"].as_str().expect("a name"))
        .collect()
}
