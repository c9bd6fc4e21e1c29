//! Publishers for other regions, as far as they are there.

use super::{
    publisher_file::{Jndi, Publisher},
    publishers::On,
};
use crate::{
    component::Capability,
    context::{Context, Fault, Judge},
    graph::{Node, Target},
};

/// Where a publisher leads: host and port of each broker.
type Brokers = Vec<(String, u16)>;

/// A publisher that is there for another region is switched on: nobody notices one that is not.
pub(in crate::checks) fn those_for_other_regions_are_on(
    context: &Context<'_>,
    judge: &mut Judge<'_>,
) {
    let graph = context.graph;
    let mut found = false;
    for node in &graph.nodes {
        let component = graph.component(node.id);
        let hub = component.filter(|component| component.has(Capability::EventHub));
        let Some(hub) = hub else { continue };
        let mut unread = Vec::new();
        let on = On::read(context, node, hub, &mut unread);
        for further in &on.publishers {
            let publisher = &further.publisher;
            let told = brokers(&on, publisher).unwrap_or_default();
            if !told
                .iter()
                .any(|broker| is_of_another_region(context, node, broker))
            {
                continue;
            }
            found = true;
            // Another one may tell the same to the same broker.
            let has_another = || {
                on.publishers.iter().any(|other| {
                    let other = &other.publisher;
                    !other.is_disabled
                        && other.stream == publisher.stream
                        && brokers(&on, other).is_some_and(|others| others == told)
                })
            };
            judge.require(!publisher.is_disabled || has_another(), || {
                let (host, port) = told.first().cloned().unwrap_or_default();
                Fault::new(
                    format!(
                        "publisher `{}` of {} is switched off, so that {host}:{port} in another region hears nothing of {}",
                        publisher.name,
                        graph.describe(node.id),
                        publisher.stream
                    ),
                    "write processing=\"enable\", or remove the publisher with its JNDI file where that region is to hear nothing",
                )
                .object(further.file.object)
                .field("processing=\"disable\"")
                .value(publisher.name.clone())
            });
        }
    }
    judge.applies(found, "nothing is published to another region");
}

/// Host and port of the brokers of a publisher, as far as its JNDI file is there.
fn brokers(on: &On<'_, '_>, publisher: &Publisher) -> Option<Brokers> {
    let path = publisher.property("java.naming.provider.url")?;
    let factory = publisher.property("transport.jms.ConnectionFactoryJNDIName")?;
    Some(Jndi(on.jndi.get(path)?).brokers(factory))
}

/// Whether a broker is none of this site's.
fn is_of_another_region(
    context: &Context<'_>,
    node: &Node<'_>,
    (host, port): &(String, u16),
) -> bool {
    let graph = context.graph;
    let mut others = graph.crossings.others.iter();
    let namespace = graph.member(node.id).workload.object.namespace();
    others.any(|other| other.place.host.eq_ignore_ascii_case(host))
        || graph.resolver().resolve(namespace, host, Some(*port)) == Target::External
}
