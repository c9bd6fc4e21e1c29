//! The commands that need no cluster.

fn main() -> std::process::ExitCode {
    xtask::main(None)
}
