//! An umbrella chart that has a chart of ours twice, or under a condition.

use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use crate::support::{Release, as_given, refusal, release, workspace};

/// A render of an umbrella chart with pattern 3 under two aliases, of which the second has a condition.
fn umbrella(one: Value, two: Value) -> Release {
    let folder = tempfile::tempdir().expect("a folder");
    let chart = "apiVersion: v2\nname: umbrella\nversion: 1.0.0\ndependencies:\n\
        - {name: am-pattern-3, version: '*', alias: one}\n\
        - {name: am-pattern-3, version: '*', alias: two, condition: two.enabled}\n";
    std::fs::write(folder.path().join("Chart.yaml"), chart).expect("a chart");
    std::fs::create_dir(folder.path().join("charts")).expect("a folder");
    symlink(
        workspace()
            .canonicalize()
            .expect("the workspace")
            .join("charts-out/am-pattern-3"),
        folder.path().join("charts/am-pattern-3"),
    )
    .expect("a link");
    let mut values = json!({"one": one, "two": two});
    for copy in ["one", "two"] {
        values[copy]["credentials"] = json!({"generateWithoutCluster": true});
        values[copy]["networkPolicy"] = json!({"enabled": true});
    }
    let path = folder.path().to_str().expect("a path");
    as_given(path, std::iter::empty(), values).unwrap_or_else(|error| panic!("{error}"))
}

/// Name and labels of the pods that a release makes.
fn pods(release: &Release) -> Vec<(&str, &Value)> {
    let made = ["Deployment", "StatefulSet"]
        .into_iter()
        .flat_map(|kind| release.all(kind))
        .map(|workload| (workload, &workload["spec"]["template"]));
    made.chain(release.all("Pod").map(|pod| (pod, pod)))
        .map(|(object, pod)| (name(object), &pod["metadata"]["labels"]))
        .collect()
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().expect("a name")
}

/// What objects of a kind select by, each with the object's name. Peers in another namespace are the cluster's.
fn selectors<'r>(release: &'r Release, kind: &'r str) -> Vec<(&'r str, &'r Value)> {
    let peers = |rules: &'r Value, direction: &str| -> Vec<&'r Value> {
        let rules = rules.as_array().into_iter().flatten();
        rules
            .flat_map(|rule| rule[direction].as_array().into_iter().flatten())
            .filter(|peer| peer.get("namespaceSelector").is_none())
            .map(|peer| &peer["podSelector"]["matchLabels"])
            .collect()
    };
    let of = |object: &'r Value| -> Vec<&'r Value> {
        let spec = &object["spec"];
        match kind {
            "Service" => vec![&spec["selector"]],
            "NetworkPolicy" => [&spec["podSelector"]["matchLabels"]]
                .into_iter()
                .chain(peers(&spec["ingress"], "from"))
                .chain(peers(&spec["egress"], "to"))
                .collect(),
            _ => vec![&spec["selector"]["matchLabels"]],
        }
    };
    release
        .all(kind)
        .flat_map(|object| of(object).into_iter().map(|found| (name(object), found)))
        .filter(|(_, selector)| selector.is_object())
        .collect()
}

fn matches(selector: &Value, labels: &Value) -> bool {
    let wanted = selector.as_object().expect("a selector");
    assert!(!wanted.is_empty());
    wanted.iter().all(|(label, value)| labels[label] == *value)
}

/// Each copy selects its own pods, and none of the other's, which are told by the heads of their names.
fn each_selects_its_own(release: &Release, heads: [&str; 2]) {
    let copy = |name: &str| {
        let found = heads.iter().find(|head| name.starts_with(**head));
        *found.unwrap_or_else(|| panic!("{name} is of no copy"))
    };
    let pods = pods(release);
    for head in heads {
        assert!(
            pods.iter().filter(|(name, _)| copy(name) == head).count() > 5,
            "{head}"
        );
    }
    let kinds = [
        "Service",
        "PodDisruptionBudget",
        "NetworkPolicy",
        "Deployment",
        "StatefulSet",
    ];
    for kind in kinds {
        let selectors = selectors(release, kind);
        assert!(selectors.len() >= 2, "{kind}");
        for (object, selector) in selectors {
            let chosen: Vec<_> = pods
                .iter()
                .filter(|(_, labels)| matches(selector, labels))
                .map(|(pod, _)| *pod)
                .collect();
            assert!(!chosen.is_empty(), "{kind} {object}: {selector}");
            for pod in chosen {
                assert_eq!(copy(pod), copy(object), "{kind} {object} selects {pod}");
            }
        }
    }
}

#[test]
fn two_copies_in_one_release_select_their_own_pods() {
    let both = umbrella(
        json!({"fullnameOverride": "first"}),
        json!({"fullnameOverride": "second"}),
    );
    each_selects_its_own(&both, ["first-", "second-"]);
    // One of them may keep the name of the release.
    let second = umbrella(json!({}), json!({"fullnameOverride": "second"}));
    each_selects_its_own(&second, ["apim-", "second-"]);
}

#[test]
fn a_release_that_keeps_its_name_keeps_its_selectors() {
    let labels = |values: Value| {
        let release = release(3, values);
        let gateway = release.all("Deployment").next().expect("a gateway").clone();
        gateway["spec"]["selector"]["matchLabels"]["app.kubernetes.io/instance"].clone()
    };
    assert_eq!(labels(json!({})), "apim");
    assert_eq!(labels(json!({"fullnameOverride": "apim"})), "apim");
    assert_eq!(labels(json!({"fullnameOverride": "other"})), "other");
}

#[test]
fn the_condition_of_a_parent_chart_is_no_value_of_ours() {
    let other = |enabled| json!({"enabled": enabled, "fullnameOverride": "second"});
    let with = umbrella(json!({"enabled": true}), other(true));
    assert!(with.find("Deployment", "second-gateway").is_some());
    let without = umbrella(json!({}), other(false));
    assert!(without.find("Deployment", "second-gateway").is_none());
    assert!(without.find("Deployment", "apim-gateway").is_some());
    release(
        0,
        json!({"enabled": true, "global": {"of": "another chart"}}),
    );
    let message = refusal(0, json!({"enabled": false}));
    assert!(
        message.contains("enabled is false, but only a parent chart reads it"),
        "{message}"
    );
}
