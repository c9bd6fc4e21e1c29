//! What a probe asks: port, scheme and path, whether the kubelet asks or a command.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::manifest::{TargetPort, array_at, str_at};

static ADDRESS_IN_COMMAND: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:/dev/tcp/[^/\s]+/|(?:localhost|127\.0\.0\.1):)([0-9]{2,5})").ok()
});

/// Ports that a command asks on its own pod.
fn ports_in_command(probe: &Value) -> Vec<u16> {
    let Some(expression) = ADDRESS_IN_COMMAND.as_ref() else {
        return Vec::new();
    };
    array_at(probe, "/exec/command")
        .iter()
        .filter_map(Value::as_str)
        .flat_map(|text| {
            expression
                .captures_iter(text)
                .filter_map(|found| found[1].parse().ok())
                .collect::<Vec<u16>>()
        })
        .collect()
}

/// What a probe asks.
pub(super) struct Question<'a> {
    pub(super) port: TargetPort<'a>,
    /// Whether TLS is spoken, and the path, where HTTP is.
    pub(super) http: Option<(bool, &'a str)>,
}

/// Everything that a probe asks on its own pod.
pub(super) fn questions(probe: &Value) -> Vec<Question<'_>> {
    let port_at = |at: &str| match probe.pointer(at)? {
        Value::String(name) => Some(
            name.parse()
                .map_or(TargetPort::Name(name), TargetPort::Number),
        ),
        port => port
            .as_u64()
            .and_then(|port| u16::try_from(port).ok())
            .map(TargetPort::Number),
    };
    if let Some(port) = port_at("/httpGet/port") {
        let tls = str_at(probe, "/httpGet/scheme").is_some_and(|s| s.eq_ignore_ascii_case("https"));
        let path = str_at(probe, "/httpGet/path").unwrap_or("/");
        return vec![Question {
            port,
            http: Some((tls, path)),
        }];
    }
    if let Some(port) = port_at("/tcpSocket/port") {
        return vec![Question { port, http: None }];
    }
    if let Some(curl) = Curl::of(probe) {
        return vec![Question {
            port: TargetPort::Number(curl.port),
            http: Some((curl.tls, curl.path)),
        }];
    }
    ports_in_command(probe)
        .into_iter()
        .map(|port| Question {
            port: TargetPort::Number(port),
            http: None,
        })
        .collect()
}

static URL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?P<scheme>https?)://(?:localhost|127\.0\.0\.1|\[::1\])(?::(?P<port>[0-9]{1,5}))?(?P<path>/[^\s"'();|&`]*)?"#,
    )
    .ok()
});

/// `-L` alone or among letters, and the long form.
static FOLLOWS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:^|\s)(?:-[a-zA-Z]*L[a-zA-Z]*|--location(?:-trusted)?)(?:\s|$)").ok()
});

/// A question that a command asks with curl.
pub(super) struct Curl<'a> {
    port: u16,
    tls: bool,
    pub(super) path: &'a str,
    /// Whether it goes where a redirect sends it.
    pub(super) follows: bool,
    /// Whether the command looks at the answer's status, or at its text. curl itself ends well with any answer, and
    /// with `--fail` with a redirect.
    pub(super) compares: bool,
}

impl<'a> Curl<'a> {
    /// The question that a probe's command asks with curl, if it does.
    pub(super) fn of(probe: &'a Value) -> Option<Self> {
        let words = || {
            array_at(probe, "/exec/command")
                .iter()
                .filter_map(Value::as_str)
        };
        let is_curl = |text: &str| {
            text.split(|c: char| !c.is_alphanumeric())
                .any(|w| w == "curl")
        };
        if !words().any(is_curl) {
            return None;
        }
        let url = words().find_map(|text| URL.as_ref()?.captures(text))?;
        let tls = &url["scheme"] == "https";
        let port = match url.name("port") {
            Some(port) => port.as_str().parse().ok()?,
            None if tls => 443,
            None => 80,
        };
        let text = words().collect::<Vec<_>>().join(" ");
        let tells_the_status = ["%{http_code}", "%{response_code}"]
            .iter()
            .any(|variable| text.contains(variable));
        Some(Self {
            port,
            tls,
            path: url.name("path").map_or("/", |path| path.as_str()),
            follows: FOLLOWS.as_ref()?.is_match(&text),
            compares: (tells_the_status && text.contains("200")) || text.contains("grep"),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Curl;

    fn curl(script: &str) -> (u16, bool, String, bool, bool) {
        let probe = json!({"exec": {"command": ["/bin/bash", "-c", script]}});
        let curl = Curl::of(&probe).expect("it asks with curl");
        let path = curl.path.to_owned();
        (curl.port, curl.tls, path, curl.follows, curl.compares)
    }

    #[test]
    fn a_question_of_curl_is_read() {
        let good = "[ \"$(curl --silent --insecure --output /dev/null --write-out '%{http_code}' https://localhost:9443/a/b)\" = 200 ]";
        assert_eq!(curl(good), (9443, true, "/a/b".to_owned(), false, true));
        let failing = "curl --fail -k http://127.0.0.1:9763/services/Version";
        assert_eq!(
            curl(failing),
            (9763, false, "/services/Version".to_owned(), false, false)
        );
        for following in [
            "curl -sfL https://localhost/x",
            "curl --location https://localhost/x",
        ] {
            assert!(curl(following).3, "{following}");
        }
        assert!(Curl::of(&json!({"exec": {"command": ["sh", "-c", "true"]}})).is_none());
    }
}
