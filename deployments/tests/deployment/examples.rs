//! The examples: what is committed is what is made, and the scripts do what they say. `xtask/tests/deploy.rs` has the suite judge them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use am_deployments::{MAKER, Vocabulary, schema};
use am_generator::output::{Extent, check_files};

use crate::support::{changed, example, families, made, model, workspace};

const EXAMPLES: [&str; 16] = [
    "centralised",
    "geo-regional",
    "identity-server",
    "simple-scalable",
    "single",
    "standard-ha",
    "standard-ha-multitenancy",
    "vm-identity-server",
    "vm-pattern-0",
    "vm-pattern-1",
    "vm-pattern-2",
    "vm-pattern-3",
    "vm-pattern-4",
    "vm-pattern-5",
    "vm-geo-regional",
    "vm-region",
];

fn text(example: &str, path: &str) -> String {
    let files = made(
        &format!("{example}.yaml"),
        &crate::support::example(example),
    )
    .expect("sound");
    String::from_utf8(files[path].clone()).expect("text")
}

#[test]
fn what_is_committed_is_what_is_made() {
    for name in EXAMPLES {
        let files = made(&format!("{name}.yaml"), &example(name)).expect("the example is sound");
        let folder = workspace().join("deployments/examples").join(name);
        let differences =
            check_files(&files, MAKER, &folder, Extent::Everything).expect("can be read");
        let differences: Vec<String> = differences.into_iter().map(|it| it.diff).collect();
        assert!(differences.is_empty(), "{}", differences.concat());
    }
}

#[test]
fn the_same_document_gives_the_same_bytes_wherever_it_lies() {
    let here = made("centralised.yaml", &example("centralised")).expect("sound");
    let there = made("/somewhere/else/centralised.yaml", &example("centralised")).expect("sound");
    assert_eq!(here, there);
}

#[test]
fn a_data_plane_knows_the_main_site_and_the_main_site_its_gateways() {
    let us = text("centralised", "sites/us/bank.values.yaml");
    assert!(us.contains("controlPlane:\n  enabled: false\n"), "{us}");
    assert!(!us.contains("database:"), "{us}");
    let eu = text("centralised", "sites/eu/bank.values.yaml");
    assert!(eu.contains("gatewayEnvironments:\n  - name: us\n"), "{eu}");
    assert!(!eu.contains("enabled: false\n  addresses"), "{eu}");
    let ports = text("centralised", "ports.md");
    assert_eq!(ports.matches("| tcp |").count(), 3, "{ports}");
}

#[test]
fn gateways_without_an_environment_of_their_own_serve_that_of_the_main_site() {
    let ours = "    environment: {name: us, type: production, description: Gateways in the United States}\n";
    let exposed = "    exposes:\n      gateway:\n        service: {host: gateways.us.bank.example.com}\n        annotations: {service.beta.kubernetes.io/azure-load-balancer-internal: \"true\"}\n";
    let changed = changed(&example("centralised"), &[(ours, ""), (exposed, "")]);
    let files = made("d.yaml", &changed).expect("sound");
    let text = |path: &str| String::from_utf8_lossy(&files[path]).into_owned();
    assert!(text("sites/us/bank.values.yaml").contains("gatewayEnvironment:\n  name: eu\n"));
    assert!(!text("sites/eu/bank.values.yaml").contains("gatewayEnvironments:"));
    assert!(
        !text("ports.md").contains("| us | tcp"),
        "nobody connects to the gateways"
    );
}

#[test]
fn lists_of_the_users_go_on_after_those_of_the_document() {
    let more = "      exposure: {gatewayApi: {gateway: {tlsSecret: bank-tls}}}\n";
    let with = format!(
        "{more}      extraObjects: [{{apiVersion: v1, kind: ConfigMap, metadata: {{name: mine}}}}]\n"
    );
    let files = made(
        "d.yaml",
        &changed(&example("centralised"), &[(more, &with)]),
    )
    .expect("sound");
    let eu = String::from_utf8_lossy(&files["sites/eu/bank.values.yaml"]).into_owned();
    assert!(
        eu.contains("name: bank-control-plane-sites") && eu.contains("name: mine"),
        "{eu}"
    );
}

#[test]
fn a_site_without_a_platform_has_the_values_of_its_chart() {
    let without = changed(&example("single"), &[(", platform: production", "")]);
    let files = made("d.yaml", &without).expect("sound");
    let readme = String::from_utf8_lossy(&files["README.md"]);
    assert!(
        readme.contains("| `apim_db` | `dbscripts/apimgt/postgresql.sql` |"),
        "{readme}"
    );
}

/// Runs an install.sh with programs that write down how they are called.
fn installed(script: &Path, charts: &str, secrets: bool) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let log = folder.path().join("log");
    for (program, code) in [("helm", 0), ("kubectl", i32::from(!secrets))] {
        let text = format!("echo {program} \"$@\" >> '{}'\nexit {code}", log.display());
        am_testing::script(folder.path(), program, &text);
    }
    let path = format!(
        "{}:{}",
        folder.path().display(),
        std::env::var("PATH").expect("a PATH")
    );
    let done = Command::new(script)
        .args([charts, "--dry-run=server"])
        .env("PATH", path)
        .output()
        .expect("the script runs");
    let said =
        fs::read_to_string(&log).unwrap_or_default() + &String::from_utf8_lossy(&done.stderr);
    (done.status.code(), said)
}

#[cfg(unix)]
#[test]
fn install_sh_gives_helm_the_chart_the_values_and_the_cluster() {
    let sites = workspace()
        .join("deployments/examples/centralised/sites")
        .canonicalize()
        .expect("a folder");
    let charts = workspace()
        .join("charts-out")
        .canonicalize()
        .expect("a folder");
    let charts = charts.display().to_string();
    let us = sites.join("us");
    let (code, said) = installed(&us.join("install.sh"), &charts, true);
    assert_eq!(code, Some(0), "{said}");
    let here = us.display();
    let wanted = format!(
        "helm upgrade --install bank {charts}/am-pattern-3 --kube-context prod-us --namespace apim --create-namespace \
         --values {here}/azure.values.yaml --values {here}/bank.values.yaml --wait --timeout 30m --dry-run=server\n"
    );
    assert!(said.contains(&wanted), "{said}");
    let (code, said) = installed(
        &us.join("install.sh"),
        "oci://registry.example.com/charts",
        true,
    );
    assert_eq!(code, Some(0), "{said}");
    let version = model().chart_version("4.7.0").expect("a version");
    assert!(
        said.contains(&format!(
            "oci://registry.example.com/charts/am-pattern-3 --version {version} --kube-context"
        )),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn install_sh_says_what_is_missing_and_installs_nothing() {
    let script = workspace().join("deployments/examples/centralised/sites/us/install.sh");
    let charts = workspace().join("charts-out").display().to_string();
    let (code, said) = installed(&script, &charts, false);
    assert_eq!(code, Some(3), "{said}");
    assert!(
        said.contains(
            "Secret apim-credentials must be in namespace apim first; README.md has its keys"
        ) && said
            .contains("Secret bank-tls must be in namespace apim first; named by Gateway bank"),
        "{said}"
    );
    assert!(!said.contains("helm upgrade"), "{said}");
    let (code, said) = installed(&script, "/nowhere", true);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("there is no am-pattern-3 of version 4.7.0 in /nowhere"),
        "{said}"
    );
    // Charts of another product version would come up, and not be what the document says.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let chart = folder.path().join("am-pattern-3");
    fs::create_dir(&chart).expect("made");
    fs::write(chart.join("Chart.yaml"), "appVersion: 4.6.0\n").expect("written");
    let (code, said) = installed(&script, &folder.path().display().to_string(), true);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("there is no am-pattern-3 of version 4.7.0 in"),
        "{said}"
    );
}

#[test]
fn the_schema_for_editors_is_up_to_date_and_knows_every_word() {
    let vocabulary = Vocabulary::load().expect("the vocabulary is sound");
    let schema = schema(families(), &vocabulary);
    let file = workspace().join("docs/deployment.schema.json");
    let written = fs::read_to_string(file).expect("the schema");
    assert_eq!(
        written,
        format!("{schema:#}\n"),
        "run `cargo xtask deploy --write-schema`"
    );
    assert!(
        !written.contains("\"enum\": []") && !written.contains("x-known"),
        "a word is not known"
    );
    let validator = jsonschema::options().build(&schema).expect("a schema");
    let errors = |text: &str| {
        let document: serde_json::Value = serde_saphyr::from_str(text).expect("YAML");
        validator.iter_errors(&document).count()
    };
    for name in EXAMPLES {
        assert_eq!(errors(&example(name)), 0, "{name}");
    }
    for (old, new) in [
        ("topology: centralised", "topology: geo-region"),
        ("    main: true\n", "    main: true\n    vm: {}\n"),
        ("controlPlane:\n", "controlPlan:\n"),
    ] {
        assert_eq!(
            errors(&changed(&example("centralised"), &[(old, new)])),
            1,
            "{new}"
        );
    }
}

#[test]
fn every_conditional_credential_of_the_model_is_in_the_vocabulary() {
    let vocabulary =
        fs::read_to_string(workspace().join("deployments/data/vocabulary.yaml")).expect("it");
    let vocabulary: serde_json::Value = serde_saphyr::from_str(&vocabulary).expect("YAML");
    let lists = vocabulary["conditional-credentials"]
        .as_object()
        .expect("lists");
    let said: BTreeSet<&str> = lists
        .values()
        .flat_map(|it| it.as_array().expect("a list"))
        .filter_map(|it| it.as_str())
        .collect();
    let conditional = model()
        .credentials
        .keys
        .iter()
        .filter(|(_, key)| key.when.is_some());
    let wanted: BTreeSet<&str> = conditional.map(|(name, _)| name.value.as_str()).collect();
    assert_eq!(said, wanted);
}
