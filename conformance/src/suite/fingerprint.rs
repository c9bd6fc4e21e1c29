//! Digests of what a judgement follows from.

use std::{fs::File, io, path::Path, sync::OnceLock};

use sha2::{Digest, Sha256};

/// A digest over parts in order; each is preceded by its length, so that two lists never look alike.
#[derive(Default)]
pub(super) struct Fingerprint(Sha256);

impl Fingerprint {
    pub(super) fn add(&mut self, part: impl AsRef<[u8]>) {
        let part = part.as_ref();
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part);
    }

    pub(super) fn list(&mut self, parts: &[String]) {
        self.add(parts.len().to_le_bytes());
        for part in parts {
            self.add(part);
        }
    }

    pub(super) fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}

/// The digest of some bytes.
pub(super) fn of(bytes: impl AsRef<[u8]>) -> String {
    hex(&Sha256::digest(bytes))
}

/// The digest of the running program: whatever judges is in it, requirements and schemas included.
pub(super) fn of_program() -> Option<&'static str> {
    static DIGEST: OnceLock<Option<String>> = OnceLock::new();
    DIGEST
        .get_or_init(|| {
            // The running file, even when a build has put another one in its place.
            let own = Path::new("/proc/self/exe");
            let file = File::open(own).or_else(|_| File::open(std::env::current_exe()?));
            let mut hash = Sha256::new();
            io::copy(
                &mut io::BufReader::with_capacity(1 << 20, file.ok()?),
                &mut Write(&mut hash),
            )
            .ok()?;
            Some(hex(&hash.finalize()))
        })
        .as_deref()
}

struct Write<'h>(&'h mut Sha256);

impl io::Write for Write<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::Fingerprint;

    #[test]
    fn parts_are_told_apart() {
        let of = |parts: &[&str]| {
            let mut fingerprint = Fingerprint::default();
            for part in parts {
                fingerprint.add(part);
            }
            fingerprint.finish()
        };
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_ne!(of(&["", "a"]), of(&["a", ""]));
        assert_eq!(of(&["a", "b"]), of(&["a", "b"]));
    }
}
