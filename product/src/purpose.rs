//! Who wants what at an address, and who serves it.

use crate::component::Component;
use crate::table::{rows::PurposeRow, table};
use crate::words::Purpose;

impl Purpose {
    /// The purposes of the addresses at a key of the wiring table; for groups, receivers first.
    pub fn at_key(key: &str) -> impl Iterator<Item = Self> {
        let rows = table().purposes.iter();
        rows.filter(move |row| row.key == key)
            .map(|row| row.purpose)
    }

    /// The key of the wiring table by which a configuration says the address, if it has one.
    pub fn key(self) -> Option<&'static str> {
        self.row().map(|row| row.key.as_str())
    }

    /// Whether a component can serve it, whatever the pattern. `None`: nothing is known of who does.
    pub fn is_served_by(self, component: Component) -> Option<bool> {
        let mut capabilities = self.row()?.served_by.iter();
        Some(capabilities.any(|capability| component.has(*capability)))
    }

    /// Whether a component uses such an address at all; the product renders some keys that nobody reads.
    pub fn is_used_by(self, component: Component) -> bool {
        self.row().is_none_or(|row| {
            let mut capabilities = row.used_by.iter();
            row.used_by.is_empty() || capabilities.any(|capability| component.has(*capability))
        })
    }

    fn row(self) -> Option<&'static PurposeRow> {
        table().purposes.iter().find(|row| row.purpose == self)
    }
}
