//! All commands of `cargo xtask`, with what a cluster needs.

mod play;

fn main() -> std::process::ExitCode {
    xtask::main(Some(play::play))
}
