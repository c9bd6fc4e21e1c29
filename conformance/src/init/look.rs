//! What charts show of themselves.

use std::collections::BTreeMap;

use am_deployment_toml::product::ProductVersion;
use am_product::Pattern;
use am_toolchain::RenderRequest;

use super::request::{HOSTS, Release, Request};
use crate::{
    component::Component,
    error::SuiteError,
    facts::Facts,
    graph::{Graph, Hints, Member},
    report::Report,
    suite::{Options, render_all, render_pool},
};

/// What was seen.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) releases: Vec<SeenRelease>,
    pub(super) version: Told<ProductVersion>,
    pub(super) pattern: Told<Pattern>,
}

/// Something, and how it was told.
#[derive(Debug)]
pub(super) struct Told<T> {
    pub(super) is: T,
    /// In words, for a comment; empty where nothing need be said.
    pub(super) why: String,
}

/// A release and its workloads.
#[derive(Debug)]
pub(super) struct SeenRelease {
    pub(super) release: Release,
    /// Why it does not render.
    pub(super) flaw: Option<String>,
    pub(super) workloads: Vec<SeenWorkload>,
}

/// A workload that runs all the time.
#[derive(Debug)]
pub(super) struct SeenWorkload {
    /// Kind and name.
    pub(super) object: String,
    pub(super) name: String,
    pub(super) image: String,
    /// Whether it may be a server of the product, from all that is seen.
    pub(super) component: Option<(Component, String)>,
    pub(super) replicas: usize,
}

/// The hosts that no release provides.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    /// They look as if they were outside of the cluster, each with the key that names it.
    pub(super) external: BTreeMap<String, String>,
    /// They look like Services.
    pub(super) inner: BTreeMap<String, String>,
}

impl Hosts {
    /// The hosts that the findings of a run are about.
    pub(super) fn of(report: &Report) -> Self {
        let mut hosts = Self::default();
        let findings = report.findings().map(|(_, finding)| finding);
        for finding in findings.filter(|finding| finding.requirement == HOSTS) {
            let (Some(host), Some(at)) = (&finding.value, &finding.configuration) else {
                continue;
            };
            let labels: Vec<&str> = host.split('.').collect();
            let is_of_the_cluster =
                labels.len() == 1 || labels.contains(&"svc") || labels.last() == Some(&"local");
            let side = if is_of_the_cluster {
                &mut hosts.inner
            } else {
                &mut hosts.external
            };
            side.entry(host.clone()).or_insert_with(|| at.key.clone());
        }
        hosts
    }
}

/// Renders the releases and tells what they are.
pub(super) fn look(
    request: &Request,
    releases: &[Release],
    options: &Options,
) -> Result<Seen, SuiteError> {
    let facts = Facts::load()?;
    let pool = render_pool(options)?;
    let namespace = request
        .namespace
        .clone()
        .unwrap_or_else(|| "default".into());
    let mut seen = Vec::new();
    let mut tags = Vec::new();
    for release in releases {
        let mut render =
            RenderRequest::new(&release.chart, release.name.clone(), namespace.clone());
        render.values_files.clone_from(&release.values);
        let manifest = render_all(&[render], &pool, &mut 0).map_err(SuiteError::cannot_check)?;
        let graph = Graph::build(
            &manifest,
            &facts,
            ProductVersion::newest(),
            &Hints::default(),
        );
        let of_product = graph
            .members
            .iter()
            .filter(|member| member.component.is_some());
        tags.extend(of_product.filter_map(|member| tag_of(member.main?.image())));
        seen.push(SeenRelease {
            release: release.clone(),
            flaw: manifest.missing_release(),
            workloads: graph.members.iter().map(workload).collect(),
        });
    }
    let version = version(request, &tags)?;
    let pattern = pattern(request, &facts, &seen);
    Ok(Seen {
        releases: seen,
        version,
        pattern,
    })
}

fn workload(member: &Member<'_>) -> SeenWorkload {
    let object = member.workload.object;
    SeenWorkload {
        object: object.reference().to_string(),
        name: object.name().to_owned(),
        image: member.main.map_or("", |main| main.image()).to_owned(),
        component: member.component.zip(member.told_by()),
        replicas: member.replicas,
    }
}

/// The version that an image's tag begins with.
fn tag_of(image: &str) -> Option<String> {
    let image = image.split('@').next()?;
    let (_, tag) = image.rsplit('/').next()?.split_once(':')?;
    let end = tag
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(tag.len());
    let version = tag[..end].trim_end_matches('.');
    (version.matches('.').count() == 2).then(|| version.to_owned())
}

fn version(request: &Request, tags: &[String]) -> Result<Told<ProductVersion>, SuiteError> {
    if let Some(version) = request.product_version {
        return Ok(Told {
            is: version,
            why: String::new(),
        });
    }
    let Some(first) = tags.first() else {
        return Ok(Told {
            is: ProductVersion::newest(),
            why: "no image says which: this is the newest".into(),
        });
    };
    let is = first
        .parse()
        .map_err(|unknown: am_deployment_toml::product::Unknown| {
            SuiteError::usage(format!("an image is of {first}: {unknown}"))
        })?;
    let other = tags.iter().find(|tag| *tag != first);
    Ok(Told {
        is,
        why: other.map_or_else(
            || "by the images".into(),
            |other| format!("by the images, though another is of {other}"),
        ),
    })
}

/// The pattern that has these components, and of several the one that asks for the most nodes that are there.
fn pattern(request: &Request, facts: &Facts, seen: &[SeenRelease]) -> Told<Pattern> {
    if let Some(pattern) = request.pattern {
        return Told {
            is: pattern,
            why: String::new(),
        };
    }
    let mut nodes: BTreeMap<Component, usize> = BTreeMap::new();
    for workload in seen.iter().flat_map(|seen| &seen.workloads) {
        if let Some((component, _)) = &workload.component {
            *nodes.entry(*component).or_default() += workload.replicas;
        }
    }
    let differ = |wanted: &BTreeMap<Component, usize>| {
        let lacks = wanted.keys().filter(|one| !nodes.contains_key(one)).count();
        let more = nodes.keys().filter(|one| !wanted.contains_key(one)).count();
        let few = wanted
            .iter()
            .filter(|(one, least)| nodes.get(one).is_some_and(|has| has < least))
            .count();
        (
            lacks + more,
            few,
            std::cmp::Reverse(wanted.values().sum::<usize>()),
        )
    };
    let nearest = facts
        .patterns
        .iter()
        .min_by_key(|(_, wanted)| differ(wanted));
    let Some((pattern, wanted)) = nearest else {
        return Told {
            is: Pattern::default(),
            why: "no pattern is known".into(),
        };
    };
    let titles = |names: &mut dyn Iterator<Item = Component>| {
        names.map(Component::title).collect::<Vec<_>>().join(", ")
    };
    let why = match differ(wanted) {
        _ if nodes.is_empty() => "no component was recognised, so this is a guess".to_owned(),
        (0, 0, _) => format!("it is made of: {}", titles(&mut wanted.keys().copied())),
        (0, ..) => format!(
            "it is made of: {}, but of more nodes than these",
            titles(&mut wanted.keys().copied())
        ),
        _ => format!(
            "the nearest: no pattern is made of just: {}",
            titles(&mut nodes.keys().copied())
        ),
    };
    Told { is: *pattern, why }
}

#[cfg(test)]
mod tests {
    use super::tag_of;

    #[test]
    fn a_version_is_read_from_an_image() {
        let told = |image| tag_of(image);
        assert_eq!(
            told("r.example:5000/apim/wso2am-tm:4.6.0-7").as_deref(),
            Some("4.6.0")
        );
        assert_eq!(told("wso2am:4.7.0@sha256:aa").as_deref(), Some("4.7.0"));
        assert_eq!(told("r.example:5000/wso2am"), None);
        assert_eq!(told("wso2am:latest"), None);
    }
}
