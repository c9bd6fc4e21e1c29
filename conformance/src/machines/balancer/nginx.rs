//! nginx. Source: its documentation of `ngx_http_core_module`, `ngx_http_upstream_module` and their likes for streams.

use std::collections::BTreeSet;

use super::address::{backend, port_of};
use crate::manifest::{Balanced, Front};

/// How deep blocks are read; nginx itself nests them four deep at most.
const DEPTH: usize = 16;

/// A directive with its words, and what stands in its block.
#[derive(Debug)]
struct Directive {
    words: Vec<String>,
    block: Vec<Directive>,
    line: usize,
}

impl Directive {
    fn is(&self, name: &str) -> bool {
        self.words.first().is_some_and(|word| word == name)
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().skip(1).map(String::as_str)
    }

    /// Directives of this name, in its block and the blocks therein.
    fn all<'d>(&'d self, name: &str) -> Vec<&'d Self> {
        let mut found: Vec<&Self> = self.block.iter().filter(|inner| inner.is(name)).collect();
        found.extend(self.block.iter().flat_map(|inner| inner.all(name)));
        found
    }
}

/// What a configuration listens on.
pub(super) fn fronts(text: &str) -> Vec<Front> {
    let mut tokens = tokens(text).into_iter();
    let root = Directive {
        words: Vec::new(),
        block: block(&mut tokens, DEPTH),
        line: 0,
    };
    let upstreams = root.all("upstream");
    let servers = root.all("server");
    let mut taken = BTreeSet::new();
    let mut fronts = Vec::new();
    for server in servers.iter().filter(|server| !server.block.is_empty()) {
        let names: Vec<String> = server
            .block
            .iter()
            .filter(|inner| inner.is("server_name"))
            .flat_map(Directive::words)
            .filter(|name| name.contains('.'))
            .map(str::to_owned)
            .collect();
        let passes = server.all("proxy_pass");
        let targets: BTreeSet<&str> = passes
            .iter()
            .filter_map(|pass| pass.words().next())
            .map(|url| url.rsplit("://").next().unwrap_or(url))
            .map(|rest| rest.split('/').next().unwrap_or(rest))
            .collect();
        let listens = server.block.iter().filter(|inner| inner.is("listen"));
        let ports: BTreeSet<u16> = listens
            .filter_map(|it| port_of(it.words().next()?))
            .collect();
        for port in ports {
            let is_first = taken.insert(port);
            for target in &targets {
                let is_meant = |one: &&&Directive| one.words().next() == Some(*target);
                let upstream = upstreams.iter().find(is_meant);
                let direct = || backend(target, false, server.line).into_iter().collect();
                let is_sticky = |inner: &Directive| {
                    ["ip_hash", "hash", "sticky"]
                        .iter()
                        .any(|name| inner.is(name))
                };
                fronts.push(Front {
                    name: (*target).to_owned(),
                    port,
                    names: names.clone(),
                    is_default: is_first || names.is_empty(),
                    is_sticky: upstream.is_some_and(|it| it.block.iter().any(is_sticky)),
                    backends: upstream.map_or_else(direct, |it| servers_of(it)),
                });
            }
        }
    }
    fronts
}

fn servers_of(upstream: &Directive) -> Vec<Balanced> {
    let servers = upstream.block.iter().filter(|inner| inner.is("server"));
    servers
        .filter_map(|server| {
            let is_backup = server.words().any(|word| word == "backup");
            backend(server.words().next()?, is_backup, server.line)
        })
        .collect()
}

/// Words and signs with the numbers of their lines; comments are left out.
fn tokens(text: &str) -> Vec<(String, usize)> {
    let mut tokens = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        let mut word = String::new();
        let mut quote = None;
        for letter in line.chars().chain([' ']) {
            match (quote, letter) {
                (Some(open), letter) if letter == open => quote = None,
                (None, '"' | '\'') => quote = Some(letter),
                (None, ';' | '{' | '}') => {
                    if !word.is_empty() {
                        tokens.push((std::mem::take(&mut word), index + 1));
                    }
                    tokens.push((letter.to_string(), index + 1));
                }
                (None, letter) if letter.is_whitespace() => {
                    if !word.is_empty() {
                        tokens.push((std::mem::take(&mut word), index + 1));
                    }
                }
                (_, letter) => word.push(letter),
            }
        }
    }
    tokens
}

/// What stands in a block. Blocks that are nested deeper than `depth` end where they begin.
fn block(tokens: &mut impl Iterator<Item = (String, usize)>, depth: usize) -> Vec<Directive> {
    let mut found = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut first = 0;
    while let Some((token, line)) = tokens.next() {
        match token.as_str() {
            "}" => break,
            ";" => found.push(Directive {
                words: std::mem::take(&mut words),
                block: Vec::new(),
                line: first,
            }),
            "{" => found.push(Directive {
                words: std::mem::take(&mut words),
                block: if depth == 0 {
                    Vec::new()
                } else {
                    block(tokens, depth - 1)
                },
                line: first,
            }),
            _ => {
                if words.is_empty() {
                    first = line;
                }
                words.push(token);
            }
        }
    }
    found
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
}
