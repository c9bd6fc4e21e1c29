//! What the product's configuration engine was seen to do with a file, version by version. Each test is a row of
//! `facts/toml-engine.md`.

mod accepts;
mod stops;
mod values;

use am_deployment_toml::{
    Distribution, Document, Effective, Environment, FaultKind, Product, ProductVersion, Severity,
    inspect,
};

fn of_version(short: &str) -> ProductVersion {
    short.parse().expect("a version of the table")
}

fn pack(short: &str) -> Distribution {
    short.parse().expect("a distribution of the table")
}

fn old() -> Vec<ProductVersion> {
    vec![of_version("4.5"), of_version("4.6")]
}

/// A sound file; `more` goes after it.
fn file(more: &str) -> String {
    format!(
        r#"[server]
hostname = "am.example.org"
server_role = "default"

[super_admin]
username = "admin"
password = "admin1"

[database.shared_db]
url = "jdbc:mysql://db:3306/shared"
username = "shared"
password = "shared"

{more}"#
    )
}

/// The faults that matter, each as `kind severity key`: what the engine ignores is not asked here.
fn faults(
    text: &str,
    version: ProductVersion,
    distribution: Distribution,
    environment: &Environment,
) -> Vec<String> {
    inspect(text, Product::new(version, distribution), environment)
        .into_iter()
        .filter(|fault| fault.severity != Severity::Ignored)
        .map(|fault| {
            let key = fault
                .key
                .map_or_else(|| "-".to_owned(), |key| key.to_string());
            format!("{:?} {:?} {key}", fault.kind, fault.severity)
        })
        .collect()
}

/// Requires that the sound file with `more` has exactly these faults in every version, on the control plane.
fn expect(more: &str, wanted: &[&str]) {
    expect_with(more, &Environment::new(), wanted);
}

fn expect_with(more: &str, environment: &Environment, wanted: &[&str]) {
    for version in ProductVersion::all() {
        let found = faults(&file(more), version, pack("acp"), environment);
        assert_eq!(found, wanted, "{version}: {more:?}");
    }
}

/// Requires that the server of every version stops at the sound file with `more`, for this kind of fault.
fn expect_stop(more: &str, kind: FaultKind) {
    expect_stop_of(&file(more), kind);
}

fn expect_stop_of(text: &str, kind: FaultKind) {
    for version in ProductVersion::all() {
        let product = Product::new(version, pack("aio"));
        let found = inspect(text, product, &Environment::new());
        let is_found = |fault: &am_deployment_toml::Fault| {
            fault.kind == kind && fault.severity == Severity::StartUpFails
        };
        assert!(
            found.iter().any(is_found),
            "{version}: {text:?}: {found:#?}"
        );
    }
}

fn effective(more: &str, version: ProductVersion, distribution: Distribution) -> Effective {
    effective_in(more, version, distribution, &Environment::new())
}

fn effective_in(
    more: &str,
    version: ProductVersion,
    distribution: Distribution,
    environment: &Environment,
) -> Effective {
    let document = Document::parse(&file(more)).expect("legal TOML");
    Effective::resolve(&document, Product::new(version, distribution), environment)
}
