//! The combinations in which our charts are judged.

use std::path::Path;

use am_deployment_toml::product::ProductVersion;
use am_toolchain::RenderRequest;
use serde_json::{Value, json};

use super::{ChartDirectory, Options, Subject, operator_values, subject::set_path};
use crate::{
    component::Component, context::SchemaValidator, error::SuiteError, facts::Facts, graph::Hints,
    report::SubjectDescription,
};

/// Platforms in the order of reports; `none` is the chart without overlay.
pub const PLATFORMS: [&str; 6] = ["none", "aws", "azure", "gcp", "openshift", "dev"];

/// Custom resources that charts may ask for with `.Capabilities`.
const API_VERSIONS: [&str; 6] = [
    "gateway.networking.k8s.io/v1",
    "gateway.networking.k8s.io/v1/HTTPRoute",
    "route.openshift.io/v1",
    "route.openshift.io/v1/Route",
    "monitoring.coreos.com/v1",
    "monitoring.coreos.com/v1/ServiceMonitor",
];

/// A way of installing that must not break anything.
struct Variant {
    name: &'static str,
    release: &'static str,
    namespace: &'static str,
    replicas: Option<u32>,
    offset: Option<u16>,
    values: &'static [(&'static str, bool)],
    /// Whether gateways listen to event hubs elsewhere, which their own `config` names.
    hub_elsewhere: bool,
    kubernetes: Kubernetes,
}

/// The Kubernetes version that templates are told.
#[derive(Clone, Copy)]
enum Kubernetes {
    /// The one that Helm tells when nothing else is said.
    Default,
    /// The oldest supported.
    Oldest,
    /// The newest there is.
    Newest,
}

const DEFAULT: Variant = Variant {
    name: "default",
    release: "am",
    namespace: "apim",
    replicas: None,
    offset: None,
    values: &[],
    hub_elsewhere: false,
    kubernetes: Kubernetes::Default,
};

const VARIANTS: [Variant; 13] = [
    Variant {
        name: "short-name",
        release: "x",
        ..DEFAULT
    },
    Variant {
        name: "long-name",
        release: "a-release-name-of-fifty-three-characters-as-allowed-1",
        ..DEFAULT
    },
    Variant {
        name: "dotted-name",
        release: "2024.api.manager",
        ..DEFAULT
    },
    Variant {
        name: "chart-in-name",
        release: "am-pattern-gateway-traffic-manager",
        ..DEFAULT
    },
    // Both read as numbers where a template does not quote them.
    Variant {
        name: "numeric-name",
        release: "1e3",
        namespace: "2024",
        ..DEFAULT
    },
    Variant {
        name: "other-namespace",
        namespace: "team-a-production",
        ..DEFAULT
    },
    // One is the default where a single node is allowed.
    Variant {
        name: "two-replicas",
        replicas: Some(2),
        ..DEFAULT
    },
    Variant {
        name: "three-replicas",
        replicas: Some(3),
        values: &[("eventHub.acceptMoreThanTwoNodes", true)],
        ..DEFAULT
    },
    // What a server waits for follows what it is told to listen to.
    Variant {
        name: "hub-elsewhere",
        hub_elsewhere: true,
        ..DEFAULT
    },
    Variant {
        name: "port-offset",
        offset: Some(10),
        ..DEFAULT
    },
    Variant {
        name: "network-policies",
        values: &[("networkPolicy.enabled", true)],
        ..DEFAULT
    },
    Variant {
        name: "oldest-kubernetes",
        kubernetes: Kubernetes::Oldest,
        ..DEFAULT
    },
    Variant {
        name: "newest-kubernetes",
        kubernetes: Kubernetes::Newest,
        ..DEFAULT
    },
];

/// The subjects that the options choose from directories of our charts.
///
/// # Errors
/// When a chart, platform or version that was asked for is not there, or nothing is left to judge.
pub fn charts_subjects(
    options: &Options,
    directories: &[ChartDirectory],
    facts: &Facts,
) -> Result<Vec<Subject>, SuiteError> {
    check_names(options, facts)?;
    let mut subjects = Vec::new();
    let newest = directories.iter().map(|directory| directory.version).max();
    for directory in directories {
        if !options.product_versions.is_empty()
            && !options.product_versions.contains(&directory.version)
        {
            continue;
        }
        if !directory.path.is_dir() {
            return Err(SuiteError::cannot_check(format!(
                "no directory of charts at {}",
                directory.path.display()
            )));
        }
        for pattern in facts.patterns.keys().copied() {
            if !options.patterns.is_empty() && !options.patterns.contains(&pattern) {
                continue;
            }
            let chart = directory.path.join(format!("am-pattern-{pattern}"));
            if !chart.is_dir() {
                return Err(SuiteError::cannot_check(format!(
                    "no chart at {}; generate it with `cargo xtask gen-charts`, or choose patterns with --pattern",
                    chart.display()
                )));
            }
            let of = Of {
                options,
                facts,
                pattern,
                version: directory.version,
                chart: &chart,
            };
            subjects.extend(of.subjects(Some(directory.version) == newest));
        }
    }
    if subjects.is_empty() {
        return Err(SuiteError::usage("the options leave nothing to judge"));
    }
    Ok(subjects)
}

fn check_names(options: &Options, facts: &Facts) -> Result<(), SuiteError> {
    if let Some(unknown) = options
        .patterns
        .iter()
        .find(|pattern| !facts.patterns.contains_key(pattern))
    {
        return Err(SuiteError::usage(format!(
            "unknown pattern {unknown}: use 0 to 5"
        )));
    }
    if let Some(unknown) = options
        .platforms
        .iter()
        .find(|platform| !PLATFORMS.contains(&platform.as_str()))
    {
        let nearest = am_suggest::near(unknown, PLATFORMS)
            .map(|meant| format!(", did you mean `{meant}`?"))
            .unwrap_or_default();
        return Err(SuiteError::usage(format!(
            "unknown platform `{unknown}`{nearest}; known are {}",
            PLATFORMS.join(", ")
        )));
    }
    Ok(())
}

/// One chart of one version.
struct Of<'o> {
    options: &'o Options,
    facts: &'o Facts,
    pattern: u8,
    version: ProductVersion,
    chart: &'o Path,
}

impl Of<'_> {
    fn subjects(&self, is_newest: bool) -> Vec<Subject> {
        let mut subjects = Vec::new();
        for platform in PLATFORMS {
            if !self.options.platforms.is_empty()
                && !self
                    .options
                    .platforms
                    .iter()
                    .any(|wanted| wanted == platform)
            {
                continue;
            }
            let kubernetes: Vec<&str> = match self.options.kubernetes_versions.as_slice() {
                [] => vec![""],
                some => some.iter().map(String::as_str).collect(),
            };
            for version in kubernetes {
                subjects.push(self.subject(platform, &DEFAULT, version));
            }
            if self.options.variants && platform == "none" && is_newest {
                subjects.extend(
                    VARIANTS
                        .iter()
                        .filter(|variant| !variant.hub_elsewhere || self.has(Component::Gateway))
                        .map(|variant| self.subject(platform, variant, &self.told(variant))),
                );
            }
        }
        subjects
    }

    fn has(&self, component: Component) -> bool {
        let components = self.facts.patterns.get(&self.pattern);
        components.is_some_and(|components| components.contains_key(&component))
    }

    /// The Kubernetes version of a variant, empty for Helm's own.
    fn told(&self, variant: &Variant) -> String {
        let schemas = self.options.schemas.as_deref();
        let supported = schemas.map_or_else(Vec::new, SchemaValidator::kubernetes_versions);
        let version = match variant.kubernetes {
            Kubernetes::Default => None,
            Kubernetes::Oldest => supported.first(),
            Kubernetes::Newest => supported.last(),
        };
        version.cloned().unwrap_or_default()
    }

    fn subject(&self, platform: &str, variant: &Variant, kubernetes: &str) -> Subject {
        let mut render = RenderRequest::new(self.chart, variant.release, variant.namespace);
        if platform != "none" {
            render
                .values_files
                .push(self.chart.join("overlays").join(format!("{platform}.yaml")));
        }
        render.values_files.extend(operator_values(
            &self.options.workspace,
            self.facts,
            self.pattern,
            platform,
        ));
        render.api_versions = API_VERSIONS.map(ToOwned::to_owned).to_vec();
        if !kubernetes.is_empty() {
            render.kube_version = Some(kubernetes.to_owned());
        }
        render.values = self.values(variant);
        let mut id = format!(
            "p{}/{}/{platform}/{}",
            self.pattern, self.version, variant.name
        );
        if !kubernetes.is_empty() {
            id = format!("{id}/{kubernetes}");
        }
        Subject {
            description: SubjectDescription {
                id,
                pattern: self.pattern,
                product_version: self.version.to_string(),
                platform: platform.to_owned(),
                variant: variant.name.to_owned(),
                releases: vec![variant.release.to_owned()],
                namespace: variant.namespace.to_owned(),
                kubernetes_version: kubernetes.to_owned(),
            },
            version: self.version,
            renders: vec![render],
            hints: Hints {
                external: external_hosts(self.facts, platform, &self.options.external),
                ..Hints::default()
            },
            is_generated: true,
            is_representative: true,
        }
    }

    fn values(&self, variant: &Variant) -> Value {
        // The single node of pattern 0 stays single.
        let may_scale = self.pattern != 0;
        let mut values = Value::Null;
        let components = self
            .facts
            .patterns
            .get(&self.pattern)
            .into_iter()
            .flat_map(|components| components.keys());
        for component in components {
            if let Some(replicas) = variant.replicas.filter(|_| may_scale) {
                let key = values_key(*component);
                if matches!(component, Component::Gateway | Component::KeyManager) {
                    set_path(
                        &mut values,
                        &format!("{key}.autoscaling.enabled"),
                        json!(false),
                    );
                    set_path(&mut values, &format!("{key}.replicaCount"), json!(replicas));
                } else {
                    set_path(&mut values, &format!("{key}.replicas"), json!(replicas));
                }
            }
            if let Some(offset) = variant.offset {
                set_path(
                    &mut values,
                    &format!("{}.portOffset", values_key(*component)),
                    json!(offset),
                );
            }
        }
        for (path, value) in variant.values {
            // A pattern of one node has no event hub of several.
            if may_scale || !path.starts_with("eventHub.") {
                set_path(&mut values, path, json!(value));
            }
        }
        if variant.hub_elsewhere {
            let key = values_key(Component::Gateway);
            set_path(
                &mut values,
                &format!("{key}.config.apim.event_hub.event_listening_endpoints"),
                json!([
                    "tcp://hub-0.example.org:5672",
                    "tcp://hub-1.example.org:5672"
                ]),
            );
        }
        values
    }
}

/// The plain subject of one chart.
///
/// # Errors
/// When there is no such chart.
pub(crate) fn base_subject(
    options: &Options,
    facts: &Facts,
    directory: &Path,
    pattern: u8,
    version: ProductVersion,
    platform: &str,
) -> Result<Subject, String> {
    let chart = directory.join(format!("am-pattern-{pattern}"));
    if !chart.is_dir() {
        return Err(format!("there is no chart at {}", chart.display()));
    }
    Ok(Of {
        options,
        facts,
        pattern,
        version,
        chart: &chart,
    }
    .subject(platform, &DEFAULT, ""))
}

/// The key of a component in the values of our charts.
fn values_key(component: Component) -> &'static str {
    match component {
        Component::AllInOne => "allInOne",
        Component::ControlPlane => "controlPlane",
        Component::Gateway => "gateway",
        Component::TrafficManager => "trafficManager",
        Component::KeyManager => "keyManager",
    }
}

fn external_hosts(facts: &Facts, platform: &str, further: &[String]) -> Vec<String> {
    ["all", platform]
        .iter()
        .filter_map(|name| facts.external_hosts.get(*name))
        .flatten()
        .chain(further)
        .cloned()
        .collect()
}
