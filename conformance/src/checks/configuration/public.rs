//! What a server tells people about itself: the port of its public name, and links between the portals. And the switch
//! without which nothing is told to gateways.

use crate::{
    component::{Capability, Component},
    context::{Context, Fault, Judge, configured},
    manifest::routes,
};

const PROXY_PORT: &str = "transport.https.properties.proxyPort";
const PORTAL: &str = "apim.devportal.url";
const LISTENER: &str = "event_listener";
const EVENT_HUB: &str = "apim.event_hub.enable";

/// Port at which browsers ask for a public name.
const PUBLIC_PORT: &str = "443";

pub(super) fn links_lead_somewhere(context: &Context<'_>, judge: &mut Judge<'_>) {
    let hosts: Vec<&str> = routes(context.manifest)
        .into_iter()
        .flat_map(|route| route.hosts)
        .collect();
    for (node, component, configuration) in configured(context.graph) {
        let Some(effective) = &configuration.effective else {
            continue;
        };
        let who = context.graph.describe(node.id);
        let name = effective.text("server.hostname").unwrap_or_default();
        // Gateways answer at other ports; their own server is nobody's to browse.
        let is_browsed =
            component.has(Capability::Portals) || component.has(Capability::IssuesTokens);
        if is_browsed && hosts.contains(&name.as_str()) {
            let port = effective.text(PROXY_PORT).unwrap_or_default();
            judge.require(port == PUBLIC_PORT, || {
                let message = if port.is_empty() {
                    format!("the {who} does not know the port of its public name {name}: it links to its own")
                } else {
                    format!("the {who} takes {port} for the port of its public name {name}")
                };
                Fault::new(message, format!("write `{PROXY_PORT} = {PUBLIC_PORT}`"))
                    .at(configuration, PROXY_PORT, None)
                    .value(port.clone())
            });
        }
        if component.has(Capability::Portals) {
            let url = effective.text(PORTAL).unwrap_or_default();
            judge.require(!url.is_empty() && !url.contains("//localhost"), || {
                Fault::new(
                    format!("the publisher of the {who} links to the developer portal at `{url}`, which is the browser's own machine"),
                    format!("write `{PORTAL}` with the public name, or that of the Service"),
                )
                .at(configuration, PORTAL, None)
                .value(url.clone())
            });
        }
    }
}

pub(super) fn the_event_hub_is_on(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (node, component, configuration) in configured(context.graph) {
        let Some(effective) = &configuration.effective else {
            continue;
        };
        judge.require(effective.is_on(EVENT_HUB, true), || {
            Fault::new(
                format!(
                    "the {} has the event hub switched off, so no gateway learns of an API",
                    context.graph.describe(node.id)
                ),
                format!("leave `{EVENT_HUB}` out, or write true"),
            )
            .at(
                configuration,
                EVENT_HUB,
                effective
                    .get(EVENT_HUB)
                    .and_then(|found| found.provenance.span()),
            )
        });
        let issues_tokens = context.is_generated
            && component.has(Capability::IssuesTokens)
            && component.has(Capability::Portals)
            && !has_key_manager_alone(context)
            && !is_told_by_row(context, component);
        judge.require(
            !issues_tokens || effective.group_count(LISTENER) > 0,
            || {
                Fault::new(
                    format!(
                        "the {} issues tokens and tells nobody of those that it revokes",
                        context.graph.describe(node.id)
                    ),
                    "write the token_revocation listener that a key manager has",
                )
                .at(configuration, LISTENER, None)
            },
        );
    }
}

/// Whether the pattern has a component that issues tokens and has no portals.
fn has_key_manager_alone(context: &Context<'_>) -> bool {
    let is_alone = |component: &Component| {
        component.has(Capability::IssuesTokens) && !component.has(Capability::Portals)
    };
    context.pattern().keys().any(is_alone)
}

/// Whether a row of the wiring table asks the component for its listener.
fn is_told_by_row(context: &Context<'_>, component: Component) -> bool {
    context.facts.edges.iter().any(|fact| {
        fact.on == component
            && fact.key.starts_with(LISTENER)
            && fact.peers.contains_key(&context.subject.pattern)
    })
}
