//! cosign: signatures beside a manifest, in the same repository.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{PackagingError, io};
use crate::program::{output, run};
use crate::registry::Registry;

const HINT: &str = "is the key right, and COSIGN_PASSWORD its password?";

/// How cosign signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signature {
    /// With a private key of cosign's in a file; `COSIGN_PASSWORD` is its password. Nothing is told to a public log.
    Key(PathBuf),
    /// With a certificate that Sigstore gives to whoever an identity provider knows, as on GitHub. Such signatures are public.
    Keyless,
}

/// cosign with a key, or without.
pub(crate) struct Signer<'a> {
    pub(crate) cosign: PathBuf,
    pub(crate) signature: &'a Signature,
    pub(crate) registry: &'a Registry,
    /// The public key, where there is a key.
    public: Option<tempfile::NamedTempFile>,
}

impl<'a> Signer<'a> {
    /// Makes sure that the key can be used, before anything is pushed.
    pub(crate) fn new(
        cosign: PathBuf,
        signature: &'a Signature,
        registry: &'a Registry,
    ) -> Result<Self, PackagingError> {
        let public = match signature {
            Signature::Key(key) => Some(public_key(&cosign, key)?),
            Signature::Keyless => None,
        };
        Ok(Self {
            cosign,
            signature,
            registry,
            public,
        })
    }

    /// Whether what is there has a signature of the key; without a key, whether it has one that Sigstore vouches for.
    pub(crate) fn is_signed(&self, reference: &str) -> Result<bool, PackagingError> {
        Ok(output(&mut self.verification(reference))?.status.success())
    }

    /// Signs a manifest, and makes sure of it.
    pub(crate) fn sign(&self, reference: &str) -> Result<(), PackagingError> {
        let mut sign = self.call("sign");
        sign.arg("--yes");
        if let Signature::Key(key) = self.signature {
            sign.arg("--key")
                .arg(key)
                // No service of Sigstore is asked: a key of one's own needs none, and the network may have none.
                .args(["--use-signing-config=false", "--tlog-upload=false"]);
        }
        run(sign.arg(reference), HINT)?;
        run(&mut self.verification(reference), HINT).map(|_| ())
    }

    fn verification(&self, reference: &str) -> Command {
        let mut verify = self.call("verify");
        match &self.public {
            Some(public) => verify
                .arg("--key")
                .arg(public.path())
                .arg("--insecure-ignore-tlog"),
            None => verify.args([
                "--certificate-identity-regexp=.+",
                "--certificate-oidc-issuer-regexp=.+",
            ]),
        };
        verify.arg(reference);
        verify
    }

    fn call(&self, subcommand: &str) -> Command {
        let mut command = Command::new(&self.cosign);
        command.arg(subcommand);
        if self.registry.is_plain_http() {
            command.arg("--allow-http-registry");
        }
        command
    }
}

fn public_key(cosign: &Path, key: &Path) -> Result<tempfile::NamedTempFile, PackagingError> {
    if !key.is_file() {
        return Err(PackagingError::Usage(format!(
            "there is no key {}; `cosign generate-key-pair` makes one",
            key.display()
        )));
    }
    let mut command = Command::new(cosign);
    command.args(["public-key", "--key"]).arg(key);
    let output = run(&mut command, HINT)?;
    let folder = std::env::temp_dir();
    let file = tempfile::Builder::new()
        .suffix(".pub")
        .tempfile_in(&folder)
        .map_err(io("create a file in", &folder))?;
    std::fs::write(file.path(), &output.stdout).map_err(io("write", file.path()))?;
    Ok(file)
}
