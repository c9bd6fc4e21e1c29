//! The credentials by which a node logs in at its peers.

use am_deployment_toml::{effective::EffectiveValue, key::KeyPath};

use super::{
    on::{On, nodes},
    same::identity,
};
use crate::context::{Context, Fault, Judge};

/// What an account is made of.
const FIELDS: [&str; 2] = ["username", "password"];

/// The credentials by which a node logs in at its peers are those of the administrator that all nodes share.
pub(super) fn of_peers(context: &Context<'_>, judge: &mut Judge<'_>) {
    for on in nodes(context) {
        for (path, found) in on.effective.values() {
            let field = path.last_key().unwrap_or_default();
            if FIELDS.contains(&field) && is_credential_of_entry(&path.to_string()) {
                on.is_the_administrators(judge, field, path, found);
            }
        }
        for table in on.component.logs_in_at() {
            for field in FIELDS {
                let path = KeyPath::from(table.as_str()).child(field);
                if let Some(found) = on.effective.values().get(&path) {
                    on.is_the_administrators(judge, field, &path, found);
                }
            }
        }
    }
}

impl On<'_, '_> {
    /// Whether a key is a credential by which the node logs in somewhere.
    fn is_judged(&self, path: &KeyPath) -> bool {
        let Some(field) = path.last_key().filter(|field| FIELDS.contains(field)) else {
            return false;
        };
        let is_of = |table: &String| KeyPath::from(table.as_str()).child(field) == *path;
        is_credential_of_entry(&path.to_string()) || self.component.logs_in_at().iter().any(is_of)
    }

    fn is_the_administrators(
        &self,
        judge: &mut Judge<'_>,
        field: &str,
        path: &KeyPath,
        found: &EffectiveValue,
    ) {
        let Some(admin) = self.effective.get(&format!("super_admin.{field}")) else {
            return;
        };
        if found.references.iter().any(|path| self.is_judged(path)) {
            // What is wrong with it is told where it is written.
            return judge.looked();
        }
        let text = found.value.scalar_text();
        let same = text.is_some_and(|text| is_reference_to_the_administrator(&text, field))
            || identity(self.context, self.node, found) == identity(self.context, self.node, admin);
        judge.require(same, || {
            Fault::new(
                format!(
                    "the {} logs in at its peers with another {field} than the administrator's",
                    self.context.graph.describe(self.node.id)
                ),
                format!("give `{path}` the value of `super_admin.{field}`, or leave it out"),
            )
            .at(
                self.configuration,
                path.to_string(),
                found.provenance.span(),
            )
        });
    }
}

/// Whether a text is the administrator's account: the product puts it in at its start, or its engine when it reads the file.
/// Source: deployment-toml/data/keys.jsonl, the defaults of `apim.key_manager.username` and `.password`.
fn is_reference_to_the_administrator(text: &str, field: &str) -> bool {
    text.strip_prefix("${admin.")
        .is_some_and(|rest| rest.strip_suffix('}') == Some(field))
        || text
            .strip_prefix("$ref{super_admin.")
            .is_some_and(|rest| rest.strip_suffix('}') == Some(field))
}

/// Lists whose entries log in at a peer too.
fn is_credential_of_entry(key: &str) -> bool {
    (key.starts_with("event_listener[") && key.contains("].properties."))
        || key.starts_with("apim.gateway.environment[")
}

#[cfg(test)]
mod tests {
    use super::is_reference_to_the_administrator;

    #[test]
    fn the_administrators_account_is_known_by_reference() {
        assert!(is_reference_to_the_administrator(
            "${admin.password}",
            "password"
        ));
        assert!(is_reference_to_the_administrator(
            "$ref{super_admin.username}",
            "username"
        ));
        for other in [
            "${admin.username}",
            "${admin.password",
            "admin",
            "$env{AM_ADMIN_PASSWORD}",
        ] {
            assert!(
                !is_reference_to_the_administrator(other, "password"),
                "{other}"
            );
        }
    }
}
