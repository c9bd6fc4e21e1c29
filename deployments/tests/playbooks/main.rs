//! The playbooks of a site on machines, as Ansible and ansible-lint see them, with the inventory of each example.
//!
//! Where the pinned Ansible cannot be installed (`tools/ansible/install`), the tests are reported as ignored, with the reason: they have not passed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use tempfile::TempDir;

const PLAYBOOKS: [&str; 3] = ["install.yml", "upgrade.yml", "rollback.yml"];
/// What breaks the playbooks, and how; each must be refused.
const BROKEN: [(&str, &str, &str); 2] = [
    (
        "install.yml",
        "ansible.builtin.import_role:",
        "ansible.builtin.import_roll:",
    ),
    (
        "roles/am_node/tasks/unit.yml",
        "state: link",
        "state: link\n    mode: 777",
    ),
];

fn main() -> ExitCode {
    let trials = vec![
        trial("ansible_reads_the_playbooks_of_every_example", |programs| {
            for example in examples()? {
                let folder = with_playbooks(&example)?;
                for playbook in PLAYBOOKS {
                    accepted(&syntax(programs, folder.path(), playbook)?, &example)?;
                }
            }
            Ok(())
        }),
        trial("ansible_lint_has_nothing_to_say", |programs| {
            let example = examples()?.remove(0);
            let folder = with_playbooks(&example)?;
            accepted(&lint(programs, folder.path())?, &example)
        }),
        trial("a_broken_playbook_is_refused", |programs| {
            let example = examples()?.remove(0);
            for (file, old, new) in BROKEN {
                let folder = with_playbooks(&example)?;
                let path = folder.path().join(file);
                let text = fs::read_to_string(&path)?;
                fs::write(&path, text.replacen(old, new, 1))?;
                if lint(programs, folder.path())?.status.success() {
                    return Err(format!("{file} was broken, and accepted").into());
                }
            }
            Ok(())
        }),
        trial(
            "every_host_is_in_the_order_of_nodes_or_a_load_balancer",
            |programs| {
                for example in examples()? {
                    let folder = with_playbooks(&example)?;
                    let hosts = |pattern: &str| -> Result<Vec<String>, Failed> {
                        let output = ansible(programs, "ansible", folder.path())
                            .args([pattern, "--list-hosts"])
                            .output()?;
                        let told = String::from_utf8_lossy(&output.stdout);
                        let mut hosts: Vec<String> = told
                            .lines()
                            .skip(1)
                            .map(|line| line.trim().to_owned())
                            .collect();
                        hosts.sort();
                        Ok(hosts)
                    };
                    let (all, placed) = (hosts("all")?, hosts("am_nodes:load_balancer")?);
                    if all.is_empty() || all != placed {
                        return Err(format!(
                            "{}: {all:?}, and {placed:?} are played",
                            example.display()
                        )
                        .into());
                    }
                }
                Ok(())
            },
        ),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn trial(name: &str, run: fn(&Path) -> Result<(), Failed>) -> Trial {
    Trial::ignorable_test(name, move || match programs() {
        Err(why) => Ok(Completion::ignored_with(format!("unsupported here: {why}"))),
        Ok(programs) => run(&programs).map(|()| Completion::Completed),
    })
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The folder of the pinned programs, or why there is none.
fn programs() -> Result<PathBuf, String> {
    let output = Command::new(workspace().join("tools/ansible/install"))
        .arg("--lint")
        .output()
        .map_err(|error| error.to_string())?;
    let told = String::from_utf8_lossy(&output.stdout);
    match told.lines().last() {
        Some(folder) if output.status.success() => Ok(Path::new(folder).join("bin")),
        _ => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    }
}

/// The inventories of the examples.
fn examples() -> Result<Vec<PathBuf>, Failed> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.ends_with("ansible/inventory.yaml") {
                found.push(path);
            } else if path.is_dir() {
                folders.push(path);
            }
        }
    }
    found.sort();
    if found.is_empty() {
        return Err("no example has an inventory".into());
    }
    Ok(found)
}

/// A folder with an inventory and the playbooks.
fn with_playbooks(inventory: &Path) -> Result<TempDir, Failed> {
    let folder = tempfile::tempdir()?;
    copy(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/ansible"),
        folder.path(),
    )?;
    fs::copy(inventory, folder.path().join("inventory.yaml"))?;
    Ok(folder)
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn ansible(programs: &Path, name: &str, folder: &Path) -> Command {
    let mut command = Command::new(programs.join(name));
    let path = std::env::var("PATH").unwrap_or_default();
    command
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", programs.display()))
        .env("ANSIBLE_HOME", folder.join(".ansible"))
        .env("ANSIBLE_NOCOLOR", "1")
        .env("LC_ALL", "C.UTF-8");
    command
}

fn syntax(programs: &Path, folder: &Path, playbook: &str) -> Result<Output, Failed> {
    let mut command = ansible(programs, "ansible-playbook", folder);
    Ok(command.args(["--syntax-check", playbook]).output()?)
}

/// The strictest profile.
fn lint(programs: &Path, folder: &Path) -> Result<Output, Failed> {
    let mut command = ansible(programs, "ansible-lint", folder);
    Ok(command
        .args([
            "--offline",
            "--nocolor",
            "--profile",
            "production",
            "install.yml",
            "upgrade.yml",
            "rollback.yml",
            "roles",
        ])
        .output()?)
}

fn accepted(output: &Output, example: &Path) -> Result<(), Failed> {
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    Err(format!("{}: {}", example.display(), String::from_utf8_lossy(&said)).into())
}
