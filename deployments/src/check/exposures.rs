//! What sites expose to each other: everything that another site needs, and nothing else.

use am_generator::chart::Part;
use am_generator::diagnostic::Diagnostics;
use am_generator::model::Loaded;
use am_generator::yaml::Text;

use crate::document::{Address, Deployment, Exposure};
use crate::links::{Link, Needed, needed};
use crate::names::sentence;
use crate::overlay::own;
use crate::ports::Ports;
use crate::sites::Placed;

/// Checks the exposures of every site.
pub(crate) fn check(
    sites: &[Placed<'_>],
    links: &[Link<'_>],
    ports: &Ports<'_>,
    found: &mut Diagnostics,
) {
    let document = ports.document;
    link(sites, links, ports, found);
    keystores(sites, ports, found);
    for (number, site) in sites.iter().enumerate() {
        for part in &site.runs {
            let wanted = needed(links, number, part.name());
            let exposed = site
                .site
                .exposes
                .key(&part.key())
                .zip(site.site.exposes.get(&part.key()));
            let one = One {
                document,
                ports,
                site,
                part,
            };
            match exposed {
                Some((key, exposure)) => one.check(key, exposure, &wanted, found),
                None if wanted == Needed::default() => {}
                None => {
                    let mut clients: Vec<&str> = links
                        .iter()
                        .filter(|link| link.to == number && link.server.name() == part.name())
                        .map(|link| sites[link.from].name())
                        .collect();
                    clients.dedup();
                    one.missing(&clients, &wanted, found);
                }
            }
        }
        for (key, _) in site.site.exposes.iter() {
            if !site.runs.iter().any(|part| part.key() == key.value) {
                let message = format!("site {} does not run `{}`", site.name(), key.value);
                found.push(document.diagnose(key, message).hint("remove it"));
            }
        }
    }
}

/// What is not encrypted crosses a private link only.
fn link(sites: &[Placed<'_>], links: &[Link<'_>], ports: &Ports<'_>, found: &mut Diagnostics) {
    let document = ports.document;
    let link = document.link.as_ref();
    let private = link.and_then(|link| link.private.as_ref());
    if private.is_some_and(|private| private.value) {
        return;
    }
    let open = links.iter().find_map(|link| {
        let port = link.ports.iter().find(|port| !ports.is_encrypted(port))?;
        Some((link, port))
    });
    if let Some((link, port)) = open {
        let (from, to) = (sites[link.from].name(), sites[link.to].name());
        let message = format!(
            "{port} from site {from} to site {to} is not encrypted, and the link is not said to be private"
        );
        let diagnostic = match private {
            Some(private) => document.diagnose(private, message),
            None => document.diagnose(&document.sites, message),
        };
        found.push(diagnostic.hint(
            "write `link: {encryption: tls}`, or connect the sites by a VPN or by peered networks and write `link: {private: true}`",
        ));
    }
}

/// Everybody has the images' own keystores.
fn keystores(sites: &[Placed<'_>], ports: &Ports<'_>, found: &mut Diagnostics) {
    let document = ports.document;
    let Some(encryption) = document.encryption().filter(|_| ports.brokers_have_tls()) else {
        return;
    };
    let without = |site: &&Placed<'_>| own(site).get("keystores").is_none();
    if let Some(site) = sites.iter().find(without)
        && document.keystores.is_none()
    {
        let message = format!(
            "events are to be encrypted, and site {} has the keystores of the images, whose keys everybody has",
            site.name()
        );
        let hint = "write `keystores: {existingSecret: …}`, or let `values` of each site say which";
        found.push(document.diagnose(encryption, message).hint(hint));
    }
}

/// What one site exposes of one component.
struct One<'a, 'm> {
    document: &'a Loaded<Deployment>,
    ports: &'a Ports<'a>,
    site: &'a Placed<'m>,
    part: &'a Part<'m>,
}

impl One<'_, '_> {
    fn missing(&self, clients: &[&str], wanted: &Needed<'_>, found: &mut Diagnostics) {
        let ports = [wanted.service.as_slice(), wanted.nodes.as_slice()].concat();
        let message = format!(
            "{} to the {} of site {} ({}), which exposes none",
            match clients {
                [only] => format!("site {only} connects"),
                all => format!("sites {} connect", sentence(all)),
            },
            self.part.component.title,
            self.site.name(),
            ports.join(", ")
        );
        let key = self.part.key();
        let fields = [
            (!wanted.service.is_empty()).then(|| format!("exposes.{key}.service")),
            (!wanted.nodes.is_empty()).then(|| format!("exposes.{key}.nodes")),
        ];
        let fields: Vec<String> = fields.into_iter().flatten().collect();
        let diagnostic = self.document.diagnose(&self.site.site.name, message);
        found.push(diagnostic.hint(format!("set {} of the site", sentence(&fields))));
    }

    fn check(&self, key: &Text, exposure: &Exposure, wanted: &Needed<'_>, found: &mut Diagnostics) {
        let (site, title) = (self.site.name(), &self.part.component.title);
        if *wanted == Needed::default() {
            let message = format!("no other site connects to the {title} of site {site}");
            found.push(self.document.diagnose(key, message).hint("remove it"));
            return;
        }
        match (&exposure.service, wanted.service.as_slice()) {
            (None, [_, ..]) => {
                let message = format!(
                    "other sites reach the {title} of site {site} by one name ({}), and there is none",
                    wanted.service.join(", ")
                );
                found.push(self.document.diagnose(key, message).hint("set `service`"));
            }
            (Some(address), []) => {
                let message =
                    format!("no other site reaches the {title} of site {site} by one name");
                found.push(
                    self.document
                        .diagnose(&address.host, message)
                        .hint("remove `service`"),
                );
            }
            _ => {}
        }
        let count = self.site.nodes(self.part);
        let has = exposure.nodes.len();
        match exposure.nodes.first() {
            Some(first) if wanted.nodes.is_empty() => {
                let message =
                    format!("no other site connects to single nodes of the {title} of site {site}");
                found.push(
                    self.document
                        .diagnose(&first.host, message)
                        .hint("remove `nodes`"),
                );
            }
            first if !wanted.nodes.is_empty() && usize::try_from(count) != Ok(has) => {
                let message = format!(
                    "site {site} runs {count} nodes of the {title}, but exposes addresses of {has}; other sites connect to each ({})",
                    wanted.nodes.join(", ")
                );
                let at = first.map_or(key, |address| &address.host);
                found.push(
                    self.document
                        .diagnose(at, message)
                        .hint("list every node in `nodes`"),
                );
            }
            _ => {}
        }
        for (node, address) in exposure.addresses() {
            self.known_ports(address, wanted.at(node), found);
        }
        let usual = self.ports.vocabulary.services.first();
        let kind = exposure.kind.as_ref();
        match kind.filter(|kind| Some(&kind.value) != usual) {
            Some(kind) => self.numbers(kind, exposure, wanted, found),
            None => self.own_numbers(exposure, found),
        }
    }

    /// Which port of a cluster's machines leads to what is nobody's guess.
    fn numbers(
        &self,
        kind: &Text,
        exposure: &Exposure,
        wanted: &Needed<'_>,
        found: &mut Diagnostics,
    ) {
        for (node, address) in exposure.addresses() {
            let ports = wanted.at(node).iter();
            let missing: Vec<&str> = ports
                .copied()
                .filter(|port| address.ports.get(port).is_none())
                .collect();
            if !missing.is_empty() {
                let message = format!(
                    "{} of the type {} says no port for {}",
                    address.host.value,
                    kind.value,
                    sentence(&missing)
                );
                let example = format!("ports: {{{}: 30672}}", missing[0]);
                let hint = format!("write the port of the cluster's machines, such as `{example}`");
                found.push(self.document.diagnose(&address.host, message).hint(hint));
            }
        }
    }

    /// The load balancer of a single node has the port of its broker.
    fn own_numbers(&self, exposure: &Exposure, found: &mut Diagnostics) {
        let usual = self.ports.of_broker(self.site, self.part);
        for address in &exposure.nodes {
            for (name, number) in address.ports.iter() {
                if self.ports.is_broker(&name.value) && number.value != usual {
                    let message = format!(
                        "the load balancer of {} has the port {usual} of its broker, not {}",
                        address.host.value, number.value
                    );
                    let hint = "remove it, or write `type: NodePort`";
                    found.push(self.document.diagnose(number, message).hint(hint));
                }
            }
        }
    }

    fn known_ports(&self, address: &Address, wanted: &[&str], found: &mut Diagnostics) {
        for name in address
            .ports
            .keys()
            .filter(|name| !wanted.contains(&name.value.as_str()))
        {
            let message = format!(
                "no other site connects to `{}` at {}",
                name.value, address.host.value
            );
            let hint = format!("remove it; others connect to {}", sentence(wanted));
            found.push(self.document.diagnose(name, message).hint(hint));
        }
    }
}
