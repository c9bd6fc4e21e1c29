//! The archive format of `docker save`: a manifest, a configuration for each image, and layers by digest.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// A layer: a tar file and its digest.
pub(super) struct Layer {
    tar: Vec<u8>,
    digest: String,
}

impl Layer {
    pub(super) fn new(tar: Vec<u8>) -> Self {
        Self {
            digest: digest(&tar),
            tar,
        }
    }

    pub(super) fn digest(&self) -> &str {
        &self.digest
    }

    fn path(&self) -> String {
        format!("{}/layer.tar", self.digest)
    }
}

/// The SHA-256 of bytes, in hexadecimal digits.
pub(crate) fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _written = write!(text, "{byte:02x}");
            text
        })
}

/// An archive under construction.
pub(super) struct Archive<W: Write> {
    tar: tar::Builder<W>,
    written: BTreeSet<String>,
    manifest: Vec<Value>,
}

impl<W: Write> Archive<W> {
    pub(super) fn new(writer: W) -> Self {
        Self {
            tar: tar::Builder::new(writer),
            written: BTreeSet::new(),
            manifest: Vec::new(),
        }
    }

    /// Adds an image; layers that are there already are shared.
    pub(super) fn add(
        &mut self,
        reference: &str,
        configuration: &[u8],
        layers: &[&Layer],
    ) -> io::Result<()> {
        let configuration_path = format!("{}.json", digest(configuration));
        self.write(&configuration_path, configuration)?;
        for layer in layers {
            self.write(&layer.path(), &layer.tar)?;
        }
        self.manifest.push(json!({
            "Config": configuration_path,
            "RepoTags": [reference],
            "Layers": layers.iter().map(|layer| layer.path()).collect::<Vec<_>>(),
        }));
        Ok(())
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        let manifest = serde_json::to_vec(&self.manifest)?;
        self.write("manifest.json", &manifest)?;
        self.tar.into_inner()?.flush()
    }

    fn write(&mut self, path: &str, content: &[u8]) -> io::Result<()> {
        if !self.written.insert(path.to_owned()) {
            return Ok(());
        }
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        header.set_mtime(0);
        self.tar.append_data(&mut header, path, content)
    }
}
