//! The integration layer beside API Manager, as WSO2's three deployments have it: services of each tenant are registered and called, a
//! node is taken away under load, of two nodes one is active, and no tenant's cluster reaches another's.

mod broken;
mod catalogue;
mod cluster;
mod deployment;
mod isolation;
mod load;
mod pair;
mod play;

use am_conformance::report::Profile;
use am_conformance::subject::SubjectDescription;
use am_product::Pattern;

use crate::charts::digests;
use crate::error::LiveError;
use crate::options::{Images, Options};
use crate::published::families;
use crate::report::{Circumstances, LiveReport, assemble, profile_of};
use crate::session::Session;

use broken::Broken;
use deployment::Deployment;

/// What is played, beside each other.
const DEPLOYMENTS: [&str; 3] = ["standard-ha", "standard-ha-multitenancy", "simple-scalable"];

/// Plays all of them on the cluster of a session.
pub(crate) async fn play(options: &Options, session: &Session) -> Result<LiveReport, LiveError> {
    if options.images == Images::Real {
        return Err(LiveError::usage(
            "the integration layer is judged by what stand-ins tell; leave out --images real",
        ));
    }
    if !options.patterns.is_empty() {
        return Err(LiveError::usage(
            "which patterns are played is said in deployments/examples; leave out --pattern",
        ));
    }
    let mut options = options.clone();
    options.charts.sort_by_key(|charts| charts.version);
    options.charts = options.charts.pop().into_iter().collect();
    let families = families(&options.workspace)?;
    let made = DEPLOYMENTS.map(|name| Deployment::of(&options, session, &families, name));
    let [one, two, three] = made;
    let mut all = [one?, two?, three?];
    let [one, two, three] = &mut all;
    tokio::try_join!(one.play(), two.play(), three.play())?;
    let mut report = told(&options, session, &all)?;
    if options.with_selftest {
        let broken = Broken::read(&options.workspace)?;
        report.selftest = Some(broken.play(&mut all, session).await?);
    }
    for deployment in &all {
        deployment.stage.clean_up().await?;
    }
    Ok(report)
}

fn told(
    options: &Options,
    session: &Session,
    deployments: &[Deployment],
) -> Result<LiveReport, LiveError> {
    let clusters = deployments.iter().flat_map(|it| &it.clusters);
    let own = deployments.iter().map(|it| it.stage.pattern);
    let mut patterns: Vec<Pattern> = clusters.map(|it| it.chart).chain(own).collect();
    patterns.sort_unstable();
    patterns.dedup();
    let circumstances = Circumstances {
        command: options.command.clone(),
        kubernetes: session.kubernetes.clone(),
        cluster: session.cluster.clone(),
        charts: digests(&options.charts, &patterns)?,
    };
    let profiles = deployments.iter().map(|it| profile(it, &circumstances));
    let timings = deployments.iter().flat_map(|it| it.stage.timings.clone());
    Ok(LiveReport {
        report: assemble(&session.lab.catalogue, profiles.collect(), &circumstances),
        timings: session.timings.iter().cloned().chain(timings).collect(),
        edges: Vec::new(),
        left_out: None,
        selftest: None,
        memory: session.memory(),
    })
}

fn profile(deployment: &Deployment, circumstances: &Circumstances) -> Profile {
    let stage = &deployment.stage;
    let version = stage.charts.last().map(|(version, _)| version.clone());
    let clusters = deployment.clusters.iter();
    let releases = clusters.map(|it| it.release.name.clone());
    let subject = SubjectDescription {
        id: format!("{}/dev/live", stage.about()),
        pattern: stage.pattern,
        site: None,
        product_version: version.unwrap_or_default(),
        platform: "dev".to_owned(),
        variant: "live".to_owned(),
        releases: [stage.main.name.clone()]
            .into_iter()
            .chain(releases)
            .collect(),
        namespace: stage.namespace.clone(),
        kubernetes_version: circumstances.kubernetes.clone(),
    };
    let seconds = stage.timings.iter().map(|it| it.took.as_secs_f64()).sum();
    Profile {
        notes: deployment.notes.clone(),
        ..profile_of(
            stage.about(),
            subject,
            stage.record.results(),
            Some(seconds),
        )
    }
}
