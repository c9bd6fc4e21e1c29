//! `cargo xtask`: builds what a command needs, side by side, and becomes the command.
//!
//! On a fresh clone the pinned Go tools are built while Cargo compiles the command. What only a cluster needs is in a program
//! of its own, which is compiled when `--cluster` asks for it.

mod needs;

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use am_pinned_tools::{StderrProgress, Tool, Toolchain, wait_for};

/// The exit code for what could not be done, as ARCHITECTURE.md documents it.
const UNABLE: u8 = 3;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let needs = needs::of(&arguments);
    let tools = std::thread::spawn(move || build(needs.tools));
    let program = compile(needs.program);
    // A program that does not compile is told at once, whatever Go still builds.
    let started = program.and_then(|program| {
        // A tool that cannot be built is told by the command that needs it.
        let _ = tools.join();
        start(&program, &arguments)
    });
    started.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        UNABLE.into()
    })
}

/// Builds the tools that are missing, one after another: they share most packages, and Go uses all cores for one.
fn build(tools: &[Tool]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let toolchain = Toolchain::new(root);
    for &tool in tools {
        let _ = toolchain.ensure(tool, &mut StderrProgress::default());
    }
}

/// Lets Cargo compile a program of the workspace, and returns its path: beside this one.
fn compile(program: &str) -> io::Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut child = Command::new(cargo)
        .args(["build", "--quiet", "--package", program, "--bin", program])
        // Whoever calls it from another folder has another toolchain and configuration of Cargo there.
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .stdin(Stdio::null())
        .spawn()?;
    let what = format!("compiling {program} with Cargo");
    let status = wait_for(&mut child, &what, &mut StderrProgress::default())?;
    if !status.success() {
        return Err(io::Error::other(format!("{program} could not be compiled")));
    }
    Ok(env::current_exe()?.with_file_name(format!("{program}{}", env::consts::EXE_SUFFIX)))
}

/// Becomes the program, so that its terminal, signals and exit code are its own.
#[cfg(unix)]
fn start(program: &Path, arguments: &[OsString]) -> io::Result<ExitCode> {
    use std::os::unix::process::CommandExt as _;
    Err(Command::new(program).args(arguments).exec())
}

#[cfg(not(unix))]
fn start(program: &Path, arguments: &[OsString]) -> io::Result<ExitCode> {
    let status = Command::new(program).args(arguments).status()?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.unwrap_or(UNABLE).into())
}
