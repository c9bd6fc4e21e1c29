//! URLs, as routes answer them.

/// A URL, taken apart.
#[derive(Debug, Clone, Copy)]
pub struct Url<'u> {
    /// Scheme.
    pub scheme: &'u str,
    /// Host.
    pub host: &'u str,
    /// Port, written or the scheme's own.
    pub port: Option<u16>,
    /// Path; empty means `/`.
    pub path: &'u str,
    /// Whether it is for people and clients outside, who may come through something that stands before the controller.
    pub is_public: bool,
}

impl<'u> Url<'u> {
    /// Reads a URL of `http` or `https` with a host that is written out.
    pub fn read(text: &'u str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let own = match scheme {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let authority = authority.rsplit('@').next().unwrap_or(authority);
        // Variables and IPv6 addresses are not followed.
        if authority.is_empty() || authority.contains(['$', '[']) {
            return None;
        }
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (authority, own),
        };
        Some(Self {
            scheme,
            host,
            port: Some(port),
            path,
            is_public: false,
        })
    }
}
