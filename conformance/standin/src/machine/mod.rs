//! `systemctl`, as far as machines that are namespaces need it: units of files, started, kept running and stopped by systemd's rules.
//!
//! What systemd has in memory is below `/run/am-machine`: units as they were when they were loaded (a changed file counts after
//! `daemon-reload`), and the state of those that run. A keeper process for each unit restarts it. A control group is a process group
//! here. Hardening and dependencies are not played.

mod keeper;
mod state;
mod systemctl;
mod unit;
mod words;

pub(crate) use keeper::keep;
pub(crate) use systemctl::systemctl;
