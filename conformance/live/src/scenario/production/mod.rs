//! What production adds to a pattern: a real database, credentials and certificates from controllers, larger volumes, another
//! pattern's chart.

mod database_server;
pub(in crate::scenario) mod driver;
pub(in crate::scenario) mod enlargement;
pub(in crate::scenario) mod pattern_change;
pub(in crate::scenario) mod rotation;
pub(in crate::scenario) mod schema;

use am_deployment_toml::product::ProductVersion;
use am_standin::image::ImageSpec;
use serde_json::{Value, json};

pub(crate) use database_server::{DatabaseServer, Kind};

use crate::error::LiveError;
use crate::scenario::Stage;
use crate::values::merge;

impl Stage {
    /// Lets the release work with a real database of this kind, and with policies.
    #[must_use]
    pub(crate) fn on_database(mut self, kind: Kind) -> Self {
        self.wanted_database = Some(kind);
        let values = values(kind, &self.any_image());
        self.with_values(&values)
    }

    /// Starts the database that the release needs, if it brings none.
    pub(in crate::scenario) async fn start_database(&mut self) -> Result<(), LiveError> {
        if let Some(kind) = self.wanted_database {
            let image = self.any_image();
            let server =
                DatabaseServer::start(&self.lab.api, kind, &self.namespace, &image).await?;
            self.database = Some(server);
            self.say(&format!(
                "a {} server takes connections",
                kind.product_type()
            ));
        }
        Ok(())
    }

    /// An image of the run: all lie on the file system that holds databases, their drivers and Java.
    pub(crate) fn any_image(&self) -> String {
        let version = self
            .charts
            .last()
            .and_then(|(version, _)| version.parse::<ProductVersion>().ok());
        let images = version.map(ImageSpec::all_of).unwrap_or_default();
        images.first().map(ImageSpec::reference).unwrap_or_default()
    }
}

fn values(kind: Kind, image: &str) -> Value {
    let mut values = json!({
        "database": {
            "mode": "external", "type": kind.product_type(), "host": database_server::NAME,
            "schemaJob": {"enabled": true},
        },
        "credentials": {"existingSecret": database_server::CREDENTIALS},
        "networkPolicy": {"enabled": true},
    });
    let tls = match kind {
        Kind::PostgreSql => json!({"tls": {
            "mode": "verify-full", "caConfigMap": {"name": database_server::AUTHORITY},
        }}),
        // Debian has the driver of the 2 series, which does not know the modes of the 3 series.
        Kind::MariaDb => json!({}),
    };
    merge(&mut values, &json!({"database": tls}));
    merge(&mut values, &driver::from_image(kind, image));
    values
}
