//! Ports of hosts: one listener each, and where other sites arrive.

use am_generator::diagnostic::Diagnostics;

use crate::machines::layout::Layout;
use crate::ports::Ports;

/// Refuses two who listen on one port of a host.
pub(crate) fn check(of_sites: &Ports<'_>, layout: &Layout<'_, '_>, found: &mut Diagnostics) {
    let document = of_sites.document;
    exposed(of_sites, layout, found);
    for (name, host) in layout.machines.hosts.iter() {
        let mut taken: Vec<(u16, &str)> = Vec::new();
        let mut listeners: Vec<(&str, Vec<u16>)> = Vec::new();
        if let Some(balancer) = &layout.balancer
            && balancer.hosts.iter().any(|it| it.host == name.value)
        {
            let public = balancer.sites.iter().map(|site| site.number);
            let mut ports: Vec<u16> = public
                .chain(balancer.fronts.iter().map(|it| it.number))
                .collect();
            ports.sort_unstable();
            ports.dedup();
            listeners.push(("the load balancer", ports));
        }
        for run in &host.runs {
            let Some(at) = layout.position(run.value.component()) else {
                continue;
            };
            let component = &layout.components[at];
            let ports = component.part.component.ports.iter();
            let ports = ports.map(|port| component.number(&port.value));
            listeners.push((component.name, ports.collect()));
        }
        for (who, ports) in &listeners {
            let clash = ports
                .iter()
                .find_map(|port| taken.iter().find(|(number, _)| number == port));
            if let Some((port, other)) = clash {
                let message = format!(
                    "host {} runs {other} and {who}, both on port {port}",
                    name.value
                );
                let hint = "give one of them a `portOffset`: `runs: [{component: …, portOffset: 1}]`, or a host of its own";
                found.push(document.diagnose(name, message).hint(hint));
            }
            taken.extend(ports.iter().map(|port| (*port, *who)));
        }
    }
}

/// Other sites arrive at ports that are there.
fn exposed(of_sites: &Ports<'_>, layout: &Layout<'_, '_>, found: &mut Diagnostics) {
    for incoming in layout
        .beside
        .incoming
        .iter()
        .filter(|it| it.at_nodes.is_none())
    {
        let Some(to) = layout.position(incoming.component) else {
            continue;
        };
        let component = &layout.components[to];
        let exposure = layout.site.site.exposes.get(&component.part.key());
        let Some(address) = exposure.and_then(|it| it.service.as_ref()) else {
            continue;
        };
        let right = layout.number_at_address(to, incoming.port);
        let said = of_sites.at(layout.site, &component.part, address, incoming.port);
        if said != right {
            let message = format!(
                "{} of {} is at port {right} of site {}, not {said}",
                incoming.port,
                incoming.component,
                layout.site.name()
            );
            let hint = format!("write `ports: {{{}: {right}}}`", incoming.port);
            found.push(
                of_sites
                    .document
                    .diagnose(&address.host, message)
                    .hint(hint),
            );
            return;
        }
    }
}
