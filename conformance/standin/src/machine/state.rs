//! The state of a unit, in files that the keeper and every `systemctl` read.

use std::io;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process_group};

use super::unit::Unit;

const FOLDER: &str = "/run/am-machine/state";

/// What is known of a unit that was started.
pub(super) struct State(PathBuf);

impl State {
    pub(super) fn of(unit: &Unit) -> io::Result<Self> {
        let folder = Path::new(FOLDER).join(&unit.name);
        std::fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }

    /// Where its processes write.
    pub(super) fn log(&self) -> PathBuf {
        self.0.join("log")
    }

    /// `active`, `activating`, `failed` or `inactive`.
    pub(super) fn active(&self) -> String {
        self.read("active").unwrap_or_else(|| "inactive".to_owned())
    }

    pub(super) fn set_active(&self, word: &str) -> io::Result<()> {
        self.write("active", word)
    }

    /// The main process, which leads its group.
    pub(super) fn main(&self) -> Option<Pid> {
        self.read("main")?.parse().ok().and_then(Pid::from_raw)
    }

    pub(super) fn set_main(&self, pid: u32) -> io::Result<()> {
        self.write("main", &pid.to_string())
    }

    /// How often it was restarted by itself.
    pub(super) fn restarts(&self) -> u32 {
        self.read("restarts")
            .and_then(|text| text.parse().ok())
            .unwrap_or_default()
    }

    pub(super) fn set_restarts(&self, count: u32) -> io::Result<()> {
        self.write("restarts", &count.to_string())
    }

    /// Whether somebody asked it to stop, so that its end is no failure.
    pub(super) fn is_stopping(&self) -> bool {
        self.0.join("stopping").exists()
    }

    pub(super) fn set_stopping(&self, stopping: bool) -> io::Result<()> {
        if stopping {
            return self.write("stopping", "");
        }
        match std::fs::remove_file(self.0.join("stopping")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Signals its processes: all of them, or the main one.
    pub(super) fn signal(&self, signal: Signal, all: bool) {
        if let Some(main) = self.main() {
            // Who is gone needs no signal.
            let _sent = if all {
                kill_process_group(main, signal)
            } else {
                kill_process(main, signal)
            };
        }
    }

    /// Whether a process of it is left.
    pub(super) fn is_running(&self) -> bool {
        self.main()
            .is_some_and(|main| test_kill_process_group(main).is_ok())
    }

    fn read(&self, name: &str) -> Option<String> {
        let text = std::fs::read_to_string(self.0.join(name)).ok()?;
        Some(text.trim().to_owned())
    }

    fn write(&self, name: &str, text: &str) -> io::Result<()> {
        let written = self.0.join(format!(".{name}"));
        std::fs::write(&written, text)?;
        std::fs::rename(written, self.0.join(name))
    }
}
