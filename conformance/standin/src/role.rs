//! Which component a stand-in plays, and what that component holds.

use std::fmt;

use am_deployment_toml::product::{Distribution, ProductVersion};
use serde::{Deserialize, Serialize};

/// The part that a stand-in plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// `wso2am`
    AllInOne,
    /// `wso2am-acp`
    ControlPlane,
    /// `wso2am-universal-gw`
    Gateway,
    /// `wso2am-tm`
    TrafficManager,
    /// `wso2am-acp` with `PROFILE_NAME=key-manager`
    KeyManager,
    /// The development database.
    Database,
}

impl Role {
    /// The role of a distribution; the key manager is the control plane's distribution with a profile.
    pub fn of(distribution: Distribution, profile: Option<&str>) -> Self {
        match (distribution, profile) {
            (Distribution::AllInOne, _) => Self::AllInOne,
            (Distribution::ControlPlane, Some("key-manager")) => Self::KeyManager,
            (Distribution::ControlPlane, _) => Self::ControlPlane,
            (Distribution::Gateway, _) => Self::Gateway,
            (Distribution::TrafficManager, _) => Self::TrafficManager,
        }
    }

    /// The component's name, as in the charts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AllInOne => "all-in-one",
            Self::ControlPlane => "control-plane",
            Self::Gateway => "gateway",
            Self::TrafficManager => "traffic-manager",
            Self::KeyManager => "key-manager",
            Self::Database => "database",
        }
    }

    /// Whether it serves API traffic.
    pub fn has_gateway(self) -> bool {
        matches!(self, Self::AllInOne | Self::Gateway)
    }

    /// Whether it takes throttling decisions.
    pub fn has_traffic_manager(self) -> bool {
        matches!(self, Self::AllInOne | Self::TrafficManager)
    }

    /// Whether it is an event hub: the place where APIs are deployed and events start.
    pub fn has_event_hub(self) -> bool {
        matches!(self, Self::AllInOne | Self::ControlPlane)
    }

    /// Whether it serves `/oauth2`.
    pub fn has_key_manager(self) -> bool {
        matches!(self, Self::AllInOne | Self::ControlPlane | Self::KeyManager)
    }

    /// Whether it serves `/internal/data/v1`.
    pub fn has_internal_data(self) -> bool {
        matches!(
            self,
            Self::AllInOne | Self::ControlPlane | Self::TrafficManager
        )
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Splits the name of a server home, such as `wso2am-acp-4.7.0`, into distribution and version.
pub fn distribution_of_home(name: &str) -> Option<(Distribution, ProductVersion)> {
    let (pack, version) = name.rsplit_once('-')?;
    Some((pack.parse().ok()?, version.parse().ok()?))
}

/// The name of a distribution's start script under `bin/`.
pub fn start_script(distribution: Distribution) -> &'static str {
    match distribution {
        Distribution::AllInOne => "api-manager.sh",
        Distribution::ControlPlane => "api-cp.sh",
        Distribution::Gateway => "gateway.sh",
        Distribution::TrafficManager => "traffic-manager.sh",
    }
}

/// Every start script's name, the key manager's included.
pub const START_SCRIPTS: [&str; 5] = [
    "api-manager.sh",
    "api-cp.sh",
    "gateway.sh",
    "traffic-manager.sh",
    "key-manager.sh",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_tells_distribution_and_version() {
        let found = distribution_of_home("wso2am-universal-gw-4.6.0");
        assert_eq!(found, Some((Distribution::Gateway, ProductVersion::V4_6)));
        assert_eq!(distribution_of_home("wso2am-micro-4.6.0"), None);
    }

    #[test]
    fn only_the_control_plane_has_a_key_manager_profile() {
        assert_eq!(
            Role::of(Distribution::ControlPlane, Some("key-manager")),
            Role::KeyManager
        );
        assert_eq!(
            Role::of(Distribution::Gateway, Some("key-manager")),
            Role::Gateway
        );
    }
}
