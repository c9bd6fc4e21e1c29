//! Keeps a unit running: starts its process, and starts it again as `Restart=` says.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::chown;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, Signal, setrlimit};

use super::state::State;
use super::unit::Unit;
use super::words::{self, Variables};

/// More starts than this within the time are given up, unless the unit says otherwise.
const START_LIMIT: (usize, Duration) = (5, Duration::from_secs(10));

/// Plays `keeper UNIT`, a process of its own.
pub(crate) fn keep(arguments: &[String]) -> u8 {
    let kept = arguments
        .first()
        .ok_or_else(|| io::Error::other("keeper: which unit?"))
        .and_then(|name| keep_unit(name));
    match kept {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("keeper: {error}");
            1
        }
    }
}

fn keep_unit(name: &str) -> io::Result<()> {
    rustix::process::setsid()?;
    let unit = Unit::load(name)?.ok_or_else(|| io::Error::other("no such unit"))?;
    let state = State::of(&unit)?;
    let mut starts = VecDeque::new();
    loop {
        starts.push_back(Instant::now());
        let ended = run_once(&unit, &state);
        // What the main process leaves behind goes with it.
        state.signal(Signal::KILL, true);
        if state.is_stopping() {
            return Ok(());
        }
        let wanted = match &ended {
            Ok(status) if is_success(&unit, *status) => unit.one("Restart", "no") == "always",
            _ => matches!(unit.one("Restart", "no"), "always" | "on-failure"),
        };
        eprintln!("{name}: ended: {ended:?}");
        while starts
            .front()
            .is_some_and(|start| start.elapsed() > START_LIMIT.1)
        {
            starts.pop_front();
        }
        if !wanted || starts.len() >= START_LIMIT.0 {
            let failed = ended.map_or(true, |status| !is_success(&unit, status));
            return state.set_active(if failed { "failed" } else { "inactive" });
        }
        state.set_active("activating")?;
        std::thread::sleep(unit.time("RestartSec", Duration::from_millis(100)));
        if state.is_stopping() {
            return Ok(());
        }
        state.set_restarts(state.restarts() + 1)?;
    }
}

fn run_once(unit: &Unit, state: &State) -> io::Result<ExitStatus> {
    let variables = unit.variables()?;
    let line = unit.one("ExecStart", "");
    let mut child = command(unit, line, &variables)?
        .process_group(0)
        .spawn()
        .map_err(|error| io::Error::other(format!("{line}: {error}")))?;
    state.set_main(child.id())?;
    state.set_active("active")?;
    child.wait()
}

/// Whether an end is no failure, to `Restart=on-failure`.
fn is_success(unit: &Unit, status: ExitStatus) -> bool {
    const CLEAN: [i32; 4] = [1, 2, 13, 15];
    let listed = |code: i32| {
        unit.all("SuccessExitStatus")
            .iter()
            .flat_map(|line| line.split_whitespace())
            .any(|word| word.parse() == Ok(code))
    };
    match (status.code(), status.signal()) {
        (Some(code), _) => code == 0 || listed(code),
        (None, Some(signal)) => CLEAN.contains(&signal),
        (None, None) => false,
    }
}

/// A command line of a unit, with the unit's user, folder and limits.
pub(super) fn command(unit: &Unit, line: &str, variables: &Variables) -> io::Result<Command> {
    let words = words::command(
        line.trim_start_matches(['-', '@', '+', '!', ':']),
        variables,
    );
    let (program, arguments) = words
        .split_first()
        .ok_or_else(|| io::Error::other("a command line without a program"))?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .envs(variables)
        .stdin(Stdio::null());
    command.current_dir(unit.one("WorkingDirectory", "/").trim_start_matches('-'));
    let log = File::options()
        .create(true)
        .append(true)
        .open(State::of(unit)?.log())?;
    command.stdout(log.try_clone()?).stderr(log);
    // What begins with a plus is run by root.
    let by_root = line.trim_start_matches('-').starts_with('+');
    if let Some(user) = unit.all("User").last().filter(|_| !by_root) {
        let (id, group) = account(user)?;
        command.uid(id).gid(group).env("USER", user);
    }
    if let Ok(files) = unit.one("LimitNOFILE", "").parse() {
        let limit = Rlimit {
            current: Some(files),
            maximum: Some(files),
        };
        // Where this machine itself may have fewer files, the unit is not to blame.
        let _limited = setrlimit(Resource::Nofile, limit);
    }
    Ok(command)
}

/// Makes the folders of `StateDirectory=`, which the unit's user owns.
pub(super) fn make_folders(unit: &Unit) -> io::Result<()> {
    let owner = unit
        .all("User")
        .last()
        .map(|user| account(user))
        .transpose()?;
    let lines = unit.all("StateDirectory").iter();
    for name in lines.flat_map(|line| line.split_whitespace()) {
        let folder = Path::new("/var/lib").join(name);
        std::fs::create_dir_all(&folder)?;
        if let Some((user, group)) = owner {
            chown(&folder, Some(user), Some(group))?;
        }
    }
    Ok(())
}

/// A user of `/etc/passwd`: a static binary has no other name service.
fn account(user: &str) -> io::Result<(u32, u32)> {
    let text = std::fs::read_to_string("/etc/passwd")?;
    text.lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields.first() == Some(&user))
        .and_then(|fields| Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?)))
        .ok_or_else(|| io::Error::other(format!("there is no user {user}")))
}
