//! What a person sees while a tool is being built.

use std::io::{IsTerminal, Write};
use std::time::Duration;

/// Hears about work that takes seconds or minutes.
pub trait Progress {
    /// Called when the work starts, about once a second while it goes on, and when it is done.
    fn report(&mut self, what: &str, elapsed: Duration, done: bool);
}

/// Says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn report(&mut self, _what: &str, _elapsed: Duration, _done: bool) {}
}

/// One line on standard error: rewritten each second on a terminal, written once at the start and once at the end
/// elsewhere (a log file does not want a line a second).
#[derive(Debug, Clone, Copy, Default)]
pub struct StderrProgress {
    announced: bool,
}

impl Progress for StderrProgress {
    fn report(&mut self, what: &str, elapsed: Duration, done: bool) {
        let seconds = elapsed.as_secs();
        let mut stderr = std::io::stderr().lock();
        // A progress line that cannot be written is no reason to stop the work.
        let _ = if stderr.is_terminal() {
            let end = if done { ", done\n" } else { "" };
            write!(stderr, "\r\x1b[2K{what} ({seconds} s{end}")
                .and_then(|()| if done { Ok(()) } else { write!(stderr, ")") })
                .and_then(|()| stderr.flush())
        } else if done {
            writeln!(stderr, "{what}: done after {seconds} s")
        } else if self.announced {
            Ok(())
        } else {
            writeln!(stderr, "{what} …")
        };
        self.announced = !done;
    }
}
