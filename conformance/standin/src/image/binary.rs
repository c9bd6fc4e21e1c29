//! The static programs that go into the images.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What the images are made of.
#[derive(Debug, Clone)]
pub struct Programs {
    /// The stand-in.
    pub standin: PathBuf,
    /// The shell with its tools.
    pub shell: PathBuf,
    /// The names under which the shell stands in `/bin`.
    pub shell_names: Vec<String>,
}

impl Programs {
    /// Builds the stand-in of the workspace alone, for packs, which need no shell of their own.
    ///
    /// # Errors
    /// When it cannot be built.
    pub fn build_standin(workspace: &Path) -> Result<PathBuf, BuildError> {
        build_static_binary(workspace)
    }

    /// Builds the stand-in of the workspace, and asks `shell`, which is built from `tools/shell`, for its names.
    ///
    /// # Errors
    /// When the stand-in cannot be built or the shell cannot be run.
    pub fn build(workspace: &Path, shell: PathBuf) -> Result<Self, BuildError> {
        let output = Command::new(&shell)
            .arg("--names")
            .output()
            .map_err(|source| BuildError::Shell {
                path: shell.clone(),
                source,
            })?;
        let names = String::from_utf8_lossy(&output.stdout);
        Ok(Self {
            standin: build_static_binary(workspace)?,
            shell_names: names.split_whitespace().map(str::to_owned).collect(),
            shell,
        })
    }
}

/// Why there are no programs for the images.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Cargo could not be started.
    #[error("cannot start {cargo} to build the stand-in: {source}")]
    Start {
        /// The program.
        cargo: String,
        /// Why not.
        source: std::io::Error,
    },
    /// Cargo failed; it said why on standard error.
    #[error("cannot build the stand-in: cargo ended with {status}; its messages:\n{messages}")]
    Failed {
        /// How it ended.
        status: std::process::ExitStatus,
        /// The end of what it wrote to standard error.
        messages: String,
    },
    /// The shell does not run here.
    #[error("cannot run {path}, the shell of the images: {source}")]
    Shell {
        /// Where it is.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// This kind of machine cannot build a binary for Linux containers.
    #[error(
        "the stand-in is built for Linux on x86_64 or aarch64, not for {0}: run the live suite there"
    )]
    Platform(String),
}

/// Lines of Cargo's messages that an error repeats.
const MESSAGE_LINES: usize = 40;

/// Builds the stand-in as a static binary for containers on this machine's architecture, in the profile `standin` of
/// the workspace at `workspace`, and tells where it is.
///
/// The GNU target links statically with `crt-static`: names are resolved by the stand-in's own resolver, so that the C
/// library's name service, which cannot be linked statically, is never used.
fn build_static_binary(workspace: &Path) -> Result<PathBuf, BuildError> {
    let (os, architecture) = (std::env::consts::OS, std::env::consts::ARCH);
    if os != "linux" || !["x86_64", "aarch64"].contains(&architecture) {
        return Err(BuildError::Platform(format!("{os} on {architecture}")));
    }
    let target = format!("{architecture}-unknown-linux-gnu");
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let folder = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| workspace.join("target"), PathBuf::from);
    let output = Command::new(&cargo)
        .current_dir(workspace)
        .args([
            "build",
            "--quiet",
            "--package",
            "am-standin",
            "--bin",
            "am-standin",
            "--profile",
            "standin",
        ])
        .args(["--target", &target])
        .arg("--target-dir")
        .arg(&folder)
        .env("RUSTFLAGS", "-C target-feature=+crt-static")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .map_err(|source| BuildError::Start { cargo, source })?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = text.lines().collect();
        let messages = lines
            .split_at(lines.len().saturating_sub(MESSAGE_LINES))
            .1
            .join("\n");
        return Err(BuildError::Failed {
            status: output.status,
            messages,
        });
    }
    Ok(folder.join(target).join("standin").join("am-standin"))
}

/// Whether an ELF file asks for a dynamic loader (a program header of type `PT_INTERP`).
pub(super) fn needs_interpreter(elf: &[u8]) -> bool {
    const PROGRAM_HEADER_INTERPRETER: u32 = 3;
    let number = |at: usize, length: usize| -> Option<usize> {
        let bytes = elf.get(at..at.checked_add(length)?)?;
        bytes.iter().rev().try_fold(0_usize, |number, byte| {
            Some(number.checked_mul(256)? + usize::from(*byte))
        })
    };
    // 64 bits, little endian: both architectures of the images.
    if !elf.starts_with(b"\x7fELF\x02\x01") {
        return false;
    }
    let (Some(table), Some(size), Some(count)) = (number(32, 8), number(54, 2), number(56, 2))
    else {
        return false;
    };
    (0..count).any(|entry| {
        let at = entry
            .checked_mul(size)
            .and_then(|offset| offset.checked_add(table));
        at.and_then(|at| number(at, 4)) == usize::try_from(PROGRAM_HEADER_INTERPRETER).ok()
    })
}
