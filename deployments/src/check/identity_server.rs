//! An identity server as key manager.

use am_generator::ChartTree;
use am_generator::diagnostic::Diagnostics;
use am_generator::model::Loaded;

use crate::document::Deployment;
use crate::names::sentence;
use crate::overlay;
use crate::sites::Placed;

/// Checks what a site says of it.
pub(super) fn check(
    document: &Loaded<Deployment>,
    site: &Placed<'_>,
    charts: &ChartTree,
    found: &mut Diagnostics,
) {
    let Some(server) = &site.site.identity_server else {
        return;
    };
    let taken = site.identity_server;
    if !taken.is_some_and(|taken| std::ptr::eq(taken, server)) {
        let message = format!(
            "site {} takes tokens of the identity server of the main site, as all sites do",
            site.name()
        );
        let hint = "remove `identityServer`, or say it at the main site";
        found.push(document.diagnose(&server.host, message).hint(hint));
        return;
    }
    for (key, host) in site.site.hostnames.iter() {
        if host.value == server.host.value {
            let message = format!(
                "{} is both identityServer.host and hostnames.{} of site {}",
                host.value,
                key.value,
                site.name()
            );
            let hint = "give the identity server an address of its own";
            found.push(document.diagnose(&server.host, message).hint(hint));
        }
    }
    let able: Vec<String> = site
        .chart
        .replaceable()
        .iter()
        .map(|(name, _)| am_generator::chart::camel_case(name))
        .collect();
    for key in &server.replaces {
        if !able.contains(&key.value) {
            let message = format!(
                "an identity server cannot take the place of `{}` in pattern {}",
                key.value, site.chart.pattern.number
            );
            let hint = if able.is_empty() {
                "remove it: the pattern has no key manager of its own".to_owned()
            } else {
                format!("accepted are: {}", sentence(&able))
            };
            found.push(document.diagnose(key, message).hint(hint));
        }
    }
    if server.cidrs.is_empty() && overlay::is_on(site, "/networkPolicy/enabled", charts) {
        let message = format!(
            "networkPolicy.enabled is true in site {}, and would not let the identity server notify it",
            site.name()
        );
        let hint = "set identityServer.cidrs to the address ranges of the identity server";
        found.push(document.diagnose(&server.host, message).hint(hint));
    }
}
