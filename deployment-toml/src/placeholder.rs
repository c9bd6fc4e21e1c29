//! `${…}` placeholders that the product fills in at run time: ports with the offset added, and the node's own address.

/// Ports before the offset, as the product's runtime knows them.
const PORTS: [(&str, u16); 8] = [
    ("${mgt.transport.https.port}", 9443),
    ("${carbon.management.port}", 9443),
    ("${mgt.transport.http.port}", 9763),
    ("${https.nio.port}", 8243),
    ("${http.nio.port}", 8280),
    ("${receiver.url.port}", 9611),
    ("${auth.url.port}", 9711),
    ("${jms.port}", 5672),
];

const TEXTS: [(&str, &str); 2] = [("${carbon.context}", "/"), ("${carbon.protocol}", "https")];

/// Hosts that are the node itself.
const OWN_HOSTS: [&str; 6] = [
    "localhost",
    "127.0.0.1",
    "::1",
    "0.0.0.0",
    "${carbon.local.ip}",
    "${carbon.host}",
];

/// Replaces the placeholders whose value follows from the port offset; hosts and paths stay as they are.
pub fn expand(text: &str, offset: u16) -> String {
    if !text.contains("${") {
        return text.to_owned();
    }
    let mut expanded = text.to_owned();
    for (placeholder, port) in PORTS {
        expanded = expanded.replace(placeholder, &port.saturating_add(offset).to_string());
    }
    for (placeholder, value) in TEXTS {
        expanded = expanded.replace(placeholder, value);
    }
    expanded
}

/// Whether a host names the node itself: `localhost`, a loopback address, `${carbon.local.ip}` or `${carbon.host}`.
pub fn is_own_host(host: &str) -> bool {
    OWN_HOSTS.iter().any(|own| own.eq_ignore_ascii_case(host))
        || host.starts_with("127.") && host.chars().all(|c| c.is_ascii_digit() || c == '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_shifted_by_the_offset() {
        assert_eq!(
            expand(
                "https://localhost:${mgt.transport.https.port}${carbon.context}services/",
                10
            ),
            "https://localhost:9453/services/"
        );
        assert_eq!(expand("${carbon.home}/x", 10), "${carbon.home}/x");
    }

    #[test]
    fn loopback_and_placeholders_are_the_node_itself() {
        for own in ["localhost", "127.0.1.1", "${carbon.local.ip}", "LOCALHOST"] {
            assert!(is_own_host(own), "{own}");
        }
        for other in ["gateway", "127.example.org", "10.0.0.1"] {
            assert!(!is_own_host(other), "{other}");
        }
    }
}
