//! Which product reads the file: a version and a distribution.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A released version of WSO2 API Manager that the catalogue covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ProductVersion {
    /// 4.5.0
    #[serde(rename = "4.5.0", alias = "4.5")]
    V4_5,
    /// 4.6.0
    #[serde(rename = "4.6.0", alias = "4.6")]
    V4_6,
    /// 4.7.0
    #[serde(rename = "4.7.0", alias = "4.7")]
    V4_7,
}

impl ProductVersion {
    /// Every version, oldest first.
    pub const ALL: [Self; 3] = [Self::V4_5, Self::V4_6, Self::V4_7];

    /// The full version, such as `4.7.0`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V4_5 => "4.5.0",
            Self::V4_6 => "4.6.0",
            Self::V4_7 => "4.7.0",
        }
    }
}

impl fmt::Display for ProductVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ProductVersion {
    type Err = UnknownProduct;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "4.5" | "4.5.0" => Ok(Self::V4_5),
            "4.6" | "4.6.0" => Ok(Self::V4_6),
            "4.7" | "4.7.0" => Ok(Self::V4_7),
            _ => Err(UnknownProduct::Version(text.to_owned())),
        }
    }
}

/// A distribution (pack) of the product. The key manager is the control-plane distribution started with a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Distribution {
    /// `wso2am`
    #[serde(rename = "all-in-one", alias = "aio")]
    AllInOne,
    /// `wso2am-acp`, also the key manager's
    #[serde(rename = "control-plane", alias = "acp")]
    ControlPlane,
    /// `wso2am-universal-gw`
    #[serde(rename = "gateway", alias = "gw")]
    Gateway,
    /// `wso2am-tm`
    #[serde(rename = "traffic-manager", alias = "tm")]
    TrafficManager,
}

impl Distribution {
    /// Every distribution.
    pub const ALL: [Self; 4] = [
        Self::AllInOne,
        Self::ControlPlane,
        Self::Gateway,
        Self::TrafficManager,
    ];

    /// The name of the pack and of its image, such as `wso2am-acp`.
    pub fn pack(self) -> &'static str {
        match self {
            Self::AllInOne => "wso2am",
            Self::ControlPlane => "wso2am-acp",
            Self::Gateway => "wso2am-universal-gw",
            Self::TrafficManager => "wso2am-tm",
        }
    }
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.pack())
    }
}

impl FromStr for Distribution {
    type Err = UnknownProduct;

    /// Accepts the pack's name and the component's (`control-plane`; `key-manager` is the control plane's pack).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "wso2am" | "all-in-one" => Ok(Self::AllInOne),
            "wso2am-acp" | "control-plane" | "key-manager" => Ok(Self::ControlPlane),
            "wso2am-universal-gw" | "gateway" => Ok(Self::Gateway),
            "wso2am-tm" | "traffic-manager" => Ok(Self::TrafficManager),
            _ => Err(UnknownProduct::Distribution(text.to_owned())),
        }
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
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.distribution, self.version)
    }
}

/// A version or distribution that the catalogue does not cover.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownProduct {
    /// No such version.
    #[error("unknown product version {0:?}: use 4.5.0, 4.6.0 or 4.7.0")]
    Version(String),
    /// No such distribution.
    #[error(
        "unknown distribution {0:?}: use wso2am, wso2am-acp, wso2am-universal-gw or wso2am-tm, \
         or a component: all-in-one, control-plane, gateway, traffic-manager, key-manager"
    )]
    Distribution(String),
}
