//! Finds every address in a text: URLs, JDBC URLs, `host:port`.

use serde::Serialize;

use super::address::Address;

/// How an address is written; a bare `host:port` is the weakest sign of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Form {
    /// `scheme://host…`
    Url,
    /// `jdbc:…`
    Jdbc,
    /// `host:port`
    HostPort,
}

/// An address found in a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TextReference {
    /// The address.
    pub address: Address,
    /// How it is written.
    pub form: Form,
    /// The text it was read from.
    pub raw: String,
    /// First byte of `raw` in the text.
    pub start: usize,
}

/// Every address in `text`, in the order of the text.
///
/// Understands URLs with any scheme, several hosts in one JDBC URL (`jdbc:mysql://a:3306,b:3306/db`), Oracle's forms
/// (`jdbc:oracle:thin:@host:1521/service`, `@tcps://host:2484/service`, `@host:1521:SID`, `(HOST=…)(PORT=…)`), broker lists inside AMQP connection
/// strings, and bare `host:port`. `${…}` placeholders stay part of the host.
pub fn references_in_text(text: &str) -> Vec<TextReference> {
    let mut found = Vec::new();
    let mut taken = Vec::new();
    urls(text, &mut found, &mut taken);
    oracle(text, &mut found, &mut taken);
    bare(text, &taken, &mut found);
    found.sort_by_key(|reference: &TextReference| reference.start);
    found
}

type Taken = Vec<std::ops::Range<usize>>;

fn urls(text: &str, found: &mut Vec<TextReference>, taken: &mut Taken) {
    for (separator, _) in text.match_indices("://") {
        let scheme_start = text[..separator]
            .rfind(|c: char| !(c.is_ascii_alphanumeric() || "+.-:_".contains(c)))
            .map_or(0, |at| {
                at + text[at..].chars().next().map_or(1, char::len_utf8)
            });
        let scheme = text[scheme_start..separator].trim_start_matches([':', '.', '-']);
        let start = separator - scheme.len();
        // Oracle's protocol is no scheme: `jdbc:oracle:thin:@tcps://host`.
        if scheme.is_empty() || text[..start].trim_end_matches('@').ends_with(ORACLE) {
            continue;
        }
        let authority_start = separator + 3;
        let is_jdbc = scheme.starts_with("jdbc:");
        let authority_end = authority_start + authority_length(&text[authority_start..], is_jdbc);
        let path_end = authority_end + path_length(&text[authority_end..]);
        taken.push(start..path_end);
        let authority = &text[authority_start..authority_end];
        let path = &text[authority_end..path_end];
        // In an AMQP connection string the place of the host is a client id; the brokers follow in a list.
        if scheme.starts_with("amqp") && text[path_end..].contains("brokerlist")
            || path.contains("brokerlist")
        {
            continue;
        }
        let hosts = authority
            .rsplit_once('@')
            .map_or(authority, |(_, hosts)| hosts);
        for host in hosts.split(',') {
            let Some(address) = Address::from_authority(scheme, host, path) else {
                continue;
            };
            found.push(TextReference {
                address,
                form: if is_jdbc { Form::Jdbc } else { Form::Url },
                raw: text[start..path_end].to_owned(),
                start,
            });
        }
    }
}

/// Up to the path or whatever ends a URL; `${…}` is skipped whole.
fn authority_length(text: &str, several_hosts: bool) -> usize {
    end_of(text, |c| {
        "/?#;|)(<>'\"`{}&".contains(c) || c.is_whitespace() || (c == ',' && !several_hosts)
    })
}

/// Up to white space, a quote or what separates URLs in lists.
fn path_length(text: &str) -> usize {
    if !text.starts_with(['/', '?', '#', ';', '&']) {
        return 0;
    }
    end_of(text, |c| ",|)<>'\"`{}".contains(c) || c.is_whitespace())
}

fn end_of(text: &str, is_end: impl Fn(char) -> bool) -> usize {
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let placeholder = ["${", "$env{", "$ref{", "$sys{", "$secret{"]
            .iter()
            .any(|opening| text[at..].starts_with(opening));
        if placeholder {
            match text[at..].find('}') {
                Some(close) => at += close + 1,
                None => return at,
            }
        } else if is_end(c) {
            return at;
        } else {
            at += c.len_utf8();
        }
    }
    at
}

const ORACLE: &str = "jdbc:oracle:thin:";

fn oracle(text: &str, found: &mut Vec<TextReference>, taken: &mut Taken) {
    for (start, _) in text.match_indices(ORACLE) {
        let end = start
            + end_of(&text[start..], |c| {
                c.is_whitespace() || "'\"`<>".contains(c)
            });
        let raw = &text[start..end];
        let already = taken.iter().any(|range| range.contains(&start));
        taken.push(start..end);
        let Some((_, target)) = raw.split_once('@').filter(|_| !already) else {
            continue;
        };
        for address in oracle_addresses(target) {
            found.push(TextReference {
                address,
                form: Form::Jdbc,
                raw: raw.to_owned(),
                start,
            });
        }
    }
}

fn oracle_addresses(target: &str) -> Vec<Address> {
    let scheme = ORACLE.trim_end_matches(':');
    if target.starts_with('(') {
        // Upper-casing ASCII keeps every byte offset.
        let upper = target.to_ascii_uppercase();
        return upper
            .match_indices("(HOST=")
            .filter_map(|(at, opening)| {
                let host = target[at + opening.len()..].split(')').next()?.trim();
                let port = upper[at..]
                    .find("(PORT=")
                    .and_then(|p| target[at + p + "(PORT=".len()..].split(')').next())
                    .and_then(|p| p.trim().parse().ok());
                (!host.is_empty()).then(|| Address {
                    scheme: scheme.to_owned(),
                    host: host.to_owned(),
                    port,
                    path: String::new(),
                })
            })
            .collect();
    }
    let target = target
        .split_once("://")
        .map_or(target, |(_, behind)| behind)
        .trim_start_matches('/');
    let authority_end = target.find('/').unwrap_or(target.len());
    let (authority, path) = target.split_at(authority_end);
    // `host:1521:SID`
    let mut parts = authority.splitn(3, ':');
    let host = parts.next().unwrap_or_default();
    let port = parts.next().unwrap_or_default();
    let sid = parts.next();
    let authority = if port.is_empty() {
        host.to_owned()
    } else {
        format!("{host}:{port}")
    };
    let path = sid.map_or_else(|| path.to_owned(), |sid| format!(":{sid}{path}"));
    Address::from_authority(scheme, &authority, &path)
        .into_iter()
        .collect()
}

fn bare(text: &str, taken: &Taken, found: &mut Vec<TextReference>) {
    for (colon, _) in text.match_indices(':') {
        if taken.iter().any(|range| range.contains(&colon)) {
            continue;
        }
        let digits = text[colon + 1..]
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len() - colon - 1);
        let end = colon + 1 + digits;
        let start = text[..colon]
            .rfind(|c: char| !(c.is_ascii_alphanumeric() || "-._".contains(c)))
            .map_or(0, |at| {
                at + text[at..].chars().next().map_or(1, char::len_utf8)
            });
        let host = &text[start..colon];
        let before = text[..start].chars().next_back();
        let after = text[end..].chars().next();
        let stands_alone = !before.is_some_and(|c| c.is_alphanumeric() || ":@/$*\\".contains(c))
            && !after.is_some_and(|c| c.is_alphanumeric() || ".:-_@".contains(c));
        let port = text[colon + 1..end]
            .parse::<u16>()
            .ok()
            .filter(|&port| port > 0);
        if !stands_alone || port.is_none() || !is_host(host) {
            continue;
        }
        found.push(TextReference {
            address: Address {
                scheme: String::new(),
                host: host.to_owned(),
                port,
                path: String::new(),
            },
            form: Form::HostPort,
            raw: text[start..end].to_owned(),
            start,
        });
    }
}

/// A name with a letter in it (`12:30` is a time), or an IPv4 address.
fn is_host(host: &str) -> bool {
    let edges = host.starts_with(|c: char| c.is_ascii_alphanumeric())
        && host.ends_with(|c: char| c.is_ascii_alphanumeric());
    edges
        && (host.contains(|c: char| c.is_ascii_alphabetic())
            || host.parse::<std::net::Ipv4Addr>().is_ok())
}

#[cfg(test)]
mod tests;
