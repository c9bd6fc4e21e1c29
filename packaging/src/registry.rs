//! An OCI registry, as Helm and oras reach it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;

use serde_json::Value;

use crate::error::PackagingError;
use crate::index::Package;
use crate::program::{failed, output, run, said};

/// The layer of a manifest that is a chart's archive.
const CHART_LAYER: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
/// The layer of a manifest that is a provenance file.
const PROVENANCE_LAYER: &str = "application/vnd.cncf.helm.chart.provenance.v1.prov";
const HINT: &str = "is the registry there, and are you logged in (`docker login` or `oras login`)?";
/// How oras says that there is no such manifest or repository, and nothing else is wrong.
const NOT_FOUND: &str = ": not found";

/// Where charts are published: a repository for each chart below `oci://HOST/PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registry {
    /// Host and path, without scheme.
    location: String,
    plain_http: bool,
}

impl Registry {
    /// Speaks HTTP without TLS, as it does to this machine in any case.
    #[must_use]
    pub fn over_plain_http(mut self, plain: bool) -> Self {
        self.plain_http |= plain;
        self
    }

    /// Whether it is reached without TLS.
    pub(crate) fn is_plain_http(&self) -> bool {
        self.plain_http
    }

    /// Where a chart's versions are: host, path and chart.
    pub(crate) fn repository(&self, chart: &str) -> String {
        format!("{}/{chart}", self.location)
    }
}

impl fmt::Display for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "oci://{}", self.location)
    }
}

impl FromStr for Registry {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let location = text
            .strip_prefix("oci://")
            .ok_or_else(|| format!("`{text}` does not begin with oci://; write oci://HOST/PATH"))?
            .trim_end_matches('/');
        let (host, path) = location.split_once('/').unwrap_or((location, ""));
        if host.is_empty() {
            return Err(format!("`{text}` names no host; write oci://HOST/PATH"));
        }
        let is_path = |part: &str| {
            !part.is_empty()
                && part
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c))
        };
        if let Some(part) = path
            .split('/')
            .find(|part| !path.is_empty() && !is_path(part))
        {
            return Err(format!(
                "`{part}` in `{text}` cannot be part of a repository: write lower case letters, digits, `.`, `_` and `-`, without a tag"
            ));
        }
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let plain_http = name == "localhost"
            || name
                .trim_matches(['[', ']'])
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback());
        Ok(Self {
            location: location.to_owned(),
            plain_http,
        })
    }
}

/// What a registry has under a chart's version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Digest of the manifest, `sha256:…`.
    pub(crate) manifest: String,
    /// SHA-256 of the chart's archive, in hexadecimal; nothing when it is no chart.
    pub(crate) archive: Option<String>,
    /// Whether a provenance file is there.
    pub(crate) has_provenance: bool,
}

/// The programs that speak to a registry.
pub(crate) struct Client<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) helm: PathBuf,
    pub(crate) oras: PathBuf,
}

impl Client<'_> {
    /// What is there under a package's version.
    pub(crate) fn find(&self, package: &Package) -> Result<Option<Found>, PackagingError> {
        let manifest = self.manifest(&package.chart, &package.version)?;
        Ok(manifest.map(|manifest| {
            let content = &manifest["content"];
            Found {
                manifest: text(&manifest["digest"]),
                archive: layer(content, CHART_LAYER),
                has_provenance: layer(content, PROVENANCE_LAYER).is_some(),
            }
        }))
    }

    /// A manifest with its digest, as oras tells it.
    pub(crate) fn manifest(&self, chart: &str, tag: &str) -> Result<Option<Value>, PackagingError> {
        let mut fetch = Command::new(&self.oras);
        fetch
            .args(["manifest", "fetch", "--format", "json"])
            .args(self.oras_options())
            .arg(format!("{}:{tag}", self.registry.repository(chart)));
        let output = output(&mut fetch)?;
        if output.status.success() {
            let manifest = serde_json::from_slice(&output.stdout);
            return manifest.map(Some).map_err(|error| {
                PackagingError::Unsound(format!("oras answers what is no JSON: {error}"))
            });
        }
        if said(&output).ends_with(NOT_FOUND) {
            return Ok(None);
        }
        Err(failed(&fetch, &output, HINT))
    }

    pub(crate) fn oras_options(&self) -> Vec<&'static str> {
        if self.registry.plain_http {
            vec!["--plain-http"]
        } else {
            Vec::new()
        }
    }

    /// `helm push`, which takes the provenance file along when it lies beside the archive.
    pub(crate) fn push(&self, archive: &Path) -> Result<(), PackagingError> {
        let mut push = Command::new(&self.helm);
        push.arg("push")
            .arg(archive)
            .arg(self.registry.to_string())
            .env("HELM_PLUGINS", "");
        if self.registry.plain_http {
            push.arg("--plain-http");
        }
        run(&mut push, HINT).map(|_| ())
    }
}

/// The SHA-256 of the first layer of a kind.
pub(crate) fn layer(manifest: &Value, media_type: &str) -> Option<String> {
    let layers = manifest["layers"].as_array()?;
    let layer = layers
        .iter()
        .find(|layer| layer["mediaType"] == media_type)?;
    Some(
        text(&layer["digest"])
            .trim_start_matches("sha256:")
            .to_owned(),
    )
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::Registry;

    fn registry(text: &str) -> Result<Registry, String> {
        text.parse()
    }

    #[test]
    fn a_chart_has_a_repository_of_its_own() {
        let registry = registry("oci://ghcr.io/somebody/charts/").expect("a registry");
        assert_eq!(registry.repository("c"), "ghcr.io/somebody/charts/c");
        assert_eq!(registry.to_string(), "oci://ghcr.io/somebody/charts");
        assert!(!registry.is_plain_http());
        assert!(registry.over_plain_http(true).is_plain_http());
    }

    #[test]
    fn only_this_machine_is_spoken_to_without_tls_unasked() {
        for (text, plain) in [
            ("oci://127.0.0.1:5000/charts", true),
            ("oci://localhost:5000", true),
            ("oci://[::1]:5000/charts", true),
            ("oci://10.0.0.1:5000/charts", false),
            ("oci://localhost.example.com/charts", false),
        ] {
            assert_eq!(registry(text).expect(text).is_plain_http(), plain, "{text}");
        }
    }

    #[test]
    fn what_is_no_registry_is_refused_with_the_form() {
        for text in ["https://ghcr.io/a", "ghcr.io/a", "oci://", "oci:///a"] {
            assert!(registry(text).expect_err(text).contains("oci://HOST/PATH"));
        }
        for text in [
            "oci://ghcr.io/Some",
            "oci://ghcr.io/a:1.0",
            "oci://ghcr.io/a//b",
        ] {
            assert!(registry(text).expect_err(text).contains("lower case"));
        }
    }
}
