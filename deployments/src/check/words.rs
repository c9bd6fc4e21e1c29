//! Words, names and addresses, each by itself.

use am_generator::Model;
use am_generator::chart::camel_case;
use am_generator::diagnostic::{Diagnostic, Diagnostics};
use am_generator::model::Loaded;
use am_generator::yaml::Text;

use crate::document::{Address, Deployment, Site};
use crate::names::{LONGEST_NAME, is_host, is_label, is_name, is_own, range};
use crate::sites::topology;
use crate::vocabulary::Vocabulary;

use super::machines;

/// Names of the charts of all sites.
pub(crate) fn charts(
    document: &Loaded<Deployment>,
    model: &Model,
    diagnostics: &mut Diagnostics,
) -> Vec<String> {
    if model.version(&document.product_version.value).is_none() {
        let known = model.versions.iter().map(|it| it.version.value.as_str());
        diagnostics.push(unknown(
            document,
            "product version",
            &document.product_version,
            known,
        ));
    }
    let mut charts = Vec::new();
    for site in &document.sites.value {
        let number = site.pattern.value;
        if let Some(pattern) = model.patterns.iter().find(|it| it.number == number) {
            charts.push(pattern.name.value.clone());
            continue;
        }
        let known: Vec<String> = model
            .patterns
            .iter()
            .map(|it| it.number.to_string())
            .collect();
        let message = format!("there is no pattern {number}");
        let hint = format!("accepted are: {}", known.join(", "));
        diagnostics.push(document.diagnose(&site.pattern, message).hint(hint));
    }
    charts.sort();
    charts.dedup();
    charts
}

/// Checks every word that must be a known one, every name and every address.
pub(crate) fn check(
    document: &Loaded<Deployment>,
    model: &Model,
    vocabulary: &Vocabulary,
    diagnostics: &mut Diagnostics,
) {
    for (what, written, right) in [
        ("apiVersion", &document.api_version, &vocabulary.api_version),
        ("kind", &document.kind, &vocabulary.kind),
    ] {
        if written.value != *right {
            diagnostics.push(unknown(document, what, written, [right.as_str()]));
        }
    }
    if !is_label(&document.name.value) || document.name.value.len() > LONGEST_NAME {
        let message = format!("`{}` cannot be the name of releases", document.name.value);
        diagnostics.push(document.diagnose(&document.name, message).hint(format!(
            "write at most {LONGEST_NAME} lowercase letters, digits and dashes, beginning with a letter"
        )));
    }
    if let Some(topology) = &document.topology
        && vocabulary.topologies.get(&topology.value).is_none()
    {
        let known = vocabulary.topologies.names();
        diagnostics.push(unknown(document, "topology", topology, known));
    }
    if let Some(encryption) = document.encryption()
        && !vocabulary.encryptions.contains(&encryption.value)
    {
        let known = vocabulary.encryptions.iter().map(String::as_str);
        diagnostics.push(unknown(document, "encryption", encryption, known));
    }
    if document.sites.value.is_empty() {
        let message = "there is no site";
        diagnostics.push(document.diagnose(&document.sites, message).hint("add one"));
    }
    for (index, site) in document.sites.value.iter().enumerate() {
        let words = Words {
            document,
            model,
            vocabulary,
        };
        words.site(site, diagnostics);
        let before = &document.sites.value[..index];
        if before
            .iter()
            .any(|other| other.name.value == site.name.value)
        {
            let message = format!("a site is called `{}` already", site.name.value);
            let diagnostic = document.diagnose(&site.name, message);
            diagnostics.push(diagnostic.hint("give each site a name of its own"));
        }
    }
}

pub(super) struct Words<'a> {
    pub(super) document: &'a Loaded<Deployment>,
    pub(super) model: &'a Model,
    pub(super) vocabulary: &'a Vocabulary,
}

impl Words<'_> {
    fn site(&self, site: &Site, found: &mut Diagnostics) {
        if !is_label(&site.name.value) {
            let message = format!("`{}` cannot be the name of a site", site.name.value);
            found.push(self.document.diagnose(&site.name, message).hint(
                "write lowercase letters, digits and dashes, beginning with a letter: it is the name of a folder",
            ));
        }
        let topology = topology(self.document, self.vocabulary);
        let publishes = topology.and_then(|(_, topology)| topology.publishes.as_ref());
        if publishes.is_some_and(|it| it.reserved.contains(&site.name.value)) {
            let message = format!("no site can be called `{}` here", site.name.value);
            let hint = "choose another name: files of a node are called so";
            found.push(self.document.diagnose(&site.name, message).hint(hint));
        }
        if let Some(part) = &site.part {
            self.known("part", part, self.vocabulary.parts.names(), found);
        }
        if let Some(kubernetes) = &site.kubernetes {
            if let Some(platform) = &kubernetes.platform {
                let known = self.model.platforms.iter().map(|it| it.name.value.as_str());
                self.known("platform", platform, known, found);
            }
            let namespace = &kubernetes.namespace;
            if !is_label(&namespace.value) {
                let message = format!("`{}` is no name of a namespace", namespace.value);
                found.push(self.document.diagnose(namespace, message));
            }
        }
        machines::words(self, site, found);
        site.cidrs.iter().for_each(|cidr| self.cidr(cidr, found));
        let endpoints = || {
            self.model
                .endpoints
                .iter()
                .map(|(_, it)| it.hostname.value.as_str())
        };
        for (key, host) in site.hostnames.iter() {
            self.known("endpoint", key, endpoints(), found);
            self.host(host, found);
        }
        let components: Vec<String> = self
            .model
            .components
            .keys()
            .map(|it| camel_case(it))
            .collect();
        let components = || components.iter().map(String::as_str);
        for key in site.exposes.keys().chain(site.replicas.keys()) {
            self.known("component", key, components(), found);
        }
        for (_, exposure) in site.exposes.iter() {
            if let Some(kind) = &exposure.kind {
                let known = self.vocabulary.services.iter().map(String::as_str);
                self.known("type of Service", kind, known, found);
            }
            for (_, address) in exposure.addresses() {
                self.address(address, found);
            }
        }
        if let Some(server) = &site.identity_server {
            for host in std::iter::once(&server.host).chain(&server.notifies) {
                self.host(host, found);
            }
            if let Some(port) = server.port.as_ref().filter(|port| port.value == 0) {
                found.push(self.document.diagnose(port, "0 is no port"));
            }
            if let Some(name) = server.name.as_ref().filter(|name| !is_name(&name.value)) {
                let message = format!("`{}` cannot be the name of an identity server", name.value);
                let hint = "write up to 100 letters, digits, dots, hyphens and underscores, with a letter or digit at both ends";
                found.push(self.document.diagnose(name, message).hint(hint));
            }
            server.cidrs.iter().for_each(|it| self.cidr(it, found));
            for key in &server.replaces {
                self.known("component", key, components(), found);
            }
        }
        let kind = site.environment.as_ref().and_then(|it| it.kind.as_ref());
        if let Some(kind) = kind {
            let known = self.vocabulary.environment.types.iter();
            self.known(
                "type of environment",
                kind,
                known.map(String::as_str),
                found,
            );
        }
        if let Some(database) = &site.database {
            let with_schema = self
                .model
                .databases
                .iter()
                .filter(|(_, it)| it.schema.is_some());
            let known: Vec<&str> = with_schema.map(|(name, _)| name.value.as_str()).collect();
            self.known("type of database", &database.kind, known, found);
            self.name(&database.host, found);
            if let Some(port) = database.port.as_ref().filter(|port| port.value == 0) {
                found.push(self.document.diagnose(port, "0 is no port"));
            }
        }
    }

    fn cidr(&self, cidr: &Text, found: &mut Diagnostics) {
        match range(&cidr.value) {
            None => {
                let message = format!("`{}` is no range of addresses", cidr.value);
                let diagnostic = self.document.diagnose(cidr, message);
                found.push(diagnostic.hint("write one such as 10.20.0.0/16"));
            }
            Some(range) if range != cidr.value => {
                let message = format!("`{}` begins in the middle of a range", cidr.value);
                let diagnostic = self.document.diagnose(cidr, message);
                found.push(diagnostic.hint(format!("did you mean `{range}`?")));
            }
            Some(_) => {}
        }
    }

    fn address(&self, address: &Address, found: &mut Diagnostics) {
        self.host(&address.host, found);
        for (name, number) in address.ports.iter() {
            self.known("port", name, self.model.ports.names(), found);
            if number.value == 0 {
                let message = format!("{} 0 is no port", name.value);
                found.push(self.document.diagnose(number, message));
            }
        }
    }

    /// A host by which others are reached.
    pub(super) fn host(&self, host: &Text, found: &mut Diagnostics) {
        if is_own(&host.value) {
            let message = format!(
                "`{}` is for each machine the machine itself, and no other",
                host.value
            );
            let diagnostic = self.document.diagnose(host, message);
            found.push(diagnostic.hint("write a name or an address that the others know"));
        } else {
            self.name(host, found);
        }
    }

    fn name(&self, host: &Text, found: &mut Diagnostics) {
        if !is_host(&host.value) {
            let message = format!("`{}` is no host name", host.value);
            let diagnostic = self.document.diagnose(host, message);
            found.push(diagnostic.hint("write it in lowercase, without scheme and port"));
        }
    }

    pub(super) fn known<'k>(
        &self,
        what: &str,
        written: &Text,
        known: impl IntoIterator<Item = &'k str>,
        found: &mut Diagnostics,
    ) {
        let known: Vec<&str> = known.into_iter().collect();
        if !known.contains(&written.value.as_str()) {
            found.push(unknown(self.document, what, written, known));
        }
    }
}

/// A word that is none of those that are accepted, and which was probably meant.
pub(crate) fn unknown<'k>(
    document: &Loaded<Deployment>,
    what: &str,
    written: &Text,
    known: impl IntoIterator<Item = &'k str>,
) -> Diagnostic {
    let known: Vec<&str> = known.into_iter().collect();
    let meant = am_suggest::near(&written.value, known.iter().copied());
    let meant = meant
        .map(|it| format!("did you mean `{it}`? "))
        .unwrap_or_default();
    let hint = (!known.is_empty()).then(|| format!("{meant}accepted are: {}", known.join(", ")));
    document
        .diagnose(written, format!("unknown {what} `{}`", written.value))
        .maybe_hint(hint)
}
