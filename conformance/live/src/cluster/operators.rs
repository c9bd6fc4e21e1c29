//! Operators that clusters of production run, as programs of this machine: the External Secrets Operator and cert-manager.

use std::path::{Path, PathBuf};

use am_toolchain::{StderrProgress, Tool, Toolchain};
use kube::config::Kubeconfig;
use serde_json::Value;

use super::Access;
use super::supervise::Supervised;
use crate::api::{Api, text};
use crate::error::LiveError;
use crate::process::{Program, on_path};

/// Where an operator's module has its definitions, by its folder below `tools/`.
const DEFINITIONS: [(&str, &str, &str); 2] = [
    (
        "tools/cert-manager",
        "github.com/cert-manager/cert-manager",
        "deploy/crds",
    ),
    (
        "tools/external-secrets",
        "github.com/external-secrets/external-secrets",
        "config/crds/bases",
    ),
];
const PATH: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/// Running operators; they end when dropped.
#[derive(Debug)]
pub(crate) struct Operators {
    running: Vec<Supervised>,
    // Holds their logs and the way into the cluster.
    _folder: tempfile::TempDir,
}

impl Operators {
    /// Builds what is not built yet, installs their definitions, and starts both.
    pub(crate) async fn start(
        workspace: &Path,
        access: &Access,
        api: &Api,
    ) -> Result<Self, LiveError> {
        for (tool, module, folder) in DEFINITIONS {
            let definitions = module_folder(&workspace.join(tool), module).await?;
            install(api, &definitions.join(folder)).await?;
        }
        let folder = tempfile::Builder::new()
            .prefix("am-live-operators-")
            .tempdir()
            .map_err(LiveError::file("create a folder in", std::env::temp_dir()))?;
        let kubeconfig = kubeconfig(access, folder.path())?;
        let cert_manager = Toolchain::new(workspace)
            .ensure(Tool::CertManager, &mut StderrProgress::default())
            .map_err(|error| LiveError::unavailable(error.to_string(), "install Go"))?;
        let external_secrets = external_secrets(workspace).await?;
        // The operator takes it from a variable only.
        let way_in = format!("KUBECONFIG={}", kubeconfig.display());
        let start = |program: &Path, arguments: &[&str], log: &str| {
            let words: Vec<String> = [way_in.as_str(), &program.to_string_lossy()]
                .into_iter()
                .chain(arguments.iter().copied())
                .map(str::to_owned)
                .collect();
            Supervised::start(Path::new("/usr/bin/env"), &words, folder.path().join(log))
        };
        let in_flag = format!("--kubeconfig={}", kubeconfig.display());
        let running = vec![
            start(&cert_manager, &[&in_flag], "cert-manager.log")?,
            start(
                &external_secrets,
                &["--metrics-addr=0", "--enable-leader-election=false"],
                "external-secrets.log",
            )?,
        ];
        Ok(Self {
            running,
            _folder: folder,
        })
    }

    /// An error with the end of its log, if one has ended.
    pub(crate) fn check(&mut self) -> Result<(), LiveError> {
        self.running.iter_mut().try_for_each(Supervised::check)
    }
}

async fn external_secrets(workspace: &Path) -> Result<PathBuf, LiveError> {
    let program = workspace.join("target/tools/external-secrets/external-secrets");
    Program::new(
        &workspace.join("tools/external-secrets/build"),
        "it needs Go and the modules of the operator",
    )
    .arg(&program)
    .run()
    .await?;
    Ok(program)
}

/// Where Go has unpacked the module that a tool pins.
async fn module_folder(tool: &Path, module: &str) -> Result<PathBuf, LiveError> {
    let go = on_path("go")
        .ok_or_else(|| LiveError::unavailable("there is no go on PATH", "install Go"))?;
    let answer = Program::new(&go, "are the modules of tools/ at hand?")
        .arg("-C")
        .arg(tool)
        .args(["mod", "download", "-json", module])
        .env("GOWORK", "off")
        .run()
        .await?;
    let answer: Value = serde_json::from_str(&answer).unwrap_or_default();
    Ok(PathBuf::from(text(&answer, "/Dir")))
}

/// Applies every definition of a folder.
async fn install(api: &Api, folder: &Path) -> Result<(), LiveError> {
    let entries = std::fs::read_dir(folder).map_err(LiveError::file("read", folder))?;
    for entry in entries {
        let path = entry.map_err(LiveError::file("read", folder))?.path();
        let content = std::fs::read_to_string(&path).map_err(LiveError::file("read", &path))?;
        let definition: Value = serde_saphyr::from_str(&content).unwrap_or_default();
        if text(&definition, "/kind") != "CustomResourceDefinition" {
            continue;
        }
        let name = text(&definition, "/metadata/name");
        if let Err(refusal) = api.apply(&format!("{PATH}/{name}"), &definition).await? {
            return Err(LiveError::unavailable(
                format!("cannot install {name}: {}", refusal.message),
                "use a cluster on which you may install definitions",
            ));
        }
    }
    Ok(())
}

/// A kubeconfig with the cluster's context as its only choice.
fn kubeconfig(access: &Access, folder: &Path) -> Result<PathBuf, LiveError> {
    let unusable = |error: &dyn std::fmt::Display| {
        LiveError::unavailable(
            format!("cannot use {}: {error}", access.kubeconfig.display()),
            "list the contexts with `kubectl config get-contexts`",
        )
    };
    let mut config = Kubeconfig::read_from(&access.kubeconfig).map_err(|error| unusable(&error))?;
    config.current_context = Some(access.context.clone());
    // JSON is YAML.
    let content = serde_json::to_string(&config).map_err(|error| unusable(&error))?;
    let path = folder.join("kubeconfig");
    std::fs::write(&path, content).map_err(LiveError::file("write", &path))?;
    Ok(path)
}
