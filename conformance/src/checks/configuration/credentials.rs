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
        let same =
            identity(self.context, self.node, found) == identity(self.context, self.node, admin);
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

/// Lists whose entries log in at a peer too.
fn is_credential_of_entry(key: &str) -> bool {
    (key.starts_with("event_listener[") && key.contains("].properties."))
        || key.starts_with("apim.gateway.environment[")
}
