//! How much memory there is, how much the cluster takes, and how many patterns the machine can carry side by side.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::error::LiveError;
use crate::process::{Program, on_path};

const MIB: u64 = 1 << 20;
/// What a pattern takes at most. Measured: all six side by side took 790 MiB over the empty cluster.
const PATTERN: u64 = 256 * MIB;
/// Patterns for each processor. Pods are made by processors: with three patterns for each, a pattern took a third longer than with
/// two, and some with sound charts were taken for stuck.
const PER_PROCESSOR: usize = 2;
/// What the machine keeps for everything else.
const RESERVE: u64 = 512 * MIB;
const INTERVAL: Duration = Duration::from_secs(5);

/// Memory that programs of this machine can still have, in bytes; `None` where the system does not tell.
pub(crate) fn available() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// How many patterns are played at a time: as many as were asked for, or as this machine has memory and processors for. Of a
/// machine that is somebody's (`available` is `None`) nothing is known.
///
/// # Errors
/// When not even one fits.
pub(crate) fn side_by_side(
    asked: usize,
    patterns: usize,
    available: Option<u64>,
    processors: usize,
) -> Result<usize, LiveError> {
    if asked > 0 {
        return Ok(asked.min(patterns.max(1)));
    }
    let Some(available) = available else {
        return Ok(patterns.max(1));
    };
    let fitting = available.saturating_sub(RESERVE) / PATTERN;
    if fitting == 0 {
        return Err(LiveError::unavailable(
            format!(
                "{} MiB of memory are available, and a pattern takes {} MiB",
                available / MIB,
                PATTERN / MIB
            ),
            "end other programs, or try it nevertheless with --jobs 1",
        ));
    }
    let fitting = usize::try_from(fitting).unwrap_or(usize::MAX);
    let carried = processors.max(1) * PER_PROCESSOR;
    Ok(fitting.min(carried).min(patterns.max(1)))
}

/// Memory of all nodes of a cluster, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryUse {
    /// When the cluster was up and empty.
    pub empty: u64,
    /// The most that was seen, the empty cluster included.
    pub peak: u64,
}

/// Asks Docker now and then how much memory the containers of a cluster's nodes have. Ends when dropped.
#[derive(Debug)]
pub(crate) struct MemoryWatch {
    empty: u64,
    peak: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl MemoryWatch {
    /// Starts to watch; `None` when Docker does not tell.
    pub(crate) async fn start(containers: Vec<String>) -> Option<Self> {
        let docker = on_path("docker")?;
        let empty = memory_of(&docker, &containers).await?;
        let peak = Arc::new(AtomicU64::new(empty));
        let seen = Arc::clone(&peak);
        let task = tokio::spawn(async move {
            loop {
                tokio::time::sleep(INTERVAL).await;
                if let Some(now) = memory_of(&docker, &containers).await {
                    seen.fetch_max(now, Ordering::Relaxed);
                }
            }
        });
        Some(Self { empty, peak, task })
    }

    /// What was seen so far.
    pub(crate) fn seen(&self) -> MemoryUse {
        MemoryUse {
            empty: self.empty,
            peak: self.peak.load(Ordering::Relaxed),
        }
    }
}

impl Drop for MemoryWatch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn memory_of(docker: &Path, containers: &[String]) -> Option<u64> {
    let told = Program::new(docker, "see `docker info`")
        .args(["stats", "--no-stream", "--format", "{{.MemUsage}}"])
        .args(containers)
        .run()
        .await
        .ok()?;
    told.lines()
        .map(|line| bytes(line.split('/').next()?.trim()))
        .sum()
}

/// Reads `809.8MiB`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "sizes of memory, told with four digits"
)]
fn bytes(text: &str) -> Option<u64> {
    let digits = text.find(|letter: char| letter.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(digits);
    let unit: u64 = match unit {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    let number: f64 = number.trim().parse().ok()?;
    (number >= 0.0).then_some((number * unit as f64) as u64)
}

#[cfg(test)]
mod tests {
    use super::{MIB, bytes, side_by_side};

    #[test]
    fn what_docker_tells_becomes_bytes() {
        assert_eq!(bytes("512B"), Some(512));
        assert_eq!(bytes("1.5GiB"), Some(1536 * MIB));
        assert_eq!(bytes("809.5MiB"), Some(809 * MIB + MIB / 2));
        assert_eq!(bytes("--"), None);
        assert_eq!(bytes("1.5XiB"), None);
    }

    #[test]
    fn as_many_patterns_as_memory_has_room_for() {
        let jobs = |available: u64| side_by_side(0, 6, Some(available * MIB), 8).ok();
        assert_eq!(jobs(16384), Some(6));
        assert_eq!(jobs(1280), Some(3));
        assert_eq!(jobs(768), Some(1));
        assert_eq!(jobs(700), None);
        assert_eq!(side_by_side(0, 6, None, 1).ok(), Some(6));
    }

    #[test]
    fn as_many_patterns_as_processors_carry() {
        let jobs = |processors| side_by_side(0, 12, Some(65536 * MIB), processors).ok();
        assert_eq!(jobs(2), Some(4));
        assert_eq!(jobs(16), Some(12));
        assert_eq!(jobs(0), Some(2));
    }

    #[test]
    fn whoever_asks_for_a_number_gets_it() {
        assert_eq!(side_by_side(2, 6, Some(100 * MIB), 1).ok(), Some(2));
        assert_eq!(side_by_side(9, 6, None, 1).ok(), Some(6));
    }
}
