//! The documentation of this repository: every link leads somewhere, the table of contents has every page, and pictures are small.

use std::path::{Path, PathBuf};

use am_book::{links, pages, staging};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let mut names = pages::all(&root()).expect("pages");
    names.extend(pages::chapters(&root()).expect("chapters"));
    assert!(names.len() > 40, "{} pages", names.len());
    let dead = links::dead(&root(), &names).expect("read");
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

#[test]
fn the_table_of_contents_has_every_page_and_every_page_that_is_linked() {
    let missing = pages::missing(&root()).expect("read");
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn a_chart_has_the_picture_of_its_topology_in_the_book() {
    let staging = staging::stage(&root()).expect("staged");
    let chart = &staging.texts["charts-out/am-pattern-3/index.md"];
    assert!(chart.contains("![Topology](../../docs/topology/am-pattern-3.svg)"));
    assert!(!chart.contains("```mermaid"));
    let picture = "docs/topology/am-pattern-3.svg".to_owned();
    assert!(staging.copies.contains(&picture));
}

#[test]
fn pictures_are_small() {
    let folder = root().join("docs/pictures");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("pictures").flatten() {
        let size = entry.metadata().expect("a file").len();
        assert!(size < 300_000, "{}: {size} bytes", entry.path().display());
        count += 1;
    }
    assert!(count > 1, "{count} files");
}
