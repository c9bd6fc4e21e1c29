//! The table, read once: what handles are numbers of.

mod read;
pub(crate) mod rows;

use std::sync::OnceLock;

use crate::data::DataError;
use rows::Table;

pub use read::TABLE_FILE;

/// The table of this run.
pub(crate) fn table() -> &'static Table {
    match loaded() {
        Ok(table) => table,
        // Programs that read data of others call `check` first; what a program holds is held right by a test.
        Err(error) => panic!("{error}"),
    }
}

static TABLE: OnceLock<Result<Table, DataError>> = OnceLock::new();

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
