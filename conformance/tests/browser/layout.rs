//! What the browser measures: no text is clipped or covered, the page fits a phone and a sheet of paper.

use std::path::{Path, PathBuf};
use std::process::Command;

use am_conformance::{
    Report,
    report::Format,
    suite::{ChartDirectory, Input, Options, Silent, Variants, run},
};
use am_deployment_toml::product::ProductVersion;
use libtest_mimic::Failed;

use crate::{open, sample};

/// Widths in CSS pixels, and whether the rules for printing hold: a desk, a phone, A4 on its side.
const WINDOWS: [(u32, bool); 3] = [(1500, false), (375, false), (1032, true)];

/// Measures a page in a frame of a width; writes what is wrong, one a line, and how many texts it looked at.
const MEASURE: &str = include_str!("measure.js");

/// The charts of all patterns as they are, judged with an overlay or without.
fn report(platform: &str) -> Result<Report, Failed> {
    let workspace = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let version = ProductVersion::all().last().expect("a version");
    let charts = ChartDirectory {
        version,
        path: workspace.join("charts-out"),
    };
    let mut options = Options::new(workspace, Input::Charts(vec![charts]));
    options.platforms = vec![platform.into()];
    options.variants = Variants::None;
    Ok(run(&options, &mut Silent)?)
}

/// What is wrong with `page` at a width, and the number of texts in its pictures.
fn measure(
    browser: &Path,
    page: &str,
    (width, print): (u32, bool),
) -> Result<(Vec<String>, usize), Failed> {
    let attribute = page.replace('&', "&amp;").replace('"', "&quot;");
    let frame = format!(
        "<!DOCTYPE html><html><body><pre id=\"result\"></pre>\
         <iframe id=\"page\" style=\"border:0;width:{width}px;height:900px\" srcdoc=\"{attribute}\"></iframe>\
         <script>const print = {print};\n{MEASURE}</script></body></html>"
    );
    let (document, console) = open(browser, &frame)?;
    if !console.is_empty() {
        return Err(format!("the console is not empty: {console:?}").into());
    }
    let result = document
        .split_once("<pre id=\"result\">")
        .and_then(|(_, rest)| rest.split_once("</pre>"))
        .ok_or("the page was not measured")?
        .0;
    let mut lines = result.lines().map(str::to_owned);
    let texts = lines.next().unwrap_or_default().parse()?;
    Ok((lines.collect(), texts))
}

fn expect_whole(browser: &Path, report: &Report, what: &str) -> Result<(), Failed> {
    let page = Format::Html.render(report)?;
    for window in WINDOWS {
        let (wrong, texts) = measure(browser, &page, window)?;
        if !wrong.is_empty() {
            let shown: Vec<_> = wrong.iter().take(12).map(String::as_str).collect();
            return Err(format!(
                "{what} at {window:?}: {} faults\n{}",
                wrong.len(),
                shown.join("\n")
            )
            .into());
        }
        if texts < 20 * report.profiles.len() {
            return Err(format!("{what} at {window:?}: only {texts} texts").into());
        }
    }
    Ok(())
}

pub(crate) fn nothing_is_clipped_at_any_pattern(browser: &Path) -> Result<(), Failed> {
    for platform in ["none", "aws"] {
        let report = report(platform)?;
        if report.profiles.len() != 8 {
            return Err(format!("{} patterns", report.profiles.len()).into());
        }
        expect_whole(browser, &report, platform)?;
    }
    expect_whole(browser, &sample::report(), "the sample with findings")
}

/// A report whose hosts and findings have names of 120 characters.
pub(crate) fn long_names_are_whole(browser: &Path) -> Result<(), Failed> {
    let mut report = sample::report();
    let long = |name: &str| format!("{}.{name}", "a-very-long-label".repeat(6));
    for profile in &mut report.profiles {
        for edge in &mut profile.topology.edges {
            if edge.to.is_none() {
                edge.host = long(&edge.host);
            }
        }
        for exposure in &mut profile.topology.exposures {
            exposure.host = long(&exposure.host);
            exposure.name = long(&exposure.name);
        }
        for node in &mut profile.topology.nodes {
            node.services = vec![long("service")];
        }
    }
    expect_whole(browser, &report, "long names")
}

/// Proves that the other tests would fail.
pub(crate) fn a_clipped_label_is_noticed(browser: &Path) -> Result<(), Failed> {
    let page = Format::Html.render(&sample::report())?;
    let broken = page.replacen(
        "<text class=\"label\"",
        "<text dx=\"-2000\" class=\"label\"",
        1,
    );
    let (wrong, _) = measure(browser, &broken, WINDOWS[0])?;
    if !wrong.iter().any(|line| line.contains("outside")) {
        return Err("a label outside of the picture was not noticed".into());
    }
    let broken = page.replacen("<main", "<div style=\"width:600px\">wide</div><main", 1);
    let (wrong, _) = measure(browser, &broken, WINDOWS[1])?;
    if !wrong.iter().any(|line| line.contains("scrolls sideways")) {
        return Err("a page that is wider than a phone was not noticed".into());
    }
    Ok(())
}

pub(crate) fn every_host_has_a_box_with_its_name(browser: &Path) -> Result<(), Failed> {
    for platform in ["none", "aws"] {
        let report = report(platform)?;
        let page = Format::Html.render(&report)?;
        let (document, _) = open(browser, &page)?;
        let mut hosts = 0;
        for profile in &report.profiles {
            let named = profile
                .topology
                .edges
                .iter()
                .filter(|edge| edge.to.is_none());
            for edge in named {
                hosts += 1;
                let node = format!("data-node=\"{}\"", edge.host);
                if !document.contains(&node) {
                    return Err(format!("{}: no box for {}", profile.name, edge.host).into());
                }
            }
        }
        if hosts == 0 {
            return Err(format!("{platform}: no configuration names a host").into());
        }
    }
    Ok(())
}

pub(crate) fn the_page_is_printed(browser: &Path) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let (page, printed) = (
        folder.path().join("page.html"),
        folder.path().join("page.pdf"),
    );
    std::fs::write(&page, Format::Html.render(&sample::report())?)?;
    let output = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
        ])
        .args(["--no-first-run", "--no-pdf-header-footer"])
        .arg(format!("--print-to-pdf={}", printed.display()))
        .arg(format!(
            "--user-data-dir={}",
            folder.path().join("profile").display()
        ))
        .arg(&page)
        .output()?;
    let log = String::from_utf8_lossy(&output.stderr);
    let pdf = std::fs::read(&printed).map_err(|error| format!("not printed: {error}\n{log}"))?;
    let text = String::from_utf8_lossy(&pdf);
    // A4 on its side: 297 mm are 841.9 points.
    let sheets = text.matches("/MediaBox [0 0 841").count();
    if sheets < 3 {
        return Err(format!("{sheets} sheets, one a pattern at least").into());
    }
    Ok(())
}
