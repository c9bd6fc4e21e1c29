//! What a person sees while a live run goes on.

use std::io::Write as _;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Hears how a run goes on; called from several tasks at once.
pub trait Progress: Send + Sync {
    /// Something happened; `about` is a pattern or `cluster`.
    fn say(&self, about: &str, text: &str);
}

/// How a phase ended.
pub(crate) fn ended(phase: &str, goes_on: bool, took: Duration) -> String {
    let verdict = if goes_on { "done" } else { "in trouble" };
    format!("{phase}: {verdict} after {:.1} s", took.as_secs_f64())
}

/// Says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn say(&self, _about: &str, _text: &str) {}
}

/// One line on standard error for each message, with the seconds since the start.
#[derive(Debug)]
pub struct StderrProgress {
    start: Instant,
    lines: Mutex<()>,
}

impl StderrProgress {
    /// Starts the clock.
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
            lines: Mutex::new(()),
        }
    }
}

impl Default for StderrProgress {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress for StderrProgress {
    fn say(&self, about: &str, text: &str) {
        let _one_at_a_time = self.lines.lock();
        let seconds = self.start.elapsed().as_secs_f64();
        // A line that cannot be written is no reason to stop the run.
        let _written = writeln!(
            std::io::stderr().lock(),
            "{seconds:7.1}s  {about:<14} {text}"
        );
    }
}

/// How long something took.
#[derive(Debug, Clone, PartialEq)]
pub struct Timing {
    /// Pattern or `cluster`.
    pub about: String,
    /// The phase.
    pub phase: String,
    /// Wall time.
    pub took: Duration,
}
