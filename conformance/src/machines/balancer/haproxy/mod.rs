//! `HAProxy`. Source: its configuration manual, sections 2 to 5.

mod server;

use std::collections::BTreeMap;

use self::server::Options;
use super::address::{backend, port_of};
use crate::manifest::{Balanced, Check, Front, Said};

#[derive(Debug, Clone, Default)]
struct Section<'t> {
    name: &'t str,
    /// Ports with the numbers of their lines, and whether TLS is spoken there.
    ports: Vec<(u16, usize, bool)>,
    /// Conditions about host names, by name.
    named: BTreeMap<&'t str, Vec<&'t str>>,
    /// Backends that are used for host names, with the numbers of their lines.
    used: Vec<(&'t str, Vec<&'t str>, usize)>,
    default: Option<(&'t str, usize)>,
    servers: Vec<(Balanced, Options<'t>)>,
    /// What counts for all servers that follow.
    options: Options<'t>,
    /// The path for which all of its servers are asked whether they are well.
    check_path: Option<&'t str>,
    /// What a server that is well answers.
    expects: Option<Said>,
    /// The host name that servers are told instead of the one that was asked for.
    told_host: Option<Said>,
    is_http: bool,
    is_sticky: bool,
    /// Whether it answers itself.
    answers: bool,
}

/// What a configuration listens on.
pub(super) fn fronts(text: &str) -> Vec<Front> {
    let sections = sections(text);
    let trusts_anybody = text
        .lines()
        .any(|line| line.split_whitespace().eq(["ssl-server-verify", "none"]));
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
        let mut targets: Vec<(&str, Vec<&str>, usize)> = section.used.clone();
        // A `listen` section leads to its own servers.
        targets.extend(section.default.map(|(name, line)| (name, Vec::new(), line)));
        if let Some((first, _)) = section.servers.first() {
            targets.push((section.name, Vec::new(), first.line));
        }
        for (port, line, ends_tls) in &section.ports {
            for (name, names, pass_line) in &targets {
                let target = find(name).map(|(_, target)| target);
                if target.is_some_and(|target| target.answers) {
                    continue;
                }
                let told = target.and_then(|target| target.told_host.as_ref());
                fronts.push(Front {
                    name: (*name).to_owned(),
                    port: *port,
                    names: names.iter().map(|name| (*name).to_owned()).collect(),
                    is_default: names.is_empty() || targets.len() == 1,
                    is_sticky: target.is_some_and(|target| target.is_sticky),
                    is_http: section.is_http,
                    ends_tls: *ends_tls,
                    told_host: told.or(section.told_host.as_ref()).cloned(),
                    line: *line,
                    pass_line: *pass_line,
                    backends: target
                        .map_or_else(Vec::new, |target| target.balanced(trusts_anybody)),
                });
            }
        }
    }
    fronts
}

impl Section<'_> {
    /// Its servers, with everything that is said of all of them.
    fn balanced(&self, trusts_anybody: bool) -> Vec<Balanced> {
        let servers = self.servers.iter().map(|(server, options)| Balanced {
            is_backup: options.is_on("backup"),
            is_down: options.is_down(),
            tls: options.tls(trusts_anybody),
            check: self.is_asked(options).then(|| Check {
                port: options.check_port().map(|(port, _)| port),
                path: self.check_path.map(str::to_owned),
                is_tls: options.is_check_tls(),
                line: options.check_port().map_or(server.line, |(_, line)| line),
                expects: self.expects.clone(),
            }),
            ..server.clone()
        });
        servers.collect()
    }

    /// Whether a server is asked otherwise than by a connection to the port that is balanced.
    fn is_asked(&self, options: &Options<'_>) -> bool {
        options.check_port().is_some() || self.check_path.is_some() || self.expects.is_some()
    }
}

fn sections(text: &str) -> Vec<(&str, Section<'_>)> {
    let mut sections: Vec<(&str, Section<'_>)> = Vec::new();
    // What the last `defaults` say counts for all sections after them.
    let mut defaults = Section::default();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let line = line.split('#').next().unwrap_or_default();
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [kind, rest @ ..] = words.as_slice()
            && !line.starts_with(char::is_whitespace)
        {
            if let Some((_, last)) = sections.pop_if(|(kind, _)| *kind == "defaults") {
                defaults = last;
            }
            let inherited = if *kind == "defaults" {
                Section::default()
            } else {
                defaults.clone()
            };
            sections.push((
                kind,
                Section {
                    name: rest.first().copied().unwrap_or_default(),
                    ..inherited
                },
            ));
            continue;
        }
        let Some((_, section)) = sections.last_mut() else {
            continue;
        };
        match words.as_slice() {
            ["mode", mode] => section.is_http = *mode == "http",
            ["bind", addresses, options @ ..] => {
                let ends_tls = options.contains(&"ssl");
                let ports = addresses.split(',').filter_map(port_of);
                section
                    .ports
                    .extend(ports.map(|port| (port, number, ends_tls)));
            }
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
                section.used.push((name, names, number));
            }
            ["default_backend", name, ..] => section.default = Some((name, number)),
            ["server" | "server-template", _, address, options @ ..] => {
                let options = section.options.with(options, number);
                let server = backend(address, number);
                section
                    .servers
                    .extend(server.map(|server| (server, options)));
            }
            ["default-server", options @ ..] => {
                section.options = section.options.with(options, number);
            }
            ["option", "httpchk", asked @ ..] | ["http-check", "send", asked @ ..] => {
                section.check_path = path_of(asked).or(section.check_path);
            }
            ["http-check", "expect", expected @ ..] => {
                section.expects = Some(Said {
                    text: expected.join(" "),
                    line: number,
                });
            }
            ["http-request", "set-header", name, host, ..]
                if name.eq_ignore_ascii_case("host") && !host.contains('%') =>
            {
                section.told_host = Some(Said {
                    text: host.trim_matches(['"', '\'']).to_owned(),
                    line: number,
                });
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
    }
    sections
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
    use crate::manifest::Balanced;

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
                                one.check_port().map_or("", |_| " checked elsewhere")
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
    fn what_is_said_of_all_servers_counts_for_those_that_say_nothing() {
        let text = "defaults\n  mode http\n  default-server ssl verify required ca-file /ca\nfrontend https\n  bind :443 ssl crt /a\n  http-request set-header Host gw.example.com\n  \
            default_backend nodes\nbackend nodes\n  http-check expect status 200\n  default-server check port 9763 sni str(a.example.com)\n  server a 10.0.0.1:9443\n  \
            server b 10.0.0.2:9443 verify none port 1 disabled\n  server c 10.0.0.3:9443 no-ssl weight 0\nlisten own\n  mode tcp\n  bind :9443\n  server d 10.0.0.4:9443 no-ssl\n";
        let fronts = fronts(text);
        assert!(
            fronts[0].is_http && fronts[0].ends_tls && !fronts[1].is_http && !fronts[1].ends_tls
        );
        assert_eq!(fronts[0].told_host.as_ref().map(|told| told.line), Some(6));
        assert_eq!((fronts[0].line, fronts[0].pass_line), (5, 7));
        let seen: Vec<_> = fronts[0]
            .backends
            .iter()
            .map(|one| {
                (
                    one.tls.as_ref().map(|tls| (tls.said(), tls.line)),
                    one.is_down,
                    one.check_port(),
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                (Some(((true, Some("a.example.com")), 3)), false, Some(9763)),
                (Some(((false, Some("a.example.com")), 12)), true, Some(1)),
                (None, true, Some(9763)),
            ]
        );
        let check = fronts[0].backends[1].check.as_ref().expect("it is asked");
        assert_eq!(
            (check.line, check.expects.as_ref().map(|said| said.line)),
            (12, Some(9))
        );
        assert!(fronts[1].backends[0].tls.is_none());
    }

    #[test]
    fn a_check_has_a_port_a_path_and_perhaps_tls() {
        let text = "listen a\n  bind :1\n  option httpchk GET /liveness\n  default-server check port 9164 check-ssl\n  server a 10.0.0.1:8253\n\
            listen b\n  bind :2\n  option httpchk\n  http-check send meth GET uri /healthz ver HTTP/1.1\n  server b 10.0.0.2:9201 check\n\
            listen c\n  bind :3\n  option httpchk GET /\n  server c 10.0.0.3:9443 ssl check\n";
        let seen: Vec<_> = fronts(text)
            .iter()
            .flat_map(|front| &front.backends)
            .filter_map(|one| one.check.clone())
            .map(|check| (check.port, check.path, check.is_tls))
            .collect();
        assert_eq!(
            seen,
            [
                (Some(9164), Some("/liveness".into()), true),
                (None, Some("/healthz".into()), false),
                (None, Some("/".into()), true)
            ]
        );
    }

    #[test]
    fn a_server_is_verified_unless_somebody_says_otherwise() {
        let text = "global\n  ssl-server-verify none\nlisten own\n  bind :9443\n  server a 10.0.0.1:9443 ssl\n  server b 10.0.0.2:9443 ssl verify required verifyhost b.example.com\n";
        let backends = &fronts(text)[0].backends;
        let verifies = |one: &Balanced| one.tls.as_ref().is_some_and(|tls| tls.verifies);
        assert_eq!(
            (verifies(&backends[0]), verifies(&backends[1])),
            (false, true)
        );
        let of_default = text.replace("ssl-server-verify none", "daemon");
        assert!(verifies(&fronts(&of_default)[0].backends[0]));
    }
}
