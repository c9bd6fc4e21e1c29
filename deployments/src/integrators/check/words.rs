//! Words, names and texts, each by itself.

use am_generator::Families;
use am_generator::diagnostic::Diagnostics;
use am_generator::model::Loaded;
use am_generator::yaml::Text;
use serde_saphyr::Spanned;

use super::super::cluster::{EACH, family};
use super::super::placeholders::{KNOWN, named, named_in};
use super::super::values::image_of;
use crate::check::unknown;
use crate::document::Deployment;
use crate::document::integrators::{Artifacts, Integrator, Tenant, Tenants};
use crate::names::{is_host, is_part};
use crate::vocabulary::Vocabulary;

/// Tenants of the document, and what its sites say of integrators.
pub(crate) fn words(
    document: &Loaded<Deployment>,
    families: &Families,
    vocabulary: &Vocabulary,
    found: &mut Diagnostics,
) {
    for (index, tenant) in document.tenants.iter().enumerate() {
        let before = &document.tenants[..index];
        tenant_is_sound(document, tenant, before, found);
    }
    for said in document.sites.value.iter().flat_map(|it| &it.integrators) {
        integrator(document, said, families, vocabulary, found);
    }
}

fn tenant_is_sound(
    document: &Loaded<Deployment>,
    tenant: &Spanned<Tenant>,
    before: &[Spanned<Tenant>],
    found: &mut Diagnostics,
) {
    let (domain, label) = (tenant.value.domain(), tenant.value.label());
    if !is_host(domain) {
        let message = format!("`{domain}` is no domain of a tenant");
        let diagnostic = document.diagnose(tenant, message);
        found.push(diagnostic.hint("write it as API Manager shows it, such as acme.example.com"));
    } else if !is_part(label) {
        let message = format!("`{label}` cannot be a part of the name of a release");
        let hint = "write lowercase letters, digits and dashes";
        found.push(document.diagnose(tenant, message).hint(hint));
    }
    if before.iter().any(|it| it.value.domain() == domain) {
        let message = format!("the tenant {domain} is there twice");
        found.push(document.diagnose(tenant, message).hint("remove one"));
    } else if let Some(other) = before.iter().find(|it| it.value.label() == label) {
        let message = format!(
            "releases of {} and of {domain} would both be called after `{label}`",
            other.value.domain()
        );
        let hint = format!("write {{domain: {domain}, label: …}} with a label of its own");
        found.push(document.diagnose(tenant, message).hint(hint));
    }
}

fn integrator(
    document: &Loaded<Deployment>,
    said: &Integrator,
    families: &Families,
    vocabulary: &Vocabulary,
    found: &mut Diagnostics,
) {
    if let Some(name) = said.name.as_ref().filter(|name| !is_part(&name.value)) {
        let message = format!("`{}` cannot be a part of the name of a release", name.value);
        let hint = "write lowercase letters, digits and dashes";
        found.push(document.diagnose(name, message).hint(hint));
    }
    if let Some(tenants) = &said.tenants {
        its_tenants(document, tenants, found);
    }
    for (field, text) in texts(said) {
        // Host names are judged with the tenant's names in them.
        if text.value.is_empty() && field != HOST_NAME {
            let message = format!("{field} is empty");
            let hint = "write a name, or remove the field";
            found.push(document.diagnose(text, message).hint(hint));
        }
        let known = said.tenants.is_some();
        for name in named(&text.value) {
            if !KNOWN.contains(&name) {
                let message = format!("there is nothing to put in the place of {{{name}}}");
                let meant = am_suggest::near(name, KNOWN);
                let meant = meant.map(|it| format!("did you mean {{{it}}}? "));
                let hint = format!(
                    "{}accepted are: {{{}}}",
                    meant.unwrap_or_default(),
                    KNOWN.join("}, {")
                );
                found.push(document.diagnose(text, message).hint(hint));
            } else if !known {
                let message = format!("{{{name}}} is of a tenant, and this cluster is everybody's");
                let hint = "write `tenants: each` or a list of domains, or a name without it";
                found.push(document.diagnose(text, message).hint(hint));
            }
        }
    }
    // Values have braces of their own, so only what is nearly one of these is a mistake.
    for (key, value) in said.values.iter() {
        for name in named_in(value) {
            let meant = am_suggest::near(name, KNOWN).filter(|it| *it != name);
            if let Some(meant) = meant {
                let message = format!("there is nothing to put in the place of {{{name}}}");
                let hint = format!("did you mean {{{meant}}}?");
                found.push(document.diagnose(key, message).hint(hint));
            }
        }
    }
    let image = said.artifacts.iter().find_map(|it| it.image.as_ref());
    let is_only_named = |image: &&Text| {
        let parts = image_of(&image.value);
        !image.value.is_empty() && parts.get("tag").is_none() && parts.get("digest").is_none()
    };
    if let Some(image) = image.filter(is_only_named) {
        let message = format!("`{}` names neither a tag nor a digest", image.value);
        let hint = "write `repository:tag`, or `repository@sha256:…`";
        found.push(document.diagnose(image, message).hint(hint));
    }
    let folder = said.artifacts.iter().find_map(|it| it.folder.as_ref());
    let is_elsewhere = |folder: &&Text| !folder.value.is_empty() && !is_folder(&folder.value);
    if let Some(folder) = folder.filter(is_elsewhere) {
        let message = format!("`{}` is no folder among the packs", folder.value);
        let hint = "write its path below the folder of packs, such as capps or mi/capps, in letters, digits, dots, dashes and underscores";
        found.push(document.diagnose(folder, message).hint(hint));
    }
    let kind = vocabulary.integrators.get(&said.kind.value);
    if let Some((model, _)) = kind.and_then(|kind| family(kind, families)) {
        let endpoints = model.endpoints.iter();
        let known: Vec<&str> = endpoints
            .map(|(_, it)| it.hostname.value.as_str())
            .collect();
        for (key, _) in said.hostnames.iter() {
            if !known.contains(&key.value.as_str()) {
                found.push(unknown(document, "endpoint", key, known.iter().copied()));
            }
        }
    }
}

/// The field of a host name, whatever its key.
const HOST_NAME: &str = "hostnames";

/// Texts in which a tenant's names may stand, each with its field.
fn texts(said: &Integrator) -> impl Iterator<Item = (&'static str, &Text)> {
    let credentials = said.credentials.iter();
    let credentials = credentials.map(|it| ("credentials.existingSecret", &it.existing_secret));
    let databases = said.coordination.iter();
    let databases = databases.map(|it| ("coordination.database", &it.database));
    let artifacts = said.artifacts.iter().flat_map(Artifacts::named);
    let hosts = said.hostnames.iter();
    let hosts = hosts.map(|(_, host)| (HOST_NAME, host));
    credentials.chain(databases).chain(artifacts).chain(hosts)
}

/// A folder below that of the packs, so that nothing else of the machine that runs Ansible is copied.
fn is_folder(text: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "._-{}".contains(c);
    text.split('/')
        .all(|segment| !["", ".", ".."].contains(&segment) && segment.chars().all(is_allowed))
}

fn its_tenants(document: &Loaded<Deployment>, tenants: &Spanned<Tenants>, found: &mut Diagnostics) {
    let all: Vec<&str> = document
        .tenants
        .iter()
        .map(|it| it.value.domain())
        .collect();
    match &tenants.value {
        Tenants::Word(word) if word != EACH => {
            let message = format!("unknown word `{word}` for tenants");
            let hint = format!("write `{EACH}`, or a list of domains");
            found.push(document.diagnose(tenants, message).hint(hint));
        }
        Tenants::Word(_) if all.is_empty() => {
            let message = "the document names no tenants, so that this would be no cluster at all";
            let hint = "list their domains in `tenants` of the document";
            found.push(document.diagnose(tenants, message).hint(hint));
        }
        Tenants::Word(_) => {}
        Tenants::Some(domains) if domains.is_empty() => {
            let message = "no tenants are listed, so that this would be no cluster at all";
            let hint = "list some, or remove `tenants` for one cluster that is everybody's";
            found.push(document.diagnose(tenants, message).hint(hint));
        }
        Tenants::Some(domains) => {
            for (index, domain) in domains.iter().enumerate() {
                if domains[..index].contains(domain) {
                    let message = format!("the tenant {domain} is there twice");
                    found.push(document.diagnose(tenants, message).hint("remove one"));
                } else if !all.contains(&domain.as_str()) {
                    let message = format!("the document names no tenant `{domain}`");
                    let meant = am_suggest::hint(domain, all.iter().copied());
                    let hint = meant.unwrap_or_else(|| {
                        "list its domain in `tenants` of the document, too".to_owned()
                    });
                    found.push(document.diagnose(tenants, message).hint(hint));
                }
            }
        }
    }
}
