//! nginx. Source: its documentation of `ngx_http_core_module`, `ngx_http_upstream_module`, `ngx_http_proxy_module` and their likes for streams.

mod pass;
mod syntax;

use std::collections::{BTreeMap, BTreeSet};

use self::{
    pass::Pass,
    syntax::{Directive, chains},
};
use super::address::{backend, port_of};
use crate::manifest::{Balanced, Front};

/// What a configuration listens on.
pub(super) fn fronts(text: &str) -> Vec<Front> {
    let root = Directive::read(text);
    let upstreams = root.all("upstream");
    let mut servers = Vec::new();
    chains(&root, "server", &mut Vec::new(), &mut servers);
    servers.retain(|chain| chain.last().is_some_and(|server| !server.block.is_empty()));
    let encrypted = encrypted(&servers);
    let mut taken = BTreeSet::new();
    let mut fronts = Vec::new();
    for chain in &servers {
        let Some(server) = chain.last() else { continue };
        let names: Vec<String> = server
            .block
            .iter()
            .filter(|inner| inner.is("server_name"))
            .flat_map(Directive::words)
            .filter(|name| name.contains('.'))
            .map(str::to_owned)
            .collect();
        let passes = Pass::all(chain);
        for (port, line) in listens(server) {
            let is_first = taken.insert(port);
            for pass in &passes {
                let is_meant = |one: &&&Directive| one.words().next() == Some(pass.target);
                let upstream = upstreams.iter().find(is_meant);
                let direct = || backend(pass.target, server.line).into_iter().collect();
                let is_sticky = |inner: &Directive| {
                    ["ip_hash", "hash", "sticky"]
                        .iter()
                        .any(|name| inner.is(name))
                };
                let mut backends = upstream.map_or_else(direct, |it| servers_of(it));
                for backend in &mut backends {
                    backend.tls.clone_from(&pass.tls);
                }
                fronts.push(Front {
                    name: pass.target.to_owned(),
                    port,
                    names: names.clone(),
                    is_default: is_first || names.is_empty(),
                    is_sticky: upstream.is_some_and(|it| it.block.iter().any(is_sticky)),
                    is_http: pass.is_http,
                    ends_tls: encrypted.contains(&port),
                    told_host: pass.host.clone(),
                    line,
                    pass_line: pass.line,
                    backends,
                });
            }
        }
    }
    fronts
}

/// The ports of a server, each with the line that says so first.
fn listens(server: &Directive) -> BTreeMap<u16, usize> {
    let mut ports = BTreeMap::new();
    for listen in server.block.iter().filter(|inner| inner.is("listen")) {
        if let Some(port) = listen.words().next().and_then(port_of) {
            ports.entry(port).or_insert(listen.line);
        }
    }
    ports
}

/// Ports on which TLS is spoken: what one server says of a socket counts for all that share it.
fn encrypted(servers: &[Vec<&Directive>]) -> BTreeSet<u16> {
    let servers = servers.iter().filter_map(|chain| chain.last());
    let listens = servers.flat_map(|server| {
        let is_on = |inner: &Directive| inner.is("ssl") && inner.words().next() == Some("on");
        let all = server.block.iter().any(is_on);
        let listens = server.block.iter().filter(|inner| inner.is("listen"));
        listens.filter(move |it| all || it.words().any(|word| matches!(word, "ssl" | "quic")))
    });
    listens
        .filter_map(|listen| port_of(listen.words().next()?))
        .collect()
}

fn servers_of(upstream: &Directive) -> Vec<Balanced> {
    let servers = upstream.block.iter().filter(|inner| inner.is("server"));
    servers
        .filter_map(|server| {
            let says = |wanted: &str| server.words().any(|word| word == wanted);
            Some(Balanced {
                is_backup: says("backup"),
                is_down: says("down"),
                ..backend(server.words().next()?, server.line)?
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::fronts;

    #[test]
    fn servers_lead_to_their_upstreams() {
        let text = "events {}\nhttp {\n  upstream portals {\n    ip_hash;\n    server 10.0.0.1:9443;\n    server 10.0.0.2:9443 backup; # the second\n  }\n  \
            server {\n    listen 443 ssl;\n    server_name am.example.com;\n    location / { proxy_pass https://portals; }\n  }\n  \
            server { listen 443 ssl; server_name gw.example.com; location / { proxy_pass https://10.0.0.3:8243/; } }\n}\n";
        let fronts = fronts(text);
        assert_eq!(fronts.len(), 2, "{fronts:?}");
        assert!(fronts[0].is_sticky && fronts[0].is_default);
        assert_eq!(fronts[0].names, ["am.example.com"]);
        assert!(fronts[0].backends[1].is_backup);
        assert_eq!(fronts[0].backends[1].line, 6);
        assert_eq!(
            (fronts[1].is_default, fronts[1].backends[0].port),
            (false, 8243)
        );
    }

    #[test]
    fn how_nodes_are_spoken_to_is_said_nearest_to_the_pass() {
        let text = "http {\n  proxy_ssl_verify on;\n  proxy_set_header Host $http_host;\n  upstream a { server 10.0.0.1:9443 down; }\n  \
            server {\n    listen 443;\n    listen 80;\n    server_name am.example.com;\n    location / {\n      proxy_pass https://a;\n      proxy_ssl_trusted_certificate /ca;\n      \
            proxy_ssl_name node.example.com;\n    }\n  }\n  \
            server {\n    listen 443 ssl;\n    server_name gw.example.com;\n    location / {\n      proxy_pass http://b;\n      proxy_set_header X-Y z;\n    }\n  }\n  upstream b { server 10.0.0.2:8243; }\n}\n\
            stream { server { listen 9443; proxy_pass a; } }\n";
        let fronts = fronts(text);
        let seen: Vec<(u16, bool, bool, Option<&str>)> = fronts
            .iter()
            .map(|front| {
                let told = front.told_host.as_ref();
                let told = told.map(|told| told.text.as_str());
                (front.port, front.is_http, front.ends_tls, told)
            })
            .collect();
        // Both servers share the socket of port 443, so that both speak TLS there.
        assert_eq!(
            seen,
            [
                (80, true, false, None),
                (443, true, true, None),
                (443, true, true, Some("b")),
                (9443, false, false, None),
            ]
        );
        let node = &fronts[0].backends[0];
        let tls = node.tls.as_ref().expect("it is spoken");
        assert!(tls.verifies && node.is_down);
        assert_eq!(
            tls.name
                .as_ref()
                .map(|name| (name.text.as_str(), name.line)),
            Some(("node.example.com", 12))
        );
        assert!(fronts[2].backends[0].tls.is_none() && fronts[3].backends[0].tls.is_none());
    }

    #[test]
    fn what_is_not_said_is_the_default_of_nginx() {
        let text = "http { server { listen 443 ssl; location / { proxy_pass https://nodes/; } } upstream nodes { server 10.0.0.1:9443; } }";
        let front = &fronts(text)[0];
        let tls = front.backends[0].tls.as_ref().expect("it is spoken");
        assert!(!tls.verifies);
        assert_eq!(
            tls.name.as_ref().map(|name| name.text.as_str()),
            Some("nodes")
        );
        assert_eq!(
            front.told_host.as_ref().map(|told| told.text.as_str()),
            Some("nodes")
        );
    }
}
