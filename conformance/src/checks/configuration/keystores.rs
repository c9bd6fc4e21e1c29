//! Keystores that are mounted, and keys that Secrets hold.

use super::same::KEYSTORES;
use crate::{
    base64,
    context::{Context, Fault, Judge, configured},
    manifest::EnvSource,
};

/// Where the product looks for keystores, below its home.
const STORES: &str = "/repository/resources/security/";

/// Who brings one keystore brings all that the configuration names: those of the image have other passwords.
pub(super) fn are_mounted(context: &Context<'_>, judge: &mut Judge<'_>) {
    for store in KEYSTORES {
        is_mounted(context, judge, &format!("{store}.file_name"));
    }
}

fn is_mounted(context: &Context<'_>, judge: &mut Judge<'_>, key: &str) {
    for (node, component, configuration) in configured(context.graph) {
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
            .find_map(|mount| {
                mount
                    .path
                    .strip_suffix(component.distribution().configuration())
            })
            .map(|home| home.trim_end_matches('/'));
        let mounted: Vec<&str> = mounts
            .iter()
            .filter_map(|mount| {
                let (folder, file) = mount.path.split_once(STORES)?;
                home.is_none_or(|home| home == folder).then_some(file)
            })
            .collect();
        // Companions name it with its folder.
        let name = file.rsplit('/').next().unwrap_or(&file);
        let elsewhere = mounts.iter().find(|mount| {
            !mount.path.contains(STORES) && mount.path.rsplit('/').next() == Some(name)
        });
        let is_told = elsewhere.is_some() || mounts.iter().any(|mount| mount.path.contains(STORES));
        judge.require(!is_told || mounted.contains(&name), || {
            let instead = match elsewhere {
                Some(mount) => format!("it is mounted at {}, where nobody looks", mount.path),
                None => format!("only {} are mounted", mounted.join(", ")),
            };
            Fault::new(
                format!(
                    "the {} is told to open the keystore `{file}`, and {instead}",
                    context.graph.describe(node.id),
                ),
                "mount the key of the Secret with the keystores that has this name",
            )
            .at(configuration, key, found.provenance.span())
            .value(file.clone())
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
}

/// Whether a Secret's value is 64 hexadecimal digits, without a line break that would be part of them.
fn holds_a_key(encoded: &str) -> bool {
    let is_whole = encoded.len().is_multiple_of(4) && !encoded.contains(char::is_whitespace);
    let key = base64::decode(encoded).filter(|_| is_whole);
    key.is_some_and(|key| key.len() == 64 && key.bytes().all(|digit| digit.is_ascii_hexdigit()))
}
