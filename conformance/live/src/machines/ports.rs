//! Firewalls: what an edge needs is open, and nothing else, as other machines find it.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use super::knock::open;
use super::lab::{CLIENT, IDENTITY_SERVER};
use super::site::Host;
use super::stage::Stage;
use super::{integrators, observe};
use crate::error::LiveError;
use crate::record::Fault;

/// The phase.
pub(super) async fn judge(stage: &mut Stage) -> Result<bool, LiveError> {
    let needed = needed(stage).await?;
    let hosts = stage.site.hosts.clone();
    let servers: Vec<Host> = hosts
        .iter()
        .filter(|host| !host.parts.is_empty())
        .cloned()
        .collect();
    let mut tasks = tokio::task::JoinSet::new();
    let mut clients: Vec<(String, std::path::PathBuf)> =
        vec![(CLIENT.to_owned(), stage.lab.client()?.network())];
    if stage.given.identity_server.is_some() {
        clients.push((
            IDENTITY_SERVER.to_owned(),
            stage.lab.get(IDENTITY_SERVER)?.network(),
        ));
    }
    for host in &servers {
        clients.push((host.name.clone(), stage.lab.get(&host.name)?.network()));
    }
    for (client, network) in clients {
        let others: Vec<Host> = servers
            .iter()
            .filter(|host| host.name != client)
            .cloned()
            .collect();
        tasks.spawn_blocking(move || open(&network, ports_of(&others)).map(|open| (client, open)));
    }
    let (mut open_count, mut closed) = (0, 0);
    while let Some(done) = tasks.join_next().await {
        let (client, tried) = done
            .map_err(|error| LiveError::unavailable(error.to_string(), "report this as a bug"))?
            .map_err(LiveError::file("enter the network of", "a machine"))?;
        for (server, port, is_open) in tried {
            let is_needed = needed.contains(&(client.clone(), server.clone(), port));
            if !is_open {
                closed += usize::from(!is_needed);
                continue;
            }
            open_count += 1;
            let fault = (!is_needed).then(|| {
                Fault::new(
                    format!("{client} reaches port {port} of {server}, which no edge needs"),
                    "let the firewall accept the port from who uses it only",
                )
                .peer(&client)
            });
            stage.check("AM-NET-018", &server, fault);
        }
    }
    stage.say(&format!(
        "of the ports between machines {open_count} are open, {closed} are closed that nobody needs"
    ));
    if closed == 0 {
        stage.record.unsupported(
            "AM-NET-018",
            "no port that nobody needs was seen to be closed",
        );
    }
    stage.record.passed("AM-NET-018", closed);
    Ok(true)
}

/// The ports that edges use: who, of whom, which.
async fn needed(stage: &Stage) -> Result<BTreeSet<(String, String, u16)>, LiveError> {
    let by_address = |address: &str| stage.site.hosts.iter().find(|host| host.address == address);
    let mut needed = BTreeSet::new();
    for node in observe::collect(stage).await? {
        for observed in &node.observations.edges {
            let addresses = observed.addresses.iter().map(String::as_str);
            for address in addresses.chain([observed.edge.host.as_str()]) {
                let ip = address
                    .parse::<SocketAddr>()
                    .map_or(address.to_owned(), |it| it.ip().to_string());
                if let Some(server) = by_address(&ip) {
                    needed.insert((node.pod.clone(), server.name.clone(), observed.edge.port));
                }
            }
        }
    }
    needed.extend(integrators::needed(stage).await?);
    // Without a load balancer users come to the nodes themselves.
    if stage.site.load_balancers().next().is_none() {
        for (host, part) in stage.site.parts() {
            let ports = part.component.ports();
            for port in ports.filter(|port| port.is_for_users_of(part.component)) {
                let number = port.number.saturating_add(part.offset);
                for user in [CLIENT, IDENTITY_SERVER] {
                    needed.insert((user.to_owned(), host.name.clone(), number));
                }
            }
        }
    }
    Ok(needed)
}

/// Every port of the product on every one of these hosts.
fn ports_of(hosts: &[Host]) -> Vec<(String, SocketAddr)> {
    let mut ports = BTreeSet::new();
    for host in hosts {
        let Ok(ip) = host.address.parse::<IpAddr>() else {
            continue;
        };
        let numbers = host.parts.iter().flat_map(super::site::Part::ports);
        ports.extend(numbers.map(|number| (host.name.clone(), SocketAddr::new(ip, number))));
    }
    ports.into_iter().collect()
}
