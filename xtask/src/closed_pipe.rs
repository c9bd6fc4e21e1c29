//! Output that nobody reads on, as with `cargo xtask … | head`: the command ends as others do, quietly and by its own means.
//!
//! Rust ignores the signal and panics when it prints. The signal is left ignored, because it would also end a command whose tool
//! goes away; so the panic is kept quiet, and whatever the command holds (clusters, folders) is given back on the way out.

use std::panic::{self, PanicHookInfo, UnwindSafe};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

/// What shells say of a program that ended by the signal of a closed pipe: 128 and 13.
const CODE: u8 = 141;

static IS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Runs a command; when nobody reads what it prints, it ends with the usual exit code and without a word.
pub(crate) fn quietly(run: impl FnOnce() -> ExitCode + UnwindSafe) -> ExitCode {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |told| {
        if is_about_a_closed_pipe(told) {
            IS_CLOSED.store(true, Ordering::Relaxed);
        }
        // Whoever waits for a thread that could not print panics, too.
        if !IS_CLOSED.load(Ordering::Relaxed) {
            usual(told);
        }
    }));
    match panic::catch_unwind(run) {
        Ok(code) => code,
        Err(_) if IS_CLOSED.load(Ordering::Relaxed) => CODE.into(),
        Err(other) => panic::resume_unwind(other),
    }
}

fn is_about_a_closed_pipe(told: &PanicHookInfo<'_>) -> bool {
    let message = told.payload().downcast_ref::<String>();
    let message = message.map_or("", String::as_str);
    message.starts_with("failed printing to std") && message.contains("Broken pipe")
}
