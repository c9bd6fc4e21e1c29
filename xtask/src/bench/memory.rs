//! The memory of a process together with all processes that it starts.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::process::{Cost, ProcessError, check, start_error};

/// How often the processes are looked at: short against a run of seconds, long against the look itself.
const INTERVAL: Duration = Duration::from_millis(100);

/// Runs a command in a process group of its own and adds up the resident sets of the whole group; what processes share is
/// counted for each, so that the sum is an upper bound.
pub(super) fn run_with_children(mut command: Command) -> Result<Cost, ProcessError> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0);
    let started = Instant::now();
    let mut child = command
        .spawn()
        .map_err(|source| start_error(&command, source))?;
    let mut memory = 0;
    let success = loop {
        memory = memory.max(resident(&child));
        let ended = child
            .try_wait()
            .map_err(|source| start_error(&command, source))?;
        match ended {
            Some(status) => break status.success(),
            None => std::thread::sleep(INTERVAL),
        }
    };
    let wall = started.elapsed();
    check(&command, success, true)?;
    Ok(Cost { wall, memory })
}

/// Bytes that the processes of the child's group hold now; 0 where the system does not tell.
#[cfg(target_os = "linux")]
fn resident(child: &Child) -> u64 {
    let group = i32::try_from(child.id()).unwrap_or_default();
    let processes = procfs::process::all_processes().into_iter().flatten();
    processes
        // A process that ends meanwhile has nothing any more.
        .filter_map(|process| process.ok()?.stat().ok())
        .filter(|stat| stat.pgrp == group)
        .map(|stat| stat.rss * procfs::page_size())
        .sum()
}

#[cfg(not(target_os = "linux"))]
fn resident(_child: &Child) -> u64 {
    0
}
