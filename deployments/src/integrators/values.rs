//! The values of a cluster's release.

use am_generator::ChartTree;
use am_generator::diagnostic::Diagnostics;
use am_generator::model::Loaded;
use serde_json::{Map, Value, json};

use super::cluster::Cluster;
use super::placeholders::filled_in;
use crate::document::Deployment;
use crate::machines::layout::Layout;
use crate::overlay;
use crate::ports::Ports;
use crate::site_values::{Given, SiteValues, add_own, effective, judge, unread_on_machines};
use crate::sites::Placed;
use crate::vocabulary::Vocabulary;

/// Values of a cluster in a site, which may be one of machines.
pub(crate) fn of(
    cluster: &Cluster<'_>,
    site: &Placed<'_>,
    machines: Option<&Layout<'_, '_>>,
    ports: &Ports<'_>,
    found: &mut Diagnostics,
) -> SiteValues {
    let Ports {
        document,
        vocabulary,
        charts,
        ..
    } = *ports;
    let mut values = Map::new();
    if let Some(tenant) = cluster.tenant {
        values.insert("tenant".into(), json!(tenant.domain()));
    }
    if let Some(credentials) = &cluster.said.credentials {
        let name = cluster.text(&credentials.existing_secret);
        let mut entry = json!({"existingSecret": name});
        // As for API Manager: one place, whatever the overlay names.
        let overlay = overlay::tree_of(cluster.chart.name(), site, charts);
        for store in overlay::STORES {
            if overlay["credentials"][store]["enabled"] == true {
                entry[store] = json!({"enabled": false});
            }
        }
        values.insert("credentials".into(), entry);
    }
    if let Some(keystores) = &document.keystores {
        let entry = json!({"existingSecret": keystores.existing_secret.value});
        values.insert("keystores".into(), entry);
    }
    let hostnames = cluster.said.hostnames.iter();
    let hostnames = hostnames.map(|(key, host)| (key.value.clone(), json!(cluster.text(host))));
    let hostnames: Map<_, _> = hostnames.collect();
    if !hostnames.is_empty() {
        values.insert("hostnames".into(), hostnames.into());
    }
    if machines.is_some() {
        // No Secret is called so: names of Ansible's variables are made of it.
        let entry = json!({"existingSecret": cluster.name});
        values.insert("credentials".into(), entry);
    }
    let url = match machines {
        Some(layout) => catalogue_on_machines(cluster, layout),
        None => catalogue(cluster, site, document, vocabulary),
    };
    if let Some(url) = url {
        values.insert(
            "serviceCatalog".into(),
            json!({"enabled": true, "url": url}),
        );
    }
    let artifacts = match machines {
        // They are laid over the pack, and no business of the chart.
        Some(_) => cluster
            .kind
            .registers
            .then(|| json!({"inServerImage": true})),
        None => artifacts(cluster),
    };
    if let Some(artifacts) = artifacts {
        values.insert("artifacts".into(), artifacts);
    }
    if let (Some(coordination), Some(database)) = (&cluster.said.coordination, &site.site.database)
    {
        for (key, value) in cluster.kind.shares_work.as_object().into_iter().flatten() {
            values.insert(key.clone(), value.clone());
        }
        let mut entry = json!({
            "mode": "external",
            "type": database.kind.value,
            "host": database.host.value,
            "coordination": {"name": cluster.text(&coordination.database)},
        });
        if let Some(port) = &database.port {
            entry["port"] = json!(port.value);
        }
        values.insert("database".into(), entry);
    }
    if has_policies(cluster, site, charts) {
        let gateways = json!({"podSelector": {"matchLabels": {
            (vocabulary.peers.release.clone()): site.full_name(document),
            (vocabulary.peers.gateways.clone()): "true",
        }}});
        let entry = json!({"enabled": true, "clients": [gateways]});
        values.insert("networkPolicy".into(), entry);
    }
    let mut nodes = json!({"replicas": cluster.nodes()});
    if machines.is_some() {
        nodes["portOffset"] = json!(cluster.offset());
    }
    values.insert(cluster.part.key(), nodes);
    if machines.is_some() {
        let keys = [cluster.part.key()];
        let own = cluster.said.values.iter();
        unread_on_machines(document, &keys, own, &values, vocabulary, true, found);
    }
    let mut values = Value::Object(values);
    let own = cluster.said.values.iter();
    let own = own.map(|(key, value)| (key, filled_in(value, cluster.tenant)));
    add_own(document, &mut values, own, found);
    let given = Given {
        document,
        chart: cluster.chart.name(),
        whose: &format!("release {}", cluster.release),
        own: &cluster.said.values,
        place: &cluster.said.kind,
    };
    judge(&given, &values, charts, found);
    let overlay = overlay::tree_of(cluster.chart.name(), site, charts);
    SiteValues::new(
        &values,
        effective(cluster.chart.name(), &overlay, &values, charts),
    )
}

/// Policies are made for a tenant's cluster, which nobody else's may reach, and where API Manager has them.
pub(super) fn has_policies(cluster: &Cluster<'_>, site: &Placed<'_>, charts: &ChartTree) -> bool {
    site.site.vm.is_none()
        && (cluster.tenant.is_some() || overlay::is_on(site, "/networkPolicy/enabled", charts))
}

/// The same on machines.
fn catalogue_on_machines(cluster: &Cluster<'_>, layout: &Layout<'_, '_>) -> Option<String> {
    let (to, port) = layout.catalogue().filter(|_| cluster.kind.registers)?;
    let host = layout.address(&layout.components[to]);
    Some(format!(
        "https://{host}:{}",
        layout.number_at_address(to, port)
    ))
}

/// Where the service catalogue is, for servers that register there.
fn catalogue(
    cluster: &Cluster<'_>,
    site: &Placed<'_>,
    document: &Loaded<Deployment>,
    vocabulary: &Vocabulary,
) -> Option<String> {
    let at = &vocabulary.catalogue;
    let player = site.player(&at.role).filter(|_| cluster.kind.registers)?;
    let port = Ports::in_pods(site, &player, &at.port);
    let full_name = site.full_name(document);
    Some(format!("https://{full_name}-{}:{port}", player.name()))
}

/// Where artifacts come from, as the charts have it.
fn artifacts(cluster: &Cluster<'_>) -> Option<Value> {
    let said = cluster.said.artifacts.as_ref()?;
    let mut entry = Map::new();
    if let Some(image) = &said.image {
        entry.insert("image".into(), image_of(&cluster.text(image)));
    }
    if let Some(claim) = &said.existing_claim {
        entry.insert("existingClaim".into(), json!(cluster.text(claim)));
    }
    if !said.config_maps.is_empty() {
        let names = said.config_maps.iter().map(|it| json!(cluster.text(it)));
        entry.insert("configMaps".into(), names.collect());
    }
    Some(entry.into())
}

/// A reference to an image in its parts.
pub(super) fn image_of(reference: &str) -> Value {
    if let Some((repository, digest)) = reference.split_once('@') {
        return json!({"repository": repository, "digest": digest});
    }
    match reference.rsplit_once(':') {
        // What follows a slash is no port.
        Some((repository, tag)) if !tag.contains('/') => {
            json!({"repository": repository, "tag": tag})
        }
        _ => json!({"repository": reference}),
    }
}

/// Where gateways call it: one address, or the hosts of its nodes.
pub(crate) fn addresses(cluster: &Cluster<'_>, values: &SiteValues) -> Vec<String> {
    let service = format!("{}-{}", cluster.full_name(), cluster.part.name());
    let port = cluster.kind.called_at.as_ref();
    if let Some(port) = port.and_then(|port| cluster.chart.model.ports.get(port)) {
        let offset = values.effective[cluster.part.key()]["portOffset"].as_u64();
        let number = u64::from(port.number.value) + offset.unwrap_or_default();
        return vec![format!("https://{service}:{number}")];
    }
    let form = cluster.kind.node.iter();
    form.flat_map(|form| {
        (0..cluster.nodes()).map(|node| {
            form.replace("{service}", &service)
                .replace("{node}", &node.to_string())
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::image_of;

    #[test]
    fn an_image_is_taken_apart() {
        let parts = |repository: &str, key: &str, value: &str| {
            let mut parts = json!({"repository": repository});
            parts[key] = json!(value);
            parts
        };
        assert_eq!(
            image_of("registry.example.com:5000/capps:7"),
            parts("registry.example.com:5000/capps", "tag", "7")
        );
        assert_eq!(
            image_of("capps@sha256:00"),
            parts("capps", "digest", "sha256:00")
        );
        assert_eq!(
            image_of("registry.example.com:5000/capps"),
            json!({"repository": "registry.example.com:5000/capps"})
        );
    }
}
