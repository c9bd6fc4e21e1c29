//! A node whose configuration can be read.

use am_deployment_toml::effective::Effective;

use crate::{
    component::Component,
    context::{Context, configured},
    graph::{Configuration, Node},
};

/// One node.
pub(in crate::checks) struct On<'o, 'a> {
    pub(in crate::checks) context: &'o Context<'o>,
    pub(in crate::checks) node: &'o Node<'a>,
    pub(in crate::checks) component: Component,
    pub(in crate::checks) configuration: &'o Configuration<'a>,
    pub(in crate::checks) effective: &'o Effective,
}

/// Every node whose configuration can be read.
pub(in crate::checks) fn nodes<'o>(context: &'o Context<'o>) -> impl Iterator<Item = On<'o, 'o>> {
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
