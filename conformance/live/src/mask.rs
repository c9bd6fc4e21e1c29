//! Keeps the values of Secrets out of messages.

use std::collections::BTreeSet;

use k8s_openapi::ByteString;
use serde_json::Value;

use crate::api::text;

/// What stands in the place of a secret.
const MASK: &str = "***";
/// Shorter values are words of every message, and no password that a chart generates.
const SHORTEST: usize = 8;

/// The secret values that a run has met. It cannot be printed.
#[derive(Default)]
pub(crate) struct Mask(BTreeSet<String>);

impl Mask {
    /// Learns the values of Secrets, plain and encoded. User names are no secret, and Helm's own records no value.
    pub(crate) fn learn(&mut self, secrets: &[Value]) {
        for secret in secrets {
            if text(secret, "/type") == "helm.sh/release.v1" {
                continue;
            }
            let data = secret.get("data").and_then(Value::as_object);
            for (key, encoded) in data.into_iter().flatten() {
                if key.ends_with("username") {
                    continue;
                }
                let plain = decoded(encoded);
                let encoded = encoded.as_str().map(str::to_owned);
                self.0.extend(
                    [plain, encoded]
                        .into_iter()
                        .flatten()
                        .filter(|value| value.len() >= SHORTEST),
                );
            }
        }
    }

    /// The text without them.
    pub(crate) fn apply(&self, text: &str) -> String {
        self.0
            .iter()
            .fold(text.to_owned(), |text, secret| text.replace(secret, MASK))
    }
}

/// The text of an entry of a Secret.
pub(crate) fn decoded(entry: &Value) -> Option<String> {
    let bytes: ByteString = serde_json::from_value(entry.clone()).ok()?;
    String::from_utf8(bytes.0).ok()
}

#[cfg(test)]
mod tests {
    use super::Mask;
    use serde_json::json;

    fn mask() -> Mask {
        let mut mask = Mask::default();
        // "topsecret1" and "administrator", as the API server writes them.
        mask.learn(&[
            json!({"data": {"admin-password": "dG9wc2VjcmV0MQ==", "admin-username": "YWRtaW5pc3RyYXRvcg=="}}),
        ]);
        mask
    }

    #[test]
    fn a_secret_is_masked_plain_and_encoded() {
        let text = mask().apply("log: password topsecret1 (dG9wc2VjcmV0MQ==) of administrator");
        assert_eq!(text, "log: password *** (***) of administrator");
    }

    #[test]
    fn records_of_helm_and_short_values_mask_nothing() {
        let mut mask = Mask::default();
        mask.learn(&[
            json!({"type": "helm.sh/release.v1", "data": {"release": "dG9wc2VjcmV0MQ=="}}),
            json!({"data": {"pin": "dHJ1ZQ=="}}),
        ]);
        assert_eq!(mask.apply("true topsecret1"), "true topsecret1");
    }
}
