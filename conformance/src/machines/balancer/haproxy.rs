//! `HAProxy`. Source: its configuration manual, sections 2 to 5.

use std::collections::BTreeMap;

use super::address::{backend, port_of};
use crate::manifest::{Balanced, Front};

#[derive(Debug, Default)]
struct Section<'t> {
    name: &'t str,
    ports: Vec<u16>,
    /// Conditions about host names, by name.
    named: BTreeMap<&'t str, Vec<&'t str>>,
    /// Backends that are used for host names.
    used: Vec<(&'t str, Vec<&'t str>)>,
    default: Option<&'t str>,
    servers: Vec<Balanced>,
    /// Options of all of its servers.
    options: Vec<&'t str>,
    /// The path for which all of its servers are asked whether they are well.
    check_path: Option<&'t str>,
    is_sticky: bool,
    /// Whether it answers itself.
    answers: bool,
}

/// What a configuration listens on.
pub(super) fn fronts(text: &str) -> Vec<Front> {
    let sections = sections(text);
    let find = |name: &str| {
        let mut sections = sections.iter();
        sections
            .find(|(kind, section)| matches!(*kind, "backend" | "listen") && section.name == name)
    };
    let listening = sections
        .iter()
        .filter(|(kind, _)| matches!(*kind, "frontend" | "listen"));
    let mut fronts = Vec::new();
    for (_, section) in listening {
        let mut targets: Vec<(&str, Vec<&str>)> = section.used.clone();
        // A `listen` section leads to its own servers.
        targets.extend(section.default.map(|name| (name, Vec::new())));
        if !section.servers.is_empty() {
            targets.push((section.name, Vec::new()));
        }
        for port in &section.ports {
            for (name, names) in &targets {
                let target = find(name).map(|(_, target)| target);
                if target.is_some_and(|target| target.answers) {
                    continue;
                }
                fronts.push(Front {
                    name: (*name).to_owned(),
                    port: *port,
                    names: names.iter().map(|name| (*name).to_owned()).collect(),
                    is_default: names.is_empty() || targets.len() == 1,
                    is_sticky: target.is_some_and(|target| target.is_sticky),
                    backends: target.map_or_else(Vec::new, |target| target.servers.clone()),
                });
            }
        }
    }
    fronts
}

fn sections(text: &str) -> Vec<(&str, Section<'_>)> {
    let mut sections: Vec<(&str, Section<'_>)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [kind, rest @ ..] = words.as_slice()
            && !line.starts_with(char::is_whitespace)
        {
            let name = rest.first().copied().unwrap_or_default();
            sections.push((
                kind,
                Section {
                    name,
                    ..Section::default()
                },
            ));
            continue;
        }
        let Some((_, section)) = sections.last_mut() else {
            continue;
        };
        match words.as_slice() {
            ["bind", addresses, ..] => section
                .ports
                .extend(addresses.split(',').filter_map(port_of)),
            ["acl", name, condition @ ..] => {
                section
                    .named
                    .entry(name)
                    .or_default()
                    .extend(names_of(condition));
            }
            ["use_backend", name, "if", condition @ ..] => {
                let of_acls = condition.iter().filter_map(|acl| section.named.get(acl));
                let mut names: Vec<&str> = of_acls.flatten().copied().collect();
                names.extend(names_of(condition));
                section.used.push((name, names));
            }
            ["default_backend", name, ..] => section.default = Some(name),
            ["server" | "server-template", _, address, options @ ..] => {
                let is_backup = options.contains(&"backup");
                let check_port = check_port_of(options).or_else(|| check_port_of(&section.options));
                let has = |option| options.contains(&option) || section.options.contains(&option);
                // Only on its own port a server is asked as it is spoken to.
                let is_check_tls = has("check-ssl") || (check_port.is_none() && has("ssl"));
                let server = backend(address, is_backup, index + 1);
                let server = server.map(|server| Balanced {
                    check_port,
                    is_check_tls,
                    ..server
                });
                section.servers.extend(server);
            }
            ["default-server", options @ ..] => section.options = options.to_vec(),
            ["option", "httpchk", asked @ ..] | ["http-check", "send", asked @ ..] => {
                section.check_path = path_of(asked).or(section.check_path);
            }
            ["cookie" | "stick-table" | "stick", ..] | ["balance", "source" | "hash", ..] => {
                section.is_sticky = true;
            }
            ["http-request", "return" | "deny" | "redirect", ..] => section.answers = true,
            _ => {}
        }
    }
    // A rule of a section with servers is about some requests.
    for (_, section) in &mut sections {
        section.answers &= section.servers.is_empty();
        for server in &mut section.servers {
            server.check_path = section.check_path.map(str::to_owned);
        }
    }
    sections
}

/// The port that follows `port` among the options of a server that is checked.
fn check_port_of(options: &[&str]) -> Option<u16> {
    let at = options.iter().position(|option| *option == "port")?;
    options.get(at + 1)?.parse().ok()
}

/// The path among the words of a check.
fn path_of<'t>(asked: &[&'t str]) -> Option<&'t str> {
    asked.iter().copied().find(|word| word.starts_with('/'))
}

/// The host names that a condition asks for.
fn names_of<'t>(condition: &[&'t str]) -> Vec<&'t str> {
    let asks = |word: &&str| {
        [
            "hdr(host)",
            "req.hdr(host)",
            "ssl_fc_sni",
            "req.ssl_sni",
            "req_ssl_sni",
            "hdr_dom(host)",
            "base_dom",
        ]
        .iter()
        .any(|fetch| word.to_lowercase().starts_with(fetch))
    };
    let Some(at) = condition.iter().position(asks) else {
        return Vec::new();
    };
    let words = condition[at + 1..].iter().take_while(|word| **word != "}");
    words
        .filter(|word| !word.starts_with('-') && word.contains('.'))
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::fronts;

    #[test]
    fn names_lead_to_their_backends_and_the_rest_to_the_default() {
        let text = "global\n  daemon\nfrontend https\n  bind *:443 ssl crt /a\n  acl portal hdr(host) -i am.example.com\n  use_backend portals if portal\n  \
            use_backend gateways if { req.hdr(host),field(1,:),lower -m str gw.example.com }\n  default_backend portals\nfrontend more\n  bind :80\n  default_backend nobody\nbackend nobody\n  http-request return status 404\nbackend portals\n  cookie A insert\n  \
            server a 10.0.0.1:9443 ssl check\n  server b 10.0.0.2:9443 ssl check backup\nbackend gateways\n  server c 10.0.0.3:8243\nlisten own\n  bind :9611\n  default-server inter 5s check port 9763\n  server d 10.0.0.4:9611\n";
        let seen: Vec<String> = fronts(text)
            .iter()
            .map(|front| {
                let to: Vec<String> = front
                    .backends
                    .iter()
                    .map(|one| {
                        format!(
                            "{}:{}{}",
                            one.host,
                            one.port,
                            if one.is_backup {
                                " backup"
                            } else {
                                one.check_port.map_or("", |_| " checked elsewhere")
                            }
                        )
                    })
                    .collect();
                format!(
                    "{} {:?} {} {} {}",
                    front.port,
                    front.names,
                    front.is_default,
                    front.is_sticky,
                    to.join(" ")
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                "443 [\"am.example.com\"] false true 10.0.0.1:9443 10.0.0.2:9443 backup",
                "443 [\"gw.example.com\"] false false 10.0.0.3:8243",
                "443 [] true true 10.0.0.1:9443 10.0.0.2:9443 backup",
                "9611 [] true false 10.0.0.4:9611 checked elsewhere",
            ]
        );
    }

    #[test]
    fn a_check_has_a_port_a_path_and_perhaps_tls() {
        let text = "listen a\n  bind :1\n  option httpchk GET /liveness\n  default-server check port 9164 check-ssl\n  server a 10.0.0.1:8253\n\
            listen b\n  bind :2\n  option httpchk\n  http-check send meth GET uri /healthz ver HTTP/1.1\n  server b 10.0.0.2:9201 check\n\
            listen c\n  bind :3\n  server c 10.0.0.3:9443 ssl check\n";
        let seen: Vec<_> = fronts(text)
            .iter()
            .flat_map(|front| &front.backends)
            .map(|one| (one.check_port, one.check_path.clone(), one.is_check_tls))
            .collect();
        assert_eq!(
            seen,
            [
                (Some(9164), Some("/liveness".into()), true),
                (None, Some("/healthz".into()), false),
                (None, None, true)
            ]
        );
    }
}
