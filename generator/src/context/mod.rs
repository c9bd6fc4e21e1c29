//! What templates see. `generator/model/README.md` lists the names.

mod component;

use handlebars::Context;
use serde_json::{Value, json};

use crate::chart::{Chart, Part, camel_case};
use crate::diagnostic::{Diagnostic, Place};
use crate::emit::helm_scalar::helm_scalar;
use crate::model::Loaded;
use crate::model::controller::{Annotations, Controller, EVERY};
use crate::model::credentials::Key;
use crate::model::databases::Tls;
use crate::model::product::{Database, Feature, Product};
use crate::model::release::Subject;
use crate::model::table::Table;
use crate::model::values::Platform;
use crate::yaml::Text;

pub(crate) use component::component;

/// The names that every template of a chart sees.
pub(crate) fn chart(chart: &Chart<'_>) -> Value {
    let parts = chart.parts();
    let roles: serde_json::Map<String, Value> = chart
        .pattern
        .value
        .roles
        .iter()
        .map(|(role, component)| (camel_case(&role.value), json!(component.value)))
        .collect();
    let mut images: Vec<Value> = Vec::new();
    for part in &parts {
        let component = &part.component.value;
        let image = json!({"name": component.distribution, "repository": component.repository});
        if !images.contains(&image) {
            images.push(image);
        }
    }
    json!({
        "chart": chart.name(),
        "chartVersion": chart.model.chart_version(&chart.version.value.version.value),
        "release": release(chart),
        "product": product(chart),
        "version": version(chart),
        "pattern": pattern(chart),
        "role": roles,
        "replaceable": replaceable(chart),
        "components": parts.iter().map(|part| component(chart, part)).collect::<Vec<_>>(),
        "endpoints": endpoints(chart, None),
        "publicServices": public_services(chart),
        "gatewayClasses": chart.model.gateway_classes.value.iter().map(|(name, class)| {
            let mut class = json!(class);
            class["name"] = json!(name.value);
            class
        }).collect::<Vec<_>>(),
        "controllers": chart.model.controllers.value.iter().map(|row| controller(chart, row)).collect::<Vec<_>>(),
        "platforms": chart.model.platforms.iter().map(platform).collect::<Vec<_>>(),
        "ports": chart.model.ports.value.names().filter_map(|name| port(chart, name)).collect::<Vec<_>>(),
        "images": images,
        "mirroredEvents": chart.model.events.as_ref().map(|events| &events.streams),
        "regionEvents": region_events(chart),
        "hub": chart.hub().map_or_else(|| json!(false), |part| json!({"name": part.name(), "key": part.key()})),
        "metricObjects": chart.model.observability.metrics.objects,
        "alerts": *chart.model.observability.alerts,
        "panels": *chart.model.observability.panels,
        "credentials": credentials(chart),
        "databaseTypes": database_types(chart),
        "divisible": chart.is_divisible(),
        "databaseKinds": database_kinds(chart),
        // Whose row of an Ingress controller is asked where any will do.
        "leading": chart.role("management").or_else(|| parts.first().map(Part::name)),
        "managementName": or_false(chart.role("management")),
        "managementKey": chart.role("management").map_or_else(|| json!(false), |name| json!(camel_case(name))),
        "longestComponent": parts.iter().map(|part| part.name().len()).max(),
    })
}

/// The databases that components of the family use, in any version.
fn database_kinds(chart: &Chart<'_>) -> Vec<&'static str> {
    let used = |kind: &Database| {
        let mut versions = chart.model.versions.iter();
        versions.any(|version| !version.databases.users(*kind).is_empty())
    };
    let kinds = Database::ALL.into_iter().filter(used);
    kinds.map(Database::key).collect()
}

/// The components that an identity server may replace.
fn replaceable(chart: &Chart<'_>) -> Vec<Value> {
    let parts = chart.replaceable().into_iter();
    parts
        .map(|(name, player)| {
            json!({"name": name, "key": camel_case(name), "player": player, "playerKey": camel_case(player)})
        })
        .collect()
}

/// Adds names to a chart's, and makes it ready for templates.
pub(crate) fn with<const N: usize>(
    base: &Value,
    more: [(&str, Value); N],
) -> Result<Context, Diagnostic> {
    let mut data = base.clone();
    for (name, value) in more {
        data[name] = value;
    }
    Context::wraps(data)
        .map_err(|error| Diagnostic::new(Place::file("generator"), error.to_string()))
}

fn product(chart: &Chart<'_>) -> Value {
    let product = &chart.model.product.value;
    let maintainers: Vec<Value> = product
        .maintainers
        .iter()
        .map(|person| json!({"name": person.name, "url": person.url}))
        .collect();
    json!({
        "name": product.name,
        "partOf": product.part_of,
        "kubeVersion": product.kube_version,
        "home": product.home,
        "license": product.license,
        "category": product.category,
        "sources": product.sources,
        "keywords": product.keywords,
        "maintainers": maintainers,
        "repository": {"url": product.repository.url, "issues": product.repository.issues},
        "signKey": product.sign_key.as_ref().map_or_else(|| json!(false), |key| json!({"fingerprint": key.fingerprint, "url": key.url})),
        "memoryBesideHeap": product.memory_beside_heap,
        "configuration": product.configuration,
        "configurationName": product.configuration.rsplit('/').next(),
        "homeFolders": product.home_folders,
        "loggingName": product.home_folders.as_ref().and_then(|folders| folders.logging.rsplit('/').next()),
        "has": features(product),
        "versions": crate::model::strings(&product.versions).collect::<Vec<_>>(),
    })
}

/// What the family has, by the names of features.
fn features(product: &Product) -> Value {
    let features = Feature::ALL.into_iter().filter_map(|feature| {
        let name = json!(feature).as_str()?.to_owned();
        Some((name, json!(product.has.contains(&feature))))
    });
    Value::Object(features.collect())
}

/// The release that the charts are made for: what Artifact Hub is told of it.
fn release(chart: &Chart<'_>) -> Value {
    let Some(release) = chart.model.newest_release() else {
        return json!(false);
    };
    let version = &release.version.value;
    let repository = &chart.model.product.value.repository;
    let subject = if chart.model.is_beside() {
        Subject::Integrations
    } else {
        Subject::Charts
    };
    let changes = release.told_to(subject).map(|change| {
        let links = change.see.iter().map(
            |path| json!({"name": path.value, "url": repository.page(version, &path.value)}),
        );
        json!({"kind": change.kind.word(), "text": change.text.trim(), "links": links.collect::<Vec<_>>()})
    });
    let picture = format!("docs/topology/{}.svg", chart.name());
    json!({
        "version": version,
        "prerelease": release.is_prerelease(),
        "security": release.is_security_update(subject),
        "changes": changes.collect::<Vec<_>>(),
        "topology": repository.file(version, &picture),
        "publishing": repository.page(version, "docs/publishing.md"),
        "documents": repository.page(version, "README.md"),
    })
}

fn version(chart: &Chart<'_>) -> Value {
    let version = &chart.version.value;
    json!({
        "version": version.version.value,
        "jdk": version.jdk,
        "doc": version.doc,
        "eventHubNodesShown": version.event_hub_nodes_shown,
        "encryptionKey": version.encryption_key,
        "sharesCounters": !version.shared_counters.is_empty(),
        "entrypointForwardsSigterm": version.entrypoint_forwards_sigterm,
        "beside": or_false(version.beside.as_ref().map(|beside| beside.value.as_str())),
        "sources": version.sources,
    })
}

fn pattern(chart: &Chart<'_>) -> Value {
    let pattern = &chart.pattern.value;
    json!({
        "numbered": chart.model.product.numbered.is_some(),
        "number": pattern.number,
        "name": pattern.name.value,
        "title": pattern.title,
        "doc": pattern.doc,
        "replaces": pattern.replaces,
        "use": pattern.purpose,
    })
}

/// The credentials of a product version, their Secrets, and the stores of the Secrets Store CSI driver.
fn credentials(chart: &Chart<'_>) -> Value {
    let model = &chart.model.credentials;
    let secrets = model.secrets.iter().map(
        |(name, secret)| json!({"name": name.value, "objects": secret.objects, "doc": secret.doc}),
    );
    let providers = model
        .csi_providers
        .iter()
        .map(|(name, provider)| json!({"name": name.value, "provider": provider}));
    json!({
        "secrets": secrets.collect::<Vec<_>>(),
        "keys": chart.credential_keys(None).into_iter().map(|key| credential_key(chart, key)).collect::<Vec<_>>(),
        "providers": providers.collect::<Vec<_>>(),
    })
}

/// The event streams that cross to other regions.
fn region_events(chart: &Chart<'_>) -> Vec<Value> {
    let streams = chart.region_streams().into_iter();
    streams
        .map(
            |event| json!({"topic": event.topic, "stream": event.stream, "version": event.version}),
        )
        .collect()
}

/// The kinds of databases, each with everything that its driver wants.
fn database_types(chart: &Chart<'_>) -> Vec<Value> {
    let tls = |tls: &Tls| {
        let modes: serde_json::Map<String, Value> = tls
            .modes
            .iter()
            .map(|(mode, parameters)| (mode.value.clone(), json!(parameters)))
            .collect();
        json!({
            "owned": tls.owned,
            "url": tls.url,
            "port": tls.port,
            "modes": modes,
            "ca": tls.ca,
            "verifyWithoutCa": tls.verify_without_ca,
        })
    };
    let types = chart.model.databases.iter();
    types
        .map(|(name, kind)| {
            json!({
                "name": name.value,
                "title": kind.title,
                "driver": kind.driver,
                "packages": kind.packages,
                "scheme": kind.scheme,
                "port": kind.port,
                "url": kind.url,
                "parameters": kind.parameters,
                "validationQuery": kind.validation_query,
                "schema": kind.schema,
                "tls": kind.tls.as_ref().map(tls),
            })
        })
        .collect()
}

fn credential_key(chart: &Chart<'_>, (name, key): (&str, &Key)) -> Value {
    let when = key
        .when
        .as_ref()
        .map(|when| when.replace("<%chart%>", chart.name()));
    json!({
        "name": name,
        "secret": key.secret.value,
        "database": key.database.is_some(),
        "when": or_false(when.as_deref()),
        "value": or_false(key.value.as_deref()),
        "generate": key.generate.map_or_else(|| json!(false), |generate| json!(generate)),
    })
}

fn port(chart: &Chart<'_>, name: &str) -> Option<Value> {
    let port = chart.model.ports.value.get(name)?;
    Some(json!({
        "name": name,
        "number": port.number.value,
        "scheme": port.scheme,
        "appProtocol": or_false(port.app_protocol.as_deref()),
        "doc": port.doc,
    }))
}

/// The pattern's endpoints, or those of one component.
fn endpoints(chart: &Chart<'_>, only: Option<&str>) -> Vec<Value> {
    chart
        .endpoints()
        .into_iter()
        .filter(|(_, _, component)| only.is_none_or(|only| only == *component))
        .map(|(name, endpoint, component)| {
            json!({
                "name": name,
                "key": camel_case(name),
                "title": endpoint.title,
                "doc": endpoint.doc,
                "role": endpoint.role.value,
                "component": component,
                "componentKey": camel_case(component),
                "port": endpoint.port.value,
                "plainPort": or_false(endpoint.plain_port.as_ref().map(|port| port.value.as_str())),
                "hostname": endpoint.hostname.value,
            })
        })
        .collect()
}

/// The public Services that a release may have: one for each role that has endpoints.
fn public_services(chart: &Chart<'_>) -> Vec<Value> {
    let endpoints = endpoints(chart, None);
    let mut services: Vec<Value> = Vec::new();
    for endpoint in &endpoints {
        let role = &endpoint["role"];
        if services.iter().any(|service| service["role"] == *role) {
            continue;
        }
        let own = endpoints.iter().filter(|other| other["role"] == *role);
        services.push(json!({
            "role": role,
            "key": role.as_str().map(camel_case),
            "component": endpoint["component"],
            "endpoints": own.collect::<Vec<_>>(),
        }));
    }
    services
}

/// An Ingress controller as templates see it; values are ready to be written.
fn controller(chart: &Chart<'_>, (name, controller): (&Text, &Controller)) -> Value {
    // A family that shares the file need not have the endpoints of all rows.
    let known = |endpoint: &str| endpoint == EVERY || chart.model.endpoints.get(endpoint).is_some();
    let rows = |table: &Table<Annotations>| -> Vec<Value> {
        let row = |(endpoint, annotations): (&Text, &Annotations)| {
            let annotations = annotations.iter().map(
                |(name, value)| json!({"name": name.value, "value": helm_scalar(&json!(value))}),
            );
            json!({"endpoint": endpoint.value, "annotations": annotations.collect::<Vec<_>>()})
        };
        let rows = table.iter().filter(|(endpoint, _)| known(&endpoint.value));
        rows.map(row).collect()
    };
    json!({
        "name": name.value,
        "title": controller.title,
        "class": controller.class,
        "classAnnotation": controller.class_annotation,
        "ownCertificate": controller.own_certificate,
        "certificateAnnotations": controller.certificate_annotations,
        "needsAuthority": controller.needs_authority,
        "objects": controller.objects,
        "ingress": rows(&controller.ingress),
        "service": rows(&controller.service),
    })
}

/// A platform as templates see it.
pub(crate) fn platform(platform: &Loaded<Platform>) -> Value {
    json!({"name": platform.value.name.value, "title": platform.value.title, "doc": platform.value.doc})
}

fn or_false(text: Option<&str>) -> Value {
    text.map_or(Value::Bool(false), Value::from)
}
