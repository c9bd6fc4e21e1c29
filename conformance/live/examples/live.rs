//! A live run without the command line of `cargo xtask`:
//! `cargo run -p am-live --example live -- CLUSTER PATTERNS VERSION=CHARTS…`

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use am_conformance::suite::ChartDirectory;
use am_live::progress::StderrProgress;
use am_live::{Images, Options, Progress};

fn main() -> ExitCode {
    match run() {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(3)
        }
    }
}

fn run() -> Result<u8, Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let cluster = arguments.next().ok_or("which cluster?")?;
    let patterns = arguments.next().ok_or("which patterns?")?;
    let mut charts = Vec::new();
    for argument in arguments {
        let (version, path) = argument.split_once('=').ok_or("VERSION=CHARTS")?;
        charts.push(ChartDirectory {
            version: version.parse()?,
            path: path.into(),
        });
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let options = Options {
        workspace: workspace.canonicalize()?,
        cluster: cluster.parse()?,
        images: Images::Standin,
        charts,
        patterns: patterns
            .bytes()
            .filter(u8::is_ascii_digit)
            .map(|digit| digit - b'0')
            .collect(),
        selftest: std::env::var_os("SELFTEST").is_some(),
        command: std::env::args().collect::<Vec<_>>().join(" "),
    };
    let progress: Arc<dyn Progress> = Arc::new(StderrProgress::new());
    let done = am_live::run(&options, &progress)?;
    for timing in &done.timings {
        println!(
            "{:<14} {:<18} {:6.1} s",
            timing.about,
            timing.phase,
            timing.took.as_secs_f64()
        );
    }
    for (pattern, expected, reached) in &done.edges {
        println!("pattern {pattern}: {reached} of {expected} edges");
    }
    for profile in &done.report.profiles {
        println!("{}: {:?} {}", profile.name, profile.result, profile.summary);
    }
    for (subject, finding) in done.report.findings() {
        println!("{} {} {}", subject.id, finding.requirement, finding.message);
    }
    println!("exit code {}", done.report.exit_code());
    Ok(done.report.exit_code())
}
