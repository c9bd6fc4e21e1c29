//! Servers of the integration layer, in pods or on machines: the service that each has, who registers it, and what is wrong with what
//! stand-ins tell of them.

pub(crate) mod catalogue;
pub(crate) mod load;
pub(crate) mod pair;

use am_product::{Port, Protocol};
use am_standin::services::SUPER_TENANT;
use serde_json::{Value, json};

use crate::record::Fault;

/// The key of the service that each cluster has; the same in all, because tenants do not know of each other.
pub(crate) const SERVICE: &str = "orders-v1";
/// Its path, and the name of the API that calls it.
const API: &str = "orders";
/// How long a call takes, so that some are on their way when a node stops.
pub(crate) const CALL: &str = "20ms";
/// An app on streams, and the name of its file.
pub(crate) const APP_ON_STREAMS: (&str, &str) = (
    "Orders.siddhi",
    "@App:name('Orders')\ndefine stream OrderStream (id string);\n",
);

/// What a gateway is asked so that it calls an API of its own.
pub(crate) fn call_of(api: &str, count: u32) -> Value {
    let port = Port::speaking(Protocol::Apis, true).number;
    json!({"url": format!("https://localhost:{port}/{api}/7"), "count": count})
}

/// What was looked at: the requirement, and what is wrong.
pub(crate) type Checks = Vec<(&'static str, Option<Fault>)>;

/// A cluster in messages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whose<'a> {
    pub(crate) name: &'a str,
    pub(crate) tenant: &'a str,
}

impl Whose<'_> {
    pub(crate) fn about(self) -> String {
        format!("{} of tenant {}", self.name, self.tenant)
    }
}

/// The name of the API that calls a tenant's service.
pub(crate) fn api_of(tenant: &str) -> String {
    if tenant == SUPER_TENANT {
        API.to_owned()
    } else {
        format!("t/{tenant}/{API}")
    }
}

/// The account of a tenant that registers services, and its password. Random enough for servers of minutes, and never shown.
pub(crate) fn account_of(tenant: &str) -> (String, String) {
    let password = format!("password-{}-{tenant}", std::process::id());
    (format!("catalog@{tenant}"), password)
}

/// The app of every server of integrations, and the name of its file.
pub(crate) fn app() -> (String, String) {
    let app = format!(
        "key: {SERVICE}\nname: {API}\nversion: v1\nserviceUrl: \"https://{{MI_HOST}}:{{MI_PORT}}/{API}\"\n"
    );
    (format!("{API}.car"), app)
}
