//! Runs the site's playbooks with the real Ansible; only its way to the hosts is another one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::integrators::clusters;
use super::lab::Lab;
use super::site::Site;
use crate::error::LiveError;
use crate::process::{Program, tail};

/// After this a playbook hangs.
const PATIENCE: Duration = Duration::from_secs(600);

/// Ansible, as the project installs it.
#[derive(Debug, Clone)]
pub(super) struct Ansible {
    folder: PathBuf,
}

/// How a playbook ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Recap {
    pub(super) succeeded: bool,
    /// The number of tasks that changed something, by host.
    pub(super) changed: BTreeMap<String, usize>,
    /// The names of those tasks.
    pub(super) tasks: Vec<String>,
    /// The end of what it said.
    pub(super) tail: String,
}

impl Ansible {
    /// Installs the pinned Ansible unless it is there.
    pub(super) async fn install(workspace: &Path) -> Result<Self, LiveError> {
        let hint = "Python 3.11 or later and its package registry must be there";
        let told = Program::new(&workspace.join("tools/ansible/install"), hint)
            .run()
            .await?;
        let folder = told.lines().last().unwrap_or_default().trim();
        Ok(Self {
            folder: folder.into(),
        })
    }

    /// Plays a playbook on the lab's machines.
    pub(super) async fn play(
        &self,
        playbook: &str,
        (site, lab, packs): (&Site, &Lab, &Path),
        options: &[&str],
    ) -> Result<Recap, LiveError> {
        let folder = site.folder.join("ansible");
        let inventory = lab.folder().join("lab.yaml");
        self.write_inventory(&inventory, site, lab, packs)?;
        let output = Program::new(
            &self.folder.join("bin/ansible-playbook"),
            "is the playbook sound?",
        )
        .limit(PATIENCE)
        .env("ANSIBLE_CONFIG", folder.join("ansible.cfg"))
        .env("ANSIBLE_HOME", lab.folder().join("ansible"))
        .env("ANSIBLE_NOCOLOR", "1")
        .env("LC_ALL", "C.UTF-8")
        .arg("-i")
        .arg(folder.join("inventory.yaml"))
        .arg("-i")
        .arg(&inventory)
        .arg(folder.join(playbook))
        .args(options)
        .output()
        .await?;
        let log = lab.folder().join("ansible.log");
        // For whoever looks into the folder of a run that is kept.
        let _written = std::fs::write(log, &output.stdout);
        let told = String::from_utf8_lossy(&output.stdout);
        Ok(Recap {
            succeeded: output.status.success(),
            changed: changed(&told),
            tasks: changing_tasks(&told),
            tail: tail(&output),
        })
    }

    /// What only the lab knows: how hosts are entered, where packs are, and secrets.
    fn write_inventory(
        &self,
        file: &Path,
        site: &Site,
        lab: &Lab,
        packs: &Path,
    ) -> Result<(), LiveError> {
        let mut variables: BTreeMap<&str, Value> = [
            ("ansible_connection", json!("local")),
            (
                "ansible_python_interpreter",
                json!(self.folder.join("bin/python3")),
            ),
            ("ansible_remote_tmp", json!(lab.folder().join("remote"))),
            ("am_packs", json!(packs)),
            ("am_node_manage_packages", json!(false)),
            ("am_node_ready_delay", json!(0.5)),
            ("am_node_ready_seconds", json!(30)),
            ("am_node_settle_seconds", json!(11)),
        ]
        .into();
        for name in &site.secrets {
            variables.insert(name, json!(format!("{name} of the lab")));
        }
        let accounts = clusters::accounts(site);
        variables.extend(
            accounts
                .iter()
                .map(|(name, text)| (name.as_str(), json!(text))),
        );
        let mut hosts = BTreeMap::new();
        for host in &site.hosts {
            let shell = lab.folder().join(format!("shell-{}", host.name));
            let words = lab.get(&host.name)?.entering().join(" ");
            // Ansible's own module `shell` calls it again, on the machine.
            let script = format!(
                "#!/bin/sh\n[ ! -d /run/am-machine ] || exec /bin/sh \"$@\"\nexec {words} /bin/sh \"$@\"\n"
            );
            std::fs::write(&shell, script).map_err(LiveError::file("write", &shell))?;
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            std::fs::set_permissions(&shell, mode)
                .map_err(LiveError::file("make executable", &shell))?;
            hosts.insert(
                host.name.as_str(),
                json!({ "ansible_shell_executable": shell }),
            );
        }
        let inventory = json!({ "all": { "vars": variables, "hosts": hosts } });
        std::fs::write(file, inventory.to_string()).map_err(LiveError::file("write", file))
    }
}

/// The numbers of the recap: `gw-1 : ok=20 changed=3 …`.
fn changed(told: &str) -> BTreeMap<String, usize> {
    let recap = told.split("PLAY RECAP").nth(1).unwrap_or_default();
    recap
        .lines()
        .filter_map(|line| {
            let (host, rest) = line.split_once(" : ").or_else(|| line.split_once(": "))?;
            let (_, count) = rest.split_once("changed=")?;
            let count = count.split_whitespace().next()?.parse().ok()?;
            Some((host.trim().to_owned(), count))
        })
        .collect()
}

/// The tasks that changed something, with their hosts.
fn changing_tasks(told: &str) -> Vec<String> {
    let mut task = "";
    let mut tasks = Vec::new();
    for line in told.lines() {
        if let Some(name) = line.strip_prefix("TASK [") {
            task = name.split(']').next().unwrap_or_default();
        } else if let Some(host) = line.strip_prefix("changed: [") {
            let host = host.split([']', ' ']).next().unwrap_or_default();
            tasks.push(format!("{task} on {host}"));
        }
    }
    tasks
}

#[cfg(test)]
mod tests {
    use super::{changed, changing_tasks};

    const TOLD: &str = "TASK [am_node : Unit] ****\nok: [gw-1]\nchanged: [gw-2]\nchanged: [cp-1] => (item=x)\n\nPLAY RECAP ****\ncp-1                       : ok=2    changed=1    unreachable=0\ngw-1                       : ok=2    changed=0    unreachable=0\n";

    #[test]
    fn the_recap_tells_what_changed() {
        let changed = changed(TOLD);
        assert_eq!((changed["cp-1"], changed["gw-1"]), (1, 0));
        assert_eq!(
            changing_tasks(TOLD),
            ["am_node : Unit on gw-2", "am_node : Unit on cp-1"]
        );
    }
}
