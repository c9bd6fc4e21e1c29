//! The machines of a site as namespaces, on a network of their own, with a database and a client beside them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::namespace::Namespace;
use super::site::{IdentityServerBeside, Site};
use crate::error::LiveError;

/// Networks of a machine: everything but the users.
const MACHINE: [&str; 8] = [
    "--net",
    "--mount",
    "--uts",
    "--ipc",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
];
/// A switch between them has no disk.
const SWITCH: &str =
    "ip link add am type bridge && ip link set am up && echo ready && cat >/dev/null";
/// The machine of an identity server beside the site.
pub(super) const IDENTITY_SERVER: &str = "identity-server";
/// The machine of a user.
pub(super) const CLIENT: &str = "client";
/// Who is no host of the site: addresses for documentation (RFC 5737).
const CLIENT_ADDRESS: &str = "192.0.2.10";
const DATABASE: (&str, &str) = ("database", "192.0.2.20");

/// The machines.
#[derive(Debug)]
pub(super) struct Lab {
    machines: BTreeMap<String, Namespace>,
    // Dropped last: cards hang on it.
    switch: Namespace,
    folder: PathBuf,
}

impl Lab {
    /// Starts the machines of a site. `standin` plays their init, and the database.
    pub(super) async fn start(
        site: &Site,
        identity_server: Option<&IdentityServerBeside>,
        standin: &Path,
        folder: &Path,
    ) -> Result<Self, LiveError> {
        let switch = Namespace::start(
            &[
                "--net",
                "--mount",
                "--uts",
                "--pid",
                "--fork",
                "--kill-child",
            ],
            SWITCH,
            [""; 0],
        )
        .await?;
        let mut lab = Self {
            machines: BTreeMap::new(),
            switch,
            folder: folder.to_owned(),
        };
        let mut addresses: BTreeMap<&str, Vec<&str>> = site
            .hosts
            .iter()
            .map(|host| (host.name.as_str(), vec![host.address.as_str()]))
            .collect();
        // An address that several hosts share is with the first: what moves it is the operator's.
        if let Some(first) = site.shared_by().first() {
            let of_first = addresses.entry(first.name.as_str()).or_default();
            of_first.push(&site.address);
        }
        addresses.insert(CLIENT, vec![CLIENT_ADDRESS]);
        if let Some(beside) = identity_server {
            addresses.insert(IDENTITY_SERVER, vec![&beside.address]);
        }
        let databases = site.databases.iter().filter(|place| place.is_address());
        let databases = databases.map(|place| place.host.as_str());
        addresses.insert(
            DATABASE.0,
            [DATABASE.1].into_iter().chain(databases).collect(),
        );
        let starting = addresses.keys().map(|name| lab.machine(name, standin));
        let started = futures_util::future::try_join_all(starting).await?;
        lab.machines = addresses
            .keys()
            .map(|name| (*name).to_owned())
            .zip(started)
            .collect();
        lab.connect(&addresses).await?;
        lab.name(site, identity_server).await?;
        lab.start_databases(site, standin).await?;
        Ok(lab)
    }

    async fn machine(&self, name: &str, standin: &Path) -> Result<Namespace, LiveError> {
        let disk = self.folder.join("disks").join(name);
        std::fs::create_dir_all(&disk).map_err(LiveError::file("create", &disk))?;
        let arguments = [name.as_ref(), disk.as_os_str(), standin.as_os_str()];
        Namespace::start(&MACHINE, include_str!("host.sh"), arguments).await
    }

    /// A cable from each machine to the switch. Every address is on the link.
    async fn connect(&self, addresses: &BTreeMap<&str, Vec<&str>>) -> Result<(), LiveError> {
        let mut script = "set -e\n".to_owned();
        for (index, (name, addresses)) in addresses.iter().enumerate() {
            let id = self.get(name)?.id();
            let mut inside = "set -e".to_owned();
            for address in addresses {
                let _ = write!(inside, "; ip addr add {address} dev eth0");
            }
            inside.push_str("; ip link set eth0 up; ip route add default dev eth0");
            let _ = write!(
                script,
                "ip link add p{index} type veth peer name eth0 netns {id}\nip link set p{index} master am up\nnsenter --target={id} --net /bin/sh -c '{inside}'\n"
            );
        }
        // Processes of machines are known by their numbers outside.
        let id = self.switch.id().to_string();
        crate::process::Program::new(Path::new("nsenter"), "iproute2 must be installed")
            .args([format!("--target={id}"), "--net".to_owned()])
            .args(["/bin/sh", "-c", &script])
            .run()
            .await?;
        Ok(())
    }

    /// Moves an address to another machine, as whatever shares it among them does. Everybody else forgets where it was.
    pub(super) async fn move_address(
        &self,
        address: &str,
        from: &str,
        to: &str,
    ) -> Result<(), LiveError> {
        let leave = format!("ip addr del {address}/32 dev eth0");
        self.get(from)?.script(&leave).run().await?;
        let enter = format!("ip addr add {address}/32 dev eth0");
        self.get(to)?.script(&enter).run().await?;
        for machine in self.machines.values() {
            let forget = "ip neigh flush all";
            machine.script(forget).run().await?;
        }
        Ok(())
    }

    /// The names that the document gives, on every machine, as DNS would.
    async fn name(
        &self,
        site: &Site,
        identity_server: Option<&IdentityServerBeside>,
    ) -> Result<(), LiveError> {
        let mut hosts = "127.0.0.1 localhost\n".to_owned();
        for name in &site.names {
            let _ = writeln!(hosts, "{} {name}", site.address);
        }
        if let Some(beside) = identity_server {
            let _ = writeln!(hosts, "{} {}", beside.address, beside.host);
        }
        for database in site.databases.iter().filter(|place| !place.is_address()) {
            let _ = writeln!(hosts, "{} {}", DATABASE.1, database.host);
        }
        for machine in self.machines.values() {
            machine
                .script(&format!("printf '%s' '{hosts}' >/etc/hosts"))
                .run()
                .await?;
        }
        Ok(())
    }

    /// A stand-in of a database at every port that a configuration names.
    async fn start_databases(&self, site: &Site, standin: &Path) -> Result<(), LiveError> {
        let ports: std::collections::BTreeSet<u16> =
            site.databases.iter().map(|place| place.port).collect();
        for port in ports {
            let script = format!(
                "mkdir -p /var/lib/h2 && touch /var/lib/h2/h2.jar && cd /var/lib/h2 && STANDIN_OBSERVATIONS_PORT={} setsid {} java -cp h2.jar org.h2.tools.Server -tcp -tcpAllowOthers -tcpPort {port} -baseDir /var/lib/h2 >/dev/null 2>&1 </dev/null &",
                port.saturating_add(1),
                standin.display(),
            );
            self.get(DATABASE.0)?.script(&script).run().await?;
        }
        Ok(())
    }

    /// A machine of the site, by its name.
    pub(super) fn get(&self, name: &str) -> Result<&Namespace, LiveError> {
        self.machines.get(name).ok_or_else(|| {
            LiveError::unavailable(
                format!("the site has no host {name}"),
                "report this as a bug",
            )
        })
    }

    /// A machine that is no host of the site.
    pub(super) fn client(&self) -> Result<&Namespace, LiveError> {
        self.get(CLIENT)
    }

    /// Where the run keeps its files.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }
}
