//! `families.yaml` and `family.yaml`: what is wrong in them is told with its place and what to do.

use std::fs;

use am_generator::{Families, Selection};
use tempfile::TempDir;

use crate::support::{families, workspace};

const FAMILY: &str = "generator/families/micro-integrator/family.yaml";

const LISTED: [&str; 2] = ["micro-integrator", "streaming-integrator"];

/// A copy of the generator's data.
fn copy() -> TempDir {
    let root = tempfile::tempdir().expect("a folder");
    for folder in ["model", "templates", "families"] {
        let below = format!("generator/{folder}");
        am_toolchain::copy_folder(&workspace().join(&below), &root.path().join(&below))
            .expect("copied");
    }
    root
}

/// What is said of a copy in which a text of a file is another one.
fn mistake(file: &str, text: &str, other: &str) -> String {
    let root = copy();
    let path = root.path().join(file);
    let whole = fs::read_to_string(&path).expect("a file");
    assert!(whole.contains(text), "{file} has no {text}");
    fs::write(&path, whole.replacen(text, other, 1)).expect("written");
    Families::load_named(root.path(), &LISTED)
        .expect_err("a mistake")
        .to_string()
}

#[test]
fn the_families_of_the_repository_load() {
    assert!(families().models().count() >= 3);
    Families::load(&workspace()).unwrap_or_else(|mistakes| panic!("{mistakes}"));
}

#[test]
fn a_family_that_is_listed_must_be_there() {
    let said = Families::load_named(copy().path(), &["mikro-integrator"]);
    let said = said.expect_err("a mistake").to_string();
    assert!(
        said.contains("there is no family `mikro-integrator`"),
        "{said}"
    );
    assert!(said.contains("did you mean `micro-integrator`?"), "{said}");
}

#[test]
fn what_is_shared_must_be_there() {
    let said = mistake(FAMILY, "- controllers.yaml", "- controler.yaml");
    assert!(
        said.contains("family.yaml:")
            && said.contains("there is no `controler.yaml` in generator/model"),
        "{said}"
    );
    assert!(said.contains("did you mean `controllers.yaml`?"), "{said}");
}

#[test]
fn a_family_says_which_files_it_has_not() {
    let said = mistake(FAMILY, "wiring.yaml, ", "");
    assert!(
        said.contains("families/micro-integrator/model/wiring.yaml: cannot be read"),
        "{said}"
    );
    let said = mistake(FAMILY, "wiring.yaml, ", "wirings.yaml, ");
    assert!(
        said.contains("no family can be without `wirings.yaml`")
            && said.contains("did you mean `wiring.yaml`?"),
        "{said}"
    );
}

#[test]
fn each_version_of_api_manager_has_one_beside_it() {
    let file = "generator/families/micro-integrator/model/versions/4.5.0.yaml";
    let said = mistake(file, "beside: 4.6.0", "beside: 4.7.0");
    assert!(
        said.contains("several versions are beside 4.7.0 of API Manager"),
        "{said}"
    );
    assert!(
        said.contains("no version is beside 4.6.0 of API Manager"),
        "{said}"
    );
    let said = mistake(file, "beside: 4.6.0", "beside: 4.6.9");
    assert!(
        said.contains("4.5.0.yaml:2:9: there is no version 4.6.9 of API Manager"),
        "{said}"
    );
    let said = mistake(file, "beside: 4.6.0\n", "");
    assert!(
        said.contains("says no version of API Manager beside which it is used"),
        "{said}"
    );
}

#[test]
fn a_model_of_a_family_is_checked_as_api_manager_s_is() {
    let model = "generator/families/micro-integrator/model";
    let said = mistake(
        &format!("{model}/endpoints.yaml"),
        "role: integration",
        "role: integrations",
    );
    assert!(
        said.contains("there is no role `integrations`")
            && said.contains("did you mean `integration`?"),
        "{said}"
    );
    let said = mistake(
        &format!("{model}/components/micro-integrator.yaml"),
        "health: {port: management",
        "health: {port: managment",
    );
    assert!(
        said.contains("there is no port of the component `managment`"),
        "{said}"
    );
    let said = mistake(&format!("{model}/product.yaml"), "tenants,", "tenant,");
    assert!(said.contains("unknown value `tenant`"), "{said}");
}

#[test]
fn no_two_families_have_a_chart_of_one_name() {
    let root = copy();
    let patterns = "generator/families/streaming-integrator/model/patterns";
    let patterns = root.path().join(patterns);
    let own = patterns.join("am-integration-si.yaml");
    let text = fs::read_to_string(&own).expect("a file");
    let text = text.replacen("am-integration-si", "am-integration-mi", 1);
    fs::write(patterns.join("am-integration-mi.yaml"), text).expect("written");
    fs::remove_file(own).expect("removed");
    let said = Families::load_named(root.path(), &LISTED);
    let said = said.expect_err("a mistake").to_string();
    assert!(
        said.contains("WSO2 Integrator: MI has a chart `am-integration-mi` already"),
        "{said}"
    );
}

#[test]
fn one_key_signs_the_packages_of_all_families() {
    let key = "sign-key: {fingerprint: ABCD, url: https://keys.example/am-charts.asc}\nlicense:";
    let product = "generator/families/micro-integrator/model/product.yaml";
    let said = mistake(product, "license:", key);
    assert!(
        said.contains("one key signs the packages of all families")
            && said.contains("write it to generator/model/product.yaml"),
        "{said}"
    );
    let root = copy();
    let main = root.path().join("generator/model/product.yaml");
    let text = fs::read_to_string(&main).expect("a file");
    fs::write(&main, text.replacen("license:", key, 1)).expect("written");
    let families = Families::load_named(root.path(), &LISTED);
    let families = families.unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let tree = families.generate(&families.all()).expect("charts");
    for chart in families.all().patterns {
        let metadata = tree
            .files()
            .find(|(path, _)| *path == format!("{chart}/Chart.yaml"));
        let (_, metadata) = metadata.expect("a chart");
        assert!(
            String::from_utf8_lossy(metadata).contains("fingerprint: ABCD"),
            "{chart}"
        );
    }
}

#[test]
fn charts_are_named_by_number_or_name() {
    let named = |wanted: &[&str]| {
        let wanted: Vec<String> = wanted.iter().map(|wanted| (*wanted).to_owned()).collect();
        families().named(&wanted).map_err(str::to_owned)
    };
    let both = ["am-pattern-3", "am-integration-mi"].map(str::to_owned);
    // In their own order, and once.
    assert_eq!(
        named(&["am-integration-mi", "3", "am-pattern-3"]),
        Ok(both.to_vec())
    );
    assert_eq!(named(&["3", "mi"]), Err("mi".to_owned()));
}

#[test]
fn a_chart_of_no_family_is_refused() {
    let selection = Selection {
        patterns: vec!["am-integration-mj".to_owned()],
        ..families().all()
    };
    let said = families().generate(&selection);
    let said = said.expect_err("a mistake").to_string();
    assert!(
        said.contains("unknown pattern `am-integration-mj`"),
        "{said}"
    );
    assert!(said.contains("did you mean `am-integration-mi`?"), "{said}");
    let selection = Selection {
        version: "4.7.9".to_owned(),
        ..families().all()
    };
    let said = families().generate(&selection);
    let said = said.expect_err("a mistake").to_string();
    assert!(said.contains("unknown product version `4.7.9`"), "{said}");
}
