//! The phases of a deployment, one after the other.

use std::time::Instant;

use am_standin::edge::Purpose;

use super::crossing::judge_wiring;
use super::deployment::{Deployment, Phase};
use super::{centralised, geo_regional};
use crate::error::LiveError;
use crate::progress::{Timing, ended};
use crate::scenario::collect;

impl Deployment {
    /// Goes through a phase, unless the deployment is in trouble.
    pub(super) async fn play(&mut self, phase: Phase) -> Result<(), LiveError> {
        if self.over {
            return Ok(());
        }
        let start = Instant::now();
        let goes_on = match phase {
            Phase::Install => self.install().await?,
            Phase::Wiring => {
                let right = judge_wiring(self, 0).await?;
                self.without_database().await?;
                right
            }
            _ if self.has_main() => centralised::play(self, phase).await?,
            _ => geo_regional::play(self, phase).await?,
        };
        let took = start.elapsed();
        let about = self.name().to_owned();
        let progress = self.sites.first().map(|site| &site.stage.lab.progress);
        if let Some(progress) = progress {
            progress.say(&about, &ended(phase.name(), goes_on, took));
        }
        self.timings.push(Timing {
            about,
            phase: phase.name().to_owned(),
            took,
        });
        self.over = !goes_on;
        Ok(())
    }

    /// In the order that the deployment's README gives, each when the one before is done.
    async fn install(&mut self) -> Result<bool, LiveError> {
        for site in &mut self.sites {
            if !site.install().await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn without_database(&mut self) -> Result<(), LiveError> {
        for site in &mut self.sites {
            let stage = &mut site.stage;
            let nodes = collect(stage, &stage.main).await?;
            let mut edges = nodes.iter().flat_map(|node| &node.observations.edges);
            if !edges.any(|edge| edge.edge.purpose == Purpose::Database) {
                let reason = "no component of the site has a database";
                stage.record.not_applicable("AM-CONF-012", reason);
            }
        }
        Ok(())
    }
}
