//! `cargo xtask conformance --watch`: judge again what a saved file affects.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use am_conformance::SuiteError;
use am_conformance::facts::Facts;
use am_conformance::report::{Report, Style, human, news};
use am_conformance::suite::{self, Ender, Input, Options, Silent, Watch, Woken};

use super::arguments::Arguments;
use super::options::{Stale, options};
use super::outputs;
use super::own_charts::{CHARTS, SOURCES};
use super::progress::Terminal;
use crate::workspace;

/// Judges until Ctrl-C; returns 0 when the last result was conformant, else 1.
pub(super) fn run(arguments: &Arguments, folder: &Path) -> Result<u8, SuiteError> {
    let stop = Arc::new(AtomicBool::new(false));
    let ender: Arc<Mutex<Option<Ender>>> = Arc::default();
    let (to_stop, to_end) = (stop.clone(), ender.clone());
    ctrlc::set_handler(move || {
        to_stop.store(true, Ordering::Relaxed);
        if let Some(ender) = &*to_end.lock().unwrap_or_else(PoisonError::into_inner) {
            ender.end();
        }
    })
    .map_err(|error| SuiteError::cannot_check(format!("cannot wait for Ctrl-C: {error}")))?;

    let mut watch: Option<(Vec<PathBuf>, Watch)> = None;
    let mut last: Option<Report> = None;
    let mut is_conformant = false;
    let mut what = "start".to_owned();
    loop {
        // Watched before anything is read, so that nothing saved meanwhile is missed.
        let paths = paths(arguments);
        let current = match watch {
            Some((watched, current)) if watched == paths => current,
            _ => {
                let current = Watch::new(&paths)?;
                *ender.lock().unwrap_or_else(PoisonError::into_inner) = Some(current.ender());
                current
            }
        };
        let start = Instant::now();
        let is_first = last.is_none();
        match judge(arguments, folder, &stop, is_first) {
            Ok(report) => {
                tell(&what, last.as_ref(), &report, start.elapsed().as_secs_f64());
                is_conformant = report.exit_code() == 0;
                last = Some(report);
            }
            Err(_) if stop.load(Ordering::Relaxed) => {}
            Err(error @ SuiteError::Usage { .. }) if is_first => return Err(error),
            Err(error) => {
                is_conformant = false;
                println!("{what}: cannot check this yet, waiting for the next change\n{error}");
            }
        }
        if stop.load(Ordering::Relaxed) {
            break;
        }
        println!("watching for changes; Ctrl-C ends");
        match current.wait() {
            Woken::Saved(files) => what = names(&files),
            Woken::Ended => break,
        }
        watch = Some((paths, current));
    }
    Ok(u8::from(!is_conformant))
}

fn judge(
    arguments: &Arguments,
    folder: &Path,
    stop: &Arc<AtomicBool>,
    is_first: bool,
) -> Result<Report, SuiteError> {
    let options = Options {
        stop: Some(stop.clone()),
        ..options(arguments, folder, Stale::Told)?
    };
    let report = if is_first {
        suite::run(&options, &mut Terminal::default())?
    } else {
        suite::run(&options, &mut Silent)?
    };
    outputs::write(arguments, &report)?;
    Ok(report)
}

fn tell(what: &str, last: Option<&Report>, report: &Report, seconds: f64) {
    let news = news(last, report);
    print!("{}", human::faults(&news.report, Style::for_stdout()));
    let subjects = report.profiles.iter().map(|profile| profile.subjects.len());
    let subjects: usize = subjects.sum();
    let judged = subjects - report.coverage.cached;
    let verdict = match (news.all, report.exit_code()) {
        (0, 0) => "all clear".to_owned(),
        (0, _) => "not conformant".to_owned(),
        (all, _) => format!("{} new, {} fixed, {all} in total", news.appeared, news.gone),
    };
    println!("{what}: {judged} of {subjects} subjects checked in {seconds:.1} s: {verdict}");
}

/// What a run reads.
fn paths(arguments: &Arguments) -> Vec<PathBuf> {
    let root = workspace::root();
    let values = root.join("fixtures/values");
    match (&arguments.spec, &arguments.charts) {
        (Some(file), _) => {
            let mut paths = vec![file.clone()];
            let options = Options::new(root, Input::Spec(file.clone()));
            // A specification that is half written is watched alone.
            let subjects =
                Facts::load().and_then(|facts| suite::spec_subjects(&options, file, &facts));
            let subjects = subjects.into_iter().flatten();
            for render in subjects.flat_map(|subject| subject.renders) {
                paths.push(render.chart);
                paths.extend(render.values_files);
            }
            paths
        }
        (None, Some(charts)) => vec![charts.clone(), values],
        (None, None) => {
            let mut paths = SOURCES.map(|source| root.join(source)).to_vec();
            paths.extend([root.join(CHARTS), values]);
            paths
        }
    }
}

fn names(files: &BTreeSet<PathBuf>) -> String {
    const SHOWN: usize = 2;
    let root = workspace::root();
    let here = std::env::current_dir().unwrap_or_default();
    let mut names: Vec<String> = files
        .iter()
        .take(SHOWN)
        .map(|file| {
            let name = file
                .strip_prefix(&here)
                .or_else(|_| file.strip_prefix(&root));
            name.unwrap_or(file).display().to_string()
        })
        .collect();
    if files.len() > SHOWN {
        names.push(format!("{} more", files.len() - SHOWN));
    }
    names.join(", ")
}
