//! Host names and addresses that lead to one thing each.

use am_generator::diagnostic::{Diagnostic, Diagnostics};
use am_generator::model::Loaded;
use am_generator::yaml::Text;

use crate::document::{Address, Deployment, Exposure};
use crate::sites::Placed;
use crate::vocabulary::Vocabulary;

/// An address that others use leads to one thing: a host, or the ports of a cluster's machines at one. Gateways of one environment may share the names that users see.
pub(super) fn check(
    document: &Loaded<Deployment>,
    sites: &[Placed<'_>],
    vocabulary: &Vocabulary,
    found: &mut Diagnostics,
) {
    let environment = |site: &Placed<'_>| {
        let main = sites.iter().find(|site| site.is_main);
        let own = site.site.environment.as_ref();
        let own = own.or_else(|| main?.site.environment.as_ref());
        own.map(|it| it.name.value.clone())
    };
    let mut seen: Vec<Seen<'_, '_>> = Vec::new();
    for site in sites {
        for (key, host) in site.site.hostnames.iter() {
            let field = format!("hostnames.{}", key.value);
            let shares = |other: &Placed<'_>| {
                std::ptr::eq(other, site) || environment(site) == environment(other)
            };
            let twin = seen
                .iter()
                .find(|it| it.host.value == host.value && !(it.is_public && shares(it.site)));
            if let Some(first) = twin {
                found.push(twice(document, host, first, (site, &field)));
            }
            seen.push(Seen {
                host,
                field,
                site,
                is_public: true,
                numbers: None,
            });
        }
        for (key, exposure) in site.site.exposes.iter() {
            for (node, address) in exposure.addresses() {
                let field = match node {
                    Some(node) => format!("exposes.{}.nodes[{node}]", key.value),
                    None => format!("exposes.{}.service", key.value),
                };
                let host = &address.host;
                let twin = seen.iter().find(|it| {
                    it.host.value == host.value
                        && !it.is_apart(numbers(exposure, address, vocabulary).as_deref())
                });
                if let Some(first) = twin {
                    found.push(twice(document, host, first, (site, &field)));
                }
                seen.push(Seen {
                    host,
                    field,
                    site,
                    is_public: false,
                    numbers: numbers(exposure, address, vocabulary),
                });
            }
        }
    }
}

/// An address that was met.
struct Seen<'a, 'm> {
    host: &'a Text,
    field: String,
    site: &'a Placed<'m>,
    /// Users see it.
    is_public: bool,
    /// The ports of a cluster's machines; none where a load balancer has the address for itself.
    numbers: Option<Vec<u16>>,
}

impl Seen<'_, '_> {
    /// Whether another address of the same host leads elsewhere by its ports.
    fn is_apart(&self, other: Option<&[u16]>) -> bool {
        let (Some(own), Some(other)) = (&self.numbers, other) else {
            return false;
        };
        !own.iter().any(|number| other.contains(number))
    }
}

/// The ports of a cluster's machines that lead to an address.
fn numbers(exposure: &Exposure, address: &Address, vocabulary: &Vocabulary) -> Option<Vec<u16>> {
    let kind = &exposure.kind.as_ref()?.value;
    if vocabulary.services.first() == Some(kind) {
        return None;
    }
    let numbers: Vec<u16> = address.ports.iter().map(|(_, it)| it.value).collect();
    (!numbers.is_empty()).then_some(numbers)
}

fn twice(
    document: &Loaded<Deployment>,
    host: &Text,
    first: &Seen<'_, '_>,
    (second_site, second): (&Placed<'_>, &str),
) -> Diagnostic {
    let message = format!(
        "{} is both {} of site {} and {second} of site {}",
        host.value,
        first.field,
        first.site.name(),
        second_site.name()
    );
    document.diagnose(host, message).hint(
        "give each an address of its own: one that leads to several nodes reaches one of them, and events must reach each",
    )
}
