//! Under which numbers ports are reached from other sites, and whether what is spoken there is encrypted.

use am_generator::ChartTree;
use am_generator::chart::Part;
use am_generator::model::Loaded;
use am_product::Port;
use serde_json::Value;

use crate::document::{Address, Deployment};
use crate::overlay::{chart_values, own};
use crate::sites::Placed;
use crate::vocabulary::Vocabulary;

/// What decides the number of a port.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports<'a> {
    pub(crate) document: &'a Loaded<Deployment>,
    pub(crate) vocabulary: &'a Vocabulary,
    pub(crate) charts: &'a ChartTree,
    /// The number of a broker's port with TLS, unless values of a site say otherwise; none without TLS.
    tls: Option<u16>,
}

impl<'a> Ports<'a> {
    /// The number of the port with TLS is the same in every chart, and read once.
    pub(crate) fn new(
        document: &'a Loaded<Deployment>,
        vocabulary: &'a Vocabulary,
        charts: &'a ChartTree,
        sites: &[Placed<'_>],
    ) -> Self {
        let usual = vocabulary.encryptions.first();
        let has_tls = document
            .encryption()
            .is_some_and(|it| Some(&it.value) != usual);
        let site = sites.first().filter(|_| has_tls);
        Self {
            document,
            vocabulary,
            charts,
            tls: site.map(|site| {
                let values = chart_values(site, charts);
                tls(&values, vocabulary).unwrap_or_default()
            }),
        }
    }

    /// Whether brokers have a port with TLS for other sites.
    pub(crate) fn brokers_have_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Whether what is spoken on a port is encrypted.
    pub(crate) fn is_encrypted(&self, port: &str) -> bool {
        let known = Port::all().iter().find(|known| known.name == port);
        known.is_some_and(|port| port.tls) || self.is_broker(port) && self.brokers_have_tls()
    }

    pub(crate) fn is_broker(&self, port: &str) -> bool {
        self.vocabulary.broker.port == port
    }

    /// The number of a port at an address of a site.
    pub(crate) fn at(
        &self,
        site: &Placed<'_>,
        part: &Part<'_>,
        address: &Address,
        name: &str,
    ) -> u16 {
        match address.ports.get(name) {
            Some(number) => number.value,
            None if self.is_broker(name) => self.of_broker(site, part),
            None => number(site, name),
        }
    }

    /// The number at which a broker of a site listens for other sites. `part` may run elsewhere: then it is what the site takes for the broker's.
    pub(crate) fn of_broker(&self, site: &Placed<'_>, part: &Part<'_>) -> u16 {
        let number = match self.tls {
            Some(usual) => tls(&own(site), self.vocabulary).unwrap_or(usual),
            None => number(site, &self.vocabulary.broker.port),
        };
        number.saturating_add(offset(site, part))
    }

    /// The number of a port in the component's pods.
    pub(crate) fn in_pods(site: &Placed<'_>, part: &Part<'_>, name: &str) -> u16 {
        number(site, name).saturating_add(offset(site, part))
    }
}

/// The number of a broker's port with TLS that values say.
fn tls(values: &Value, vocabulary: &Vocabulary) -> Option<u16> {
    let number = values.pointer(&vocabulary.broker.tls)?.as_u64()?;
    u16::try_from(number).ok()
}

fn number(site: &Placed<'_>, name: &str) -> u16 {
    let port = site.chart.model.ports.get(name);
    port.map_or(0, |port| port.number.value)
}

fn offset(site: &Placed<'_>, part: &Part<'_>) -> u16 {
    let offset = own(site)[part.key()]["portOffset"].as_u64();
    offset
        .and_then(|it| u16::try_from(it).ok())
        .unwrap_or_default()
}
