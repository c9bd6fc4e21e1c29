//! Gateways reach every cluster where it is called, and nobody else does: neither at the load balancer's fronts, nor, where there is
//! none between, at the node. What is open between hosts besides, the firewalls' phase tells.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use super::clusters::{Cluster, clusters, is_called};
use super::gateways;
use crate::error::LiveError;
use crate::machines::knock::open;
use crate::machines::lab::CLIENT;
use crate::machines::site::{Host, Site};
use crate::machines::stage::Stage;
use crate::record::Fault;

/// Firewalls let gateways in.
const NEEDED: &str = "AM-NET-017";
/// And nobody more.
const NOTHING_MORE: &str = "AM-NET-018";
pub(in crate::machines) const REQUIREMENTS: [&str; 2] = [NEEDED, NOTHING_MORE];

/// A place where a cluster is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Front {
    pub(super) cluster: String,
    /// The name of the port behind it.
    pub(super) port: String,
    pub(super) at: SocketAddr,
    host: String,
}

/// The phase.
pub(in crate::machines) async fn judge(stage: &mut Stage) -> Result<bool, LiveError> {
    let fronts = fronts(&stage.site)?;
    let callers: BTreeSet<String> = gateways::all(stage).into_iter().map(|it| it.host).collect();
    let mut networks = vec![(CLIENT.to_owned(), stage.lab.client()?.network())];
    for host in stage.site.hosts.iter().filter(|it| !it.parts.is_empty()) {
        networks.push((host.name.clone(), stage.lab.get(&host.name)?.network()));
    }
    let mut tasks = tokio::task::JoinSet::new();
    for (client, network) in networks {
        let others: Vec<Front> = fronts
            .iter()
            .filter(|it| it.host != client)
            .cloned()
            .collect();
        let ports = others.iter().map(|it| (it.host.clone(), it.at)).collect();
        tasks.spawn_blocking(move || {
            let tried = open(&network, ports)?;
            let tried: BTreeMap<(String, u16), bool> = tried
                .into_iter()
                .map(|(host, port, is_open)| ((host, port), is_open))
                .collect();
            Ok((client, others, tried))
        });
    }
    let mut closed = 0;
    while let Some(done) = tasks.join_next().await {
        let (client, others, tried) = done
            .map_err(|error| LiveError::unavailable(error.to_string(), "report this as a bug"))?
            .map_err(LiveError::file("enter the network of", "a machine"))?;
        for front in others {
            let key = (front.host.clone(), front.at.port());
            let is_open = tried.get(&key).copied().unwrap_or_default();
            let what = format!("{} of {} at {}", front.port, front.cluster, front.at);
            if callers.contains(&client) {
                let fault = (!is_open).then(|| {
                    let help = "let the firewall accept the port from the gateways";
                    Fault::new(format!("{client} does not reach {what}"), help).peer(&client)
                });
                stage.check(NEEDED, &front.host, fault);
            } else {
                closed += usize::from(!is_open);
                let fault = is_open.then(|| {
                    let message = format!("{client} reaches {what}, and is no gateway");
                    let help = "let the firewall accept the port from the gateways only";
                    Fault::new(message, help).peer(&client)
                });
                stage.check(NOTHING_MORE, &front.host, fault);
            }
        }
    }
    stage.say(&format!(
        "{closed} ways to fronts of clusters are closed to all but gateways"
    ));
    Ok(true)
}

/// Every place where gateways call a cluster.
pub(super) fn fronts(site: &Site) -> Result<Vec<Front>, LiveError> {
    let balancer = site.load_balancers().next();
    let told = match balancer {
        Some(balancer) => told_by(site, balancer)?,
        None => Vec::new(),
    };
    let mut fronts = Vec::new();
    for cluster in clusters(site) {
        for (host, ports) in nodes_without_balancer(site, &cluster) {
            fronts.extend(ports.into_iter().filter_map(|(port, number)| {
                Some(Front {
                    cluster: cluster.name.clone(),
                    port,
                    at: SocketAddr::new(host.address.parse().ok()?, number),
                    host: host.name.clone(),
                })
            }));
        }
        let beginning = format!("{}_", cluster.name);
        let address: Option<IpAddr> = site.address.parse().ok();
        let (Some(balancer), Some(address)) = (balancer, address) else {
            continue;
        };
        let own = told.iter();
        fronts.extend(own.filter_map(|(name, number)| {
            Some(Front {
                cluster: cluster.name.clone(),
                port: name.strip_prefix(&beginning)?.to_owned(),
                at: SocketAddr::new(address, *number),
                host: balancer.name.clone(),
            })
        }));
    }
    Ok(fronts)
}

/// The nodes of a cluster that gateways call themselves, with their ports: its only one.
pub(super) fn nodes_without_balancer<'s>(
    site: &'s Site,
    cluster: &Cluster,
) -> Vec<(&'s Host, Vec<(String, u16)>)> {
    let own = site.parts().filter(|(_, part)| part.name == cluster.name);
    let own: Vec<_> = own.collect();
    let is_balanced = own.len() > 1 && site.load_balancers().next().is_some();
    let alone = own.into_iter().filter(|_| !is_balanced);
    alone
        .map(|(host, part)| {
            let ports = part.component.ports().filter(is_called(part.component));
            let ports = ports.map(|port| {
                let number = port.number.saturating_add(part.offset);
                (port.name.clone(), number)
            });
            (host, ports.collect())
        })
        .collect()
}

/// The names of a load balancer's fronts for clusters, `CLUSTER_PORT`, and their numbers.
fn told_by(site: &Site, balancer: &Host) -> Result<Vec<(String, u16)>, LiveError> {
    let folder = site.folder.join("hosts").join(&balancer.name);
    let haproxy = folder.join("etc/haproxy/haproxy.cfg");
    let is_haproxy = haproxy.is_file();
    let file = if is_haproxy {
        haproxy
    } else {
        folder.join("etc/nginx/nginx.conf")
    };
    let text = std::fs::read_to_string(&file).map_err(LiveError::file("read", &file))?;
    Ok(if is_haproxy {
        of_haproxy(&text)
    } else {
        of_nginx(&text)
    })
}

/// The sections `listen` of a file of `HAProxy`.
fn of_haproxy(text: &str) -> Vec<(String, u16)> {
    let mut name = None;
    let mut found = Vec::new();
    for line in text.lines() {
        if !line.starts_with(' ') {
            name = line.strip_prefix("listen ").map(str::trim);
        } else if let (Some(name), Some(bind)) = (name, line.trim().strip_prefix("bind ")) {
            let place = bind.split_whitespace().next().unwrap_or_default();
            let number = place.rsplit_once(':').and_then(|(_, it)| it.parse().ok());
            found.extend(number.map(|number| (name.to_owned(), number)));
        }
    }
    found
}

/// The servers of nginx's file that pass connections on to a group.
fn of_nginx(text: &str) -> Vec<(String, u16)> {
    let mut number = None;
    let mut found = Vec::new();
    for line in text.lines().map(|line| line.trim().trim_end_matches(';')) {
        if let Some(place) = line.strip_prefix("listen ") {
            let place = place.split_whitespace().next().unwrap_or_default();
            let place = place.rsplit_once(':').map_or(place, |(_, it)| it);
            number = place.parse().ok();
        } else if let (Some(number), Some(name)) = (number, line.strip_prefix("proxy_pass ")) {
            found.push((name.to_owned(), number));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{of_haproxy, of_nginx};

    #[test]
    fn fronts_are_read_from_files_of_load_balancers() {
        let text = "frontend public\n  bind :443\nlisten mi-a_mi-https\n  bind :8253\n  server a 10.0.0.1:8253\nlisten mi-b_mi-https\n  bind 10.0.0.9:18253 tfo\n";
        let expected = [
            ("mi-a_mi-https".to_owned(), 8253),
            ("mi-b_mi-https".to_owned(), 18253),
        ];
        assert_eq!(of_haproxy(text), expected);
        let text = "server {\n  listen 8253;\n  proxy_pass mi-a_mi-https;\n}\nserver {\n  listen 10.0.0.9:18253;\n  proxy_pass mi-b_mi-https;\n}\n";
        assert_eq!(of_nginx(text), expected);
    }
}
