//! The HTML page in a real headless browser.
//!
//! Looks for `CHROMIUM` in the environment, then for `chromium`, `chromium-browser` and `google-chrome` on
//! `PATH`. Without one every test is reported as ignored, with the reason; `tools/browser/install` installs
//! one.

mod layout;
#[path = "../report/sample.rs"]
mod sample;
#[path = "../report/topology.rs"]
mod topology;

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use am_conformance::{Report, report::Format};
use libtest_mimic::{Arguments, Completion, Failed, Trial};

type Test = fn(&Path) -> Result<(), Failed>;

fn main() -> ExitCode {
    let tests: [(&str, Test); 9] = [
        (
            "the_page_shows_every_pattern_and_finding",
            the_page_shows_every_pattern_and_finding,
        ),
        (
            "pictures_have_their_nodes_and_broken_edges",
            pictures_have_their_nodes_and_broken_edges,
        ),
        (
            "a_green_page_has_no_broken_edge",
            a_green_page_has_no_broken_edge,
        ),
        (
            "a_message_on_the_console_is_noticed",
            a_message_on_the_console_is_noticed,
        ),
        (
            "nothing_is_clipped_at_any_pattern",
            layout::nothing_is_clipped_at_any_pattern,
        ),
        ("long_names_are_whole", layout::long_names_are_whole),
        (
            "a_clipped_label_is_noticed",
            layout::a_clipped_label_is_noticed,
        ),
        (
            "every_host_has_a_box_with_its_name",
            layout::every_host_has_a_box_with_its_name,
        ),
        ("the_page_is_printed", layout::the_page_is_printed),
    ];
    let trials = tests.map(|(name, test)| {
        Trial::ignorable_test(name, move || match browser() {
            Some(browser) => test(&browser).map(|()| Completion::Completed),
            None => Ok(Completion::ignored_with(
                "no Chromium: set CHROMIUM or run tools/browser/install",
            )),
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.into()).exit_code()
}

fn browser() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("CHROMIUM").filter(|path| !path.is_empty()) {
        return Some(path.into());
    }
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders)
        .flat_map(|folder| {
            ["chromium", "chromium-browser", "google-chrome"].map(|name| folder.join(name))
        })
        .find(|path| path.is_file())
}

/// The document as the browser has it after layout, and what it wrote to its console.
fn open(browser: &Path, page: &str) -> Result<(String, Vec<String>), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("page.html");
    std::fs::write(&file, page)?;
    let output = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--window-size=1600,1000",
            "--disable-gpu",
            "--disable-dev-shm-usage",
        ])
        .args(["--no-first-run", "--enable-logging=stderr", "--dump-dom"])
        .arg(format!(
            "--user-data-dir={}",
            folder.path().join("profile").display()
        ))
        .arg(&file)
        .output()?;
    let log = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("{} ended with {}: {log}", browser.display(), output.status).into());
    }
    let console = log
        .lines()
        .filter(|line| line.contains(":CONSOLE"))
        .map(String::from)
        .collect();
    Ok((
        String::from_utf8_lossy(&output.stdout).into_owned(),
        console,
    ))
}

fn open_report(browser: &Path, report: &Report) -> Result<String, Failed> {
    let (document, console) = open(browser, &Format::Html.render(report)?)?;
    if console.is_empty() {
        Ok(document)
    } else {
        Err(format!("the console is not empty: {console:?}").into())
    }
}

fn expect(document: &str, part: &str, times: usize) -> Result<(), Failed> {
    let found = document.matches(part).count();
    if found == times {
        Ok(())
    } else {
        Err(format!("`{part}` is there {found} times, not {times}").into())
    }
}

fn the_page_shows_every_pattern_and_finding(browser: &Path) -> Result<(), Failed> {
    let document = open_report(browser, &sample::report())?;
    for (part, times) in [
        ("<h1>Conformance report</h1>", 1),
        ("<h2 id=\"am-pattern-0-title\">", 1),
        ("<h2 id=\"am-pattern-3-title\">", 1),
        ("<h2 id=\"requirements-title\">", 1),
        ("<h2 id=\"reproduce-title\">", 1),
        ("<article class=\"finding error\"", 5),
        ("<article class=\"finding warning\"", 1),
        (
            "<mark>https://apim-key-manager:9443/oauth2/revoke</mark>",
            1,
        ),
    ] {
        expect(&document, part, times)?;
    }
    Ok(())
}

fn pictures_have_their_nodes_and_broken_edges(browser: &Path) -> Result<(), Failed> {
    let document = open_report(browser, &sample::report())?;
    for (part, times) in [
        ("role=\"img\"", 3),
        ("data-node=\"control-plane\"", 2),
        ("data-node=\"key-manager\"", 1),
        ("data-node=\"db.am.example.com\"", 3),
        ("data-node=\"gw.am.example.com\"", 2),
        ("data-status=\"broken\"", 2),
        (
            "data-from=\"control-plane\" data-to=\"nowhere\" data-port=\"9443\" data-status=\"broken\"",
            1,
        ),
        ("data-status=\"unknown\"", 1),
    ] {
        expect(&document, part, times)?;
    }
    Ok(())
}

fn a_green_page_has_no_broken_edge(browser: &Path) -> Result<(), Failed> {
    let document = open_report(browser, &sample::green())?;
    expect(&document, "data-status=\"broken\"", 0)?;
    expect(&document, "<p>No findings.</p>", 1)
}

/// Proves that the other tests would fail.
fn a_message_on_the_console_is_noticed(browser: &Path) -> Result<(), Failed> {
    let page = "<!DOCTYPE html><html><body><script>console.error('noticed')</script></body></html>";
    let (_, console) = open(browser, page)?;
    if console.iter().any(|line| line.contains("noticed")) {
        Ok(())
    } else {
        Err("the console was not read".into())
    }
}
