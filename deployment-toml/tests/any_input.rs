//! No input makes the crate panic: random text, random TOML, and mutated files that look real.

use am_deployment_toml::{
    Catalogue, Distribution, Document, Effective, Environment, KeyPath, Product, ProductVersion,
    faults, inspect, references, references_in_text,
};
use proptest::prelude::*;

const REAL_LOOKING: [&str; 3] = [
    include_str!("files/all-in-one.toml"),
    include_str!("files/control-plane.toml"),
    include_str!("files/gateway.toml"),
];

/// Pieces that mean something to a parser along the way.
const PIECES: [&str; 24] = [
    "[",
    "]",
    "[[",
    "]]",
    "\"",
    "'",
    "\"\"\"",
    "=",
    ".",
    "\n",
    "{",
    "}",
    "$env{",
    "$ref{",
    "$secret{",
    "${",
    "://",
    ":",
    "@",
    "jdbc:oracle:thin:@(HOST=",
    ",",
    "é",
    "1.0",
    "\u{0}",
];

fn of_version(short: &str) -> ProductVersion {
    short.parse().expect("a version of the table")
}

fn pack(short: &str) -> Distribution {
    short.parse().expect("a distribution of the table")
}

fn products() -> impl Strategy<Value = Product> {
    let versions = prop::sample::select(ProductVersion::all().collect::<Vec<_>>());
    let distributions = prop::sample::select(Distribution::all().collect::<Vec<_>>());
    (versions, distributions)
        .prop_map(|(version, distribution)| Product::new(version, distribution))
}

/// A change to a text: at a place (taken modulo its length), so many characters out, this in.
#[derive(Debug, Clone)]
struct Edit {
    at: usize,
    remove: usize,
    insert: String,
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let piece = prop_oneof![
        prop::sample::select(PIECES.to_vec()).prop_map(ToOwned::to_owned),
        any::<char>().prop_map(String::from),
        Just(String::new()),
    ];
    let edit = (any::<usize>(), 0..40_usize, piece).prop_map(|(at, remove, insert)| Edit {
        at,
        remove,
        insert,
    });
    prop::collection::vec(edit, 1..8)
}

fn apply(text: &str, edits: &[Edit]) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for edit in edits {
        let at = edit.at % (characters.len() + 1);
        let end = (at + edit.remove).min(characters.len());
        characters.splice(at..end, edit.insert.chars());
    }
    characters.into_iter().collect()
}

/// Swaps two lines: keeps most files legal and breaks their order.
fn swap_lines(text: &str, a: usize, b: usize) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let count = lines.len();
    lines.swap(a % count, b % count);
    lines.join("\n")
}

/// Runs everything over a text and checks what must hold for any.
fn exercise(text: &str, product: Product) {
    let environment = Environment::new()
        .with("AM_ADMIN_PASSWORD", "admin&<")
        .with_opaque("X");
    let found = inspect(text, product, &environment);
    for fault in &found {
        if let Some(span) = fault.span {
            assert!(
                span.start <= span.end && span.end <= text.len(),
                "{fault:?}"
            );
            assert!(text.is_char_boundary(span.start), "{fault:?}");
            assert!(span.line <= text.split('\n').count(), "{fault:?}");
        }
    }
    let Ok(document) = Document::parse(text) else {
        assert_eq!(found.len(), 1, "a text that is no TOML has one fault");
        return;
    };
    for entry in document.entries() {
        assert_eq!(
            document.entry(&entry.path).map(|e| e.span),
            Some(entry.span)
        );
    }
    let effective = Effective::resolve(&document, product, &environment);
    for reference in references(&effective) {
        assert!(!reference.address.host.is_empty(), "{reference:?}");
    }
    assert_eq!(
        faults(&document, product, &environment),
        found,
        "same input, same faults"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in any::<String>(), product in products()) {
        exercise(&text, product);
    }

    #[test]
    fn any_pieces(pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..40), product in products()) {
        exercise(&pieces.concat(), product);
    }

    #[test]
    fn mutated_files(file in prop::sample::select(REAL_LOOKING.to_vec()), edits in edits(), product in products()) {
        exercise(&apply(file, &edits), product);
    }

    #[test]
    fn files_with_swapped_lines(
        file in prop::sample::select(REAL_LOOKING.to_vec()),
        a in any::<usize>(),
        b in any::<usize>(),
        product in products(),
    ) {
        exercise(&swap_lines(file, a, b), product);
    }

    #[test]
    fn any_text_has_addresses_inside_it(pieces in prop::collection::vec(prop_oneof![
        prop::sample::select(PIECES.to_vec()).prop_map(ToOwned::to_owned),
        "[a-z0-9.:/@]{0,12}",
        any::<String>(),
    ], 0..12)) {
        let text = pieces.concat();
        for found in references_in_text(&text) {
            prop_assert!(!found.address.host.is_empty());
            prop_assert_eq!(text.get(found.start..found.start + found.raw.len()), Some(found.raw.as_str()));
        }
    }

    #[test]
    fn any_host_and_port_is_found_again(
        host in "[a-z]([a-z0-9-]{0,10}[a-z0-9])?(\\.[a-z]{1,5})?",
        port in 1..=u16::MAX,
        scheme in prop::sample::select(vec!["https", "tcp", "ssl", "jdbc:mysql"]),
    ) {
        let found = references_in_text(&format!("say {scheme}://{host}:{port}/x, please"));
        prop_assert_eq!(found.len(), 1);
        prop_assert_eq!(&found[0].address.host, &host);
        prop_assert_eq!(found[0].address.port, Some(port));
        let bare = references_in_text(&format!("say {host}:{port}, please"));
        prop_assert_eq!(bare.len(), 1);
    }

    #[test]
    fn any_key_path_can_be_looked_up(text in any::<String>(), product in products()) {
        let path = KeyPath::from(text.as_str());
        let _ = Catalogue::of(product.distribution).lookup(&path, product);
        prop_assert_eq!(KeyPath::from(path.parent().unwrap_or_default().to_string().as_str()).segments().len() <= path.segments().len() + text.len(), true);
    }
}

#[test]
fn the_real_looking_files_have_no_fault_where_they_belong() {
    let environment = [
        "AM_ADMIN_USERNAME",
        "AM_ADMIN_PASSWORD",
        "AM_APIM_DB_USERNAME",
        "AM_APIM_DB_PASSWORD",
        "AM_SHARED_DB_USERNAME",
        "AM_SHARED_DB_PASSWORD",
        "AM_ENCRYPTION_KEY",
        "AM_KEYSTORE_PASSWORD",
        "AM_KEYSTORE_KEY_PASSWORD",
        "AM_TRUSTSTORE_PASSWORD",
    ]
    .into_iter()
    .fold(Environment::new(), Environment::with_opaque);
    let homes = [pack("aio"), pack("acp"), pack("gw")];
    for (text, distribution) in REAL_LOOKING.into_iter().zip(homes) {
        let found = inspect(
            text,
            Product::new(of_version("4.7"), distribution),
            &environment,
        );
        assert!(found.is_empty(), "{distribution}: {found:#?}");
    }
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    let product = Product::new(of_version("4.7"), pack("aio"));
    let deep = format!("a = {}1{}\n", "[".repeat(5000), "]".repeat(5000));
    assert_eq!(inspect(&deep, product, &Environment::new()).len(), 1);
    let long = format!("[{}]\n", vec!["a"; 5000].join("."));
    exercise(&long, product);
}
