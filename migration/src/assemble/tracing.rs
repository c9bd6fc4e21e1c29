//! Tracing: the vendor's name, host and port become kind and address.

use serde_json::{Value, json};

use crate::mapping::How;
use crate::report::Class;
use crate::work::Work;

pub(crate) fn assemble(work: &mut Work<'_>) {
    let components: Vec<_> = work.trees.keys().copied().collect();
    for component in components {
        let parts = work.open_items(component, How::Tracing);
        let find = |name: &str| {
            parts
                .iter()
                .copied()
                .find(|item| work.items[*item].part() == name)
        };
        let (enabled, name, host, port) = (
            find("enabled"),
            find("name"),
            find("hostname"),
            find("port"),
        );
        let is_on = enabled.is_some_and(|item| work.items[item].node.value() == json!(true));
        if !is_on {
            for item in parts {
                work.done(item, Class::Inactive, None, Some("tracing is off".into()));
            }
            continue;
        }
        if let Some(item) = enabled {
            work.put(item, "openTelemetry.enabled", json!(true));
        }
        let kind = name.map(|item| work.items[item].text()).unwrap_or_default();
        if let Some(item) = name {
            work.put(item, "openTelemetry.type", json!(kind));
        }
        let number = port.and_then(|item| work.items[item].text().parse::<u16>().ok());
        if kind == "otlp" {
            let address = host.map(|item| work.items[item].text()).unwrap_or_default();
            let url = match number {
                Some(port) if !address.contains("://") => format!("http://{address}:{port}"),
                _ if address.contains("://") => address,
                _ => format!("http://{address}"),
            };
            for item in [host, port].into_iter().flatten() {
                work.put(item, "openTelemetry.url", json!(url));
            }
        } else {
            if let Some(item) = host {
                let text = work.items[item].text();
                work.put(item, "openTelemetry.host", json!(text));
            }
            if let Some(item) = port {
                let value = number.map_or(Value::Null, Value::from);
                work.put(item, "openTelemetry.port", value);
            }
        }
    }
}
