//! How long it is worth waiting. On a busy machine the same pods take longer, and whoever does not wait for them reports faults
//! that the charts do not have.

use std::time::{Duration, Instant};

/// Tasks that want a processor, for each processor, up to which patience is not stretched. Seen on two processors: four patterns
/// side by side are 16 to 31 tasks, six are 65, and each of those took a third longer.
const CARRIED: f64 = 16.0;

/// A wait. Its time passes more slowly while the machine has more to do than it can carry.
#[derive(Debug)]
pub(crate) struct Waiting {
    last: Instant,
    counted: Duration,
}

impl Waiting {
    /// Begins now.
    pub(crate) fn begin() -> Self {
        Self {
            last: Instant::now(),
            counted: Duration::ZERO,
        }
    }

    /// Whether it has lasted longer than is worth it. Ask often: the machine is taken to have been as busy since the last time
    /// as it is now.
    pub(crate) fn is_over(&mut self, patience: Duration) -> bool {
        let now = Instant::now();
        self.counted += (now - self.last).div_f64(slowness());
        self.last = now;
        self.counted > patience
    }
}

/// How many times longer than usual everything takes on this machine now; 1 where the system does not tell.
fn slowness() -> f64 {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    slowness_of(&load, processors)
}

/// The same from the text of `/proc/loadavg`, whose first number is the tasks that wanted a processor in the last minute.
#[expect(clippy::cast_precision_loss, reason = "few processors")]
fn slowness_of(load: &str, processors: usize) -> f64 {
    let tasks = load.split_whitespace().next();
    let tasks: f64 = tasks.and_then(|it| it.parse().ok()).unwrap_or(0.0);
    let slowness = tasks / (processors.max(1) as f64 * CARRIED);
    if slowness.is_finite() {
        slowness.max(1.0)
    } else {
        1.0
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Waiting, slowness_of};

    #[test]
    fn time_passes_more_slowly_on_a_machine_that_carries_too_much() {
        let slowness = |load, processors| format!("{:.1}", slowness_of(load, processors));
        assert_eq!(slowness("0.50 0.40 0.30 1/300 42", 2), "1.0");
        assert_eq!(slowness("32.00 9 9 1/300 42", 2), "1.0");
        assert_eq!(slowness("96.00 9 9 1/300 42", 2), "3.0");
        assert_eq!(slowness("96.00 9 9 1/300 42", 16), "1.0");
    }

    #[test]
    fn a_system_that_tells_no_load_is_not_busy() {
        for load in ["", "?", "nan 1 1", "inf", "-3"] {
            assert_eq!(format!("{:.1}", slowness_of(load, 2)), "1.0", "{load}");
        }
    }

    #[test]
    fn patience_ends() {
        let mut waiting = Waiting::begin();
        assert!(!waiting.is_over(Duration::from_secs(3600)));
        std::thread::sleep(Duration::from_millis(5));
        assert!(waiting.is_over(Duration::ZERO));
    }
}
