//! Versions of the product.

use std::fmt;

use crate::handle::handle;
use crate::table::rows::VersionRow;
use crate::words::Feature;

handle! {
    /// A released version of the product, ordered by age.
    ProductVersion, VersionRow, versions, "product version"
}

impl ProductVersion {
    /// The full version, such as `4.7.0`.
    pub fn name(self) -> &'static str {
        &self.row().version
    }

    /// The full version, such as `4.7.0`.
    pub fn as_str(self) -> &'static str {
        self.name()
    }

    /// The version without its last number, such as `4.7`, as the key catalogue's files name it.
    pub fn short(self) -> &'static str {
        let name = self.name();
        name.rsplit_once('.').map_or(name, |(short, _)| short)
    }

    /// The version called `4.7.0` or `4.7`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|version| [version.name(), version.short()].contains(&name))
    }

    /// The newest version.
    pub fn newest() -> Self {
        // The table has one at least.
        Self::all().next_back().unwrap_or(Self(0))
    }

    /// Whether it does something.
    pub fn has(self, feature: Feature) -> bool {
        self.row().features.contains(&feature)
    }

    /// The version whose keys and defaults it has: itself, or the one that it is like.
    #[must_use]
    pub fn described(self) -> Self {
        self.row().like.map_or(self, Self)
    }
}

impl fmt::Display for ProductVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
