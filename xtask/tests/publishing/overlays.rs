//! The commands of docs/publishing.md about overlays do what it says.

use std::fs;
use std::process::Command;

use am_toolchain::Tool;

use crate::shop::{Shop, packages, root, text, tool};

/// The registry of the document.
const DOCUMENTED: &str = "oci://ghcr.io/am-charts/charts";

/// The commands below a heading.
fn commands(heading: &str) -> Vec<String> {
    let file = fs::read_to_string(root().join("docs/publishing.md")).expect("the document");
    let section = file
        .split("\n## ")
        .find(|section| section.starts_with(heading))
        .unwrap_or_else(|| panic!("no heading {heading}"));
    let blocks = section.split("```sh\n").skip(1);
    let commands: Vec<String> = blocks
        .filter_map(|block| Some(block.split_once("```")?.0.to_owned()))
        .collect();
    assert!(!commands.is_empty(), "no commands below {heading}");
    commands
}

#[test]
fn an_overlay_of_a_pulled_chart_is_used_as_the_document_says() {
    let shop = Shop::open();
    let made = shop.path("packages");
    let charts = ["--product-version", "4.7.0", "--pattern", "3"];
    let index = packages(&made, &charts);
    let execute = ["--execute", "--no-artifact-hub"];
    shop.publish(&made, &execute).assert().success();
    let version = &index.packages[0].version;
    // What only the operator knows.
    fs::copy(
        root().join("fixtures/values/aws.yaml"),
        shop.path("my-values.yaml"),
    )
    .expect("a copy");
    for helm in [Tool::Helm3, Tool::Helm4] {
        let bin = shop.path(&format!("bin-{}", helm.name()));
        fs::create_dir_all(&bin).expect("a folder");
        let link = bin.join("helm");
        std::os::unix::fs::symlink(tool(helm), &link).expect("a link");
        for (number, commands) in commands("Overlays").into_iter().enumerate() {
            assert!(
                commands.contains(version.as_str()),
                "the version of today: {commands}"
            );
            // The same without a cluster, in the registry of this test.
            let commands = commands
                .replace(DOCUMENTED, &shop.url())
                .replace("helm pull ", "helm pull --plain-http ")
                .replace("helm install ", "helm template ");
            let folder = shop.path(&format!("{}-{number}", helm.name()));
            fs::create_dir_all(&folder).expect("a folder");
            fs::copy(shop.path("my-values.yaml"), folder.join("my-values.yaml")).expect("a copy");
            let path = std::env::var("PATH").unwrap_or_default();
            let output = Command::new("bash")
                .args(["-euo", "pipefail", "-c", &commands])
                .current_dir(&folder)
                .env("PATH", format!("{}:{path}", text(&bin)))
                .env("HELM_CACHE_HOME", shop.path("helm-cache"))
                .env("HELM_CONFIG_HOME", shop.path("helm-config"))
                .env("HELM_DATA_HOME", shop.path("helm-data"))
                .output()
                .expect("bash runs");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{helm}: {commands}\n{said}");
            let documents = String::from_utf8_lossy(&output.stdout);
            // The overlay's own storage class and balancer, which no other platform has.
            for wanted in ["alb.ingress.kubernetes.io/", "kind: StatefulSet"] {
                assert!(
                    documents.contains(wanted),
                    "{helm}: no {wanted}: {commands}"
                );
            }
        }
    }
}
