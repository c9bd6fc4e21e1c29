//! Who outside a cluster is answered by what a release makes.

use serde_json::Value;

/// Whether something of a release answers a host name outside its cluster. A Service of the type `LoadBalancer` answers whatever leads to it.
pub(crate) fn answers(documents: &[Value], host: &str) -> bool {
    documents.iter().any(|document| {
        let spec = &document["spec"];
        let names = match document["kind"].as_str().unwrap_or_default() {
            "Ingress" => list(&spec["rules"]).map(|rule| &rule["host"]).collect(),
            "Route" => vec![&spec["host"]],
            "Service" => return spec["type"] == "LoadBalancer",
            kind if kind.ends_with("Route") => list(&spec["hostnames"]).collect(),
            _ => Vec::new(),
        };
        let mut names = names.into_iter().filter_map(Value::as_str);
        names.any(|name| is_for(name, host))
    })
}

/// Whether a name, which may begin with `*.`, is that of a host.
fn is_for(name: &str, host: &str) -> bool {
    match name.strip_prefix("*.") {
        Some(domain) => host
            .split_once('.')
            .is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(domain)),
        None => name.eq_ignore_ascii_case(host),
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::answers;

    #[test]
    fn routes_answer_their_names_and_load_balancers_any() {
        let ingress = json!({"kind": "Ingress", "spec": {"rules": [{"host": "am.example.com"}]}});
        let http = json!({"kind": "HTTPRoute", "spec": {"hostnames": ["*.gw.example.com"]}});
        let route = json!({"kind": "Route", "spec": {"host": "ws.example.com"}});
        let inner = json!({"kind": "Service", "spec": {"type": "ClusterIP"}});
        let outer = json!({"kind": "Service", "spec": {"type": "LoadBalancer"}});
        let all = [ingress, http, route, inner];
        for host in ["am.example.com", "a.gw.example.com", "WS.example.com"] {
            assert!(answers(&all, host), "{host}");
        }
        for host in ["gw.example.com", "a.b.gw.example.com", "example.com"] {
            assert!(!answers(&all, host), "{host}");
        }
        assert!(answers(&[outer], "anything.example.com"));
    }
}
