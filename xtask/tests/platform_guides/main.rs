//! The guides of the platforms, `docs/platforms/*.md`: as far as a machine without a cloud can, every command and every file of
//! them is used, with the chart of each pattern.
//!
//! A guide's `sh` blocks run in order, as one script. `helm install` and `helm upgrade` are rendered by the real Helm; what would
//! need a cloud or a cluster is played (`stub.sh`). A `yaml` block is a file that its first line names (`# my-values.yaml`, or
//! `# more.yaml, for am-pattern-4`): manifests are validated, values that no command names are rendered after those of the
//! installation. `CHART=…am-pattern-N` stands for each pattern in turn. A table has a row for each pattern with its ServiceAccounts.

mod faults;
mod guide;
mod judge;
mod stage;

use std::fs;

use guide::Guide;
use stage::{list, root};

const PATTERNS: [u32; 6] = [0, 1, 2, 3, 4, 5];

#[test]
fn every_command_and_file_of_a_guide_is_sound() {
    let guides = list(&root().join("docs/platforms"), "md");
    assert!(!guides.is_empty());
    let mut faults = Vec::new();
    for path in guides {
        let text = fs::read_to_string(&path).expect("a guide");
        let name = path.file_stem().expect("a name").to_string_lossy();
        let guide = Guide::read(&format!("docs/platforms/{name}.md"), &text);
        faults.extend(judge::faults(&guide, &PATTERNS));
        // Files and overlays that no command of the guide uses are nobody's.
        for extension in ["yaml", "json"] {
            for file in list(&root().join(format!("docs/platforms/{name}")), extension) {
                let file = file
                    .file_name()
                    .expect("a name")
                    .to_string_lossy()
                    .into_owned();
                if !guide.types(&format!("docs/platforms/{name}/{file}")) {
                    faults.push(format!("{}: no command uses {name}/{file}", guide.name));
                }
            }
        }
        for overlay in list(&root().join("charts-out/am-pattern-0/overlays"), "yaml") {
            let overlay = overlay
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            let is_of_platform = overlay == name || overlay.starts_with(&format!("{name}-"));
            if is_of_platform && !guide.types(&format!("overlays/{overlay}.yaml")) {
                faults.push(format!(
                    "{}: no command uses overlays/{overlay}.yaml",
                    guide.name
                ));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
