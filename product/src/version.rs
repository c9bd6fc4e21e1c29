//! Versions of the product.

use std::fmt;

use serde::Deserialize;

use crate::handle::handle;
use crate::table::VersionRow;

/// Something that the product does from some version on. The words are closed: each is asked for somewhere in code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    /// Gateways fetch the list of tenants when they start.
    GatewaysFetchTenants,
    /// Internal data is encrypted with one key, which every node must have.
    EncryptionKey,
    /// The image's entrypoint passes SIGTERM on to the server.
    EntrypointForwardsSigterm,
    /// The engine puts values of `$env{}` in as they are; before, `$` and `\` in them mean something.
    LiteralVariables,
}

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
        self.row().like.unwrap_or(self)
    }
}

impl fmt::Display for ProductVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
