//! A hand-made report with findings of every kind.

use std::collections::BTreeMap;

use am_conformance::{
    Finding, Outcome, Report,
    finding::{
        ConfigurationLocation, Evidence, GeneratorLocation, ObjectRef, Span, TemplateLocation,
    },
    report::{
        API_VERSION, ChartDigest, Coverage, Mode, Profile, RequirementResult, RequirementSummary,
        SelftestSummary, Statistics, SubjectDescription, SubjectResult, ToolVersion, Topology,
    },
    requirement::{Family, Level},
};
use am_product::Pattern;

use crate::topology;

const CONTROL_PLANE_TOML: &str = include_str!("sources/control-plane.toml");
const GATEWAY_TOML: &str = include_str!("sources/gateway.toml");
const SERVICE_TEMPLATE: &str = include_str!("sources/service.yaml");

/// Pattern 0 is fine, pattern 3 is not, pattern 4 has something skipped.
pub(crate) fn report() -> Report {
    let requirements = requirements();
    let mut sources = BTreeMap::new();
    for subject in subjects(3) {
        let release = &subject.releases[0];
        sources.insert(
            source_of(release, "control-plane"),
            text_of(CONTROL_PLANE_TOML, release),
        );
        sources.insert(
            source_of(release, "gateway"),
            text_of(GATEWAY_TOML, release),
        );
    }
    sources.insert(
        "am-pattern-3/templates/gateway/service.yaml".into(),
        SERVICE_TEMPLATE.into(),
    );
    Report {
        api_version: API_VERSION.into(),
        kind: "ConformanceReport".into(),
        mode: Mode::Static,
        suite_version: "0.1.0".into(),
        tools: vec![ToolVersion {
            name: "helm".into(),
            version: "v4.2.2".into(),
        }],
        profiles: vec![
            profile(0, &requirements, topology::pattern_0()),
            profile(3, &requirements, topology::pattern_3()),
            profile(4, &requirements, topology::pattern_4()),
        ],
        requirements,
        selftest: Some(SelftestSummary {
            mutants: 148,
            killed: 148,
            kill_rate: 100.0,
            unproved: Vec::new(),
            survivors: Vec::new(),
        }),
        charts: [0, 3, 4]
            .map(|pattern| ChartDigest {
                name: format!("charts-out/am-pattern-{pattern}"),
                digest: format!("sha256:{}", format!("{pattern}d").repeat(32)),
            })
            .to_vec(),
        reproduce: "cargo xtask conformance --pattern 0 --pattern 3 --pattern 4 --skip AM-HELM-004='known, see the issue'".into(),
        coverage: Coverage::default(),
        sources,
    }
}

/// A report in which everything is well.
pub(crate) fn green() -> Report {
    let mut report = report();
    report.profiles.truncate(1);
    report
        .requirements
        .retain(|requirement| requirement.skipped.is_none());
    report.sources.clear();
    report
}

fn requirements() -> Vec<RequirementSummary> {
    [
        ("AM-WIRE-003", Family::Wiring, Level::Must, "Revoke endpoint", "The control plane MUST send token revocations to the key manager's servlet port.", "required-wiring.md, row jwks, revoke_endpoint"),
        ("AM-WIRE-007", Family::Wiring, Level::Must, "One group of receivers per node", "A gateway MUST name every traffic manager node in a url_group of its own, each with the receiver and the authentication port of the same node.", "required-wiring.md, row throttling url_group"),
        ("AM-NET-001", Family::Network, Level::Must, "Service ports reach containers", "Every port of a Service MUST lead to a port that a container of the selected pods listens on.", "Kubernetes API, Service"),
        ("AM-NET-009", Family::Network, Level::Must, "Policies are enforced", "NetworkPolicies MUST allow exactly the needed connections.", "required-wiring.md"),
        ("AM-SEC-002", Family::Security, Level::Must, "Restricted pods", "Pods MUST meet the restricted Pod Security Standard.", "Kubernetes, Pod Security Standards"),
        ("AM-OPS-006", Family::Operations, Level::Should, "Spread over zones", "Nodes of a highly available component SHOULD be spread over zones.", "operations guide"),
        ("AM-HELM-004", Family::Helm, Level::Must, "Values are documented", "Every value MUST be documented.", "Helm, best practices"),
        ("AM-TOPO-005", Family::Topology, Level::Must, "Key manager nodes", "A separate key manager MUST have two nodes.", "required-wiring.md, patterns"),
    ]
    .map(|(id, family, level, title, text, source)| RequirementSummary {
        id: id.into(),
        family,
        level,
        title: title.into(),
        text: text.into(),
        source: source.into(),
        skipped: (id == "AM-HELM-004").then(|| "known, see the issue".into()),
    })
    .to_vec()
}

fn subjects(pattern: u8) -> Vec<SubjectDescription> {
    let combinations: &[(&str, &str, &str, &str)] = match pattern {
        0 => &[
            ("none", "4.7.0", "default", "apim"),
            ("aws", "4.7.0", "default", "apim"),
        ],
        3 => &[
            ("none", "4.7.0", "default", "apim"),
            ("aws", "4.7.0", "default", "apim"),
            (
                "aws",
                "4.7.0",
                "long-name",
                "a-release-name-that-is-53-characters-long-as-helm-allows",
            ),
            ("openshift", "4.6.0", "default", "apim"),
            ("gcp", "4.7.0", "default", "apim"),
        ],
        _ => &[("none", "4.7.0", "default", "apim")],
    };
    combinations
        .iter()
        .map(|(platform, version, variant, release)| SubjectDescription {
            id: format!("p{pattern}/{platform}/{version}/{variant}"),
            pattern: Pattern::Numbered(pattern),
            site: None,
            product_version: (*version).into(),
            platform: (*platform).into(),
            variant: (*variant).into(),
            releases: vec![(*release).into()],
            namespace: "apim".into(),
            kubernetes_version: "1.34".into(),
        })
        .collect()
}

fn profile(pattern: u8, requirements: &[RequirementSummary], topology: Topology) -> Profile {
    let mut statistics = Statistics::default();
    let subjects: Vec<SubjectResult> = subjects(pattern)
        .into_iter()
        .map(|subject| {
            statistics.renders += 1;
            if subject.platform == "gcp" {
                statistics.render_failures += 1;
                return SubjectResult {
                    subject,
                    error: Some("template am-pattern-3/templates/gateway/route.yaml:14: nil pointer evaluating interface {}.host".into()),
                    results: Vec::new(),
                };
            }
            let results: Vec<RequirementResult> = requirements
                .iter()
                .filter(|requirement| pattern == 4 || requirement.skipped.is_none())
                .map(|requirement| RequirementResult {
                    requirement: requirement.id.clone(),
                    level: requirement.level,
                    outcome: outcome(requirement, &subject),
                })
                .collect();
            for result in &results {
                statistics.count(result.level, &result.outcome);
            }
            SubjectResult { subject, error: None, results }
        })
        .collect();
    Profile {
        name: format!("am-pattern-{pattern}"),
        pattern: Pattern::Numbered(pattern),
        site: None,
        result: statistics.verdict(),
        summary: format!(
            "{} requirements held, {} did not.",
            statistics.passed, statistics.failed
        ),
        statistics,
        seconds: Some(f64::from(pattern) + 0.5),
        notes: Vec::new(),
        subjects,
        topology,
    }
}

fn outcome(requirement: &RequirementSummary, subject: &SubjectDescription) -> Outcome {
    let release = &subject.releases[0];
    let findings = match (
        subject.pattern.to_string().as_str(),
        requirement.id.as_str(),
    ) {
        (_, "AM-HELM-004") => {
            return Outcome::Skipped {
                reason: "known, see the issue".into(),
            };
        }
        ("0" | "3", "AM-TOPO-005") => {
            return Outcome::NotApplicable {
                reason: "the pattern has no key manager of its own".into(),
            };
        }
        ("3", "AM-NET-009") if subject.platform == "openshift" => {
            return Outcome::Unsupported {
                reason: "no schema of the custom resource Route".into(),
            };
        }
        ("3", "AM-WIRE-003") => vec![dangling_revoke_endpoint(release)],
        ("3", "AM-WIRE-007") if subject.platform == "aws" => missing_receivers(release),
        ("3", "AM-NET-001") if subject.platform == "none" => vec![wrong_target_port(release)],
        ("3", "AM-SEC-002") if subject.platform == "openshift" => vec![fixed_user(release)],
        ("3", "AM-OPS-006") => vec![not_spread(release)],
        _ => Vec::new(),
    };
    Outcome::of(7, findings)
}

pub(crate) fn base(requirement: &str, message: &str, help: &str) -> Finding {
    Finding {
        requirement: requirement.into(),
        level: Level::Must,
        message: message.into(),
        object: None,
        configuration: None,
        template: None,
        generator: None,
        value: None,
        peer: None,
        values: Vec::new(),
        help: help.into(),
        evidence: Evidence::Static,
        also: Vec::new(),
    }
}

fn dangling_revoke_endpoint(release: &str) -> Finding {
    let host = format!("{release}-key-manager");
    let url = format!("https://{host}:9443/oauth2/revoke");
    Finding {
        object: Some(config_map(release, "control-plane")),
        configuration: Some(place(
            release,
            "control-plane",
            CONTROL_PLANE_TOML,
            "apim.oauth_config.revoke_endpoint",
            "https://{release}-key-manager:9443/oauth2/revoke",
        )),
        template: Some(template("templates/control-plane/config.yaml", 41)),
        generator: Some(GeneratorLocation {
            file: "generator/model/components/control-plane.yaml".into(),
            line: 58,
        }),
        value: Some(url),
        peer: Some("control-plane".into()),
        ..base(
            "AM-WIRE-003",
            &format!(
                "revoke endpoint leads to `{host}`, which no release of this pattern provides"
            ),
            &format!(
                "did you mean `{release}-control-plane`? it listens on 9443; without <that>, tokens stay valid after they were revoked"
            ),
        )
    }
}

fn missing_receivers(release: &str) -> Vec<Finding> {
    [
        ("receiver_urls names node 0 only", "tcp://{release}-traffic-manager-0.{release}-traffic-manager-headless:9611", "traffic-manager node 1"),
        ("authentication URL names port 9611, which is no TLS port", "ssl://{release}-traffic-manager-0.{release}-traffic-manager-headless:9611", "traffic-manager node 0"),
    ]
    .map(|(message, value, peer)| Finding {
        object: Some(config_map(release, "gateway")),
        configuration: Some(place(release, "gateway", GATEWAY_TOML, "apim.throttling.url_group", value)),
        template: Some(template("templates/gateway/config.yaml", 12)),
        value: Some(value.replace("{release}", release)),
        peer: Some(peer.into()),
        ..base("AM-WIRE-007", message, "write one [[apim.throttling.url_group]] per traffic manager node, 9611 with tcp:// and 9711 with ssl://")
    })
    .to_vec()
}

fn wrong_target_port(release: &str) -> Finding {
    Finding {
        object: Some(object(release, "Service", "gateway")),
        template: Some(template("templates/gateway/service.yaml", 9)),
        value: Some("8234".into()),
        ..base(
            "AM-NET-001",
            "port gateway-https leads to 8234, on which no container listens",
            "did you mean `gateway-https` (8243)?",
        )
    }
}

fn fixed_user(release: &str) -> Finding {
    Finding {
        object: Some(object(release, "Deployment", "gateway")),
        template: Some(TemplateLocation {
            chart: "am-pattern-3".into(),
            file: "templates/gateway/deployment.yaml".into(),
            line: None,
        }),
        value: Some("runAsUser: 802".into()),
        ..base(
            "AM-SEC-002",
            "container gateway asks for user 802, which restricted-v2 refuses",
            "leave runAsUser empty on OpenShift",
        )
    }
}

fn not_spread(release: &str) -> Finding {
    Finding {
        level: Level::Should,
        object: Some(object(release, "StatefulSet", "traffic-manager")),
        ..base(
            "AM-OPS-006",
            "pods may all land in one zone",
            "add a topologySpreadConstraint on topology.kubernetes.io/zone",
        )
    }
}

fn object(release: &str, kind: &str, component: &str) -> ObjectRef {
    ObjectRef {
        kind: kind.into(),
        name: format!("{release}-{component}"),
        namespace: "apim".into(),
        release: release.into(),
    }
}

fn config_map(release: &str, component: &str) -> ObjectRef {
    let mut object = object(release, "ConfigMap", component);
    object.name.push_str("-config");
    object
}

fn template(file: &str, line: usize) -> TemplateLocation {
    TemplateLocation {
        chart: "am-pattern-3".into(),
        file: file.into(),
        line: Some(line),
    }
}

fn source_of(release: &str, component: &str) -> String {
    format!("{release}/ConfigMap/{release}-{component}-config/deployment.toml")
}

fn text_of(template: &str, release: &str) -> String {
    template.replace("{release}", release)
}

fn place(
    release: &str,
    component: &str,
    template: &str,
    key: &str,
    value: &str,
) -> ConfigurationLocation {
    let text = text_of(template, release);
    let value = text_of(value, release);
    let start = text.find(&value).expect("the sample holds the value");
    ConfigurationLocation {
        source: source_of(release, component),
        file: "deployment.toml".into(),
        key: key.into(),
        span: Some(Span::of(&text, start, start + value.len())),
    }
}
