//! Files of machines, as the programs that read them see them: `haproxy -c`, `nginx -t`, `nft -c` and `systemd-analyze verify`.
//!
//! Where a program is not there its tests are reported as ignored, with the reason: they have not passed. `tools/machines/install` installs all of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use tempfile::TempDir;

/// What is done to a text before it is judged.
type Change = fn(&str) -> String;

/// Judges a file with a program, after a change.
type Judge = fn(&Path, &str, Change) -> Result<(), Failed>;

/// A program, what it judges, the ending of such files, and how one is broken that it must refuse.
const PROGRAMS: [(&str, Judge, &str, Change); 4] = [
    ("haproxy", haproxy, "haproxy.cfg", |text| {
        text.replacen("  balance ", "  ballance ", 1)
    }),
    ("nginx", nginx, "nginx.conf", |text| {
        text.replacen("proxy_pass ", "proxy_past ", 1)
    }),
    ("nft", nft, ".nft", |text| {
        text.replacen("hook input", "hook inputs", 1)
    }),
    ("systemd-analyze", systemd, ".service", |text| {
        text.replacen("KillMode=", "KilMode=", 1)
    }),
];

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for (program, judge, ending, break_it) in PROGRAMS {
        trials.push(trial(program, "accepts_every_file", move || {
            all(ending, usize::MAX, |file| {
                judge(file, program, str::to_owned)
            })
        }));
        trials.push(trial(program, "refuses_a_broken_file", move || {
            all(ending, 1, |file| match judge(file, program, break_it) {
                Err(_) => Ok(()),
                Ok(()) => Err(format!("{} was broken, and accepted", file.display()).into()),
            })
        }));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn trial(
    program: &'static str,
    name: &str,
    run: impl FnOnce() -> Result<usize, Failed> + Send + 'static,
) -> Trial {
    Trial::ignorable_test(format!("{program}_{name}"), move || {
        if found(program).is_none() {
            let why = format!("unsupported here: no {program}; run tools/machines/install");
            return Ok(Completion::ignored_with(why));
        }
        match run()? {
            0 => Err(format!("no example has a file for {program}").into()),
            _ => Ok(Completion::Completed),
        }
    })
}

fn found(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Not everybody has these on their path.
    let more = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    let mut folders = std::env::split_paths(&path).chain(more);
    folders.find_map(|folder| Some(folder.join(program)).filter(|it| it.is_file()))
}

/// Judges such files of the examples, each text once; how many they were.
fn all(
    ending: &str,
    most: usize,
    judge: impl Fn(&Path) -> Result<(), Failed>,
) -> Result<usize, Failed> {
    let mut seen = BTreeSet::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                // The first line names the document.
                let text = fs::read_to_string(&path)?;
                let text = text.split_once('\n').map_or("", |(_, rest)| rest);
                if seen.len() < most && seen.insert(text.to_owned()) {
                    judge(&path)?;
                }
            }
        }
    }
    Ok(seen.len())
}

fn haproxy(file: &Path, program: &str, change: Change) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let text = with_certificates(&change(&fs::read_to_string(file)?), &folder)?;
    let path = folder.path().join("haproxy.cfg");
    fs::write(&path, text)?;
    silent(
        file,
        &run(program, &["-c", "-f", &path.to_string_lossy()])?,
        "Configuration file is valid",
    )
}

fn nginx(file: &Path, program: &str, change: Change) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let text = with_certificates(&change(&fs::read_to_string(file)?), &folder)?;
    let text = text.replace(
        "/run/nginx.pid",
        &folder.path().join("pid").to_string_lossy(),
    );
    let path = folder.path().join("nginx.conf");
    fs::write(&path, text)?;
    let output = run(
        program,
        &["-t", "-e", "stderr", "-c", &path.to_string_lossy()],
    )?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() && !said.contains("[warn]") {
        return Ok(());
    }
    Err(format!("{}: {said}", file.display()).into())
}

fn nft(file: &Path, program: &str, change: Change) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("am.nft");
    fs::write(&path, change(&fs::read_to_string(file)?))?;
    silent(
        file,
        &run(program, &["-c", "-f", &path.to_string_lossy()])?,
        "",
    )
}

/// In a root of its own, which has the units of this machine and the program that the unit starts. Warnings exit with 0.
fn systemd(file: &Path, program: &str, change: Change) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let root = folder.path();
    let text = change(&fs::read_to_string(file)?);
    let start = text
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart="));
    let start = start.ok_or("no ExecStart")?.trim_start_matches('/');
    for path in [start, "bin/sh", "bin/sleep", "usr/sbin/nft"] {
        let path = root.join(path);
        let parent = path.parent().ok_or("a folder")?;
        fs::create_dir_all(parent)?;
        am_testing::script(
            parent,
            &path.file_name().ok_or("a name")?.to_string_lossy(),
            "",
        );
    }
    let units = root.join("lib/systemd");
    fs::create_dir_all(&units)?;
    let copied = Command::new("cp")
        .args(["-a", "/lib/systemd/system"])
        .arg(&units)
        .status()?;
    assert!(copied.success(), "the units of this machine are copied");
    let path = root
        .join("etc/systemd/system")
        .join(file.file_name().ok_or("a name")?);
    fs::create_dir_all(path.parent().ok_or("a folder")?)?;
    fs::write(&path, text)?;
    let arguments = [
        &format!("--root={}", root.display()),
        "verify",
        &*path.to_string_lossy(),
    ];
    silent(file, &run(program, &arguments)?, "")
}

fn run(program: &str, arguments: &[&str]) -> Result<Output, Failed> {
    let program = found(program).ok_or("not there")?;
    Ok(Command::new(program).args(arguments).output()?)
}

/// Fails unless a program accepts a file and says nothing but this.
fn silent(file: &Path, output: &Output, but: &str) -> Result<(), Failed> {
    let said = [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it).into_owned());
    let said = said.concat();
    if output.status.success() && said.trim() == but {
        return Ok(());
    }
    Err(format!("{} ({}): {said}", file.display(), output.status).into())
}

/// The file with a certificate that is there.
fn with_certificates(text: &str, folder: &TempDir) -> Result<String, Failed> {
    let (key, certificate) = (folder.path().join("key"), folder.path().join("am.pem"));
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
        ])
        .args(["-days", "2", "-subj", "/CN=am", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()?;
    if !made.status.success() {
        return Err(String::from_utf8_lossy(&made.stderr).into_owned().into());
    }
    let both = fs::read_to_string(&certificate)? + &fs::read_to_string(&key)?;
    fs::write(&certificate, both)?;
    let path = certificate.to_string_lossy();
    let text = text.replace("/etc/ssl/private/am.pem", &path);
    Ok(text.replace("/etc/ssl/certs/am-ca.pem", &path))
}
