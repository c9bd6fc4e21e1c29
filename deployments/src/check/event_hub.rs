//! Nodes that mirror events: no more than have been seen to hear all of them, unless that is accepted.

use am_generator::ChartTree;
use am_generator::diagnostic::Diagnostics;
use am_generator::model::Loaded;

use crate::document::Deployment;
use crate::overlay;
use crate::sites::Placed;
use crate::vocabulary::Vocabulary;

/// Refuses what the chart would refuse when it is rendered, in the words of the document and at the node that is too many.
pub(super) fn check(
    document: &Loaded<Deployment>,
    site: &Placed<'_>,
    vocabulary: &Vocabulary,
    charts: &ChartTree,
    found: &mut Diagnostics,
) {
    let version = site.chart.version;
    let shown = version.event_hub_nodes_shown;
    let events = site.chart.model.events.as_ref();
    let Some(hub) = events.and_then(|events| site.player(&events.role.value)) else {
        return;
    };
    let nodes = site.nodes(&hub);
    let accepts = &vocabulary.broker.accepts_more_nodes;
    // One that has a most is told of by the pattern.
    let is_told = hub.member.maximum.is_some_and(|most| nodes > most);
    if nodes <= shown || is_told || overlay::is_on(site, accepts, charts) {
        return;
    }
    let message = format!(
        "site {} has {nodes} nodes of {}, but more than {shown} event hub nodes have not been seen to work on the genuine {} {}: a token that is revoked on one node may stay valid at gateways that listen to another",
        site.name(),
        hub.name(),
        site.chart.model.product.name,
        version.version.value
    );
    let written = accepts.trim_start_matches('/').rsplit('/');
    let written = written.fold("true".to_owned(), |inner, key| {
        format!("{{{key}: {inner}}}")
    });
    let surplus = site.site.vm.as_ref();
    let surplus = surplus.and_then(|machines| machines.nodes(hub.name()).nth(shown as usize));
    let (diagnostic, less) = match (surplus, site.site.replicas.get(&hub.key())) {
        (Some((host, _, run)), _) => (
            document.diagnose(run, message),
            format!("remove {} from {}", hub.name(), host.value),
        ),
        (None, Some(number)) => (document.diagnose(number, message), format!("write {shown}")),
        (None, None) => return,
    };
    let hint = format!("{less}, or accept it with `values: {written}` (docs/runbook.md)");
    found.push(diagnostic.hint(hint));
}
