//! What every site must have in common: an administrator, keys and keystores, which no release may make for itself.

use super::others::ALONE;
use crate::{
    checks::secret_stores,
    context::{Context, Fault, Judge, configured},
    graph::{Configuration, Graph, Node},
    manifest::{EnvSource, Manifest, Object},
    variation::Variation,
};

/// Settings that are the same in all sites. What speaks TLS to clients of one site may have a certificate of its own.
const SHARED: [&str; 13] = [
    "super_admin.username",
    "super_admin.password",
    "encryption.key",
    "keystore.primary.file_name",
    "keystore.primary.type",
    "keystore.primary.alias",
    "keystore.primary.password",
    "keystore.primary.key_password",
    "keystore.internal.file_name",
    "keystore.internal.type",
    "keystore.internal.alias",
    "keystore.internal.password",
    "keystore.internal.key_password",
];

/// Keystores whose content is the same in all sites.
const KEYSTORES: [&str; 2] = ["keystore.primary", "keystore.internal"];

pub(super) fn nothing_is_of_one_site(context: &Context<'_>, judge: &mut Judge<'_>) {
    let graph = context.graph;
    judge.applies(!graph.sites.is_empty(), ALONE);
    if graph.sites.is_empty() {
        return;
    }
    keystores(graph, judge);
    for key in SHARED {
        // Nodes of a site agree, which requirements of the configuration judge.
        let Some(ours) = setting(graph, key) else {
            continue;
        };
        for (site, other) in &graph.sites {
            let Some(theirs) = setting(other, key) else {
                continue;
            };
            judge.looked();
            if let Some(message) = difference(context, key, &ours, site, &theirs) {
                let help = "give every site the same, by Secrets with the same content that no release makes";
                let fault = Fault::new(message, help);
                judge.fault(fault.at(ours.configuration, key, ours.span));
            }
        }
    }
}

/// Who brings a keystore brings it to each site: everybody who has the image has the key of its own.
fn keystores(graph: &Graph<'_>, judge: &mut Judge<'_>) {
    let is_on_machines = |graph: &Graph<'_>| graph.manifest.machines.is_some();
    for store in KEYSTORES {
        // What lies over the packs of machines is brought by hand.
        let Some((configuration, true)) = keystore(graph, store).filter(|_| !is_on_machines(graph))
        else {
            continue;
        };
        for (site, other) in &graph.sites {
            let theirs = keystore(other, store).filter(|_| !is_on_machines(other));
            let Some((_, is_theirs)) = theirs else {
                continue;
            };
            judge.require(is_theirs, || {
                let message = format!(
                    "the keystore `{store}` is mounted here, and servers of site {site} have that of their image"
                );
                Fault::new(message, "mount the same keystores in every site").at(
                    configuration,
                    format!("{store}.file_name"),
                    None,
                )
            });
        }
    }
}

/// A node that is told of a keystore, and whether it is mounted there.
fn keystore<'g, 'a>(graph: &'g Graph<'a>, store: &str) -> Option<(&'g Configuration<'a>, bool)> {
    configured(graph).find_map(|(node, _, configuration)| {
        let file = configuration.effective.as_ref()?;
        let file = file
            .get(&format!("{store}.file_name"))?
            .value
            .scalar_text()?;
        let mounts = graph.member(node.id).main?.mounts();
        let path = format!("/repository/resources/security/{file}");
        let is_mounted = mounts.iter().any(|mount| mount.path.ends_with(&path));
        Some((configuration, is_mounted))
    })
}

/// What is wrong with a setting of this site, seen from another one.
fn difference(
    context: &Context<'_>,
    key: &str,
    ours: &Setting<'_, '_>,
    site: &str,
    theirs: &Setting<'_, '_>,
) -> Option<String> {
    let here = match &ours.source {
        Source::Made { secret, entry, .. } if is_by_chance(context, secret, entry) => {
            return Some(format!(
                "`{key}` is made by chance in {}, so site {site} cannot have the same",
                secret.reference()
            ));
        }
        Source::Made { text, .. } | Source::Text(text) => text,
        Source::Given => return None,
    };
    match &theirs.source {
        Source::Made { text, .. } | Source::Text(text) => {
            (here != text).then(|| format!("`{key}` is not the same as in site {site}"))
        }
        Source::Given => match &ours.source {
            Source::Made { secret, .. } => Some(format!(
                "`{key}` is in {}, which this site alone makes, and site {site} is given its own",
                secret.reference()
            )),
            // What somebody else's Secret holds cannot be seen.
            _ => None,
        },
    }
}

/// Whether another render has another text.
fn is_by_chance(context: &Context<'_>, secret: &Object, entry: &str) -> bool {
    let again = context
        .variations
        .and_then(|it| it.render(&secret.release, &Variation::default()).ok());
    let text = |manifest: &Manifest| {
        let found = manifest.find("Secret", secret.namespace(), secret.name())?;
        manifest.texts_of(found).get(entry)?.map(str::to_owned)
    };
    again.is_some_and(|again| text(&again) != text(context.manifest))
}

/// What a site has for a key.
struct Setting<'g, 'a> {
    configuration: &'g Configuration<'a>,
    span: Option<am_deployment_toml::span::Span>,
    source: Source<'a>,
}

/// Where a value comes from.
enum Source<'a> {
    /// It is written, or the product's own.
    Text(String),
    /// It is in a Secret of these releases.
    Made {
        secret: &'a Object,
        entry: String,
        text: String,
    },
    /// Somebody else brings it, and nothing is known of it.
    Given,
}

/// What the first node has that has anything.
fn setting<'g, 'a>(graph: &'g Graph<'a>, key: &str) -> Option<Setting<'g, 'a>> {
    configured(graph).find_map(|(node, _, configuration)| {
        let found = configuration.effective.as_ref()?.get(key)?;
        Some(Setting {
            configuration,
            span: found.provenance.span(),
            source: source_of(graph, node, &found.value.scalar_text()?),
        })
    })
}

fn source_of<'a>(graph: &Graph<'a>, node: &Node<'a>, text: &str) -> Source<'a> {
    let Some((_, rest)) = text.split_once("$env{") else {
        return Source::Text(text.to_owned());
    };
    let name = rest.split('}').next().unwrap_or_default();
    let member = graph.member(node.id);
    let namespace = member.workload.object.namespace();
    let variables = member.main.map(|main| main.env()).unwrap_or_default();
    // Kubernetes lets the last of several win.
    let variable = variables.into_iter().rev().find(|it| it.name == name);
    match variable.map(|variable| variable.source) {
        Some(EnvSource::Literal(literal)) => {
            Source::Text(text.replace(&format!("$env{{{name}}}"), literal))
        }
        Some(EnvSource::Secret { name, key, .. })
            if secret_stores::entry_of(graph.manifest, namespace, name, key).is_none() =>
        {
            let secret = graph.manifest.find("Secret", namespace, name);
            let made = secret.and_then(|secret| {
                let text = graph.manifest.texts_of(secret).get(key).copied()??;
                Some((secret, text))
            });
            made.map_or(Source::Given, |(secret, text)| Source::Made {
                secret,
                entry: key.to_owned(),
                text: text.to_owned(),
            })
        }
        _ => Source::Given,
    }
}
