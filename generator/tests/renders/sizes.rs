//! How much a release asks for: little by itself, enough for production with an overlay.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::release;

/// Memory in MiB.
fn mebibytes(quantity: &Value) -> f64 {
    let text = quantity.as_str().expect("a quantity");
    let (number, unit) = text.split_at(text.find(char::is_alphabetic).expect("a unit"));
    let number: f64 = number.parse().expect("a number");
    match unit {
        "Gi" => number * 1024.0,
        "Mi" | "m" => number,
        unit => panic!("{unit}"),
    }
}

/// Thousandths of a CPU.
fn millis(quantity: &Value) -> f64 {
    let text = quantity.as_str().expect("a quantity");
    text.strip_suffix('m').map_or_else(
        || text.parse::<f64>().expect("a number") * 1000.0,
        |millis| millis.parse().expect("a number"),
    )
}

#[test]
fn a_bare_release_fits_a_laptop() {
    for pattern in 0..=5 {
        let release = release(pattern, json!({}));
        let (mut cpu, mut memory) = (0.0, 0.0);
        for workload in release.all("Deployment").chain(release.all("StatefulSet")) {
            let nodes = workload["spec"]["replicas"].as_f64().expect("a number");
            let requests =
                &workload["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"];
            cpu += nodes * millis(&requests["cpu"]);
            memory += nodes * mebibytes(&requests["memory"]);
        }
        assert!(
            cpu <= 1000.0 && memory <= 5.0 * 1024.0,
            "pattern {pattern} asks for {cpu} m and {memory} MiB"
        );
    }
}

#[test]
fn every_overlay_but_the_laptops_has_sizes_for_production() {
    let charts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../charts-out/am-pattern-4");
    let read = |path: &Path| -> Value {
        let text = std::fs::read_to_string(path).expect("a file");
        serde_saphyr::from_str(&text).expect("YAML")
    };
    let bare = read(&charts.join("values.yaml"));
    for overlay in std::fs::read_dir(charts.join("overlays")).expect("overlays") {
        let path = overlay.expect("an overlay").path();
        let overlay = read(&path);
        for component in ["controlPlane", "trafficManager", "gateway", "keyManager"] {
            let given = &overlay[component]["jvm"]["maximumHeap"];
            if path.ends_with("dev.yaml") {
                assert_eq!(given, &Value::Null);
            } else {
                let bare = mebibytes(&bare[component]["jvm"]["maximumHeap"]);
                assert!(mebibytes(given) > bare, "{}: {component}", path.display());
            }
        }
    }
}
