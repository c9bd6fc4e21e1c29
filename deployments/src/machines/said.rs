//! What a document says of machines, with what it leaves out.

use am_generator::model::product::Database;

use super::data::MachineData;
use super::layout::{Component, Layout};
use crate::document::machines::Machines;

/// What the document says, or data where it says nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Said<'d> {
    pub(crate) user: &'d str,
    pub(crate) java_home: &'d str,
    pub(crate) packs: &'d str,
    prefix: &'d str,
    /// The Secret that the chart was told to read credentials from.
    credentials: &'d str,
    /// A database server holds the databases.
    has_server: bool,
    layout: &'d Layout<'d, 'd>,
}

/// The Secret of a chart's values for credentials that Ansible has: no other is called so.
pub(crate) const CREDENTIALS: &str = "ansible";

impl<'d> Said<'d> {
    pub(crate) fn new(layout: &'d Layout<'d, 'd>, credentials: &'d str) -> Self {
        let (machines, data): (&Machines, &MachineData) = (layout.machines, layout.data);
        let usual = &data.defaults;
        let or = |own: &'d Option<am_generator::yaml::Text>, usual: &'d str| {
            own.as_ref().map_or(usual, |it| it.value.as_str())
        };
        Self {
            user: or(&machines.user, &usual.user),
            java_home: or(&machines.java_home, &usual.java_home),
            packs: or(&machines.packs, &usual.packs),
            prefix: or(&machines.secrets, &usual.secrets),
            credentials,
            has_server: layout.site.site.database.is_some(),
            layout,
        }
    }

    /// Ansible's variable for a key of a Secret.
    pub(crate) fn secret(&self, (secret, key): &(String, String)) -> String {
        let own = [self.prefix, key];
        let others = [self.prefix, secret, key];
        let words: &[&str] = if secret == self.credentials {
            &own
        } else {
            &others
        };
        words.join("_").replace(['-', '.'], "_")
    }

    /// A component connects to the database server.
    pub(crate) fn needs_driver(&self, component: &Component<'_, '_>) -> bool {
        if let Some(cluster) = component.cluster {
            return self.has_server && cluster.said.coordination.is_some();
        }
        let uses = |database| self.layout.site.chart.uses(component.part.name(), database);
        self.has_server && (uses(Database::Apim) || uses(Database::Shared))
    }
}
