//! Who waits for whom before its server starts, and who starts first on the shared database.

use crate::chart::{Chart, Part, ResolvedEdge};
use crate::diagnostic::Diagnostics;
use crate::model::wiring::{Edge, FormKind, Reach};
use crate::model::{Model, strings};

/// Scheme of an address on which a broker accepts connections.
const BROKER_SCHEME: &str = "tcp";

pub(super) fn validate(model: &Model, diagnostics: &mut Diagnostics) {
    for edge in model.wiring.edges.iter().filter(|edge| edge.listens) {
        listening(model, edge, diagnostics);
    }
    for pattern in &model.patterns {
        let charts = model.versions.iter().map(|version| Chart {
            model,
            version,
            pattern,
        });
        let charts: Vec<Chart<'_>> = charts.collect();
        // Waits are the same in every version, and with a circle nobody is first.
        let Some(chart) = charts.first() else { return };
        names(chart, diagnostics);
        match circle(chart) {
            Some(circle) => waits_in_a_circle(chart, &circle, diagnostics),
            None => charts
                .iter()
                .for_each(|chart| first_server(chart, diagnostics)),
        }
    }
}

/// Whether an edge that listens names something that can be waited for.
fn listening(model: &Model, edge: &Edge, diagnostics: &mut Diagnostics) {
    let wiring = &model.wiring;
    let broker_forms = wiring.forms.iter().filter_map(|(name, form)| {
        matches!(form.kind()?, FormKind::Url { scheme, path: "", .. } if scheme == BROKER_SCHEME)
            .then_some(name.value.as_str())
    });
    let broker_forms: Vec<&str> = broker_forms.collect();
    let form = edge.form.value.as_str();
    // A form that does not exist is told elsewhere.
    if wiring.forms.get(form).is_some() && !broker_forms.contains(&form) {
        let message = format!(
            "`{}` listens, but its form `{form}` is no address of a broker ({BROKER_SCHEME}://host:port)",
            edge.key.value
        );
        diagnostics.push(
            wiring
                .diagnose(&edge.form, message)
                .maybe_hint(am_suggest::hint(form, broker_forms)),
        );
    }
    if edge.reach != Reach::EveryNode {
        let message = format!(
            "`{}` listens, but does not list every node of its peer",
            edge.key.value
        );
        diagnostics.push(
            wiring
                .diagnose(&edge.key, message)
                .hint("write `reach: every-node`, or remove `listens`"),
        );
    }
    if edge.key.value.contains('[') {
        let message = format!(
            "`{}` listens, but stands in a list of tables, where nobody can follow the user's own value",
            edge.key.value
        );
        diagnostics.push(wiring.diagnose(&edge.key, message).hint("remove `listens`"));
    }
}

/// A wait is called by the role of its peer.
fn names(chart: &Chart<'_>, diagnostics: &mut Diagnostics) {
    for part in chart.parts() {
        let waits = chart.waits_of(part.name());
        for (index, wait) in waits.iter().enumerate() {
            let role = &wait.edge.to.value;
            if waits[..index]
                .iter()
                .any(|other| other.edge.to.value == *role)
            {
                let message = format!("{} listens to `{role}` with two keys", part.name());
                let hint = "remove `listens` from one: waiting for the same twice is of no use";
                let wiring = &chart.model.wiring;
                diagnostics.push(wiring.diagnose(&wait.edge.key, message).hint(hint));
            }
        }
    }
}

fn waits_in_a_circle(
    chart: &Chart<'_>,
    circle: &[(&str, ResolvedEdge<'_>)],
    diagnostics: &mut Diagnostics,
) {
    let waits: Vec<String> = circle
        .iter()
        .map(|(waiting, wait)| {
            let key = &wait.edge.key.value;
            format!("{waiting} waits for {} (`{key}`)", wait.peer)
        })
        .collect();
    let message = format!(
        "nobody could start in {}: {}",
        chart.name(),
        waits.join(", ")
    );
    let hint = "remove `listens` from one of these edges, or give the role to another component";
    if let Some((_, wait)) = circle.first() {
        let wiring = &chart.model.wiring;
        diagnostics.push(wiring.diagnose(&wait.edge.key, message).hint(hint));
    }
}

/// Components that wait for each other all round, each with the edge that makes it wait.
fn circle<'m>(chart: &Chart<'m>) -> Option<Vec<(&'m str, ResolvedEdge<'m>)>> {
    chart
        .parts()
        .iter()
        .find_map(|part| way_back(chart, part.name(), &mut Vec::new()))
}

/// Follows the waits from a component until one leads to a component on the way.
fn way_back<'m>(
    chart: &Chart<'m>,
    component: &'m str,
    way: &mut Vec<(&'m str, ResolvedEdge<'m>)>,
) -> Option<Vec<(&'m str, ResolvedEdge<'m>)>> {
    if let Some(start) = way.iter().position(|(passed, _)| *passed == component) {
        return Some(way.split_off(start));
    }
    for wait in chart.waits_of(component) {
        way.push((component, wait));
        if let Some(circle) = way_back(chart, wait.peer, way) {
            return Some(circle);
        }
        way.pop();
    }
    None
}

/// Exactly one component may set up the shared database, and its nodes must be told apart.
fn first_server(chart: &Chart<'_>, diagnostics: &mut Diagnostics) {
    let version = chart.version;
    let number = &version.version.value;
    let users: Vec<&str> = strings(&version.databases.shared)
        .filter(|user| chart.parts().iter().any(|part| part.name() == *user))
        .collect();
    let first: Vec<Part<'_>> = chart.first_servers();
    match first.as_slice() {
        [] if users.is_empty() => {}
        [] => {
            let message = format!(
                "in {} nobody starts first on the shared database of {number}: all who use it ({}) wait for components that do not",
                chart.name(),
                users.join(", ")
            );
            let hint = "let the component that they wait for use the shared database, or remove `listens` from one";
            diagnostics.push(
                chart
                    .pattern
                    .diagnose(&chart.pattern.name, message)
                    .hint(hint),
            );
        }
        [only] if chart.waits_for_first_node(only) && !only.component.workload.is_stable() => {
            let message = format!(
                "{} starts first on the shared database in {}, but a {} has no first node, so its pods would race",
                only.name(),
                chart.name(),
                only.component.workload.kind()
            );
            diagnostics.push(only.component.diagnose(&only.component.name, message).hint(
                "make it a StatefulSet, or let it listen to a component that starts before it",
            ));
        }
        [_] => {}
        [one, other, ..] => {
            let message = format!(
                "in {} both {} and {} start first on the shared database of {number}: neither waits for the other, so they would race",
                chart.name(),
                one.name(),
                other.name()
            );
            let hint = format!(
                "let one of them listen to the other (`listens: true` in {}), or take it out of the list",
                chart.model.wiring.file
            );
            let place = version
                .databases
                .shared
                .iter()
                .find(|user| user.value == other.name())
                .unwrap_or(&version.version);
            diagnostics.push(version.diagnose(place, message).hint(hint));
        }
    }
}
