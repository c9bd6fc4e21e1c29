//! What a server tells people about itself: the port of its public name, and links between the portals.

use crate::{
    component::Capability,
    context::{Context, Fault, Judge, configured},
    manifest::routes,
};

const PROXY_PORT: &str = "transport.https.properties.proxyPort";
const PORTAL: &str = "apim.devportal.url";

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
