//! What must be the same on every node of a deployment.
//!
//! Two nodes that both write `$env{AM_ADMIN_PASSWORD}` agree only if the variable comes from the same key
//! of the same Secret, so values are compared by where they come from.

use am_deployment_toml::{effective::EffectiveValue, key::KeyPath, product::Feature};

use crate::{
    checks::base64,
    component::{Capability, Component},
    context::{Context, Fault, Judge, configured},
    graph::{Configuration, Node},
    manifest::EnvSource,
};

pub(super) fn administrator(context: &Context<'_>, judge: &mut Judge<'_>) {
    for key in ["super_admin.username", "super_admin.password"] {
        agree(context, judge, key, |_| true);
    }
}

/// Keystores that a configuration names.
const KEYSTORES: [&str; 4] = [
    "keystore.primary",
    "keystore.tls",
    "keystore.internal",
    "truststore",
];

pub(super) fn keystores_are_mounted(context: &Context<'_>, judge: &mut Judge<'_>) {
    for store in KEYSTORES {
        is_mounted(context, judge, &format!("{store}.file_name"));
    }
    judge.not_applicable("no configuration names a keystore");
}

pub(super) fn keystores(context: &Context<'_>, judge: &mut Judge<'_>) {
    for store in KEYSTORES {
        for field in ["file_name", "type", "alias", "password", "key_password"] {
            agree(context, judge, &format!("{store}.{field}"), |_| true);
        }
        is_of_a_known_type(context, judge, &format!("{store}.type"));
    }
}

pub(super) fn databases(context: &Context<'_>, judge: &mut Judge<'_>) {
    // A node that leaves the product's own H2 database in place does not use the shared one.
    let uses_shared = |value: &EffectiveValue| {
        value.provenance.is_written()
            && !value
                .value
                .scalar_text()
                .unwrap_or_default()
                .starts_with("jdbc:h2:./")
    };
    for database in ["apim_db", "shared_db"] {
        for field in ["url", "username", "password", "type"] {
            agree(
                context,
                judge,
                &format!("database.{database}.{field}"),
                uses_shared,
            );
        }
    }
    for database in ["apim_db", "shared_db"] {
        neighbours_share(
            context,
            judge,
            &format!("database.{database}.url"),
            uses_shared,
        );
    }
    agree(context, judge, "user_store.type", |_| true);
    judge.not_applicable("no node uses a shared database");
}

/// Components whose nodes use the same databases, so that none may have its own when another shares one. Gateways and
/// traffic managers may do without.
fn neighbours() -> Vec<Vec<Component>> {
    let (sharing, alone): (Vec<_>, Vec<_>) =
        Component::all().partition(|component| component.has(Capability::SharesDatabases));
    let alone = alone.into_iter().map(|component| vec![component]);
    std::iter::once(sharing).chain(alone).collect()
}

/// When one node uses a shared database, its neighbours do too.
fn neighbours_share(
    context: &Context<'_>,
    judge: &mut Judge<'_>,
    key: &str,
    uses_shared: impl Fn(&EffectiveValue) -> bool,
) {
    for components in neighbours() {
        let files = || {
            let of_component =
                configured(context.graph).filter(|(_, of, _)| components.contains(of));
            of_component.filter_map(|(node, _, configuration)| {
                let effective = configuration.effective.as_ref()?;
                let shares = effective.get(key).is_some_and(&uses_shared);
                Some((node, configuration, shares))
            })
        };
        if !files().any(|(_, _, shares)| shares) {
            continue;
        }
        for (node, configuration, shares) in files() {
            judge.require(shares, || {
                Fault::new(
                    format!(
                        "the {} has no `{key}`, so it uses a database of its own while its neighbours share one",
                        context.graph.describe(node.id)
                    ),
                    format!("give `{key}` the value that the other nodes have"),
                )
                .at(configuration, key, None)
            });
        }
    }
}

/// Where the product looks for keystores, below its home.
const STORES: &str = "/repository/resources/security/";

/// Who brings one keystore brings all that the configuration names: those of the image have other passwords.
fn is_mounted(context: &Context<'_>, judge: &mut Judge<'_>, key: &str) {
    for (node, _, configuration) in configured(context.graph) {
        let found = configuration
            .effective
            .as_ref()
            .and_then(|effective| effective.get(key))
            .filter(|found| found.provenance.is_written());
        let file = found.and_then(|found| found.value.scalar_text());
        let (Some(found), Some(file), Some(main)) =
            (found, file, context.graph.member(node.id).main)
        else {
            continue;
        };
        let mounts = main.mounts();
        // Below the home, or the volume that is copied over it: where the configuration itself is.
        let home = mounts
            .iter()
            .find_map(|mount| mount.path.strip_suffix("/repository/conf/deployment.toml"));
        let mounted: Vec<&str> = mounts
            .iter()
            .filter_map(|mount| {
                let (folder, file) = mount.path.split_once(STORES)?;
                home.is_none_or(|home| home == folder).then_some(file)
            })
            .collect();
        let is_told = mounts.iter().any(|mount| mount.path.contains(STORES));
        judge.require(!is_told || mounted.contains(&file.as_str()), || {
            Fault::new(
                format!(
                    "the {} is told to open the keystore `{file}`, and only {} are mounted",
                    context.graph.describe(node.id),
                    mounted.join(", ")
                ),
                "mount the key of the Secret with the keystores that has this name",
            )
            .at(configuration, key, found.provenance.span())
            .value(file.clone())
        });
    }
}

/// Types of keystores that Java opens for the product.
const STORE_TYPES: [&str; 4] = ["JKS", "PKCS12", "BCFKS", "JCEKS"];

fn is_of_a_known_type(context: &Context<'_>, judge: &mut Judge<'_>, key: &str) {
    for (node, _, configuration) in configured(context.graph) {
        let Some(found) = configuration
            .effective
            .as_ref()
            .and_then(|effective| effective.get(key))
        else {
            continue;
        };
        let Some(kind) = found.value.scalar_text().filter(|kind| !kind.contains('$')) else {
            continue;
        };
        let is_known = STORE_TYPES
            .iter()
            .any(|known| known.eq_ignore_ascii_case(&kind));
        judge.require(is_known, || {
            Fault::new(
                format!(
                    "the {} has a keystore of the type `{kind}`, which Java does not open",
                    context.graph.describe(node.id)
                ),
                format!("write one of {}", STORE_TYPES.join(", ")),
            )
            .at(configuration, key, found.provenance.span())
            .value(kind.clone())
        });
    }
}

/// A key in a Secret of the release is one that the product can use: 256 bits in hexadecimal digits.
pub(super) fn key_is_well_formed(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (node, _, configuration) in configured(context.graph) {
        let written = configuration
            .effective
            .as_ref()
            .and_then(|effective| effective.get("encryption.key"))
            .map(|found| found.value.to_string());
        let member = context.graph.member(node.id);
        let (Some(written), Some(main)) = (written, member.main) else {
            continue;
        };
        for variable in main.env() {
            let EnvSource::Secret { name, key, .. } = variable.source else {
                continue;
            };
            if !written.contains(&format!("$env{{{}}}", variable.name)) {
                continue;
            }
            let namespace = member.workload.object.namespace();
            let data = context
                .manifest
                .find("Secret", namespace, name)
                .and_then(|secret| {
                    secret
                        .value
                        .get("data")?
                        .get(key)?
                        .as_str()
                        .map(|text| (secret, text))
                });
            let Some((secret, text)) = data else {
                continue;
            };
            judge.require(holds_a_key(text), || {
                Fault::new(
                    format!(
                        "{} has under `{key}` no encryption key that the {} can use",
                        secret.reference(),
                        context.graph.describe(node.id)
                    ),
                    "fill it with 64 hexadecimal digits (`openssl rand -hex 32`)",
                )
                .object(secret)
            });
        }
    }
    judge.not_applicable("no Secret of a release holds an encryption key");
}

/// Whether a Secret's value is 64 hexadecimal digits, without a line break that would be part of them.
fn holds_a_key(encoded: &str) -> bool {
    let is_whole = encoded.len().is_multiple_of(4) && !encoded.contains(char::is_whitespace);
    let key = base64::decode(encoded).filter(|_| is_whole);
    key.is_some_and(|key| key.len() == 64 && key.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

pub(super) fn encryption_key(context: &Context<'_>, judge: &mut Judge<'_>) {
    const KEY: &str = "encryption.key";
    if !context.version.has(Feature::EncryptionKey) {
        judge.not_applicable("the product has no encryption key in this version");
        return;
    }
    for (node, _, configuration) in configured(context.graph) {
        let Some(effective) = &configuration.effective else {
            continue;
        };
        let found = effective
            .get(KEY)
            .filter(|found| found.provenance.is_written());
        judge.require(found.is_some(), || {
            Fault::new(
                format!(
                    "the {} has no encryption key, so it invents one that no other node knows",
                    context.graph.describe(node.id)
                ),
                "write [encryption] key = \"$env{AM_ENCRYPTION_KEY}\", the same on every node",
            )
            .at(configuration, KEY, None)
        });
    }
    agree(context, judge, KEY, |value| value.provenance.is_written());
    cipher(context, judge);
    judge.not_applicable("no node's configuration can be read");
}

/// The same key under another cipher reads nothing either. A node that leaves it out has the product's own.
fn cipher(context: &Context<'_>, judge: &mut Judge<'_>) {
    let table = KeyPath::from("system.parameter");
    let key = format!("{table}.org.wso2.CipherTransformation");
    let ciphers: Vec<_> = configured(context.graph)
        .filter_map(|(node, _, configuration)| {
            let effective = configuration.effective.as_ref()?;
            let found = effective
                .under(&table)
                .find(|(path, _)| path.to_string().contains("CipherTransformation"))
                .map(|(_, found)| found);
            Some((
                node,
                configuration,
                found.and_then(|found| found.value.scalar_text()),
            ))
        })
        .collect();
    let Some((first, _, expected)) = ciphers.first() else {
        return;
    };
    for (node, configuration, cipher) in &ciphers {
        judge.require(cipher == expected, || {
            let name = |cipher: &Option<String>| match cipher {
                Some(cipher) => format!("the cipher {cipher}"),
                None => "no written cipher".to_owned(),
            };
            Fault::new(
                format!(
                    "the {} has {}, but the {} has {}",
                    context.graph.describe(node.id),
                    name(cipher),
                    context.graph.describe(first.id),
                    name(expected)
                ),
                "write the same 'org.wso2.CipherTransformation' under [system.parameter] on all nodes",
            )
            .at(configuration, key.clone(), None)
        });
    }
}

/// Nodes of a component share their ports, so they must share their offset.
/// Below zero the server listens on other ports than anybody asks.
fn is_not_negative(
    context: &Context<'_>,
    node: &Node<'_>,
    configuration: &Configuration<'_>,
    judge: &mut Judge<'_>,
) {
    let written = configuration
        .effective
        .as_ref()
        .and_then(|effective| effective.text("server.offset"))
        .unwrap_or_default();
    judge.require(!written.trim().starts_with('-'), || {
        Fault::new(
            format!(
                "{} has the port offset {written}",
                context.graph.describe(node.id)
            ),
            "write 0 or more",
        )
        .at(configuration, "server.offset", None)
        .value(written.clone())
    });
}

pub(super) fn offset_of_component(context: &Context<'_>, judge: &mut Judge<'_>) {
    for component in Component::all() {
        let mut first: Option<u16> = None;
        for node in context.graph.nodes_of(component) {
            let Some(configuration) = &node.configuration else {
                continue;
            };
            is_not_negative(context, node, configuration, judge);
            let offset = configuration.offset();
            let expected = *first.get_or_insert(offset);
            judge.require(offset == expected, || {
                Fault::new(
                    format!("{} has the port offset {offset}, other nodes of the component have {expected}", context.graph.describe(node.id)),
                    "give all nodes of a component the same offset: they stand behind one Service",
                )
                .at(configuration, "server.offset", None)
                .value(offset.to_string())
            });
        }
    }
}

/// Reports every node whose value of `key` differs from the first node's. Nodes that leave the key out agree
/// with others that do; `counts` tells which values take part.
fn agree(
    context: &Context<'_>,
    judge: &mut Judge<'_>,
    key: &str,
    counts: impl Fn(&EffectiveValue) -> bool,
) {
    let mut first: Option<(String, String)> = None;
    for (node, _, configuration) in configured(context.graph) {
        let Some(effective) = &configuration.effective else {
            continue;
        };
        let found = effective.get(key).filter(|found| counts(found));
        let Some(found) = found else { continue };
        judge.looked();
        let identity = identity(context, node, found);
        let who = context.graph.describe(node.id);
        match &first {
            None => first = Some((identity, who)),
            Some((expected, _)) if *expected == identity => {}
            Some((_, other)) => judge.fault(
                Fault::new(
                    format!("`{key}` of the {who} is not the same as that of the {other}"),
                    format!("give `{key}` one value on all nodes, from one Secret"),
                )
                .at(configuration, key, found.provenance.span()),
            ),
        }
    }
}

/// What a value is, with each `$env{NAME}` replaced by where the variable comes from.
pub(super) fn identity(context: &Context<'_>, node: &Node<'_>, value: &EffectiveValue) -> String {
    // References to other keys are followed, variables are not: their value is often not known.
    let mut text = value.value.to_string();
    if !text.contains("$env{") {
        return text;
    }
    let member = context.graph.member(node.id);
    let Some(main) = member.main else { return text };
    // Kubernetes lets the last of several win.
    for variable in main.env().into_iter().rev() {
        let expression = format!("$env{{{}}}", variable.name);
        if !text.contains(&expression) {
            continue;
        }
        let source = match variable.source {
            EnvSource::Literal(literal) => literal.to_owned(),
            EnvSource::Secret { name, key, .. } => format!("Secret {name} {key}"),
            EnvSource::ConfigMap { name, key, .. } => format!("ConfigMap {name} {key}"),
            EnvSource::Field(_) | EnvSource::Other => continue,
        };
        text = text.replace(&expression, &source);
    }
    if text.contains("$env{") {
        // What is left comes from whole Secrets.
        for (kind, name, prefix, _) in main.env_from() {
            text = format!("{text} of {kind} {name} {prefix}");
        }
    }
    text
}
