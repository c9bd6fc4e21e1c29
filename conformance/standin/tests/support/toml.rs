//! Configurations of a distributed deployment over loopback addresses.

// Test data reads best in the order of the file.
#![allow(clippy::format_push_string)]

use std::net::Ipv4Addr;

/// What every component has.
pub(crate) fn common() -> String {
    r#"
[server]
hostname = "am.test"
server_role = "default"

[super_admin]
username = "admin"
password = "$env{AM_ADMIN_PASSWORD}"

[database.apim_db]
type = "h2"
url = "jdbc:h2:./repository/database/WSO2AM_DB"
username = "wso2carbon"
password = "wso2carbon"

[database.shared_db]
type = "h2"
url = "jdbc:h2:./repository/database/WSO2SHARED_DB"
username = "wso2carbon"
password = "wso2carbon"

[encryption]
key = "0123456789abcdef0123456789abcdef"

[keystore.tls]
file_name = "wso2carbon.jks"
type = "JKS"
password = "wso2carbon"
alias = "wso2carbon"
key_password = "wso2carbon"
"#
    .to_owned()
}

fn list(addresses: &[Ipv4Addr], scheme: &str, port: u16) -> String {
    let urls: Vec<String> = addresses
        .iter()
        .map(|ip| format!("\"{scheme}://{ip}:{port}\""))
        .collect();
    format!("[{}]", urls.join(", "))
}

fn groups(key: &str, receivers: &str, auth: &str, addresses: &[Ipv4Addr]) -> String {
    let group = |ip: &Ipv4Addr| {
        format!(
            "\n[[{key}]]\n{receivers} = {}\n{auth} = {}\n",
            list(&[*ip], "tcp", 9611),
            list(&[*ip], "ssl", 9711)
        )
    };
    addresses.iter().map(group).collect()
}

/// A control plane beside `peers`, with `gateway` as its only environment.
pub(crate) fn control_plane(own: Ipv4Addr, all: &[Ipv4Addr], gateway: Ipv4Addr) -> String {
    let peers: Vec<Ipv4Addr> = all.iter().copied().filter(|ip| *ip != own).collect();
    let mut toml = common();
    toml += &format!("\n[apim.key_manager]\nservice_url = \"https://{own}:9443/services/\"\n");
    toml +=
        &format!("\n[apim.oauth_config]\nrevoke_endpoint = \"https://{own}:9443/oauth2/revoke\"\n");
    toml += &format!(
        "\n[[apim.gateway.environment]]\nname = \"Default\"\nservice_url = \"https://{gateway}:9443/services/\"\n"
    );
    toml += &format!(
        "\n[apim.event_hub]\nenable = true\nservice_url = \"https://{own}:9443/services/\"\n\
         event_listening_endpoints = {}\n",
        list(&[own], "tcp", 5672)
    );
    if !peers.is_empty() {
        toml += &format!("event_duplicate_url = {}\n", list(&peers, "tcp", 5672));
    }
    toml += &groups("apim.event_hub.publish.url_group", "urls", "auth_urls", all);
    toml += &format!(
        "\n[[event_listener]]\nid = \"token_revocation\"\ntype = \"org.wso2.carbon.identity.core.handler.AbstractIdentityHandler\"\n\
         name = \"org.wso2.is.notification.ApimOauthEventInterceptor\"\norder = 1\n\n\
         [event_listener.properties]\nnotification_endpoint = \"https://{own}:9443/internal/data/v1/notify\"\n"
    );
    toml
}

/// A traffic manager beside `peers`.
pub(crate) fn traffic_manager(
    own: Ipv4Addr,
    all: &[Ipv4Addr],
    control_planes: &[Ipv4Addr],
) -> String {
    let peers: Vec<Ipv4Addr> = all.iter().copied().filter(|ip| *ip != own).collect();
    let hub = control_planes.first().copied().unwrap_or(own);
    let mut toml = common();
    toml += &format!("\n[apim.key_manager]\nservice_url = \"https://{hub}:9443/services/\"\n");
    toml += &format!(
        "\n[apim.throttling]\nservice_url = \"https://{own}:9443/services/\"\nthrottle_decision_endpoints = {}\n",
        list(&[own], "tcp", 5672)
    );
    if !peers.is_empty() {
        toml += &format!("event_duplicate_url = {}\n", list(&peers, "tcp", 5672));
    }
    toml += &event_hub(hub, control_planes);
    toml
}

/// A gateway whose event hub is the last of `control_planes`.
pub(crate) fn gateway(
    traffic_managers: &[Ipv4Addr],
    control_planes: &[Ipv4Addr],
    labels: &str,
) -> String {
    let hub = control_planes.last().copied().expect("a control plane");
    let manager = traffic_managers
        .first()
        .copied()
        .expect("a traffic manager");
    let mut toml = common();
    toml += &format!("\n[apim.key_manager]\nservice_url = \"https://{hub}:9443/services/\"\n");
    toml += &format!(
        "\n[apim.throttling]\nservice_url = \"https://{manager}:9443/services/\"\nthrottle_decision_endpoints = {}\n",
        list(traffic_managers, "tcp", 5672)
    );
    toml += &groups(
        "apim.throttling.url_group",
        "traffic_manager_urls",
        "traffic_manager_auth_urls",
        traffic_managers,
    );
    toml += &event_hub(hub, control_planes);
    toml += &format!("\n[apim.sync_runtime_artifacts.gateway]\ngateway_labels = {labels}\n");
    toml
}

fn event_hub(hub: Ipv4Addr, control_planes: &[Ipv4Addr]) -> String {
    format!(
        "\n[apim.event_hub]\nenable = true\nservice_url = \"https://{hub}:9443/services/\"\n\
         event_listening_endpoints = {}\n",
        list(control_planes, "tcp", 5672)
    )
}
