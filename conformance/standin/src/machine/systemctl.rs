//! The command `systemctl`.

use std::fs::File;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use super::keeper::{command, make_folders};
use super::state::State;
use super::unit::{LOADED, Unit, file_of, full_name};
use crate::applet::KEEPER;

const WANTS: &str = "/etc/systemd/system/multi-user.target.wants";
const STANDARD_TIMEOUT: Duration = Duration::from_secs(90);
/// A program that cannot work with its configuration has ended by then.
const SETTLED: Duration = Duration::from_millis(400);
const POLL: Duration = Duration::from_millis(20);

/// Plays `systemctl COMMAND [UNIT]`.
pub(crate) fn systemctl(arguments: &[String]) -> u8 {
    let words: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let done = match words.as_slice() {
        ["daemon-reload"] => reload_units(),
        ["show", name] => show(name),
        ["is-enabled", name] => return u8::from(!told(&enabled_word(name), "enabled")),
        ["is-active", name] => return is_active(name),
        ["enable", name] => enable(name),
        ["disable", name] => disable(name),
        ["start", name] => with(name, |unit| start(&unit)),
        ["stop", name] => with(name, |unit| stop(&unit)),
        ["restart", name] => with(name, |unit| stop(&unit).and_then(|()| start(&unit))),
        ["reload", name] => with(name, |unit| reload(&unit)),
        _ => {
            eprintln!("stand-in systemctl: unsupported {}", arguments.join(" "));
            return crate::applet::UNSUPPORTED;
        }
    };
    match done {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("systemctl {}: {error}", words.join(" "));
            1
        }
    }
}

fn told(word: &str, wanted: &str) -> bool {
    println!("{word}");
    word == wanted
}

fn with(name: &str, act: impl FnOnce(Unit) -> io::Result<()>) -> io::Result<()> {
    let unit = Unit::load(name)?;
    act(unit.ok_or_else(|| io::Error::other(format!("Unit {name} not found.")))?)
}

/// Units are read again when they are next used.
fn reload_units() -> io::Result<()> {
    match std::fs::remove_dir_all(LOADED) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn show(name: &str) -> io::Result<()> {
    let Some(unit) = Unit::load(name)? else {
        println!(
            "Id={}\nLoadState=not-found\nActiveState=inactive\nSubState=dead",
            full_name(name)
        );
        return Ok(());
    };
    let state = State::of(&unit)?;
    let active = state.active();
    let main = state
        .main()
        .filter(|_| active == "active")
        .map_or(0, |main: Pid| main.as_raw_nonzero().get());
    println!(
        "Id={}\nLoadState=loaded\nActiveState={active}\nMainPID={main}\nNRestarts={}\nUnitFileState={}",
        unit.name,
        state.restarts(),
        enabled_word(name)
    );
    Ok(())
}

fn is_active(name: &str) -> u8 {
    let unit = Unit::load(name).ok().flatten();
    let active = unit
        .and_then(|unit| State::of(&unit).ok())
        .map_or_else(|| "inactive".to_owned(), |state| state.active());
    if told(&active, "active") { 0 } else { 3 }
}

fn link_of(name: &str) -> PathBuf {
    Path::new(WANTS).join(full_name(name))
}

fn enabled_word(name: &str) -> String {
    let word = match file_of(&full_name(name)) {
        None => "not-found",
        Some(_) if link_of(name).is_symlink() => "enabled",
        Some(_) => "disabled",
    };
    word.to_owned()
}

fn enable(name: &str) -> io::Result<()> {
    let file = file_of(&full_name(name));
    let file = file.ok_or_else(|| io::Error::other(format!("Unit {name} does not exist.")))?;
    if link_of(name).is_symlink() {
        return Ok(());
    }
    std::fs::create_dir_all(WANTS)?;
    symlink(file, link_of(name))
}

fn disable(name: &str) -> io::Result<()> {
    if link_of(name).is_symlink() {
        std::fs::remove_file(link_of(name))?;
    }
    Ok(())
}

fn start(unit: &Unit) -> io::Result<()> {
    let state = State::of(unit)?;
    if state.active() == "active" {
        return Ok(());
    }
    state.set_stopping(false)?;
    state.set_restarts(0)?;
    let kind = unit.one("Type", "simple");
    make_folders(unit)?;
    run_all(unit, "ExecStartPre")?;
    match kind {
        "oneshot" => {
            run_all(unit, "ExecStart")?;
            let remains = unit.one("RemainAfterExit", "no") == "yes";
            state.set_active(if remains { "active" } else { "inactive" })
        }
        "forking" => {
            run_all(unit, "ExecStart")?;
            let file = unit.one("PIDFile", "");
            let pid = wait_for(Duration::from_secs(5), || {
                std::fs::read_to_string(file).ok()?.trim().parse().ok()
            });
            state.set_main(
                pid.ok_or_else(|| io::Error::other(format!("no process id in {file}")))?,
            )?;
            state.set_active("active")
        }
        _ => start_kept(unit, &state),
    }
}

fn start_kept(unit: &Unit, state: &State) -> io::Result<()> {
    state.set_active("activating")?;
    let log = File::options()
        .create(true)
        .append(true)
        .open(state.log())?;
    let mut keeper = Command::new("/proc/self/exe");
    keeper.args([KEEPER, &unit.name]).stdin(Stdio::null());
    keeper.stdout(log.try_clone()?).stderr(log).spawn()?;
    // A simple unit is started as soon as its process is there, whatever comes of it.
    wait_for(Duration::from_secs(5), || {
        (state.active() != "activating" || state.restarts() > 0).then_some(())
    });
    if unit.one("Type", "simple") == "notify" {
        // It would tell when it is ready; one that is not ends soon.
        std::thread::sleep(SETTLED);
    }
    if state.active() == "failed" || state.restarts() > 0 {
        return Err(io::Error::other(format!("{} failed to start", unit.name)));
    }
    Ok(())
}

fn stop(unit: &Unit) -> io::Result<()> {
    let state = State::of(unit)?;
    state.set_stopping(true)?;
    let all = unit.one("KillMode", "control-group") == "control-group";
    // What these leave running is told to end.
    run_all(unit, "ExecStop")?;
    state.signal(Signal::TERM, all);
    let timeout = unit.time("TimeoutStopSec", STANDARD_TIMEOUT);
    let main_is_gone = || {
        let gone = if all {
            !state.is_running()
        } else {
            state
                .main()
                .is_none_or(|main| rustix::process::test_kill_process(main).is_err())
        };
        gone.then_some(())
    };
    if wait_for(timeout, main_is_gone).is_none() {
        eprintln!(
            "{}: stop timed out after {} s, killing",
            unit.name,
            timeout.as_secs()
        );
    }
    state.signal(Signal::KILL, true);
    state.set_active("inactive")?;
    run_all(unit, "ExecStopPost")
}

fn reload(unit: &Unit) -> io::Result<()> {
    if unit.all("ExecReload").is_empty() {
        return Err(io::Error::other(
            "Job type reload is not applicable for unit",
        ));
    }
    run_all(unit, "ExecReload")
}

/// Runs the command lines of a key to their ends. One with a dash may fail.
fn run_all(unit: &Unit, key: &str) -> io::Result<()> {
    let mut variables = unit.variables()?;
    if let Some(main) = State::of(unit)?.main() {
        variables.insert("MAINPID".to_owned(), main.as_raw_nonzero().to_string());
    }
    for line in unit.all(key) {
        let status = command(unit, line, &variables)?.status();
        let failed = !status.as_ref().is_ok_and(std::process::ExitStatus::success);
        if failed && !line.starts_with('-') {
            return Err(io::Error::other(format!("{key}={line}: {status:?}")));
        }
    }
    Ok(())
}

fn wait_for<T>(patience: Duration, look: impl Fn() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        let found = look();
        if found.is_some() || start.elapsed() > patience {
            return found;
        }
        std::thread::sleep(POLL);
    }
}
