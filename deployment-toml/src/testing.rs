//! What tests name: versions and distributions of the table.

use crate::product::{Distribution, ProductVersion};

pub(crate) fn of_version(short: &str) -> ProductVersion {
    short.parse().expect("a version of the table")
}

pub(crate) fn pack(short: &str) -> Distribution {
    short.parse().expect("a distribution of the table")
}
