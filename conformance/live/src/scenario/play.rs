//! Goes through the phases of a pattern.

use std::sync::Arc;
use std::time::Instant;

use super::plan::{Phase, planned};
use super::stage::Stage;
use super::{
    change, disruption, endpoints, identity_server, install, neighbours, network, observe, outage,
    policies, product_story, production, removal, restart, scale, story, testing, upgrade,
};
use crate::elsewhere::not_judged;
use crate::error::LiveError;
use crate::options::Images;
use crate::progress::{Timing, ended};
use crate::record::Record;

impl Stage {
    /// Goes through the phases in order. A phase that leaves the pattern in trouble ends the scenario; what was not
    /// judged by then is not green.
    pub(crate) async fn play(&mut self, phases: &[Phase]) -> Result<(), LiveError> {
        let facts = Arc::clone(&self.lab.facts);
        self.record = Record::new(
            self.lab.catalogue.clone(),
            planned(&facts, phases, self.pattern),
        );
        if phases.contains(&Phase::Wiring) {
            for (id, reason) in not_judged(&self.away, self.pattern) {
                self.say(&format!("{id} is not judged: {reason}"));
                self.record.unsupported(id, reason);
            }
        }
        for phase in phases {
            let start = Instant::now();
            let goes_on = self.run(*phase).await?;
            let took = start.elapsed();
            self.timings.push(Timing {
                about: self.about(),
                phase: phase.name().to_owned(),
                took,
            });
            self.say(&ended(phase.name(), goes_on, took));
            if !goes_on {
                self.diagnose(*phase, phases).await?;
                break;
            }
        }
        Ok(())
    }

    /// A pattern that does not come up may still tell why: a stand-in says what it cannot reach.
    async fn diagnose(&mut self, failed: Phase, phases: &[Phase]) -> Result<(), LiveError> {
        if failed == Phase::Install {
            for phase in [Phase::Wiring, Phase::Endpoints] {
                if phases.contains(&phase) {
                    self.run(phase).await?;
                }
            }
            if phases.contains(&Phase::Network) {
                let nodes = observe::collect(self, &self.main).await?;
                policies::judge(self, &nodes).await?;
            }
        }
        Ok(())
    }

    async fn run(&mut self, phase: Phase) -> Result<bool, LiveError> {
        if self.lab.images == Images::Real && phase.asks_standins() {
            let facts = Arc::clone(&self.lab.facts);
            for id in planned(&facts, &[phase], self.pattern) {
                self.record
                    .unsupported(id, "the vendor's images do not tell what they reached");
            }
            self.say(&format!(
                "{}: left out, because only stand-ins tell what they reached",
                phase.name()
            ));
            return Ok(true);
        }
        match phase {
            Phase::Install => install::run(self).await,
            Phase::Upgrade => upgrade::run(self).await,
            Phase::Wiring => observe::run(self).await,
            Phase::Endpoints => endpoints::run(self).await,
            Phase::Test => testing::run(self).await,
            Phase::Story => match self.lab.images {
                Images::Standin => story::run(self).await,
                Images::Real => product_story::run(self).await,
            },
            Phase::Scale => scale::run(self).await,
            Phase::Change => change::run(self).await,
            Phase::Disruption => disruption::run(self).await,
            Phase::Outage => outage::run(self).await,
            Phase::Restart => restart::run(self).await,
            Phase::Rollback => upgrade::roll_back(self).await,
            Phase::Neighbours => neighbours::run(self).await,
            Phase::Network => network::run(self).await,
            Phase::Removal => removal::run(self).await,
            Phase::Schema => production::schema::run(self).await,
            Phase::Driver => production::driver::run(self).await,
            Phase::Rotation => production::rotation::run(self).await,
            Phase::Enlargement => production::enlargement::run(self).await,
            Phase::IdentityServer => identity_server::run(self).await,
            Phase::PatternChange => production::pattern_change::run(self).await,
        }
    }
}
