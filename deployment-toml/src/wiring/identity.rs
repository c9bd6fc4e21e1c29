//! What must be the same on every node of a deployment, and what a node calls itself.

use serde::Serialize;

use crate::effective::Effective;
use crate::key::KeyPath;
use crate::value::Value;

/// A user name and password after resolution; what comes from an unknown variable stays `$env{NAME}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Credential {
    /// The user.
    pub username: Option<String>,
    /// The password.
    #[serde(skip_serializing)]
    pub password: Option<String>,
}

/// A keystore or truststore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Keystore {
    /// Its name under `[keystore.…]`, or `truststore`.
    pub name: String,
    /// The file, below `repository/resources/security`.
    pub file_name: Option<String>,
    /// `JKS`, `PKCS12`, …
    pub store_type: Option<String>,
    /// The key's alias.
    pub alias: Option<String>,
    /// The store's password.
    #[serde(skip_serializing)]
    pub password: Option<String>,
    /// The key's password.
    #[serde(skip_serializing)]
    pub key_password: Option<String>,
}

/// Everything that the nodes of one deployment must share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NodeIdentity {
    /// `[super_admin]`.
    pub super_admin: Credential,
    /// The keystores `primary`, `tls` and `internal`, then the truststore.
    pub keystores: Vec<Keystore>,
    /// `[encryption] key` (needed from 4.7 on).
    #[serde(skip_serializing)]
    pub encryption_key: Option<String>,
}

impl Effective {
    /// What this node must share with the others.
    pub fn identity(&self) -> NodeIdentity {
        let mut keystores: Vec<Keystore> = ["primary", "tls", "internal"]
            .iter()
            .map(|name| self.keystore(name, &format!("keystore.{name}")))
            .collect();
        keystores.push(self.keystore("truststore", "truststore"));
        NodeIdentity {
            super_admin: self.credential("super_admin"),
            keystores,
            encryption_key: self.text("encryption.key"),
        }
    }

    /// `username` and `password` below `table`, such as `super_admin` or `database.apim_db`.
    pub fn credential(&self, table: &str) -> Credential {
        Credential {
            username: self.text(&format!("{table}.username")),
            password: self.text(&format!("{table}.password")),
        }
    }

    fn keystore(&self, name: &str, table: &str) -> Keystore {
        let text = |key: &str| self.text(&format!("{table}.{key}"));
        Keystore {
            name: name.to_owned(),
            file_name: text("file_name"),
            store_type: text("type"),
            alias: text("alias"),
            password: text("password"),
            key_password: text("key_password"),
        }
    }

    /// The port offset: `-DportOffset` if the environment has it, else `server.offset`, 0 if missing or no whole number in range. A float's text counts as the engine copies it: `1.0` is 1.
    pub fn port_offset(&self) -> u16 {
        if let Some(offset) = self.port_offset_property() {
            return offset;
        }
        match self.get("server.offset").map(|found| &found.value) {
            Some(Value::Integer(number)) => u16::try_from(*number).unwrap_or(0),
            Some(other) => other
                .scalar_text()
                .and_then(|text| text.trim().trim_end_matches(".0").parse().ok())
                .unwrap_or(0),
            None => self.product().distribution.port_offset(),
        }
    }

    /// `server.server_role`, if it has a value. Only `default` infers anything outside the all-in-one distribution.
    pub fn server_role(&self) -> Option<String> {
        self.text("server.server_role")
    }

    /// `server.hostname`.
    pub fn hostname(&self) -> Option<String> {
        self.text("server.hostname")
    }

    /// The labels whose APIs a gateway deploys; the product's default is `Default`.
    pub fn gateway_labels(&self) -> Vec<String> {
        self.get("apim.sync_runtime_artifacts.gateway.gateway_labels")
            .map(|found| {
                found
                    .value
                    .strings()
                    .into_iter()
                    .map(ToOwned::to_owned)
                    .collect()
            })
            .unwrap_or_default()
    }

    /// The names of `[[apim.gateway.environment]]`, in the order of the file.
    pub fn gateway_environments(&self) -> Vec<String> {
        let environments = KeyPath::from("apim.gateway.environment");
        (0..self.group_count("apim.gateway.environment"))
            .filter_map(|at| self.values().get(&environments.element(at).child("name")))
            .filter_map(|found| found.value.scalar_text())
            .collect()
    }
}
