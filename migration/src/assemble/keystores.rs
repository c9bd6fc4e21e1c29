//! Keystores, their Secret and their passwords.

use std::collections::BTreeMap;

use am_product::Component;
use serde_json::json;

use crate::charts::is_given;
use crate::mapping::How;
use crate::path::Path;
use crate::report::Class;
use crate::work::Work;

pub(crate) fn assemble(work: &mut Work<'_>) {
    let components: Vec<_> = work.trees.keys().copied().collect();
    for component in components {
        Stores::of(work, component).carry(work);
    }
}

/// What one component's chart said.
struct Stores {
    parts: BTreeMap<String, usize>,
    tls_is_on: bool,
}

impl Stores {
    fn of(work: &Work<'_>, component: Component) -> Self {
        let items = work.open_items(component, How::Keystore);
        let on = Path::of_keys(&work.charts.tls_at);
        Self {
            tls_is_on: work
                .trees
                .get(&component)
                .is_some_and(|tree| work.charts.is_on(tree, &on, &work.version)),
            parts: items
                .into_iter()
                .map(|item| (work.items[item].part(), item))
                .collect(),
        }
    }

    fn is_on(&self, work: &Work<'_>, store: &str) -> bool {
        if store == "tls" {
            return self.tls_is_on;
        }
        let item = self.parts.get(&format!("{store}.enabled"));
        item.is_some_and(|item| is_given(&work.items[*item].node.value()))
    }

    fn text(&self, work: &Work<'_>, part: &str) -> String {
        self.parts
            .get(part)
            .map(|item| work.items[*item].text())
            .unwrap_or_default()
    }

    fn carry(self, work: &mut Work<'_>) {
        let secret = self.text(work, "secret");
        let (primary, tls, internal) = (
            self.is_on(work, "primary"),
            self.is_on(work, "tls"),
            self.is_on(work, "internal"),
        );
        if secret.is_empty() || !(primary || tls) {
            for item in self.parts.values() {
                work.done(
                    *item,
                    Class::Inactive,
                    None,
                    Some("no keystore of a Secret is used".into()),
                );
            }
            return;
        }
        work.keep("Secret", &secret);
        let same = primary && self.text(work, "primary.name") == self.text(work, "tls.name");
        if let Some(item) = self.parts.get("secret") {
            if primary {
                work.put(*item, "keystores.existingSecret", json!(secret));
            } else {
                work.put(*item, "keystores.truststore.existingSecret", json!(secret));
            }
            if tls && !same {
                work.put(*item, "keystores.tls.existingSecret", json!(secret));
            }
        }
        if primary {
            self.store(
                work,
                "primary",
                ["keystore-password", "keystore-key-password"],
            );
        } else {
            self.off(work, "primary", "the keystore is not used");
        }
        match (tls, same) {
            (true, true) => self.off(work, "tls", "the primary keystore serves TLS"),
            (true, false) => self.store(
                work,
                "tls",
                ["tls-keystore-password", "tls-keystore-password"],
            ),
            (false, _) => self.off(work, "tls", "the keystore is not used"),
        }
        if internal {
            self.internal(work);
        } else {
            self.off(work, "internal", "the keystore is not used");
        }
        if let Some(item) = self.parts.get("truststore.name") {
            let name = work.items[*item].text();
            work.put(*item, "keystores.truststore.fileName", json!(name));
        }
        self.password(work, "truststore.password", "truststore-password");
        if let Some(item) = self.parts.get("passwords") {
            work.done(
                *item,
                Class::Mapped,
                Some("credentials.keys"),
                Some("named beside each of its keys".into()),
            );
        }
        for item in self.parts.values() {
            if work.items[*item].outcome.is_none() {
                work.done(
                    *item,
                    Class::Unknown,
                    None,
                    Some("the vendor's charts have no such keystore".into()),
                );
            }
        }
    }

    /// A keystore of the Secret: file, alias and passwords.
    fn store(&self, work: &mut Work<'_>, store: &str, [password, key_password]: [&str; 2]) {
        if let Some(item) = self.parts.get(&format!("{store}.enabled")) {
            work.done(
                *item,
                Class::Mapped,
                Some(&format!("keystores.{store}")),
                None,
            );
        }
        for (part, to) in [("name", "fileName"), ("alias", "alias")] {
            if let Some(item) = self.parts.get(&format!("{store}.{part}")) {
                let text = work.items[*item].text();
                work.put(*item, &format!("keystores.{store}.{to}"), json!(text));
            }
        }
        self.password(work, &format!("{store}.password"), password);
        if key_password == password {
            let key = self.text(work, &format!("{store}.keyPassword"));
            let differs = !key.is_empty() && key != self.text(work, &format!("{store}.password"));
            for part in ["keyPassword", "keyPasswordAt"] {
                if let Some(item) = self.parts.get(&format!("{store}.{part}")) {
                    let note = "the key has the password of its keystore";
                    if differs && part == "keyPassword" {
                        work.warn(*item, format!("{note}: give both the same"));
                    }
                    work.done(*item, Class::Unneeded, None, Some(note.into()));
                }
            }
        } else {
            self.password(work, &format!("{store}.keyPassword"), key_password);
        }
    }

    /// A password: the key of a Secret that is there, or of one that is to be made.
    fn password(&self, work: &mut Work<'_>, part: &str, credential: &str) {
        let (clear, at) = (self.parts.get(part), self.parts.get(&format!("{part}At")));
        let secret = self.text(work, "passwords");
        let to = format!("credentials.keys.{credential}");
        if let Some(item) = at.filter(|_| !secret.is_empty()) {
            let key = work.items[*item].text();
            work.put(*item, &to, json!({ "secret": secret, "key": key }));
            if let Some(item) = clear {
                work.done(
                    *item,
                    Class::Inactive,
                    None,
                    Some("a Secret has the password".into()),
                );
            }
            return;
        }
        if let Some(item) = at {
            work.done(
                *item,
                Class::Inactive,
                None,
                Some("the name of the Secret is empty".into()),
            );
        }
        if let Some(item) = clear {
            let name = work.make_secret_key(*item, credential);
            work.put(*item, &to, json!({ "secret": name, "key": credential }));
        }
    }

    fn off(&self, work: &mut Work<'_>, store: &str, why: &str) {
        for (part, item) in &self.parts {
            if part.starts_with(store) {
                work.done(*item, Class::Inactive, None, Some(why.into()));
            }
        }
    }

    /// The chart has no internal keystore of its own; where it is the primary one, the product takes that by itself.
    fn internal(&self, work: &mut Work<'_>) {
        let same = self.text(work, "internal.name") == self.text(work, "primary.name");
        for (part, item) in &self.parts {
            if part.starts_with("internal.") {
                if same && self.is_on(work, "primary") {
                    work.done(
                        *item,
                        Class::Unneeded,
                        None,
                        Some("the product takes the primary keystore".into()),
                    );
                } else {
                    let note = "bring the file with filesFrom and set keystore.internal in config, with passwords from extraEnv";
                    work.done(*item, Class::Manual, None, Some(note.into()));
                }
            }
        }
    }
}
