//! A node whose configuration can be read.

use am_deployment_toml::effective::Effective;

use crate::{
    component::Component,
    context::{Context, configured},
    graph::{Configuration, Node},
};

/// One node.
pub(super) struct On<'o, 'a> {
    pub(super) context: &'o Context<'o>,
    pub(super) node: &'o Node<'a>,
    pub(super) component: Component,
    pub(super) configuration: &'o Configuration<'a>,
    pub(super) effective: &'o Effective,
}

/// Every node whose configuration can be read.
pub(super) fn nodes<'o>(context: &'o Context<'o>) -> impl Iterator<Item = On<'o, 'o>> {
    configured(context.graph).filter_map(move |(node, component, configuration)| {
        Some(On {
            context,
            node,
            component,
            configuration,
            effective: configuration.effective.as_ref()?,
        })
    })
}
