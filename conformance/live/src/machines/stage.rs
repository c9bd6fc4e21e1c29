//! A site that is played: its machines, and what was learned of them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use am_conformance::Component;
use am_conformance::facts::Facts;
use am_conformance::report::Topology;
use am_product::Pattern;

use super::lab::Lab;
use super::playbook::{Ansible, Recap};
use super::site::{MachineSite, Site};
use crate::error::LiveError;
use crate::progress::{Progress, Timing};
use crate::record::{Fault, Place, Record};

/// A site, its machines, and what was learned of them.
pub(super) struct Stage {
    pub(super) given: MachineSite,
    /// The pattern that its wiring is of: its own, or what an identity server leaves of it.
    pub(super) wired_as: Pattern,
    /// The tree of the version that is installed.
    pub(super) site: Site,
    /// What each node runs, by host and component: the release of its pack.
    pub(super) releases: BTreeMap<(String, Component), String>,
    pub(super) lab: Lab,
    pub(super) standin: PathBuf,
    pub(super) ansible: Ansible,
    pub(super) packs: PathBuf,
    pub(super) facts: Arc<Facts>,
    pub(super) progress: Arc<dyn Progress>,
    pub(super) record: Record,
    pub(super) timings: Vec<Timing>,
    pub(super) edges: (usize, usize),
    pub(super) topology: Topology,
}

impl Stage {
    /// Plays a playbook on every host, or on those that a pattern of Ansible names.
    pub(super) async fn playbook(
        &self,
        name: &str,
        limit: Option<&str>,
    ) -> Result<Recap, LiveError> {
        let on = (&self.site, &self.lab, self.packs.as_path());
        let options: Vec<&str> = limit.into_iter().flat_map(|it| ["--limit", it]).collect();
        self.ansible.play(name, on, &options).await
    }

    /// Lays the files of one host again; whatever came of it, phases judge.
    pub(super) async fn lay(&self, host: Option<&str>) -> Result<(), LiveError> {
        let Some(host) = host else {
            return Ok(());
        };
        let recap = self.playbook("install.yml", Some(host)).await?;
        if !recap.succeeded {
            self.say(&format!("install.yml fails on {host}"));
        }
        Ok(())
    }

    /// Writes down that something of a host was looked at, and what is wrong with it.
    pub(super) fn check(&mut self, requirement: &str, host: &str, fault: Option<Fault>) {
        match fault {
            None => self.record.passed(requirement, 1),
            Some(fault) => self.failed(requirement, fault.at("Host", host)),
        }
    }

    /// The same where the fault says itself whose it is.
    pub(super) fn judge(&mut self, requirement: &str, fault: Option<Fault>) {
        match fault {
            None => self.record.passed(requirement, 1),
            Some(fault) => self.failed(requirement, fault),
        }
    }

    /// Writes down what is wrong. Nodes are hosts here, whatever they are called on clusters.
    pub(super) fn failed(&mut self, requirement: &str, mut fault: Fault) {
        if let Some((kind, _)) = &mut fault.object {
            *kind = "Host";
        }
        self.say(&format!("{requirement}: {}", fault.message));
        let about = self.about();
        let place = Place {
            namespace: "",
            release: &about,
        };
        self.record.failed(requirement, place, fault);
    }

    /// The host that public names lead to.
    pub(super) fn entrance(&self) -> String {
        let first = self
            .site
            .load_balancers()
            .next()
            .or_else(|| self.site.hosts.first());
        first.map(|host| host.name.clone()).unwrap_or_default()
    }

    pub(super) fn say(&self, text: &str) {
        self.progress.say(&self.about(), text);
    }

    pub(super) fn about(&self) -> String {
        format!("machines-{}", self.given.name)
    }
}
