//! The committed page of requirements is the one that the requirements make.

use std::path::Path;

use am_conformance::explain::{PAGE, page};

#[test]
fn the_page_of_requirements_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(PAGE);
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let made = page().expect("the requirements are well-formed");
    assert!(
        committed == made,
        "{PAGE} is not up to date: run `cargo xtask conformance requirements --write`"
    );
}
