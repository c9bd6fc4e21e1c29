//! The table, read once: what handles are numbers of.

mod read;

use std::sync::OnceLock;

use crate::capability::Capability;
use crate::data::{DataError, File};
use crate::distribution::Distribution;
use crate::image::Image;
use crate::port::Port;
use crate::purpose::PurposeRow;
use crate::version::{Feature, ProductVersion};

/// The table.
pub const TABLE_FILE: File = File::new(
    "product/data/product.yaml",
    include_str!("../../data/product.yaml"),
);

#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) versions: Vec<VersionRow>,
    pub(crate) distributions: Vec<DistributionRow>,
    pub(crate) components: Vec<ComponentRow>,
    pub(crate) ports: Vec<Port>,
    pub(crate) purposes: Vec<PurposeRow>,
    pub(crate) image: Image,
}

#[derive(Debug)]
pub(crate) struct VersionRow {
    pub(crate) version: String,
    pub(crate) features: Vec<Feature>,
    pub(crate) like: Option<ProductVersion>,
}

#[derive(Debug)]
pub(crate) struct DistributionRow {
    pub(crate) name: String,
    pub(crate) pack: String,
    pub(crate) short: String,
    pub(crate) role_optional: bool,
    pub(crate) like: Option<Distribution>,
}

#[derive(Debug)]
pub(crate) struct ComponentRow {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) distribution: Distribution,
    pub(crate) profile: Option<String>,
    pub(crate) start_script: String,
    pub(crate) values_key: String,
    pub(crate) nodes_key: String,
    /// Numbers of rows.
    pub(crate) ports: Vec<usize>,
    pub(crate) capabilities: Vec<Capability>,
    pub(crate) web_contexts: Vec<String>,
    pub(crate) logs_in_at: Vec<String>,
    pub(crate) shutdown_seconds: i64,
    pub(crate) stop_seconds: f64,
    pub(crate) picture: u8,
}

/// The table of this run.
pub(crate) fn table() -> &'static Table {
    match loaded() {
        Ok(table) => table,
        // Programs that read data of others call `check` first; what a program holds is held right by a test.
        Err(error) => panic!("{error}"),
    }
}

static TABLE: OnceLock<Result<Table, DataError>> = OnceLock::new();

/// Whether somebody asked for the table already.
pub(crate) fn is_loaded() -> bool {
    TABLE.get().is_some()
}

fn loaded() -> &'static Result<Table, DataError> {
    TABLE.get_or_init(|| read::table(&TABLE_FILE.text()?))
}

/// Whether the table of this run can be used. To be asked before anything else of this crate where the table is not what the program
/// holds.
///
/// # Errors
/// When it cannot be read or breaks a rule.
pub fn check() -> Result<(), DataError> {
    loaded().as_ref().map(drop).map_err(Clone::clone)
}
