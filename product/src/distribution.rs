//! Distributions (packs), and the product that reads a configuration: a distribution in a version.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::handle::handle;
use crate::table::rows::DistributionRow;
use crate::version::ProductVersion;

handle! {
    /// A distribution (pack) of the product; its name is that of the component that it is without a profile.
    Distribution, DistributionRow, distributions, "distribution"
}

impl Distribution {
    /// The name in reports, such as `control-plane`.
    pub fn name(self) -> &'static str {
        &self.row().name
    }

    /// The name of the pack and of its image, such as `wso2am-acp`.
    pub fn pack(self) -> &'static str {
        &self.row().pack
    }

    /// The distribution that an image is, or is built on: the longest name of a pack that the name of its repository holds as whole
    /// words. The vendor's guides have users build such images, with a driver for instance.
    pub fn of_image(repository: &str) -> Option<Self> {
        let is_end = |letter: Option<char>| letter.is_none_or(|it| ['-', '_', '.'].contains(&it));
        let holds = |pack: &str| {
            repository.match_indices(pack).any(|(at, _)| {
                is_end(repository[..at].chars().next_back())
                    && is_end(repository[at + pack.len()..].chars().next())
            })
        };
        Self::all()
            .filter(|one| holds(one.pack()))
            .max_by_key(|one| one.pack().len())
    }

    /// The name in the key catalogue's files, such as `acp`.
    pub fn short(self) -> &'static str {
        &self.row().short
    }

    /// Whether it is what it is without a `server_role`: what a role infers in the others is its own already.
    pub fn is_role_optional(self) -> bool {
        self.row().role_optional
    }

    /// The distribution whose keys it reads: itself, or the one that it is like.
    #[must_use]
    pub fn described(self) -> Self {
        self.row().like.map_or(self, Self)
    }
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.pack())
    }
}

/// A version and a distribution: together they decide what a key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Product {
    /// The version.
    pub version: ProductVersion,
    /// The distribution.
    pub distribution: Distribution,
}

impl Product {
    /// The distribution in that version.
    pub fn new(version: ProductVersion, distribution: Distribution) -> Self {
        Self {
            version,
            distribution,
        }
    }

    /// The product whose keys and defaults it has: itself, or what its version and its distribution are like.
    #[must_use]
    pub fn described(self) -> Self {
        Self {
            version: self.version.described(),
            distribution: self.distribution.described(),
        }
    }
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.distribution, self.version)
    }
}
