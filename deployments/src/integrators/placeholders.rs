//! `{tenant}` and `{domain}` in texts.

use serde_json::Value;

use crate::document::integrators::Tenant;

/// What a text may have in braces.
pub(super) const KNOWN: [&str; 2] = ["tenant", "domain"];

/// A text with the tenant's names filled in; as it is without a tenant.
pub(crate) fn filled(text: &str, tenant: Option<&Tenant>) -> String {
    let Some(tenant) = tenant else {
        return text.to_owned();
    };
    text.replace("{tenant}", tenant.label())
        .replace("{domain}", tenant.domain())
}

/// Values with the tenant's names filled into every text.
pub(super) fn filled_in(value: &Value, tenant: Option<&Tenant>) -> Value {
    match value {
        Value::String(text) => filled(text, tenant).into(),
        Value::Array(items) => items.iter().map(|it| filled_in(it, tenant)).collect(),
        Value::Object(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|(key, it)| (key.clone(), filled_in(it, tenant)));
            Value::Object(entries.collect())
        }
        other => other.clone(),
    }
}

/// The names in braces of a text; of a brace that nothing closes, all that follows.
pub(super) fn named(text: &str) -> impl Iterator<Item = &str> {
    let rest = text.split('{').skip(1);
    rest.map(|rest| rest.split_once('}').map_or(rest, |(name, _)| name))
}

/// The names in braces of all texts of values.
pub(super) fn named_in(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => named(text).collect(),
        Value::Array(items) => items.iter().flat_map(named_in).collect(),
        Value::Object(entries) => entries.values().flat_map(named_in).collect(),
        _ => Vec::new(),
    }
}

/// Whether a text differs from tenant to tenant.
pub(super) fn differs(text: &str) -> bool {
    named(text).any(|name| KNOWN.contains(&name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{differs, filled, filled_in, named, named_in};
    use crate::document::integrators::Tenant;

    #[test]
    fn names_of_a_tenant_are_filled_into_texts_and_nothing_else_is_touched() {
        let acme = Tenant::Plain("acme.example.com".to_owned());
        assert_eq!(
            filled("{tenant}-x of {domain}", Some(&acme)),
            "acme-x of acme.example.com"
        );
        assert_eq!(filled("{tenant}", None), "{tenant}");
        assert_eq!(
            filled_in(&json!({"a": ["mi_{tenant}", 7, "{other}"]}), Some(&acme)),
            json!({"a": ["mi_acme", 7, "{other}"]})
        );
    }

    #[test]
    fn what_a_text_has_in_braces_is_found() {
        assert_eq!(named("a{b}c{d}{e").collect::<Vec<_>>(), ["b", "d", "e"]);
        assert_eq!(named_in(&json!({"a": ["{b}", 1], "c": "d"})), ["b"]);
        assert!(differs("mi_{tenant}") && differs("x.{domain}") && !differs("{tennant}"));
    }
}
