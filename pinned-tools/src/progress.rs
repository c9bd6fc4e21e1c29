//! What a person sees while something is being built.

use std::io::{IsTerminal, Write};
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

/// How often a process is asked whether it has ended.
const INTERVAL: Duration = Duration::from_millis(50);
/// What takes no longer is not told.
const SHORT: Duration = Duration::from_secs(1);

/// Hears about work that takes seconds or minutes.
pub trait Progress {
    /// Called about once a second while the work goes on, and when it is done.
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

/// Waits for a process, and tells how long it takes when that is more than a second.
///
/// # Errors
/// When the system cannot wait for it.
pub fn wait_for(
    child: &mut Child,
    what: &str,
    progress: &mut dyn Progress,
) -> std::io::Result<ExitStatus> {
    let start = Instant::now();
    let mut told = Duration::ZERO;
    loop {
        if let Some(status) = child.try_wait()? {
            if told > Duration::ZERO {
                progress.report(what, start.elapsed(), true);
            }
            return Ok(status);
        }
        std::thread::sleep(INTERVAL);
        if start.elapsed() >= told + SHORT {
            told = start.elapsed();
            progress.report(what, told, false);
        }
    }
}
