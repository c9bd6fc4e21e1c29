//! Servers beside API Manager: one release for each cluster of them.

mod charts;
mod check;
mod cluster;
mod placeholders;
mod values;

pub(crate) use charts::charts;
pub(crate) use check::{check, words};
pub(crate) use cluster::{Cluster, names, place};
pub(crate) use values::{addresses, of as values};

/// The clusters of a site, with the values of their releases.
pub(crate) type Clusters<'m> = Vec<(Cluster<'m>, crate::site_values::SiteValues)>;
