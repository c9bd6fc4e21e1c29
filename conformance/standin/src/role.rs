//! Which component a stand-in plays.

use std::fmt;

use am_product::{Capability, Component, Distribution, ProductVersion};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// The names of those that are no components.
const DATABASE: &str = "database";
const IDENTITY_SERVER: &str = "identity-server";

/// The part that a stand-in plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A component of the product.
    Component(Component),
    /// The development database.
    Database,
    /// Another product, which issues tokens in the place of a key manager.
    IdentityServer,
}

impl Role {
    /// The role of a distribution that is started with a profile, or without one; `None` when no component is that.
    pub fn of(distribution: Distribution, profile: Option<&str>) -> Option<Self> {
        Component::of(distribution, profile).map(Self::Component)
    }

    /// The role of this name, as in the charts.
    pub fn from_name(name: &str) -> Option<Self> {
        let component = Component::from_name(name).map(Self::Component);
        component.or_else(|| {
            let mut others = [Self::Database, Self::IdentityServer].into_iter();
            others.find(|role| role.as_str() == name)
        })
    }

    /// The component's name, as in the charts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Component(component) => component.name(),
            Self::Database => DATABASE,
            Self::IdentityServer => IDENTITY_SERVER,
        }
    }

    /// The component, if it is one of the product.
    pub fn component(self) -> Option<Component> {
        match self {
            Self::Component(component) => Some(component),
            Self::Database | Self::IdentityServer => None,
        }
    }

    /// Whether it can do something; what is no component can nothing that one does.
    pub fn has(self, capability: Capability) -> bool {
        self.component()
            .is_some_and(|component| component.has(capability))
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for Role {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Role {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::from_name(&name).ok_or_else(|| D::Error::custom(format!("unknown role {name:?}")))
    }
}

/// Splits the name of a server home, such as `wso2am-acp-4.7.0`, into distribution and version.
pub(crate) fn distribution_of_home(name: &str) -> Option<(Distribution, ProductVersion)> {
    let (pack, version) = name.rsplit_once('-')?;
    let distribution = Distribution::all().find(|distribution| distribution.pack() == pack)?;
    Some((distribution, distribution.line(version)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_tells_distribution_and_version() {
        let (distribution, version) =
            distribution_of_home("wso2am-universal-gw-4.6.0").expect("a home");
        assert_eq!(distribution.pack(), "wso2am-universal-gw");
        assert_eq!(version.name(), "4.6.0");
        assert_eq!(distribution_of_home("wso2am-micro-4.6.0"), None);
    }

    #[test]
    fn a_profile_counts_only_in_the_distribution_that_has_it() {
        let of = |pack: &str, profile| {
            let distribution = Distribution::from_name(pack).expect("a pack");
            Role::of(distribution, profile).map(Role::as_str)
        };
        assert_eq!(of("wso2am-acp", Some("key-manager")), Some("key-manager"));
        assert_eq!(of("wso2am-acp", Some("default")), Some("control-plane"));
        assert_eq!(
            of("wso2am-universal-gw", Some("key-manager")),
            Some("gateway")
        );
    }

    #[test]
    fn the_database_and_an_identity_server_are_roles_and_no_components() {
        let other = Role::from_name("identity-server");
        assert_eq!(other, Some(Role::IdentityServer));
        assert!(!Role::IdentityServer.has(Capability::IssuesTokens));
        assert_eq!(Role::from_name("database"), Some(Role::Database));
        assert!(!Role::Database.has(Capability::EventHub));
        assert_eq!(Role::from_name("nobody"), None);
    }
}
