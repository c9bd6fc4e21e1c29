//! A release, its names and its Secrets.

use am_generator::chart::{Chart, Part};
use am_generator::model::Loaded;
use serde::Serialize;

use crate::document::Deployment;
use crate::sites::Placed;
use crate::vocabulary::Vocabulary;

/// A Helm release.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Release {
    pub(crate) name: String,
    pub(crate) chart: String,
    pub(crate) context: Option<String>,
    pub(crate) namespace: String,
    /// A later file wins.
    pub(crate) values: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HostName {
    pub(crate) host: String,
    /// What is reached there.
    pub(crate) serves: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Secret {
    pub(crate) name: String,
    pub(crate) keys: Vec<String>,
}

/// The Secrets that must be there, with the keys that the site's components read.
pub(super) fn secrets(
    document: &Loaded<Deployment>,
    placed: &Placed<'_>,
    vocabulary: &Vocabulary,
) -> Vec<Secret> {
    let mut secrets = Vec::new();
    if let Some(credentials) = &document.credentials {
        secrets.push(Secret {
            name: credentials.existing_secret.value.clone(),
            keys: keys(document, &placed.chart, &placed.runs, vocabulary),
        });
    }
    if let Some(keystores) = &document.keystores {
        // Its keys are file names, which values may change.
        secrets.push(Secret {
            name: keystores.existing_secret.value.clone(),
            keys: Vec::new(),
        });
    }
    secrets
}

/// The credentials that components of a chart read, but for those of values and keystores that are not there.
pub(super) fn keys(
    document: &Loaded<Deployment>,
    chart: &Chart<'_>,
    parts: &[Part<'_>],
    vocabulary: &Vocabulary,
) -> Vec<String> {
    let conditional = &vocabulary.conditional_credentials;
    let of = |list: &[String], name: &str| list.iter().any(|it| it == name);
    let all = parts.iter();
    let all = all.flat_map(|part| chart.credential_keys(Some(part.name())));
    let mut keys: Vec<String> = Vec::new();
    for (name, _) in all {
        let is_read = !of(&conditional.values, name)
            && (document.keystores.is_some() || !of(&conditional.keystores, name));
        if is_read && !keys.iter().any(|key| key == name) {
            keys.push(name.to_owned());
        }
    }
    keys
}
