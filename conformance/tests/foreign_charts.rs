//! Charts that are not ours: the sound example is sound, and every seeded fault is found, where it is, and nothing else.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use am_conformance::{
    fixture::copy_directory,
    report::Report,
    requirement::Level,
    suite::{Input, Options, Silent, run},
};
use serde_json::{Value, json};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn examples() -> PathBuf {
    workspace().join("fixtures/foreign-charts")
}

fn judge(spec: &Path) -> Report {
    let options = Options::new(workspace(), Input::Spec(spec.to_owned()));
    run(&options, &mut Silent).expect("the suite can judge the charts")
}

/// Requirement and place of every finding: the key, else the object.
fn found(report: &Report) -> BTreeSet<String> {
    report
        .findings()
        .map(|(_, finding)| {
            let place = finding
                .configuration
                .as_ref()
                .map(|configuration| configuration.key.clone())
                .or_else(|| finding.object.as_ref().map(ToString::to_string))
                .unwrap_or_else(|| finding.message.clone());
            format!("{} {place}", finding.requirement)
        })
        .collect()
}

fn set(of: &[&str]) -> BTreeSet<String> {
    of.iter().map(|text| (*text).to_owned()).collect()
}

/// The example's specification with values set in one release, in a folder of its own.
struct Variant {
    folder: tempfile::TempDir,
    spec: PathBuf,
}

fn variant(release: &str, change: impl FnOnce(&mut Value)) -> Variant {
    let text = fs::read_to_string(examples().join("pattern-3.yaml")).expect("the example");
    let mut spec: Value = serde_saphyr::from_str(&text).expect("the example is YAML");
    let absolute = |path: &Value| json!(examples().join(path.as_str().expect("a path")));
    for entry in spec["releases"].as_array_mut().expect("a list") {
        entry["chart"] = absolute(&entry["chart"]);
        let values = entry["values"].as_array_mut().expect("a list");
        for file in values {
            *file = absolute(file);
        }
        if entry["name"] == release {
            entry["set"] = json!({});
        }
    }
    let chosen = spec["releases"]
        .as_array_mut()
        .expect("a list")
        .iter_mut()
        .find(|entry| entry["name"] == release);
    change(chosen.expect("the release is there"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("variant.yaml");
    fs::write(&path, spec.to_string()).expect("written");
    Variant { folder, spec: path }
}

fn with_value(release: &str, value: &str, to: &Value) -> BTreeSet<String> {
    let variant = variant(release, |entry| entry["set"][value] = to.clone());
    let report = judge(&variant.spec);
    assert_eq!(report.exit_code(), 1, "{value} = {to}");
    found(&report)
}

#[test]
fn the_sound_example_is_conformant_without_a_word() {
    let report = judge(&examples().join("pattern-3.yaml"));
    assert_eq!(found(&report), BTreeSet::new());
    assert_eq!(report.exit_code(), 0);
    let profile = &report.profiles[0];
    assert_eq!(profile.name, "pattern 3 of pattern-3.yaml");
    let passed = profile.subjects[0]
        .results
        .iter()
        .filter(|result| result.outcome.is_green())
        .count();
    assert!(passed > 100, "{passed} requirements were judged");
}

#[test]
fn the_broken_example_has_exactly_its_four_faults() {
    let report = judge(&examples().join("pattern-3-broken.yaml"));
    assert_eq!(report.exit_code(), 1);
    assert_eq!(
        found(&report),
        set(&[
            "AM-OPS-023 Deployment/apim-gw-gateway-deployment",
            "AM-WIRE-007 apim.throttling.url_group[1].traffic_manager_urls[0]",
            "AM-WIRE-008 apim.throttling.throttle_decision_endpoints[0]",
            "AM-WIRE-008 apim.throttling.throttle_decision_endpoints[1]",
        ])
    );
    let of_the_configuration = || {
        report
            .findings()
            .filter(|(_, finding)| finding.configuration.is_some())
    };
    for (_, finding) in of_the_configuration() {
        assert_eq!(finding.level, Level::Must);
        let template = finding.template.as_ref().expect("the template is known");
        assert_eq!(template.chart, "fixtures/foreign-charts/gateway");
        assert_eq!(template.file, "templates/_conf.tpl");
        let source = &report.sources[&format!("{}/{}", template.chart, template.file)];
        let line = source
            .lines()
            .nth(template.line.expect("the line is known") - 1)
            .expect("the file has the line");
        let configuration = finding.configuration.as_ref().expect("a key");
        let name = configuration
            .key
            .rsplit('.')
            .next()
            .and_then(|last| last.split('[').next())
            .expect("a key has a name");
        assert!(line.starts_with(name), "{line} makes {name}");
        assert!(
            finding.values.contains(&"trafficManagerNodes".to_owned()),
            "{:?}",
            finding.values
        );
    }
    let helps: Vec<&str> = of_the_configuration()
        .map(|(_, finding)| finding.help.as_str())
        .collect();
    assert_eq!(
        helps,
        [
            "did you mean `tcp://apim-tm-traffic-manager-2-service:9611`?",
            "did you mean `tcp://apim-tm-traffic-manager-1-service:5672`?",
            "did you mean `tcp://apim-tm-traffic-manager-2-service:5672`?",
        ]
    );
}

#[test]
fn a_host_of_nobody_is_found_in_keys_without_a_row_in_the_wiring_table() {
    assert_eq!(
        with_value("apim-acp", "databaseHost", &json!("db.corp.internal")),
        set(&[
            "AM-WIRE-017 database.apim_db.url",
            "AM-WIRE-017 database.shared_db.url",
        ])
    );
    assert_eq!(
        with_value(
            "apim-acp",
            "gatewayHostname",
            &json!("gateway.corp.internal")
        ),
        set(&[
            "AM-WIRE-017 apim.gateway.environment[0].http_endpoint",
            "AM-WIRE-017 apim.gateway.environment[0].https_endpoint",
        ])
    );
}

#[test]
fn a_gateway_of_nobody_is_found_in_every_key_that_names_it() {
    assert_eq!(
        with_value("apim-acp", "gatewayService", &json!("apim-gateway")),
        set(&[
            "AM-WIRE-005 apim.gateway.environment[0].service_url",
            "AM-WIRE-017 apim.gateway.environment[0].websub_event_receiver_http_endpoint",
            "AM-WIRE-017 apim.gateway.environment[0].websub_event_receiver_https_endpoint",
            "AM-WIRE-017 apim.gateway.environment[0].ws_endpoint",
            "AM-WIRE-017 apim.gateway.environment[0].wss_endpoint",
        ])
    );
}

#[test]
fn an_address_that_goes_out_and_in_again_is_followed_through_the_ingress() {
    // The Ingress of the control plane answers on 443; nothing of it on 9443.
    assert_eq!(
        with_value("apim-gw", "controlPlaneService", &json!("am.example.com")),
        set(&[
            "AM-WIRE-001 apim.key_manager.service_url",
            "AM-WIRE-010 apim.event_hub.service_url",
        ])
    );
}

#[test]
fn images_versions_environments_and_users_are_judged_across_releases() {
    let all_in_one = variant("apim-gw", |entry| {
        entry["component"] = json!("gateway");
        entry["set"]["image.repository"] = json!("apim/wso2am");
    });
    assert_eq!(
        found(&judge(&all_in_one.spec)),
        set(&["AM-DIST-001 Deployment/apim-gw-gateway-deployment"])
    );
    assert_eq!(
        with_value("apim-gw", "image.tag", &json!("4.6.0")),
        set(&["AM-DIST-004 Deployment/apim-gw-gateway-deployment"])
    );
    assert_eq!(
        with_value("apim-gw", "environment", &json!("Production")),
        set(&["AM-WIRE-014 apim.sync_runtime_artifacts.gateway.gateway_labels"])
    );
}

#[test]
fn an_archive_is_judged_like_its_folder() {
    let broken = tempfile::tempdir().expect("a temporary folder");
    let chart = broken.path().join("gateway");
    copy_directory(&examples().join("gateway"), &chart).expect("copied");
    let values = fs::read_to_string(chart.join("values.yaml")).expect("the values");
    fs::write(
        chart.join("values.yaml"),
        values + "\n# -- Used by nobody.\nforgotten: 1\n",
    )
    .expect("written");
    let archive = broken.path().join("gateway-0.1.0.tgz");
    let file = fs::File::create(&archive).expect("created");
    let gzip = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    let mut tar = tar::Builder::new(gzip);
    tar.append_dir_all("gateway", &chart).expect("packed");
    tar.into_inner()
        .and_then(flate2::write::GzEncoder::finish)
        .expect("written");
    let of = |path: &Path| {
        let variant = variant("apim-gw", |entry| entry["chart"] = json!(path));
        let report = judge(&variant.spec);
        let digest = report
            .charts
            .iter()
            .filter_map(|chart| chart.name.rsplit('/').next())
            .find(|name| name.starts_with("gateway"))
            .expect("the chart is listed");
        let name = digest.to_owned();
        let messages: Vec<String> = report
            .findings()
            .map(|(_, finding)| finding.message.replace(&name, "gateway"))
            .collect();
        (name, messages)
    };
    let (folder_name, in_folder) = of(&chart);
    let (archive_name, in_archive) = of(&archive);
    assert_eq!(in_folder, in_archive);
    assert_eq!(in_folder.len(), 1, "{in_folder:?}");
    assert!(in_folder[0].contains("`forgotten`"), "{in_folder:?}");
    assert_eq!(
        (folder_name.as_str(), archive_name.as_str()),
        ("gateway", "gateway-0.1.0.tgz")
    );
}

/// What is declared of the control plane's release, in images that tell nothing.
fn declared(component: &Value, workloads: &Value) -> Variant {
    variant("apim-acp", |entry| {
        entry["set"]["image.repository"] = json!("registry.corp/middleware/server");
        entry["component"] = component.clone();
        entry["workloads"] = workloads.clone();
    })
}

fn is_recognised(variant: &Variant) -> bool {
    let found = found(&judge(&variant.spec));
    !found
        .iter()
        .any(|finding| finding.starts_with("AM-TOPO") || finding.starts_with("AM-WIRE"))
}

#[test]
fn what_is_declared_of_a_release_or_of_a_workload_wins() {
    assert!(!is_recognised(&declared(&Value::Null, &json!({}))));
    assert!(is_recognised(&declared(
        &json!("control-plane"),
        &json!({})
    )));
    let by_name = json!({"apim-acp-control-plane-*": "control-plane"});
    assert!(is_recognised(&declared(&Value::Null, &by_name)));
    // The name of one wins over the pattern for all.
    let one = json!({"apim-acp-control-plane-*": "control-plane", "apim-acp-control-plane-deployment-1": "gateway"});
    assert!(!is_recognised(&declared(&Value::Null, &one)));
}

#[test]
fn a_declaration_of_nothing_is_refused() {
    let cache = tempfile::tempdir().expect("a temporary folder");
    let refusal = |variant: &Variant| {
        let options = Options {
            cache: Some(cache.path().to_owned()),
            ..Options::new(workspace(), Input::Spec(variant.spec.clone()))
        };
        let error = run(&options, &mut Silent).expect_err("refused");
        assert_eq!(error.exit_code(), 2);
        error.to_string()
    };
    let misspelt = json!({"apim-acp-control-plane-deploiment-1": "control-plane"});
    let misspelt = declared(&Value::Null, &misspelt);
    // A later run remembers what an earlier one found, and must not forget this.
    for _ in 0..2 {
        let told = refusal(&misspelt);
        assert!(
            told.contains("did you mean `apim-acp-control-plane-deployment-1`?"),
            "{told}"
        );
    }
}

/// The gateway's chart with something more at the end of one of its templates.
fn with_template(more: &str) -> Variant {
    let mut variant = variant("apim-gw", |_| ());
    let chart = variant.folder.path().join("gateway");
    copy_directory(&examples().join("gateway"), &chart).expect("copied");
    let service = chart.join("templates/service.yaml");
    let text = fs::read_to_string(&service).expect("the template");
    fs::write(&service, text + more).expect("written");
    let spec = fs::read_to_string(&variant.spec).expect("the specification");
    let mut spec: Value = serde_json::from_str(&spec).expect("JSON");
    for entry in spec["releases"].as_array_mut().expect("a list") {
        if entry["name"] == "apim-gw" {
            entry["chart"] = json!(chart);
        }
    }
    variant.spec = variant.folder.path().join("with-template.yaml");
    fs::write(&variant.spec, spec.to_string()).expect("written");
    variant
}

/// Each finding's requirement and the line of a template that it names, else its message.
fn places(report: &Report) -> Vec<String> {
    let place = |finding: &am_conformance::finding::Finding| {
        let line = finding.template.as_ref().and_then(|template| {
            let place = format!("{}/{}", template.chart, template.file);
            report.sources.get(&place)?.lines().nth(template.line? - 1)
        });
        let place = line.map_or(finding.message.as_str(), str::trim);
        format!("{} {place}", finding.requirement)
    };
    report
        .findings()
        .map(|(_, finding)| place(finding))
        .collect()
}

#[test]
fn a_document_that_is_no_yaml_hides_nothing_of_the_others() {
    let broken = with_template("\n---\nkind: ConfigMap\nmetadata: {name: a}\n  datta: {\n");
    let report = judge(&broken.spec);
    assert_eq!(places(&report), ["AM-HELM-030 datta: {"]);
    let checked = report.profiles[0].statistics.checked;
    assert!(checked > 2000, "{checked} checks");
}

#[test]
fn a_key_given_twice_is_told_and_the_last_one_judged() {
    let twice = with_template(
        "\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: twice}\ndata: {a: b}\ndata: {c: d}\n",
    );
    let report = judge(&twice.spec);
    let told: Vec<&str> = report
        .findings()
        .filter(|(_, finding)| finding.requirement == "AM-HELM-031")
        .map(|(_, finding)| finding.message.as_str())
        .collect();
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("the key `data` twice"), "{told:?}");
}

#[test]
fn a_release_that_does_not_render_hides_nothing_of_the_others() {
    let failing = with_template("\n{{ fail \"the certificate is missing\" }}\n");
    let report = judge(&failing.spec);
    assert_eq!(
        places(&report),
        ["AM-HELM-029 {{ fail \"the certificate is missing\" }}"]
    );
}
