//! A region on machines beside one in a cluster: what it opens to the other one, and what it tells it.

mod support;

use std::{fs, path::Path};

use am_conformance::fixture::copy_directory;
use serde_json::{Value, json};

const EXAMPLE: &str = "deployments/examples/judged/vm-geo-regional.yaml";
const FIREWALL: &str = "hosts/am-2/etc/nftables.d/am.nft";
const DOOR: &str = "    ip saddr { 10.20.0.0/16 } tcp dport 8672 accept\n";
const PUBLISHER: &str = "hosts/am-1/opt/am/all-in-one/overlay/repository/deployment/server/eventpublishers/keyManager-eu-0.xml";

/// What is found when a text in a file of the tree is another one: each finding with its requirement, place, message and help.
fn found(file: &str, old: &str, new: &str, change: impl FnOnce(&mut Value)) -> Vec<[String; 4]> {
    let copy = tempfile::tempdir().expect("a temporary folder");
    let report = support::judged(EXAMPLE, |spec| {
        let tree = spec["sites"][1]["tree"].as_str().expect("a tree");
        copy_directory(Path::new(tree), copy.path()).expect("copied");
        let file = copy.path().join(file);
        let text = fs::read_to_string(&file).expect("a text");
        assert!(text.contains(old), "{} has `{old}`", file.display());
        fs::write(&file, text.replace(old, new)).expect("written");
        spec["sites"][1]["tree"] = json!(copy.path());
        change(spec);
    });
    let report = report.expect("the suite can judge it");
    let subjects = report.profiles.iter().flat_map(|profile| &profile.subjects);
    for subject in subjects {
        assert_eq!(subject.error, None, "it is read");
    }
    let findings = report.findings().map(|(_, finding)| {
        let place = finding.template.as_ref();
        let place = place.map(|at| format!("{}:{}", at.file, at.line.unwrap_or_default()));
        [
            finding.requirement.clone(),
            place.unwrap_or_default(),
            finding.message.clone(),
            finding.help.clone(),
        ]
    });
    findings.collect()
}

fn ranges_unknown(spec: &mut Value) {
    for site in spec["sites"].as_array_mut().expect("sites") {
        site.as_object_mut().expect("a site").remove("cidrs");
    }
}

#[test]
fn the_example_is_sound_with_and_without_ranges() {
    let none: Vec<[String; 4]> = Vec::new();
    assert_eq!(found(FIREWALL, DOOR, DOOR, |_| {}), none);
    assert_eq!(found(FIREWALL, DOOR, DOOR, ranges_unknown), none);
    // Somebody else's words for the same.
    let wider = "    ip saddr 10.16.0.0/12 tcp dport 8672 accept comment \"Europe\"\n";
    assert_eq!(found(FIREWALL, DOOR, wider, |_| {}), none);
    let address = "    ip saddr { 203.0.113.7 } tcp dport { 8672 } accept\n";
    assert_eq!(found(FIREWALL, DOOR, address, ranges_unknown), none);
}

#[test]
fn another_site_that_is_told_to_come_must_be_let_in() {
    let help = "accept tcp dport 8672 from the ranges of the other sites, or correct what they are told (`exposed`)";
    let closed = found(FIREWALL, DOOR, "", |_| {});
    let message = "the firewall of am-2 keeps site eu (10.20.0.0/16) from the all-in-one at port 8672, where they are told to reach it";
    assert_eq!(closed.len(), 1, "{closed:?}");
    assert_eq!(closed[0][2..], [message, help]);
    assert!(closed[0][1].starts_with(FIREWALL), "{closed:?}");
    let narrow = found(FIREWALL, "10.20.0.0/16", "10.20.9.0/24", |_| {});
    assert_eq!((narrow.len(), narrow[0][2].as_str()), (1, message));
    let closed = found(FIREWALL, DOOR, "", ranges_unknown);
    let message = "the firewall of am-2 keeps other sites from the all-in-one at port 8672, where they are told to reach it";
    assert_eq!((closed.len(), closed[0][2].as_str()), (1, message));
}

#[test]
fn nobody_else_is_let_in_there() {
    let open = found(FIREWALL, DOOR, "    tcp dport 8672 accept\n", |_| {});
    let expected = [
        "AM-VM-007",
        "hosts/am-2/etc/nftables.d/am.nft:20",
        "the firewall of am-2 lets anybody reach port 8672, though nothing needs it",
        "remove the port from the rule, or whoever is too much",
    ];
    assert_eq!(open, [expected]);
    let strangers = "    ip saddr { 10.20.0.0/16, 10.99.0.0/16 } tcp dport 8672 accept\n";
    let found_strangers = found(FIREWALL, DOOR, strangers, |_| {});
    assert_eq!(found_strangers.len(), 1, "{found_strangers:?}");
    assert!(found_strangers[0][2].contains("lets 10.99.0.0/16 reach port 8672"));
    // The broker without TLS is for this site alone.
    let more = DOOR.replace("8672", "{ 8672, 5672 }");
    let clear = found(FIREWALL, DOOR, &more, |_| {});
    assert_eq!(clear.len(), 1, "{clear:?}");
    assert!(clear[0][2].contains("lets 10.20.0.0/16 reach port 5672"));
}

#[test]
fn a_publisher_that_is_switched_off_is_found() {
    let off = found(
        PUBLISHER,
        "processing=\"enable\"",
        "processing=\"disable\"",
        |_| {},
    );
    assert_eq!(off.len(), 1, "{off:?}");
    assert_eq!(
        off[0],
        [
            "AM-REG-017",
            &format!("{PUBLISHER}:2"),
            "publisher `keyManager-eu-0` of all-in-one (am-1/all-in-one) is switched off, so that am-0.eu.post.example.com:8672 in another region hears nothing of org.wso2.apimgt.keymgt.stream:1.0.0",
            "write processing=\"enable\", or remove the publisher with its JNDI file where that region is to hear nothing",
        ]
    );
}

#[test]
fn a_range_that_is_none_is_refused() {
    let refused = support::judged(EXAMPLE, |spec| {
        spec["sites"][0]["cidrs"] = json!(["10.20.0.0"]);
    });
    let error = refused.err().unwrap_or_default();
    assert!(
        error.ends_with(
            "site eu: cidrs: `10.20.0.0` is no range of addresses: write one such as 10.20.0.0/16"
        ),
        "{error}"
    );
}
