//! What the machines are given: packs with the stand-in, certificates, and how stand-ins behave.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use am_deployment_toml::product::{Distribution, Product, ProductVersion};
use am_standin::image::{Programs, write_pack};

use super::integrators::clusters;
use super::lab::Lab;
use super::site::{MachineSite, Site};
use crate::error::LiveError;

/// The certificate of the site, in the run's folder, for who is no host of it.
pub(super) const CERTIFICATE: &str = "certificate.pem";

/// Stand-ins start, stop and look around quickly: two processors play many machines.
const BEHAVIOUR: &str = "STANDIN_STARTUP_DELAY=500ms\nSTANDIN_PROBE_INTERVAL=1s\nSTANDIN_CERTIFICATE=/etc/am-standin.pem\n";

/// Builds the stand-in, and a pack of every distribution of the product in every version, in `folder`.
pub(super) async fn packs(
    workspace: &Path,
    versions: &[String],
    folder: &Path,
) -> Result<PathBuf, LiveError> {
    std::fs::create_dir_all(folder).map_err(LiveError::file("create", folder))?;
    let (workspace, folder) = (workspace.to_owned(), folder.to_owned());
    let versions: Vec<ProductVersion> = versions
        .iter()
        .filter_map(|name| ProductVersion::from_name(name))
        .collect();
    let built = tokio::task::spawn_blocking(move || {
        let standin = Programs::build_standin(&workspace).map_err(|error| error.to_string())?;
        for version in versions {
            for distribution in Distribution::all() {
                write_pack(&standin, Product::new(version, distribution), &folder)
                    .map_err(|error| error.to_string())?;
            }
        }
        Ok::<_, String>(standin)
    });
    let built = built
        .await
        .map_err(|error| error.to_string())
        .and_then(|built| built);
    built.map_err(|reason| {
        LiveError::unavailable(
            reason,
            "the stand-in must build with `cargo build -p am-standin`",
        )
    })
}

/// As many connections as a machine with few open files bears; the tree's file asks for more.
const HAPROXY: &str = "EXTRAOPTS=-n 1000\n";

/// Puts what components take besides packs beside these: drivers, keystores. Only their being there counts.
pub(super) fn files(site: &Site, packs: &Path) -> Result<(), LiveError> {
    for name in &site.files {
        let file = packs.join(name);
        let folder = file.parent().unwrap_or(packs);
        std::fs::create_dir_all(folder).map_err(LiveError::file("create", folder))?;
        std::fs::write(&file, "stand-in\n").map_err(LiveError::file("write", &file))?;
    }
    for (name, component) in &site.artifacts {
        let (file, app) = clusters::artifact(*component);
        let folder = packs.join(name);
        std::fs::create_dir_all(&folder).map_err(LiveError::file("create", &folder))?;
        let file = folder.join(file);
        std::fs::write(&file, app).map_err(LiveError::file("write", &file))?;
    }
    Ok(())
}

/// Lays on every machine what an operator brings: certificates; and what the suite tells its stand-ins.
pub(super) async fn lay(
    site: &Site,
    given: &MachineSite,
    lab: &Lab,
    standin: &Path,
) -> Result<(), LiveError> {
    let names: Vec<String> = site
        .hosts
        .iter()
        .flat_map(|host| [host.name.clone(), host.address.clone()])
        .chain(site.names.iter().cloned())
        .chain([site.address.clone(), "localhost".to_owned()])
        .collect();
    let made = rcgen::generate_simple_self_signed(names).map_err(|error| {
        LiveError::unavailable(
            format!("no certificate can be made: {error}"),
            "report this as a bug",
        )
    })?;
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let file = lab.folder().join(CERTIFICATE);
    std::fs::write(&file, &certificate).map_err(LiveError::file("write", &file))?;
    for host in &site.hosts {
        let both = format!("{certificate}{key}");
        // Stand-ins of every machine have the same certificate; the load balancer trusts it, and has it, too.
        let mut files = vec![
            (
                "/run/am-machine/environment".to_owned(),
                format!("{BEHAVIOUR}{}", clusters::behaviour_beside(site)),
            ),
            ("/etc/am-standin.pem".to_owned(), both.clone()),
        ];
        if host.parts.is_empty() {
            files.push((
                "/run/am-machine/environment.haproxy.service".to_owned(),
                HAPROXY.to_owned(),
            ));
            files.extend(given.certificate.clone().map(|path| (path, both.clone())));
            files.extend(
                given
                    .backend_ca
                    .clone()
                    .map(|path| (path, certificate.clone())),
            );
        }
        for (part, port) in host
            .parts
            .iter()
            .zip(am_standin::settings::OBSERVATIONS_PORT..)
        {
            let path = format!("/run/am-machine/environment.{}.service", part.unit());
            let own = clusters::behaviour(part.component);
            files.push((path, format!("STANDIN_OBSERVATIONS_PORT={port}\n{own}")));
        }
        let mut script = format!(
            "set -e\nmkdir -p {java}/bin\nln -sf {standin} {java}/bin/java",
            java = site.java_home,
            standin = standin.display()
        );
        for (path, content) in files {
            // Writing to a string cannot fail.
            let _ = write!(
                script,
                "\nmkdir -p \"$(dirname '{path}')\"\ncat >'{path}' <<'AM-END'\n{content}\nAM-END\nchmod 644 '{path}'"
            );
        }
        lab.get(&host.name)?.script(&script).run().await?;
    }
    Ok(())
}
