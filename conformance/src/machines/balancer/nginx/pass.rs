//! How requests are passed on to nodes.

use super::syntax::{Directive, chains};
use crate::manifest::{Said, Tls};

/// Where a server passes on to, and how.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pass<'d> {
    /// The upstream or address.
    pub(super) target: &'d str,
    /// Whether requests of HTTP are passed on, or connections.
    pub(super) is_http: bool,
    /// How it encrypts; none in clear text.
    pub(super) tls: Option<Tls>,
    /// The host name that nodes are told, where it is not the one that was asked for.
    pub(super) host: Option<Said>,
    /// Number of its line, from 1.
    pub(super) line: usize,
}

impl<'d> Pass<'d> {
    /// Everything to which a server passes on; what is passed on alike in several places, once. The server is the last of a chain.
    pub(super) fn all(chain: &[&'d Directive]) -> Vec<Self> {
        let Some((server, above)) = chain.split_last() else {
            return Vec::new();
        };
        let mut passes = Vec::new();
        chains(server, "proxy_pass", &mut above.to_vec(), &mut passes);
        let mut found: Vec<Self> = Vec::new();
        for pass in passes.iter().filter_map(|chain| Self::read(chain)) {
            let is_same = |other: &Self| {
                other.target == pass.target
                    && other.tls.as_ref().map(Tls::said) == pass.tls.as_ref().map(Tls::said)
                    && other.host.as_ref().map(|host| &host.text)
                        == pass.host.as_ref().map(|host| &host.text)
            };
            if !found.iter().any(is_same) {
                found.push(pass);
            }
        }
        found.sort_by(|one, other| one.target.cmp(other.target));
        found
    }

    fn read(chain: &[&'d Directive]) -> Option<Self> {
        let (pass, around) = chain.split_last()?;
        let url = pass.words().next()?;
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let target = rest.split('/').next().unwrap_or(rest);
        let is_http = around.iter().any(|block| block.is("http"));
        let is_on = |name: &str| {
            let said = nearest(around, name);
            said.is_some_and(|it| it.words().next() == Some("on"))
        };
        let is_encrypted = if is_http {
            scheme == "https"
        } else {
            is_on("proxy_ssl")
        };
        let tls = is_encrypted.then(|| {
            let verify = nearest(around, "proxy_ssl_verify");
            let name = nearest(around, "proxy_ssl_name");
            let verifies = is_on("proxy_ssl_verify");
            Tls {
                verifies,
                line: verify.map_or(pass.line, |it| it.line),
                // Unless something else is said, it is the name of the upstream.
                name: meant(
                    name,
                    name.and_then(|it| it.words().next()),
                    target,
                    pass.line,
                ),
            }
        });
        Some(Self {
            target,
            is_http,
            tls,
            host: is_http
                .then(|| told_host(around, target, pass.line))
                .flatten(),
            line: pass.line,
        })
    }
}

/// The directive of a name that counts: the one nearest to what stands innermost.
fn nearest<'d>(around: &[&'d Directive], name: &str) -> Option<&'d Directive> {
    let blocks = around.iter().rev();
    let mut last = blocks.filter_map(|block| block.block.iter().rfind(|inner| inner.is(name)));
    last.next()
}

/// The header `Host` that nodes get, where it is not what was asked for. A block that sets any header takes none from those around it.
fn told_host(around: &[&Directive], target: &str, line: usize) -> Option<Said> {
    let mut blocks = around.iter().rev();
    let sets = |block: &&&Directive| block.block.iter().any(|inner| inner.is("proxy_set_header"));
    let headers = blocks.find(sets);
    let headers = headers.iter().flat_map(|block| &block.block);
    let mut headers = headers.filter(|inner| inner.is("proxy_set_header"));
    let host = headers.find(|header| {
        let name = header.words().next();
        name.is_some_and(|name| name.eq_ignore_ascii_case("host"))
    });
    meant(host, host.and_then(|it| it.words().nth(1)), target, line)
}

/// What a value of a directive means; `$proxy_host` where there is none. Nothing where only a request tells.
fn meant(
    directive: Option<&Directive>,
    value: Option<&str>,
    target: &str,
    line: usize,
) -> Option<Said> {
    let text = match value.unwrap_or("$proxy_host") {
        "$proxy_host" => target,
        value if value.contains('$') => return None,
        value => value,
    };
    Some(Said {
        text: text
            .rsplit_once(':')
            .map_or(text, |(host, _)| host)
            .to_owned(),
        line: directive.map_or(line, |it| it.line),
    })
}
