//! The phases of a deployment, one after the other.

use std::time::Instant;

use super::deployment::Deployment;
use super::{catalogue, isolation, load, pair};
use crate::error::LiveError;
use crate::progress::{Timing, ended};
use crate::record::Record;

/// What is judged of API Manager's release, whatever is beside it.
const OF_THE_RELEASE: [&str; 4] = ["AM-TOPO-001", "AM-TOPO-002", "AM-OPS-003", "AM-SEC-013"];

/// What happens to a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Install,
    Catalogue,
    Isolation,
    Load,
    Pair,
}

impl Phase {
    const ALL: [Self; 5] = [
        Self::Install,
        Self::Catalogue,
        Self::Isolation,
        Self::Load,
        Self::Pair,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Catalogue => "catalogue and calls",
            Self::Isolation => "isolation",
            Self::Load => "a node goes under load",
            Self::Pair => "the active node goes",
        }
    }
}

impl Deployment {
    /// Goes through all phases, unless one leaves the deployment in trouble.
    pub(super) async fn play(&mut self) -> Result<(), LiveError> {
        let ids = OF_THE_RELEASE
            .into_iter()
            .chain(catalogue::REQUIREMENTS)
            .chain(load::REQUIREMENTS)
            .chain(isolation::REQUIREMENTS)
            .chain(pair::REQUIREMENTS);
        self.stage.record = Record::new(self.stage.lab.catalogue.clone(), ids);
        for phase in Phase::ALL {
            let start = Instant::now();
            let goes_on = match phase {
                Phase::Install => self.install().await?,
                Phase::Catalogue => catalogue::judge(self).await?,
                Phase::Isolation => isolation::judge(self).await?,
                Phase::Load => load::judge(self).await?,
                Phase::Pair => pair::judge(self).await?,
            };
            let took = start.elapsed();
            self.stage.say(&ended(phase.name(), goes_on, took));
            self.stage.timings.push(Timing {
                about: self.name.clone(),
                phase: phase.name().to_owned(),
                took,
            });
            if !goes_on {
                self.over = true;
                break;
            }
        }
        Ok(())
    }
}
