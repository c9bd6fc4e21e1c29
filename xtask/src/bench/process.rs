//! Runs commands as whole processes and keeps the operating system's account of each.

use std::fmt;
use std::ops::AddAssign;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wait4::Wait4;

/// What a finished process cost, or several run one after another.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cost {
    pub(super) wall: Duration,
    /// Largest resident set, in bytes.
    pub(super) memory: u64,
}

impl AddAssign for Cost {
    fn add_assign(&mut self, next: Self) {
        self.wall += next.wall;
        self.memory = self.memory.max(next.memory);
    }
}

/// Two commands, run in turn.
#[derive(Debug)]
pub(super) struct Comparison {
    pub(super) title: String,
    pub(super) ours: &'static str,
    pub(super) theirs: &'static str,
    /// The ratio of wall times that we aim at, at most.
    pub(super) aim: f64,
    /// The MiB that ours may hold, at most.
    pub(super) memory_aim: Option<f64>,
    /// Costs of each pair of runs: ours, theirs.
    pub(super) pairs: Vec<(Cost, Cost)>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum ProcessError {
    #[error("cannot run {program}: {source}")]
    Start {
        program: String,
        source: std::io::Error,
    },
    #[error("{command} failed with {status}; run it by hand to see why")]
    Failed { command: String, status: String },
    #[error("{command} succeeded where the suite's renderer refused the chart")]
    Unexpected { command: String },
}

/// Builds this command with optimisation and says where it is.
pub(super) fn build_release(workspace: &Path) -> Result<PathBuf, ProcessError> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .current_dir(workspace)
        .args(["build", "--release", "--package", "xtask"]);
    let status = command
        .status()
        .map_err(|source| start_error(&command, source))?;
    if !status.success() {
        return Err(ProcessError::Failed {
            command: format!("{command:?}"),
            status: status.to_string(),
        });
    }
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| workspace.join("target"), PathBuf::from);
    Ok(target
        .join("release")
        .join(format!("xtask{}", std::env::consts::EXE_SUFFIX)))
}

/// Runs both commands once to warm up, then `runs` times in turn.
pub(super) fn compare_pairs(
    runs: usize,
    mut ours: impl FnMut() -> Command,
    mut theirs: impl FnMut() -> Command,
) -> Result<Vec<(Cost, Cost)>, ProcessError> {
    run(ours())?;
    run(theirs())?;
    (0..runs)
        .map(|_| Ok((run(ours())?, run(theirs())?)))
        .collect()
}

/// Runs a command that must succeed.
pub(super) fn run(command: Command) -> Result<Cost, ProcessError> {
    run_expecting(command, true)
}

/// Runs a command that must succeed, or must fail.
pub(super) fn run_expecting(mut command: Command, success: bool) -> Result<Cost, ProcessError> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let started = Instant::now();
    let child = command
        .spawn()
        .map_err(|source| start_error(&command, source))?;
    let (success_seen, cost) = finish(child, &command, started)?;
    check(&command, success_seen, success)?;
    Ok(cost)
}

/// Runs two commands, the first one's output being the second one's input. The first must succeed or fail as expected; the
/// second must succeed where the first does.
pub(super) fn run_piped(
    mut first: Command,
    mut second: Command,
    success: bool,
) -> Result<Cost, ProcessError> {
    first
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let started = Instant::now();
    let mut upstream = first
        .spawn()
        .map_err(|source| start_error(&first, source))?;
    let output = upstream.stdout.take().map_or_else(Stdio::null, Stdio::from);
    second
        .stdin(output)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let downstream = second
        .spawn()
        .map_err(|source| start_error(&second, source))?;
    let (first_succeeded, rendering) = finish(upstream, &first, started)?;
    let (second_succeeded, judging) = finish(downstream, &second, started)?;
    check(&first, first_succeeded, success)?;
    if first_succeeded {
        check(&second, second_succeeded, true)?;
    }
    Ok(Cost {
        // Until the last one ended.
        wall: judging.wall,
        // Both ran at the same time.
        memory: rendering.memory + judging.memory,
    })
}

fn finish(
    mut child: Child,
    command: &Command,
    started: Instant,
) -> Result<(bool, Cost), ProcessError> {
    let used = child
        .wait4()
        .map_err(|source| start_error(command, source))?;
    let cost = Cost {
        wall: started.elapsed(),
        memory: used.rusage.maxrss,
    };
    Ok((used.status.success(), cost))
}

pub(super) fn check(command: &Command, seen: bool, expected: bool) -> Result<(), ProcessError> {
    let command = || format!("{command:?}");
    match (seen, expected) {
        (false, true) => Err(ProcessError::Failed {
            command: command(),
            status: "an error".to_owned(),
        }),
        (true, false) => Err(ProcessError::Unexpected { command: command() }),
        _ => Ok(()),
    }
}

pub(super) fn start_error(command: &Command, source: std::io::Error) -> ProcessError {
    ProcessError::Start {
        program: command.get_program().to_string_lossy().into_owned(),
        source,
    }
}

impl Comparison {
    /// Median of the pairs' ratios of wall time, ours by theirs.
    fn ratio(&self) -> f64 {
        median(
            self.pairs
                .iter()
                .map(|(ours, theirs)| ours.wall.as_secs_f64() / theirs.wall.as_secs_f64()),
        )
    }

    fn milliseconds(&self, side: impl Fn(&(Cost, Cost)) -> Cost) -> f64 {
        median(
            self.pairs
                .iter()
                .map(|pair| side(pair).wall.as_secs_f64() * 1000.0),
        )
    }

    /// Largest resident set of all runs, in MiB.
    #[expect(
        clippy::cast_precision_loss,
        reason = "memory sizes are far below 2^52 bytes"
    )]
    fn mebibytes(&self, side: impl Fn(&(Cost, Cost)) -> Cost) -> f64 {
        let bytes = self
            .pairs
            .iter()
            .map(|pair| side(pair).memory)
            .max()
            .unwrap_or(0);
        bytes as f64 / f64::from(1 << 20)
    }

    pub(super) fn to_json(&self) -> Value {
        let side = |name: &str, of: fn(&(Cost, Cost)) -> Cost| json!({ "command": name, "medianMilliseconds": self.milliseconds(of), "peakMebibytes": self.mebibytes(of) });
        json!({
            "title": self.title,
            "runs": self.pairs.len(),
            "ratio": self.ratio(),
            "aim": self.aim,
            "aimMebibytes": self.memory_aim,
            "ours": side(self.ours, |pair| pair.0),
            "theirs": side(self.theirs, |pair| pair.1),
        })
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ratio = self.ratio();
        let verdict = |is_met| if is_met { "met" } else { "missed" };
        writeln!(f, "{} ({} pairs)", self.title, self.pairs.len())?;
        writeln!(
            f,
            "  {:<28} {:>8.1} ms median   {:>6.1} MiB peak",
            self.ours,
            self.milliseconds(|pair| pair.0),
            self.mebibytes(|pair| pair.0)
        )?;
        writeln!(
            f,
            "  {:<28} {:>8.1} ms median   {:>6.1} MiB peak",
            self.theirs,
            self.milliseconds(|pair| pair.1),
            self.mebibytes(|pair| pair.1)
        )?;
        write!(
            f,
            "  ratio {ratio:.3}, aim at most {:.3}: {}",
            self.aim,
            verdict(ratio <= self.aim)
        )?;
        let peak = self.mebibytes(|pair| pair.0);
        match self.memory_aim {
            Some(aim) => write!(
                f,
                "\n  peak {peak:.0} MiB, aim at most {aim:.0}: {}",
                verdict(peak <= aim)
            ),
            None => Ok(()),
        }
    }
}

/// The middle of some numbers; 0 of none.
fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = numbers.collect();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(milliseconds: u64) -> Cost {
        Cost {
            wall: Duration::from_millis(milliseconds),
            memory: 3 << 20,
        }
    }

    #[test]
    fn the_ratio_is_the_median_of_the_pairs() {
        let comparison = Comparison {
            title: String::new(),
            ours: "",
            theirs: "",
            aim: 1.0,
            memory_aim: Some(2.0),
            pairs: vec![
                (cost(10), cost(20)),
                (cost(90), cost(10)),
                (cost(10), cost(10)),
            ],
        };
        assert!((comparison.ratio() - 1.0).abs() < 1e-9);
        assert!((comparison.mebibytes(|pair| pair.0) - 3.0).abs() < 1e-9);
        let told = comparison.to_string();
        assert!(
            told.contains("ratio 1.000, aim at most 1.000: met"),
            "{told}"
        );
        assert!(
            told.ends_with("peak 3 MiB, aim at most 2: missed"),
            "{told}"
        );
    }

    #[test]
    fn a_command_that_fails_is_an_error_and_not_a_fast_run() {
        let error = run(Command::new("false")).expect_err("`false` fails");
        assert!(error.to_string().contains("failed"), "{error}");
    }
}
