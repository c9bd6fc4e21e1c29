//! Finds or builds the Go tools that `tools/` pins.
//!
//! [`Toolchain::ensure`] turns a [`Tool`] into the path of an executable of exactly the pinned version.

mod error;
mod go_mod;
mod pin;
mod progress;
mod tool;
mod toolchain;

pub use error::ToolError;
pub use progress::{Progress, Silent, StderrProgress, wait_for};
pub use tool::Tool;
pub use toolchain::Toolchain;
