//! The other sites of a deployment, as far as they are at hand.

use crate::{component::Capability, graph::Graph};

/// What is told where other sites are not at hand.
pub(super) const ALONE: &str = "the documents of no other site are at hand";

/// The site that runs the event hub of this one, where that is another one.
pub(super) fn main_site<'g>(graph: &'g Graph<'_>) -> Option<&'g str> {
    let mut others = graph.crossings.others.iter();
    let main =
        others.find(|other| other.is_declared && other.component.has(Capability::EventHub))?;
    Some(&main.site)
}
