//! Deployments of two sites, each in a cluster of its own: what `cargo xtask deploy` makes is installed, what happens in one
//! site must be heard in the other, and the link between them is cut and mended.

mod broken;
mod centralised;
mod clusters;
mod crossing;
mod deployment;
mod events;
mod geo_regional;
mod play;
mod site;

use std::sync::Arc;

use am_conformance::report::{ChartDigest, Profile};
use am_conformance::subject::SubjectDescription;
use am_product::Pattern;

use crate::charts::digests;
use crate::error::LiveError;
use crate::options::{Images, Options};
use crate::progress::Progress;
use crate::published::families;
use crate::report::{Circumstances, LiveReport, assemble, profile_of};

use broken::Broken;
use clusters::Clusters;
use deployment::{Deployment, Phase};
use site::Site;

/// The documents that are played, beside each other.
const DOCUMENTS: [&str; 2] = ["geo-regional", "centralised"];

/// Plays both documents from the making of the clusters to their removal.
pub(crate) async fn run(
    options: &Options,
    progress: &Arc<dyn Progress>,
) -> Result<LiveReport, LiveError> {
    if options.images == Images::Real {
        return Err(LiveError::usage(
            "regions are judged by what stand-ins tell; leave out --images real",
        ));
    }
    if !options.patterns.is_empty() {
        return Err(LiveError::usage(
            "which patterns regions have is said in fixtures/regions; leave out --pattern",
        ));
    }
    let mut options = options.clone();
    options.charts.sort_by_key(|charts| charts.version);
    options.charts = options.charts.pop().into_iter().collect();
    let clusters = Clusters::open(&options, progress).await?;
    let families = families(&options.workspace)?;
    let made =
        DOCUMENTS.map(|name| Deployment::of(&options, &clusters, &families, &options.charts, name));
    let [geo_regional, centralised] = made;
    let mut both = [geo_regional?, centralised?];
    for phase in Phase::ALL {
        match phase {
            Phase::Cut => {
                clusters.cut().await?;
                progress.say("clusters", "the link is cut");
            }
            Phase::Healed => {
                clusters.heal().await?;
                progress.say("clusters", "the link is back");
            }
            _ => {}
        }
        let [one, other] = &mut both;
        tokio::try_join!(one.play(phase), other.play(phase))?;
    }
    let report = told(&options, &clusters, &both)?;
    if !options.with_selftest {
        return Ok(report);
    }
    let broken = Broken::read(&options.workspace)?;
    let selftest = broken::play(&broken, &mut both, &clusters).await?;
    Ok(LiveReport {
        selftest: Some(selftest),
        ..report
    })
}

fn told(
    options: &Options,
    clusters: &Clusters,
    deployments: &[Deployment],
) -> Result<LiveReport, LiveError> {
    let mut patterns: Vec<Pattern> = sites(deployments).map(|site| site.stage.pattern).collect();
    patterns.sort_unstable();
    patterns.dedup();
    let charts: Vec<ChartDigest> = digests(&options.charts, &patterns)?;
    let circumstances = Circumstances {
        command: options.command.clone(),
        kubernetes: clusters.kubernetes.clone(),
        cluster: "two of kind".to_owned(),
        charts,
    };
    let mut profiles = Vec::new();
    for deployment in deployments {
        let took = deployment
            .timings
            .iter()
            .map(|it| it.took.as_secs_f64())
            .sum();
        let sites = deployment.sites.iter();
        profiles.extend(sites.map(|site| profile(site, &circumstances, took)));
    }
    let catalogue = sites(deployments)
        .next()
        .map(|site| &site.stage.lab.catalogue);
    let catalogue = catalogue.ok_or_else(|| LiveError::usage("fixtures/regions has no site"))?;
    let timings = deployments.iter().flat_map(|it| it.timings.iter().cloned());
    Ok(LiveReport {
        report: assemble(catalogue, profiles, &circumstances),
        timings: clusters.timings.iter().cloned().chain(timings).collect(),
        edges: Vec::new(),
        left_out: None,
        selftest: None,
        memory: clusters.memory(),
    })
}

fn sites(deployments: &[Deployment]) -> impl Iterator<Item = &Site> {
    deployments.iter().flat_map(|it| &it.sites)
}

fn profile(site: &Site, circumstances: &Circumstances, seconds: f64) -> Profile {
    let stage = &site.stage;
    let version = stage.charts.last().map(|(version, _)| version.clone());
    let subject = SubjectDescription {
        id: stage.about().replace(' ', "/"),
        pattern: stage.pattern,
        site: None,
        product_version: version.unwrap_or_default(),
        platform: "dev".to_owned(),
        variant: "live".to_owned(),
        releases: vec![stage.main.name.clone()],
        namespace: stage.namespace.clone(),
        kubernetes_version: circumstances.kubernetes.clone(),
    };
    let results = stage.record.results();
    Profile {
        notes: site.notes.clone(),
        ..profile_of(stage.about(), subject, results, Some(seconds))
    }
}
