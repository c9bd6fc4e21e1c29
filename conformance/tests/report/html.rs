//! The page as a document, without a browser.

use std::collections::{BTreeMap, BTreeSet};

use am_conformance::report::Format;
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

use crate::sample;

/// Element name and attributes of every element, in order. Fails when the page is not well-formed.
fn elements() -> Vec<(String, BTreeMap<String, String>)> {
    elements_of(&Format::Html.render(&sample::report()).expect("a page"))
}

fn elements_of(page: &str) -> Vec<(String, BTreeMap<String, String>)> {
    let mut reader = Reader::from_str(page);
    let mut elements = Vec::new();
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Start(start) | Event::Empty(start) => elements.push(element(&start)),
            Event::Eof => return elements,
            _ => {}
        }
    }
}

fn element(start: &BytesStart<'_>) -> (String, BTreeMap<String, String>) {
    let attributes = start
        .attributes()
        .map(|attribute| {
            let attribute = attribute.expect("a well-formed attribute");
            let value = String::from_utf8_lossy(&attribute.value).into_owned();
            (
                String::from_utf8_lossy(attribute.key.as_ref()).into_owned(),
                value,
            )
        })
        .collect();
    (
        String::from_utf8_lossy(start.name().as_ref()).into_owned(),
        attributes,
    )
}

#[test]
fn nothing_comes_from_elsewhere_and_nothing_runs() {
    for (name, attributes) in elements() {
        assert!(
            !["script", "iframe", "object", "embed", "img"].contains(&name.as_str()),
            "{name}"
        );
        for (key, value) in &attributes {
            assert!(!key.starts_with("on"), "{name} {key}");
            if ["href", "src", "action"].contains(&key.as_str()) {
                assert!(
                    value.starts_with('#') || value == "data:,",
                    "{name} {key}={value}"
                );
            }
        }
    }
    let page = Format::Html.render(&sample::report()).expect("a page");
    assert!(!page.contains("url(") && !page.contains("@import"));
}

#[test]
fn ids_are_unique_and_every_reference_leads_to_one() {
    let elements = elements();
    let ids: Vec<&String> = elements
        .iter()
        .filter_map(|(_, attributes)| attributes.get("id"))
        .collect();
    let unique: BTreeSet<&String> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len());
    let mut references = 0;
    for (name, attributes) in &elements {
        let links = attributes
            .get("href")
            .and_then(|href| href.strip_prefix('#'));
        let labels = attributes
            .get("aria-labelledby")
            .map(String::as_str)
            .unwrap_or_default();
        for id in labels.split_whitespace().chain(links) {
            references += 1;
            assert!(unique.contains(&id.to_owned()), "{name} refers to {id}");
        }
    }
    assert!(references > 20);
}

#[test]
fn tables_name_their_columns_and_pictures_say_what_they_show() {
    let elements = elements();
    let named = |name: &'static str| elements.iter().filter(move |(element, _)| element == name);
    assert!(named("th").all(|(_, attributes)| attributes.contains_key("scope")));
    let pictures: Vec<_> = elements
        .iter()
        .filter(|(_, attributes)| attributes.get("role").is_some_and(|role| role == "img"))
        .collect();
    assert_eq!(pictures.len(), 3);
    assert!(
        pictures
            .iter()
            .all(|(_, attributes)| attributes["aria-label"].contains("connections"))
    );
    // Pieces of a picture say nothing of their own.
    assert!(named("svg").all(|(_, attributes)| attributes.contains_key("aria-hidden")));
}

#[test]
fn a_picture_alone_shows_the_connections_of_the_page() {
    let edges = |elements: Vec<(String, BTreeMap<String, String>)>| -> Vec<_> {
        let edges = elements
            .into_iter()
            .filter(|(_, attributes)| attributes.contains_key("data-port"));
        edges
            .map(|(_, attributes)| {
                ["data-from", "data-to", "data-port"].map(|name| attributes[name].clone())
            })
            .collect()
    };
    let mut report = sample::report();
    report.profiles.truncate(1);
    let page = Format::Html.render(&report).expect("a page");
    let picture = Format::Svg.render(&report).expect("a picture");
    let drawn = elements_of(&picture);
    assert_eq!(drawn[0].0, "svg");
    assert_eq!(drawn[0].1["xmlns"], "http://www.w3.org/2000/svg");
    let drawn = edges(drawn);
    assert!(!drawn.is_empty());
    assert_eq!(drawn, edges(elements_of(&page)));
}

#[test]
fn a_picture_of_several_patterns_is_refused() {
    let error = Format::Svg.render(&sample::report()).expect_err("refused");
    assert!(error.to_string().contains("--pattern"), "{error}");
}
