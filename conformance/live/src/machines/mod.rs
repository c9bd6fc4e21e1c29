//! The scenario `machines`: a site on virtual machines, installed by its own playbooks, with a stand-in as every node.
//!
//! Machines are namespaces: each has a network card on a switch, a disk over this machine's, and an init that plays
//! `systemctl`. Ansible, the load balancers and nft are the real ones. Everything ends with this process.

mod clients;
mod identity_server;
mod integrators;
mod knock;
mod lab;
mod names;
mod namespace;
mod observe;
mod plan;
mod play;
mod playbook;
mod ports;
mod provisions;
mod selftest;
mod site;
mod stage;

use std::sync::Arc;
use std::time::Instant;

use am_conformance::Catalogue;
use am_conformance::facts::Facts;
use am_conformance::subject::SubjectDescription;

use crate::error::LiveError;
use crate::options::Options;
use crate::process::on_path;
use crate::progress::{Progress, Timing};
use crate::record::Record;
use crate::report::{Circumstances, LiveReport, assemble, profile_of};
use crate::selftest::LiveSelftest;
use lab::Lab;
use playbook::Ansible;
use site::Site;
pub use site::{IdentityServerBeside, MachineSite};
use stage::Stage;

/// Programs that only the machine's own packages have.
const PROGRAMS: [&str; 6] = ["unshare", "nsenter", "ip", "nft", "haproxy", "nginx"];

/// Plays every site, one after the other.
pub(crate) async fn play(
    options: &Options,
    progress: &Arc<dyn Progress>,
) -> Result<LiveReport, LiveError> {
    for program in PROGRAMS {
        if on_path(program).is_none() {
            return Err(LiveError::unavailable(
                format!("there is no {program} here"),
                "run tools/machines/install",
            ));
        }
    }
    let broken = |error: am_conformance::SuiteError| {
        LiveError::unavailable(error.to_string(), "report this as a bug")
    };
    let facts = Arc::new(Facts::load().map_err(broken)?);
    let catalogue = Catalogue::load().map_err(broken)?;
    let folder = tempfile::Builder::new()
        .prefix("am-machines-")
        .tempdir()
        .map_err(LiveError::file("create a folder in", std::env::temp_dir()))?;
    let start = Instant::now();
    let ansible = Ansible::install(&options.workspace).await?;
    let packs = folder.path().join("packs");
    let mut versions: Vec<String> = options
        .machines
        .iter()
        .flat_map(|site| &site.versions)
        .map(|(version, _)| version.clone())
        .collect();
    versions.sort();
    versions.dedup();
    let standin = provisions::packs(&options.workspace, &versions, &packs).await?;
    let mut timings = vec![Timing {
        about: "machines".to_owned(),
        phase: "packs".to_owned(),
        took: start.elapsed(),
    }];
    let cases = if options.with_selftest {
        selftest::cases(&options.workspace)?
    } else {
        Vec::new()
    };
    let mut results = Vec::new();
    let mut profiles = Vec::new();
    let mut edges = Vec::new();
    for given in &options.machines {
        let Some((_, tree)) = given.versions.first() else {
            continue;
        };
        let start = Instant::now();
        let site = Site::read(tree, given)?;
        let place = folder.path().join(&given.name);
        let lab = Lab::start(&site, given.identity_server.as_ref(), &standin, &place).await?;
        provisions::files(&site, &packs)?;
        provisions::lay(&site, given, &lab, &standin).await?;
        let mut stage = Stage {
            wired_as: site.wired_as(&facts, given),
            given: given.clone(),
            releases: site.releases().collect(),
            lab,
            standin: standin.clone(),
            ansible: ansible.clone(),
            packs: packs.clone(),
            facts: Arc::clone(&facts),
            progress: Arc::clone(progress),
            record: Record::new(catalogue.clone(), []),
            timings: vec![],
            edges: (0, 0),
            topology: am_conformance::report::Topology::default(),
            site,
        };
        stage.timings.push(Timing {
            about: stage.about(),
            phase: "machines".to_owned(),
            took: start.elapsed(),
        });
        let phases = plan::phases(&stage.site, given);
        stage.play(&catalogue, &phases).await?;
        let mut profile = profile_of(
            stage.about(),
            subject(&stage),
            stage.record.results(),
            Some(start.elapsed().as_secs_f64()),
        );
        profile.topology = stage.topology.clone();
        profiles.push(profile);
        edges.push((given.pattern, stage.edges.0, stage.edges.1));
        results.append(&mut stage.selftest(&catalogue, &cases).await?);
        timings.append(&mut stage.timings);
    }
    let circumstances = Circumstances {
        command: options.command.clone(),
        cluster: "machines".to_owned(),
        ..Circumstances::default()
    };
    Ok(LiveReport {
        report: assemble(&catalogue, profiles, &circumstances),
        timings,
        edges,
        left_out: None,
        selftest: options.with_selftest.then(|| LiveSelftest {
            cases: results,
            timings: Vec::new(),
            kubernetes: String::new(),
            left_out: Vec::new(),
        }),
        memory: None,
    })
}

fn subject(stage: &Stage) -> SubjectDescription {
    SubjectDescription {
        id: format!("p{}/{}/live", stage.given.pattern, stage.about()),
        pattern: stage.given.pattern,
        site: None,
        product_version: stage
            .given
            .versions
            .last()
            .map(|(version, _)| version.clone())
            .unwrap_or_default(),
        platform: "machines".to_owned(),
        variant: "live".to_owned(),
        releases: vec![stage.about()],
        namespace: String::new(),
        kubernetes_version: String::new(),
    }
}
