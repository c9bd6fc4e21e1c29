//! `cargo xtask publish`: packages into an OCI registry.

use std::path::PathBuf;

use am_packaging::{
    Outcome, PublishOptions, Published, Registry, Signature, State, package, publish, select,
};
use am_toolchain::{StderrProgress, Toolchain};
use clap::Args;
use serde_json::json;

use crate::exit::ExitStatus;
use crate::packages::{self, Failure, Format, OpenPgp, Which};
use crate::workspace;

/// What Artifact Hub reads of each repository, below the workspace.
const ARTIFACT_HUB: &str = "artifacthub-repo.yml";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    to: Destination,
    /// Change the registry. Without it, what would be done is told and nothing is changed.
    #[arg(long)]
    execute: bool,
    /// Publish the packages of this folder, made by `cargo xtask package`; made anew unless given.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["product_version", "pattern", "release", "provenance_key"])]
    packages: Option<PathBuf>,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    provenance: OpenPgp,
    /// Sign what is published with cosign: with --key, or without a key where an identity provider is at hand.
    #[arg(long)]
    sign: bool,
    /// cosign's private key; `COSIGN_PASSWORD` is its password.
    #[arg(long, value_name = "FILE", requires = "sign")]
    key: Option<PathBuf>,
    /// Leave out artifacthub-repo.yml, which Artifact Hub reads of each repository.
    #[arg(long)]
    no_artifact_hub: bool,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// Where the charts go.
#[derive(Debug, Args)]
struct Destination {
    /// Where the charts go: `oci://HOST/PATH`, a repository for each chart below it.
    #[arg(long, value_name = "OCI")]
    registry: Registry,
    /// Speak HTTP without TLS. To this machine (localhost, 127.0.0.1) that is so unasked.
    #[arg(long)]
    plain_http: bool,
}

pub(crate) fn run(arguments: &Arguments) -> ExitStatus {
    match execute(arguments) {
        Ok(outcome) => {
            tell(arguments, &outcome);
            if outcome.refused().next().is_some() {
                ExitStatus::Failure
            } else {
                ExitStatus::Success
            }
        }
        Err(failure) => failure.tell(arguments.format == Format::Json),
    }
}

fn execute(arguments: &Arguments) -> Result<Outcome, Failure> {
    let root = workspace::root();
    let toolchain = Toolchain::new(&root);
    let made;
    let folder = if let Some(folder) = &arguments.packages {
        folder.clone()
    } else {
        made = tempfile::tempdir()
            .map_err(|error| Failure::unable(format!("could not create a folder: {error}")))?;
        let families = packages::families()?;
        let which = &arguments.which;
        packages::check_release(families.main(), which.release.as_deref())?;
        let selected = select(&families, &which.product_version, &which.pattern)?;
        package(
            &toolchain,
            &families,
            &selected,
            made.path(),
            arguments.provenance.provenance().as_ref(),
            &mut StderrProgress::default(),
        )?;
        made.path().to_owned()
    };
    let signature = arguments.sign.then(|| {
        let key = arguments.key.clone();
        key.map_or(Signature::Keyless, Signature::Key)
    });
    let options = PublishOptions {
        packages: folder,
        registry: arguments
            .to
            .registry
            .clone()
            .over_plain_http(arguments.to.plain_http),
        signature,
        artifact_hub: (!arguments.no_artifact_hub).then(|| root.join(ARTIFACT_HUB)),
        execute: arguments.execute,
    };
    Ok(publish(
        &toolchain,
        &options,
        &mut StderrProgress::default(),
    )?)
}

/// What was done with a package, or would be.
fn word(published: &Published, executed: bool) -> &'static str {
    match (published.state, executed) {
        (State::Absent, true) => "pushed",
        (State::Absent, false) => "would push",
        (State::Same | State::SameWithoutProvenance, _) => "already there",
        (State::Different, _) => "REFUSED",
    }
}

/// What else is to be said of it.
fn note(published: &Published, executed: bool) -> String {
    let mut notes = Vec::new();
    if published.state == State::SameWithoutProvenance {
        notes.push("its provenance file is not, and a version is never changed".to_owned());
    }
    if published.state == State::Different {
        notes.push(format!(
            "sha256:{} is there, this is sha256:{}; raise the version in generator/model/releases.yaml",
            published.found.as_deref().unwrap_or("(no chart)"),
            published.package.sha256
        ));
    }
    if published.signed {
        notes.push(if executed { "signed" } else { "would sign" }.to_owned());
    }
    if notes.is_empty() {
        String::new()
    } else {
        format!(" ({})", notes.join("; "))
    }
}

fn tell(arguments: &Arguments, outcome: &Outcome) {
    let executed = outcome.executed;
    if arguments.format == Format::Json {
        let packages: Vec<_> = outcome
            .packages
            .iter()
            .map(|published| {
                json!({
                    "chart": published.package.chart,
                    "version": published.package.version,
                    "productVersion": published.package.product_version,
                    "reference": published.reference,
                    "sha256": published.package.sha256,
                    "outcome": word(published, executed),
                    "found": published.found,
                    "manifest": published.manifest,
                    "signed": published.signed && executed,
                    "note": note(published, executed).trim(),
                })
            })
            .collect();
        println!(
            "{}",
            json!({"registry": arguments.to.registry.to_string(), "executed": executed,
                "packages": packages, "artifactHub": outcome.artifact_hub})
        );
        return;
    }
    for published in &outcome.packages {
        println!(
            "{:<14} {}{}",
            word(published, executed),
            published.reference,
            note(published, executed)
        );
    }
    for reference in &outcome.artifact_hub {
        let word = if executed { "pushed" } else { "would push" };
        println!("{word:<14} {reference}");
    }
    let refused = outcome.refused().count();
    if refused > 0 {
        eprintln!(
            "nothing was published: {refused} of {} versions are there with other bytes",
            outcome.packages.len()
        );
    } else if !executed {
        println!("nothing was changed; --execute does it");
    }
}
