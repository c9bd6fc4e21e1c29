//! The credentials by which a node logs in at its peers and at its databases.

use am_deployment_toml::{
    effective::{Effective, EffectiveValue, Provenance},
    key::KeyPath,
    value::Value,
};

use super::{
    on::{On, nodes},
    same::identity,
};
use crate::context::{Context, Fault, Judge};

/// What an account is made of.
const FIELDS: [&str; 2] = ["username", "password"];

/// The databases that the product makes connections for.
const DATABASES: [&str; 2] = ["apim_db", "shared_db"];

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
        on.entries_have_them(judge);
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

    /// A value that the file itself sets.
    fn written(&self, path: &KeyPath) -> Option<&EffectiveValue> {
        let found = self.effective.values().get(path);
        found.filter(|found| found.provenance.is_written())
    }

    /// Our charts write of each database what kind it is and take its account from a Secret, so that no default of the product
    /// has a say.
    fn names_its_account(&self, table: &KeyPath, judge: &mut Judge<'_>) {
        let written = |field: &str| self.written(&table.child(field));
        let fields = ["type", "url", "hostname", "username", "password"];
        if fields.iter().all(|field| written(field).is_none()) {
            return;
        }
        let fault = |field: &str, what: &str, help: String| {
            let path = table.child(field);
            let node = self.context.graph.describe(self.node.id);
            let span = written(field).and_then(|found| found.provenance.span());
            Fault::new(format!("the {node} {what} `{path}`"), help).at(
                self.configuration,
                path.to_string(),
                span,
            )
        };
        judge.require(written("type").is_some(), || {
            fault(
                "type",
                "leaves the kind of a database to the product: it has no",
                "write the kind, such as mysql".to_owned(),
            )
        });
        for field in FIELDS {
            let Some(found) = written(field) else {
                continue;
            };
            let is_text = matches!(found.raw, Value::String(_));
            let text = found.raw.scalar_text().unwrap_or_default();
            let is_variable = matches!(found.provenance, Provenance::Env { .. });
            let is_expression = text.contains('$') && text.contains('{');
            let is_sound = is_text && !text.is_empty() && (is_variable || !is_expression);
            judge.require(is_sound, || {
                let path = table.child(field);
                fault(
                    field,
                    "cannot log in at a database with",
                    format!("write `{path} = \"$env{{…}}\"`, from a Secret"),
                )
            });
        }
    }

    /// The product has no default for the entries of these lists.
    fn entries_have_them(&self, judge: &mut Judge<'_>) {
        let environments = entries(self.effective, "apim.gateway.environment");
        let listeners = entries(self.effective, "event_listener")
            .map(|listener| listener.child("properties"))
            .filter(|properties| {
                let endpoint = properties.child("notification_endpoint");
                self.effective.values().contains_key(&endpoint)
            });
        for entry in environments.chain(listeners) {
            for field in FIELDS {
                let path = entry.child(field);
                judge.require(self.effective.values().contains_key(&path), || {
                    Fault::new(
                        format!(
                            "the {} has no {field} for a peer that it logs in at: `{path}` is missing",
                            self.context.graph.describe(self.node.id)
                        ),
                        format!("write `{path}` with the value of `super_admin.{field}`"),
                    )
                    .at(self.configuration, path.to_string(), None)
                });
            }
        }
    }
}

fn entries<'e>(effective: &Effective, list: &'e str) -> impl Iterator<Item = KeyPath> + use<'e> {
    (0..effective.group_count(list)).map(move |at| KeyPath::from(list).element(at))
}

/// Lists whose entries log in at a peer too.
fn is_credential_of_entry(key: &str) -> bool {
    (key.starts_with("event_listener[") && key.contains("].properties."))
        || key.starts_with("apim.gateway.environment[")
}

/// Who writes the address of a database writes its account too: the product's own is that of its H2 files.
pub(super) fn of_databases(context: &Context<'_>, judge: &mut Judge<'_>) {
    for on in nodes(context) {
        for database in DATABASES {
            let table = KeyPath::from("database").child(database);
            let written = |field: &str| on.written(&table.child(field));
            for field in ["url", "driver", "type"] {
                let Some(found) = written(field) else {
                    continue;
                };
                let text = found.value.scalar_text();
                judge.require(text.is_none_or(|text| !text.is_empty()), || {
                    let path = table.child(field);
                    Fault::new(
                        format!(
                            "the {} has an empty `{path}`, which the product does not fill in",
                            context.graph.describe(on.node.id)
                        ),
                        format!("write `{path}`, or leave it out if `type` tells it"),
                    )
                    .at(
                        on.configuration,
                        path.to_string(),
                        found.provenance.span(),
                    )
                });
            }
            let url = written("url").and_then(|found| found.value.scalar_text());
            let Some(url) = url else {
                continue;
            };
            for field in FIELDS {
                if logs_in_otherwise(&url, field) {
                    continue;
                }
                let path = table.child(field);
                judge.require(written(field).is_some(), || {
                    Fault::new(
                        format!(
                            "the {} has the address of {database} but no {field}: it takes that of the product's own H2 file, or none",
                            context.graph.describe(on.node.id)
                        ),
                        format!("write `{path} = \"$env{{…}}\"`, from a Secret"),
                    )
                    .at(on.configuration, path.to_string(), None)
                });
            }
        }
    }
}

/// What a chart writes of a database tells its kind, and takes its account from a Secret.
pub(super) fn are_written_out(context: &Context<'_>, judge: &mut Judge<'_>) {
    for on in nodes(context) {
        for database in DATABASES {
            on.names_its_account(&KeyPath::from("database").child(database), judge);
        }
    }
    judge.not_applicable("no node writes anything of a database");
}

/// Whether the address says that the platform's identity takes the place of the password.
fn logs_in_otherwise(url: &str, field: &str) -> bool {
    let url = url.to_lowercase();
    field == "password" && (url.contains("authentication") || url.contains("iam"))
}

#[cfg(test)]
mod tests {
    use super::logs_in_otherwise;

    #[test]
    fn an_identity_of_the_platform_takes_the_place_of_the_password_only() {
        let url = "jdbc:sqlserver://db:1433;authentication=ActiveDirectoryManagedIdentity";
        assert!(logs_in_otherwise(url, "password"));
        assert!(!logs_in_otherwise(url, "username"));
        assert!(!logs_in_otherwise("jdbc:mysql://db:3306/apim", "password"));
    }
}
