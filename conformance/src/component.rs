//! The five components of WSO2 API Manager.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A component of the product, each with its own distribution (the key manager shares the control
/// plane's).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Component {
    /// Everything in one server (`wso2am`).
    AllInOne,
    /// The API Control Plane (`wso2am-acp`).
    ControlPlane,
    /// The Universal Gateway (`wso2am-universal-gw`).
    Gateway,
    /// The Traffic Manager (`wso2am-tm`).
    TrafficManager,
    /// The control plane's distribution started as key manager.
    KeyManager,
}

impl Component {
    /// Every component, in the order in which reports list them.
    pub const ALL: [Self; 5] = [
        Self::AllInOne,
        Self::ControlPlane,
        Self::Gateway,
        Self::TrafficManager,
        Self::KeyManager,
    ];

    /// The name used in labels, object names and requirement files.
    pub fn name(self) -> &'static str {
        match self {
            Self::AllInOne => "all-in-one",
            Self::ControlPlane => "control-plane",
            Self::Gateway => "gateway",
            Self::TrafficManager => "traffic-manager",
            Self::KeyManager => "key-manager",
        }
    }

    /// The component's name in words.
    pub fn title(self) -> &'static str {
        match self {
            Self::AllInOne => "all-in-one",
            Self::ControlPlane => "control plane",
            Self::Gateway => "gateway",
            Self::TrafficManager => "traffic manager",
            Self::KeyManager => "key manager",
        }
    }

    /// The component called `name`, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|component| component.name() == name)
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
