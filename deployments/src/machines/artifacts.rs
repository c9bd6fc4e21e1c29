//! What clusters of integrators run, below the home of their server.

use serde_json::Value;

use super::layout::Component;

/// The values of a chart that hold apps, each a file of a server's folder of artifacts.
pub(super) const APPS: &str = "apps";

/// Where it comes from: the folder below the server's home, and the one among the packs whose content goes there.
pub(super) fn folder(component: &Component<'_, '_>) -> Option<(String, String)> {
    let cluster = component.cluster?;
    let from = cluster.said.artifacts.as_ref()?.folder.as_ref()?;
    let folders = component.chart.model.product.home_folders.as_ref()?;
    Some((
        format!("{}/", folders.artifacts),
        format!("{}/", cluster.text(from)),
    ))
}

/// The apps that values hold.
pub(super) fn apps(component: &Component<'_, '_>, effective: &Value) -> Vec<(String, String)> {
    let folders = component.chart.model.product.home_folders.as_ref();
    let apps = effective[APPS]
        .as_object()
        .filter(|_| component.cluster.is_some());
    let files = folders.zip(apps).into_iter().flat_map(|(folders, apps)| {
        let apps = apps.iter();
        apps.filter_map(|(name, text)| {
            Some((
                format!("{}/{name}", folders.artifacts),
                text.as_str()?.to_owned(),
            ))
        })
    });
    files.collect()
}
