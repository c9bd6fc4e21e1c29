//! First documents: what is recommended can be made at once, by the resolver and by Helm.

#[path = "../choosing/short.rs"]
mod short;
#[path = "../choosing/strategies.rs"]
mod strategies;
#[path = "../choosing/support.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use am_choosing::{Answers, Recommendation, document, recommend};
use am_deployments::{Rendering, Vocabulary, deploy, read};
use am_generator::output::Files;
use am_generator::{ChartTree, Families};
use am_toolchain::{RenderPool, RenderRequest, Renderer as _, StderrProgress, Tool, Toolchain};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::Value;

use short::{nodes, of, word};
use support::{answers, rules};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The families, and the charts of a product version.
fn charts(version: &str) -> (&'static Families, &'static ChartTree) {
    static FAMILIES: OnceLock<Families> = OnceLock::new();
    static CHARTS: [OnceLock<ChartTree>; 3] = [const { OnceLock::new() }; 3];
    let families =
        FAMILIES.get_or_init(|| Families::load(&workspace()).expect("the models are sound"));
    let mut versions = families.main().versions.iter();
    let at = versions.position(|it| it.version.value == version);
    let charts = CHARTS[at.expect("a version of the model")].get_or_init(|| {
        let mut selection = families.all();
        version.clone_into(&mut selection.version);
        families.generate(&selection).expect("the charts are made")
    });
    (families, charts)
}

fn pool() -> &'static RenderPool {
    static POOL: OnceLock<RenderPool> = OnceLock::new();
    POOL.get_or_init(|| {
        let toolchain = Toolchain::new(workspace());
        let program = toolchain.ensure(Tool::Renderer, &mut StderrProgress::default());
        RenderPool::new(program.expect("the render server"), 2).deterministic(true)
    })
}

/// The documents of a chart that is in memory, by the pinned Helm.
fn render(rendering: &Rendering) -> Result<Vec<Value>, String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, content) in &rendering.chart {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(&path, content).expect("written");
    }
    let mut request = RenderRequest::new(folder.path(), &rendering.release, "default");
    request.values = rendering.values.clone();
    let rendered = pool().with(|server| server.render(&request));
    let documents = rendered.map_err(|error| error.to_string())?.documents;
    Ok(documents.into_iter().map(|it| it.value).collect())
}

/// What was resolved: every release in a cluster, with its site.
fn releases(files: &Files) -> Vec<(String, Value)> {
    let resolved = &files["deployment.resolved.yaml"];
    let resolved: Value =
        am_generator::yaml::parse("resolved", &String::from_utf8_lossy(resolved)).expect("YAML");
    let mut releases = Vec::new();
    for site in resolved["sites"].as_array().expect("sites") {
        let name = site["name"].as_str().expect("a name").to_owned();
        let beside = site["integrators"].as_array().into_iter().flatten();
        let all = std::iter::once(site).chain(beside);
        let all = all
            .map(|it| it["release"].clone())
            .filter(|it| !it.is_null());
        releases.extend(all.map(|it| (name.clone(), it)));
    }
    releases
}

/// What the document of a recommendation makes; Helm renders each site.
fn made(recommendation: &Recommendation) -> Result<Files, String> {
    let text = document(recommendation).map_err(|error| error.to_string())?;
    let told = |error: String| format!("{error}\n{text}");
    let read = read("d.yaml", &text).map_err(|error| told(error.to_string()))?;
    let (families, charts) = charts(&word(recommendation, "version"));
    let vocabulary = Vocabulary::load().expect("the vocabulary is sound");
    let files = deploy(&read, families, &vocabulary, charts, &render);
    let files = files.map_err(|error| told(error.to_string()))?;
    for (site, release) in releases(&files) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let chart = release["chart"].as_str().expect("a chart");
        let chart_of = charts.files().filter_map(|(path, content)| {
            let path = path.strip_prefix(chart)?.strip_prefix('/')?;
            Some((path.to_owned(), content))
        });
        for (path, content) in chart_of {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(&path, content).expect("written");
        }
        let name = release["name"].as_str().expect("a release");
        let mut request = RenderRequest::new(folder.path(), name, "apim");
        for values in release["values"].as_array().expect("files of values") {
            let values = values.as_str().expect("a file");
            let file = folder.path().join(format!("given-{values}"));
            fs::write(&file, &files[&format!("sites/{site}/{values}")]).expect("written");
            request.values_files.push(file);
        }
        let rendered = pool().with(|server| server.render(&request));
        let rendered = rendered.map_err(|error| told(format!("{site}, {name}: {error}")))?;
        assert!(rendered.documents.len() > 3, "{site}, {name}");
    }
    Ok(files)
}

const CLUSTERS: [&str; 5] = ["kubernetes", "aws", "azure", "gcp", "openshift"];

/// Every set of answers on machines and on one of the clusters, in turn.
fn on_platforms<'a>(all: impl Iterator<Item = (&'a str, Answers)>) -> Vec<String> {
    let mut wrong = Vec::new();
    for ((name, given), cluster) in all.zip(CLUSTERS.iter().cycle()) {
        for platform in ["vm", cluster] {
            let there = answers(&format!("platform: {platform}"));
            if let Err(error) = made(&recommend(rules(), &there.over(given.clone()))) {
                wrong.push(format!("{name} on {platform}: {error}"));
            }
        }
    }
    wrong
}

#[test]
fn documents_of_every_row_are_made_and_rendered() {
    let cases = rules().cases();
    let rows = cases.scenarios.iter().chain(&cases.matrix);
    let wrong = on_platforms(rows.map(|row| (row.name.as_str(), row.answers(rules()))));
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn documents_of_several_regions_and_of_an_identity_server_are_made_and_rendered() {
    let several = [
        "regions: 2",
        "regions: 3, regulated: true",
        "regions: 2, management: each-region",
        "regions: 2, management: each-region, isolation: everything",
        "regions: 2, management: each-region, scaling: gateway, downtime: management",
        "identity: identity-server",
        "identity: identity-server, overhead: least",
        "identity: identity-server, regions: 2",
        "spikes: true, requestsPerSecond: 4000",
        "requestsPerSecond: 60000, database: oracle",
        "production: false, previous: cp-gw",
        "production: false, previous: cp-gw-tm-km",
        "integration: both",
        "integration: both, production: false",
        "integration: services, regions: 2",
        "integration: both, tenants: 2, regions: 2, management: each-region",
        "integration: both, database: db2, requestsPerSecond: 3000, scaling: gateway",
        "integration: streams, tenants: 500",
    ];
    let given = several.map(|it| (it, answers(&it.replace(", ", "\n"))));
    let wrong = on_platforms(given.into_iter());
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn documents_of_every_database_are_rendered_on_every_platform() {
    let mut wrong = Vec::new();
    for platform in CLUSTERS {
        for database in ["postgre", "mysql", "mariadb", "mssql", "oracle", "db2"] {
            let given = format!("platform: {platform}, database: {database}");
            if let Err(error) = made(&of(&given)) {
                wrong.push(format!("{given}: {error}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// One Gateway of Azure keeps a user at one node and the other does not; integrators and data planes have an overlay, too.
#[test]
fn documents_for_azure_have_the_overlay_that_their_nodes_need() {
    for (given, overlays) in [
        ("integration: both", &["azure-agc"][..]),
        ("regions: 2, integration: both", &["azure-agc", "azure"]),
        ("scaling: gateway, downtime: management", &["azure"]),
        ("regulated: true", &["azure-agc"]),
        ("production: false", &["dev"]),
    ] {
        let is = of(&format!("platform: azure, {given}"));
        let files = made(&is).unwrap_or_else(|error| panic!("{given}: {error}"));
        let text = document(&is).expect("a document");
        let found = text.split("platform: ").skip(1);
        let found: Vec<&str> = found.filter_map(|it| it.split('}').next()).collect();
        assert_eq!(found, overlays, "{given}");
        for (site, overlay) in ["main", "region-2"].iter().zip(overlays) {
            let file = format!("sites/{site}/{overlay}.values.yaml");
            assert!(files.contains_key(&file), "{given}: {file}");
        }
    }
}

#[test]
fn documents_of_any_answers_are_made_and_rendered() {
    let mut config = Config::with_cases(8);
    config.failure_persistence = None;
    let mut runner = TestRunner::new(config);
    let wanted = strategies::answers();
    let run = runner.run(&wanted, |answers| {
        made(&recommend(rules(), &answers))
            .map(drop)
            .map_err(TestCaseError::fail)
    });
    run.unwrap_or_else(|error| panic!("{error}"));
}

/// The clusters of a document by their names, each with its nodes.
fn clusters(given: &str) -> Vec<(String, u64)> {
    let files = made(&of(given)).expect("made");
    let resolved = String::from_utf8_lossy(&files["deployment.resolved.yaml"]).into_owned();
    let resolved: Value = am_generator::yaml::parse("resolved", &resolved).expect("YAML");
    let clusters = resolved["sites"].as_array().into_iter().flatten();
    let clusters = clusters.flat_map(|site| site["integrators"].as_array().into_iter().flatten());
    clusters
        .map(|it| {
            let name = it["name"].as_str().expect("a name").to_owned();
            (name, it["nodes"].as_u64().expect("nodes"))
        })
        .collect()
}

#[test]
fn a_document_names_the_clusters_of_integrators_with_their_nodes() {
    for (platform, apim) in [("kubernetes", "apim-"), ("vm", "")] {
        let named = |answers: &str| clusters(&format!("platform: {platform}, {answers}"));
        let wanted = |wanted: &[(&str, u64)]| -> Vec<(String, u64)> {
            let all = wanted.iter();
            all.map(|(name, nodes)| (format!("{apim}{name}"), *nodes))
                .collect()
        };
        assert_eq!(named("integration: none, tenants: 2"), []);
        assert_eq!(
            named("integration: both, integrationRequestsPerSecond: 5000"),
            wanted(&[("mi", 4), ("si", 2)])
        );
        assert_eq!(
            named("integration: both, tenants: 2"),
            wanted(&[
                ("mi-tenant1", 2),
                ("mi-tenant2", 2),
                ("si-tenant1", 2),
                ("si-tenant2", 2)
            ])
        );
        assert_eq!(
            named("integration: services, tenants: 2, production: false"),
            wanted(&[("mi-tenant1", 1), ("mi-tenant2", 1)])
        );
        assert_eq!(
            named("integration: streams, database: db2"),
            wanted(&[("si", 1)])
        );
        let many = of(&format!(
            "platform: {platform}, integration: services, tenants: 40"
        ));
        assert!((nodes(&many, "micro-integrator") - 80.0).abs() < 0.1);
        let text = document(&many).expect("a document");
        assert!(
            text.contains("\n# 37 more tenants were asked for: ")
                && text.contains("\n  - tenant3.example.com\nsites:"),
            "{text}"
        );
        let told = "The first document names 3 of 40 tenants, each with clusters of its own: list the others in `tenants`, and on machines give them hosts, too.";
        assert!(many.watch.iter().any(|it| it == told), "{:?}", many.watch);
    }
}

#[test]
fn a_document_on_machines_has_the_identity_server_instead_of_key_managers() {
    let is = of("identity: identity-server, platform: vm");
    let text = document(&is).expect("a document");
    assert!(text.contains("      replaces: [keyManager]\n"), "{text}");
    assert!(
        !text.contains("notifies:") && !text.contains("runs: [key-manager]"),
        "{text}"
    );
    let files = made(&is).expect("made");
    assert!(files.contains_key("sites/main/identity-server/register.sh"));
}

/// Whether a network is private only the operator knows.
#[test]
fn no_document_says_that_a_link_is_private() {
    for platform in CLUSTERS.into_iter().chain(["vm"]) {
        for management in ["central", "each-region"] {
            let given = format!("platform: {platform}, regions: 2, management: {management}");
            let text = document(&of(&given)).expect("a document");
            assert!(text.contains("\nlink: {encryption: tls}\n"), "{text}");
            assert!(
                text.contains("\nkeystores: {existingSecret: apim-keystores}\n"),
                "{text}"
            );
            assert!(!text.contains("private:"), "{text}");
        }
    }
}

/// The lines that install, of the README of what is made, as the command has them.
fn readme_installs(given: &str) -> (Vec<String>, Vec<String>) {
    let is = of(given);
    let files = made(&is).expect("made");
    let readme = String::from_utf8_lossy(&files["README.md"]).into_owned();
    let (_, installs) = readme
        .split_once("## Install and upgrade")
        .expect("a section");
    let block = installs.split("```").nth(1).expect("a block");
    let readme = block
        .trim_start_matches("sh")
        .trim()
        .lines()
        .map(str::to_owned);
    let charts = word(&is, "charts");
    let commands = is
        .commands
        .iter()
        .filter(|it| it.does.starts_with("Install"));
    let lines = commands.flat_map(|it| it.run.lines());
    let lines = lines.map(|line| {
        line.replace("deployment/sites", "sites")
            .replace("@\"$SECRETS\"", "@SECRETS")
            .replace(&charts, "CHARTS")
    });
    (lines.collect(), readme.collect())
}

#[test]
fn commands_install_what_the_readme_installs_in_its_order() {
    for platform in ["kubernetes", "vm"] {
        for answers in [
            "regions: 1",
            "production: false, integration: both",
            "integration: both",
            "integration: services, requestsPerSecond: 3000, scaling: gateway",
            "integration: streams, requestsPerSecond: 5000",
            "integration: services, regulated: true",
            "integration: both, identity: apart",
            "regions: 3, integration: both",
            "regions: 3",
            "regions: 2, management: each-region, integration: services, productVersion: 4.6.0",
        ] {
            let given = format!("platform: {platform}, {answers}");
            let (printed, readme) = readme_installs(&given);
            assert_eq!(printed, readme, "{given}");
        }
    }
}

/// charts-out has the newest version alone.
#[test]
fn charts_of_other_versions_are_made_before_they_are_installed() {
    let (families, _) = charts("4.7.0");
    let newest = families.all().version;
    for version in families.main().versions.iter().map(|it| &it.version.value) {
        let is = of(&format!(
            "platform: aws, productVersion: {version}, integration: both"
        ));
        // What follows an installation is not asked for here.
        let commands = is.commands.iter().map(|it| it.run.lines().next());
        let commands: Vec<&str> = commands.map(Option::unwrap_or_default).collect();
        let folder = format!("target/charts-{version}");
        let makes = format!("cargo xtask gen-charts --product-version {version} --out {folder}");
        if *version == newest {
            assert!(
                !commands.iter().any(|it| it.contains("gen-charts")),
                "{commands:?}"
            );
            assert_eq!(
                commands.last(),
                Some(&"deployment/sites/main/install.sh charts-out")
            );
        } else {
            let installs = format!("deployment/sites/main/install.sh {folder}");
            assert!(commands.ends_with(&[&makes, &installs]), "{commands:?}");
        }
    }
    let machines = of("platform: vm, productVersion: 4.5.0");
    assert!(
        !machines
            .commands
            .iter()
            .any(|it| it.run.contains("gen-charts"))
    );
}

#[test]
fn a_document_is_one_pool_that_never_grows_beyond_ten_gateways() {
    let text =
        document(&of("spikes: true, requestsPerSecond: 12000, platform: aws")).expect("a document");
    for wanted in [
        "\n# This is one of 2 pools of gateways, because a release has ten at most. ",
        "\n    replicas: {controlPlane: 2, trafficManager: 2}\n",
        "\n        autoscaling: {enabled: true, minReplicas: 4, maxReplicas: 8}\n",
    ] {
        assert!(text.contains(wanted), "{wanted}{text}");
    }
}

#[test]
fn a_document_that_cannot_be_made_is_noticed() {
    let is = of("platform: kubernetes");
    let text = document(&is)
        .expect("a document")
        .replace("type: postgre", "type: postgres");
    let error = read("d.yaml", &text).expect("well-formed");
    let (families, charts) = charts("4.7.0");
    let vocabulary = Vocabulary::load().expect("the vocabulary is sound");
    let refused = deploy(&error, families, &vocabulary, charts, &render).expect_err("refused");
    assert!(
        refused.to_string().contains("did you mean `postgre`?"),
        "{refused}"
    );
}

/// The components of the data are those of the generator's patterns, with at least as many nodes.
#[test]
fn components_are_those_of_the_model() {
    let (families, _) = charts("4.7.0");
    for (answers, pattern) in [
        ("production: false", 0),
        ("", 1),
        ("scaling: gateway", 2),
        ("requestsPerSecond: 3000", 3),
        ("regulated: true", 4),
        ("identity: apart", 5),
    ] {
        let is = of(answers);
        assert_eq!(word(&is, "pattern"), pattern.to_string(), "{answers}");
        let known = families
            .main()
            .patterns
            .iter()
            .find(|it| it.number == pattern);
        for component in &known.expect("a pattern").components {
            let name = &component.component.value;
            let nodes = nodes(&is, name);
            assert!(
                nodes >= f64::from(component.minimum),
                "pattern {pattern}: {nodes} of {name}"
            );
        }
        let ours = is.components.iter().filter(|it| it.name != "load-balancer");
        assert_eq!(
            ours.count(),
            known.expect("a pattern").components.len(),
            "pattern {pattern}"
        );
    }
}
