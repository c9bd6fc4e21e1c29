//! Whom an identity server tells of revoked tokens, by its own `deployment.toml` (facts: identity-server.md, Its own
//! configuration).

use std::collections::BTreeMap;

use am_deployment_toml::document::Document;
use am_deployment_toml::value::Value;

/// A listener of another type never fires.
const TYPE: &str = "org.wso2.carbon.identity.core.handler.AbstractIdentityHandler";
/// The class that notifies API Manager.
const CLASS: &str = "org.wso2.is.notification.ApimOauthEventInterceptor";
/// What the names of properties that are headers begin with.
const HEADER: &str = "header.";
/// The header that tells API Manager what notifies it.
pub(crate) const SENDER: &str = "x-wso2-key-manager";

/// The listener on revoked tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listener {
    /// Where it notifies.
    pub(crate) url: String,
    /// Its account there.
    pub(crate) username: String,
    /// The account's password.
    pub(crate) password: String,
    /// What it says that it is.
    pub(crate) sender: String,
}

impl Listener {
    /// Reads the listener, if there is one that fires. `variable` looks an environment variable up.
    pub(crate) fn read(
        text: &str,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, String> {
        let document = Document::parse(text).map_err(|error| error.to_string())?;
        let listeners = document.tree().get("event_listener");
        let mut listeners = listeners
            .and_then(Value::as_array)
            .unwrap_or_default()
            .iter()
            .filter_map(table);
        let is = |listener: &BTreeMap<String, Value>, key: &str, wanted: &str| {
            listener.get(key).and_then(Value::as_str) == Some(wanted)
        };
        let Some(listener) =
            listeners.find(|listener| is(listener, "type", TYPE) && is(listener, "name", CLASS))
        else {
            return Ok(None);
        };
        let properties = listener.get("properties").and_then(table);
        let property = |name: &str| {
            let value = properties?.get(name)?.as_str()?;
            let Some(name) = value
                .strip_prefix("$env{")
                .and_then(|rest| rest.strip_suffix('}'))
            else {
                return Some(value.to_owned());
            };
            variable(name)
        };
        // A header's name has a dot, whether it is quoted or not.
        let sender = properties.into_iter().flatten().find_map(|(name, value)| {
            let name = name.strip_prefix(HEADER)?;
            name.eq_ignore_ascii_case(SENDER)
                .then(|| value.as_str().map(str::to_owned))?
        });
        let needed = |name: &str| {
            property(name).ok_or_else(|| format!("event_listener.properties has no {name}"))
        };
        Ok(Some(Self {
            url: needed("notification_endpoint")?,
            username: needed("username")?,
            password: needed("password")?,
            sender: sender.unwrap_or_default(),
        }))
    }
}

fn table(value: &Value) -> Option<&BTreeMap<String, Value>> {
    match value {
        Value::Table(table) => Some(table),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
[[event_listener]]
id = "token_revocation"
type = "org.wso2.carbon.identity.core.handler.AbstractIdentityHandler"
name = "org.wso2.is.notification.ApimOauthEventInterceptor"
[event_listener.properties]
notification_endpoint = "https://am.shop.svc:9443/internal/data/v1/notify"
username = "$env{APIM_USERNAME}"
password = "$env{APIM_PASSWORD}"
'header.X-WSO2-KEY-MANAGER' = "WSO2-IS"
"#;

    fn read(text: &str) -> Result<Option<Listener>, String> {
        Listener::read(text, &|name| Some(format!("value of {name}")))
    }

    #[test]
    fn the_listener_has_its_account_from_the_environment() {
        let listener = read(TEXT).expect("TOML").expect("a listener");
        assert_eq!(
            listener.url,
            "https://am.shop.svc:9443/internal/data/v1/notify"
        );
        assert_eq!(listener.username, "value of APIM_USERNAME");
        assert_eq!(listener.sender, "WSO2-IS");
        let missing = Listener::read(TEXT, &|_| None).expect_err("no account");
        assert!(missing.contains("username"), "{missing}");
    }

    #[test]
    fn a_listener_of_another_type_never_fires() {
        assert_eq!(
            read(&TEXT.replace("AbstractIdentityHandler", "Other")),
            Ok(None)
        );
        assert_eq!(read("[oauth]\nauthorize_all_scopes = true\n"), Ok(None));
    }
}
