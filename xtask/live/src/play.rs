//! Plays charts on a cluster and tells what was seen.

use std::sync::Arc;

use am_conformance::SuiteError;
use am_conformance::report::{self, Output, human};
use am_live::progress::StderrProgress;
use am_live::{KindOptions, LiveReport, LiveSelftest, Progress, Timing, Verdict};
use xtask::{BrokenCharts, Cluster, Images, LiveRun, Scenario};

/// Runs on the cluster, or breaks charts on it, and returns the exit code.
pub(crate) fn play(run: &LiveRun) -> Result<u8, SuiteError> {
    let options = options(run);
    let progress: Arc<dyn Progress> = Arc::new(StderrProgress::new());
    let done = if run.broken_charts == BrokenCharts::Alone {
        am_live::selftest(&options, &progress).map(|done| Ok(tell_selftest(&done)))
    } else {
        am_live::run(&options, &progress).map(|done| tell(&done, &run.outputs))
    };
    done.unwrap_or_else(|error| {
        Err(if error.exit_code() == 2 {
            SuiteError::usage(error.to_string())
        } else {
            SuiteError::cannot_check(error.to_string())
        })
    })
}

fn options(run: &LiveRun) -> am_live::Options {
    am_live::Options {
        workspace: run.workspace.clone(),
        cluster: match &run.cluster {
            Cluster::Kind => am_live::Cluster::Kind(KindOptions {
                name: run.name.clone(),
                image: run.kind_image.clone(),
                kubernetes: run.kubernetes.clone(),
            }),
            Cluster::Context(name) => am_live::Cluster::Context(name.clone()),
            Cluster::Envtest => am_live::Cluster::Envtest,
            Cluster::Machines => am_live::Cluster::Machines,
        },
        images: match run.images {
            Images::Standin => am_live::Images::Standin,
            Images::Real => am_live::Images::Real,
        },
        scenario: match run.scenario {
            Scenario::Patterns => am_live::Scenario::Patterns,
            Scenario::Production => am_live::Scenario::Production,
            Scenario::Published => am_live::Scenario::Published,
            Scenario::Machines => am_live::Scenario::Machines,
            Scenario::Regions => am_live::Scenario::Regions,
            Scenario::Integration => am_live::Scenario::Integration,
        },
        charts: run.charts.clone(),
        machines: run.machines.iter().cloned().map(site).collect(),
        patterns: run.patterns.clone(),
        representative: run.representative,
        with_selftest: run.broken_charts == BrokenCharts::Beside,
        jobs: run.jobs,
        keep: run.keep,
        command: run.command.clone(),
    }
}

fn site(site: xtask::MachineSite) -> am_live::MachineSite {
    am_live::MachineSite {
        name: site.name,
        identity_server: site
            .identity_server
            .map(|it| am_live::IdentityServerBeside {
                host: it.host,
                port: it.port,
                address: it.address,
            }),
        pattern: site.pattern,
        versions: site.versions,
        names: site.names,
        address: site.address,
        certificate: site.certificate,
        backend_ca: site.backend_ca,
    }
}

fn tell(done: &LiveReport, outputs: &[Output]) -> Result<u8, SuiteError> {
    print_timings(&done.timings);
    for (pattern, expected, reached) in &done.edges {
        println!("am-pattern-{pattern}: {reached} of {expected} edges of the wiring table reached");
    }
    if let Some(left_out) = &done.left_out {
        println!("{left_out}");
    }
    if let Some(memory) = done.memory {
        println!(
            "memory of the nodes: {} MiB when they were empty, {} MiB at most",
            memory.empty >> 20,
            memory.peak >> 20
        );
    }
    print!(
        "{}",
        human::render(&done.report, report::Style::for_stdout())
    );
    report::write(&done.report, outputs)
        .map_err(|error| SuiteError::cannot_check(error.to_string()))?;
    let selftest = done.selftest.as_ref().map_or(0, tell_selftest);
    Ok(match done.report.exit_code() {
        0 => selftest,
        code => code,
    })
}

fn tell_selftest(done: &LiveSelftest) -> u8 {
    print_timings(&done.timings);
    let mut caught = 0;
    for case in &done.cases {
        let (word, lines) = match &case.verdict {
            Verdict::Caught(messages) => {
                caught += 1;
                ("caught", messages.clone())
            }
            Verdict::Missed(why) => ("MISSED", vec![why.clone()]),
            Verdict::Also(others) => ("NOT ALONE", others.clone()),
            Verdict::Unsupported(why) => ("unsupported", vec![why.clone()]),
        };
        println!("{word:<12}{}: {}", case.name, case.about);
        for line in lines {
            println!("            {line}");
        }
    }
    if !done.left_out.is_empty() {
        println!("of another scenario: {}", done.left_out.join(", "));
    }
    let (what, place) = if done.kubernetes.is_empty() {
        ("trees", "machines".to_owned())
    } else {
        ("charts", format!("Kubernetes {}", done.kubernetes))
    };
    println!(
        "{caught} of {} broken {what} caught on {place}",
        done.cases.len()
    );
    done.exit_code()
}

/// A line for each phase of each pattern.
fn print_timings(timings: &[Timing]) {
    for timing in timings {
        let seconds = timing.took.as_secs_f64();
        println!("{:<20} {:<18} {seconds:7.1} s", timing.about, timing.phase);
    }
}
