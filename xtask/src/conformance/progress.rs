//! How a run is told on standard error.

use am_conformance::report::SubjectResult;
use am_conformance::suite;

/// Tells on standard error how far the run is: a line that counts on a terminal, every tenth part elsewhere.
#[derive(Default)]
pub(super) struct Terminal {
    tenths: usize,
}

impl suite::Progress for Terminal {
    fn judged(&mut self, done: usize, total: usize, result: &SubjectResult) {
        use std::io::{IsTerminal as _, Write as _};
        let mut stderr = std::io::stderr().lock();
        if stderr.is_terminal() {
            let end = if done == total { "\n" } else { "" };
            // A progress line that cannot be written is no reason to stop.
            let _ = write!(stderr, "\r\x1b[2K{done}/{total} {}{end}", result.subject.id);
            let _ = stderr.flush();
        } else if done * 10 / total > self.tenths {
            self.tenths = done * 10 / total;
            let _ = writeln!(stderr, "checked {done} of {total}");
        }
    }
}
