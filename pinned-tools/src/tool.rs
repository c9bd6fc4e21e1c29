//! The pinned tools: where each is pinned, what it is called and how it tells its version.

use std::fmt;

use crate::go_mod::required_version;

/// A program that the project uses and pins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tool {
    /// The newest Helm: the reference for every render.
    Helm4,
    /// The last Helm 3, which must render the same documents.
    Helm3,
    /// The project's own render server over Helm 4's packages.
    Renderer,
    /// The shell of the stand-in images.
    Shell,
    /// Kubernetes in Docker, for live runs.
    Kind,
    /// A real API server without a cluster, for admission and strict validation.
    KubeApiserver,
    /// The store behind [`Tool::KubeApiserver`].
    Etcd,
    /// The Kubernetes command line.
    Kubectl,
    /// The schema validator that the benchmark is measured against.
    Kubeconform,
    /// The controllers of cert-manager that issue certificates, for live runs.
    CertManager,
    /// Argo CD's comparison of an object with what a chart renders.
    GitopsDiff,
    /// The checker of Prometheus's rules.
    Promtool,
    /// Signs what lies in a registry.
    Cosign,
    /// Reads manifests of a registry, and pushes what is no chart.
    Oras,
    /// A registry on this machine, for tests.
    Registry,
}

impl Tool {
    /// All tools, in the order in which a person meets them.
    pub const ALL: [Self; 15] = [
        Self::Helm4,
        Self::Helm3,
        Self::Renderer,
        Self::Shell,
        Self::Kind,
        Self::KubeApiserver,
        Self::Etcd,
        Self::Kubectl,
        Self::Kubeconform,
        Self::CertManager,
        Self::GitopsDiff,
        Self::Promtool,
        Self::Cosign,
        Self::Oras,
        Self::Registry,
    ];

    /// The name that messages and `target/tools/` use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Helm4 => "helm4",
            Self::Helm3 => "helm3",
            Self::Renderer => "renderer",
            Self::Shell => "shell",
            Self::Kind => "kind",
            Self::KubeApiserver => "kube-apiserver",
            Self::Etcd => "etcd",
            Self::Kubectl => "kubectl",
            Self::Kubeconform => "kubeconform",
            Self::CertManager => "cert-manager",
            Self::GitopsDiff => "gitops-diff",
            Self::Promtool => "promtool",
            Self::Cosign => "cosign",
            Self::Oras => "oras",
            Self::Registry => "registry",
        }
    }

    /// The program's name on `PATH`; `None` for our own, which is on no `PATH`, and for one that says another version than its module.
    pub(crate) const fn program(self) -> Option<&'static str> {
        match self {
            Self::Helm4 | Self::Helm3 => Some("helm"),
            Self::Renderer
            | Self::Shell
            | Self::CertManager
            | Self::GitopsDiff
            | Self::Promtool
            | Self::Registry => None,
            Self::Cosign => Some("cosign"),
            Self::Oras => Some("oras"),
            Self::Kind => Some("kind"),
            Self::KubeApiserver => Some("kube-apiserver"),
            Self::Etcd => Some("etcd"),
            Self::Kubectl => Some("kubectl"),
            Self::Kubeconform => Some("kubeconform"),
        }
    }

    /// Arguments that make the program print its version without asking a cluster.
    pub(crate) const fn version_arguments(self) -> &'static [&'static str] {
        match self {
            Self::Helm4 | Self::Helm3 => &["version", "--template", "{{.Version}}"],
            Self::Kubectl => &["version", "--client"],
            Self::Kind | Self::Cosign | Self::Oras => &["version"],
            Self::Kubeconform => &["-v"],
            Self::Renderer
            | Self::Shell
            | Self::KubeApiserver
            | Self::Etcd
            | Self::CertManager
            | Self::GitopsDiff
            | Self::Promtool
            | Self::Registry => &["--version"],
        }
    }

    /// The folder of the Go module that pins the tool, relative to the workspace.
    pub(crate) const fn folder(self) -> &'static str {
        match self {
            Self::Helm4 => "tools/helm4",
            Self::Helm3 => "tools/helm3",
            Self::Renderer => "tools/renderer",
            Self::Shell => "tools/shell",
            Self::Kind => "tools/kind",
            Self::KubeApiserver | Self::Kubectl => "tools/envtest",
            Self::Etcd => "tools/etcd",
            Self::Kubeconform => "tools/kubeconform",
            Self::CertManager => "tools/cert-manager",
            Self::GitopsDiff => "tools/gitops-diff",
            Self::Promtool => "tools/promtool",
            Self::Cosign => "tools/cosign",
            Self::Oras => "tools/oras",
            Self::Registry => "tools/registry",
        }
    }

    /// The Go module whose version is the tool's version.
    pub(crate) const fn module(self) -> &'static str {
        match self {
            Self::Helm4 | Self::Renderer => "helm.sh/helm/v4",
            Self::Helm3 => "helm.sh/helm/v3",
            Self::Shell => "mvdan.cc/sh/v3",
            Self::Kind => "sigs.k8s.io/kind",
            Self::KubeApiserver | Self::Kubectl => "k8s.io/kubernetes",
            Self::Etcd => "go.etcd.io/etcd/server/v3",
            Self::Kubeconform => "github.com/yannh/kubeconform",
            Self::CertManager => "github.com/cert-manager/cert-manager",
            Self::GitopsDiff => "github.com/argoproj/gitops-engine",
            Self::Promtool => "github.com/prometheus/prometheus",
            Self::Cosign => "github.com/sigstore/cosign/v3",
            Self::Oras => "oras.land/oras",
            Self::Registry => "github.com/distribution/distribution/v3",
        }
    }

    /// The Go package to build.
    pub(crate) const fn package(self) -> &'static str {
        match self {
            Self::Helm4 => "helm.sh/helm/v4/cmd/helm",
            Self::Helm3 => "helm.sh/helm/v3/cmd/helm",
            Self::Renderer
            | Self::Shell
            | Self::CertManager
            | Self::GitopsDiff
            | Self::Registry => ".",
            Self::Cosign => "github.com/sigstore/cosign/v3/cmd/cosign",
            Self::Oras => "oras.land/oras/cmd/oras",
            Self::Kind => "sigs.k8s.io/kind",
            Self::KubeApiserver => "k8s.io/kubernetes/cmd/kube-apiserver",
            Self::Kubectl => "k8s.io/kubernetes/cmd/kubectl",
            Self::Etcd => "go.etcd.io/etcd/server/v3",
            Self::Kubeconform => "github.com/yannh/kubeconform/cmd/kubeconform",
            Self::Promtool => "github.com/prometheus/prometheus/cmd/promtool",
        }
    }

    /// Build tags.
    pub(crate) const fn tags(self) -> &'static str {
        match self {
            // Rules are checked without the clouds' clients, with which Prometheus finds targets.
            Self::Promtool => "remove_all_sd",
            _ => "",
        }
    }

    /// Go variables to set at link time, so that a tool built here knows its own version and, where it is not told
    /// otherwise, renders for the Kubernetes version that its release renders for.
    pub(crate) fn version_variables(self, version: &str, go_mod: &str) -> Vec<(String, String)> {
        let at = |package: &str, name: &str, value: &str| {
            (format!("{package}.{name}"), value.to_owned())
        };
        match self {
            Self::Helm4 => vec![at("helm.sh/helm/v4/internal/version", "version", version)],
            Self::Helm3 => {
                let client = required_version(go_mod, "k8s.io/client-go").unwrap_or_default();
                let minor = client.split('.').nth(1).unwrap_or_default();
                let mut variables =
                    vec![at("helm.sh/helm/v3/internal/version", "version", version)];
                for package in [
                    "helm.sh/helm/v3/pkg/chartutil",
                    "helm.sh/helm/v3/pkg/lint/rules",
                ] {
                    variables.push(at(package, "k8sVersionMajor", "1"));
                    variables.push(at(package, "k8sVersionMinor", minor));
                }
                variables
            }
            Self::KubeApiserver | Self::Kubectl => {
                let package = "k8s.io/component-base/version";
                let mut numbers = version.trim_start_matches('v').split('.');
                let mut number = || numbers.next().unwrap_or_default().to_owned();
                vec![
                    at(package, "gitVersion", version),
                    at(package, "gitMajor", &number()),
                    at(package, "gitMinor", &number()),
                ]
            }
            Self::Kubeconform => vec![at("main", "version", version)],
            Self::Cosign => vec![at(
                "sigs.k8s.io/release-utils/version",
                "gitVersion",
                version,
            )],
            Self::Oras => {
                let package = "oras.land/oras/internal/version";
                vec![
                    at(package, "Version", version.trim_start_matches('v')),
                    at(package, "BuildMetadata", ""),
                ]
            }
            Self::Registry => vec![at(
                "github.com/distribution/distribution/v3/version",
                "version",
                version,
            )],
            Self::Renderer
            | Self::Shell
            | Self::Kind
            | Self::Etcd
            | Self::CertManager
            | Self::GitopsDiff
            | Self::Promtool => Vec::new(),
        }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
