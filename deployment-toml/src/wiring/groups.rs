//! Groups of receivers: how they are written, and the references in them.

use super::extractor::Extractor;
use super::reference::{Purpose, Reference};
use crate::effective::{Effective, GroupKeys, PUBLISH_GROUPS, THROTTLING_GROUPS};
use crate::key::KeyPath;
use crate::placeholder::expand;

pub(super) const RECEIVER_URL: &str = "apim.throttling.receiver_url";
const RECEIVER_AUTH_URL: &str = "apim.throttling.receiver_auth_url";

/// How the members of a group of receivers are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum UrlGroupMode {
    /// `type = "loadbalance"`, exactly so written.
    LoadBalance,
    /// Anything else, or nothing.
    Failover,
}

/// A group of receivers with their authentication addresses, paired by position.
#[derive(Debug, Clone, PartialEq)]
pub struct UrlGroup {
    /// Its number, from 0.
    pub number: usize,
    /// How its members are used.
    pub mode: UrlGroupMode,
    /// Where events go.
    pub receivers: Vec<Reference>,
    /// Where the sender logs in.
    pub auth: Vec<Reference>,
}

/// The groups that throttling events go to (`publish` false) or that event hub events are published to (`publish` true).
pub fn url_groups(effective: &Effective, publish: bool) -> Vec<UrlGroup> {
    let extractor = Extractor::new(effective);
    let keys = if publish {
        &PUBLISH_GROUPS
    } else {
        &THROTTLING_GROUPS
    };
    if !publish && let Some(groups) = extractor.plain_throttle_groups() {
        return groups;
    }
    (0..effective.group_count(keys.group))
        .map(|number| extractor.group(keys, number, publish))
        .collect()
}

impl Extractor<'_> {
    /// `receiver_url` and `receiver_auth_url` win over every `url_group`.
    fn plain_throttle_groups(&self) -> Option<Vec<UrlGroup>> {
        if !self.is_written(RECEIVER_URL) {
            return None;
        }
        let receivers = self.plain_groups(RECEIVER_URL);
        let auth = self.plain_groups(RECEIVER_AUTH_URL);
        let enabled = self.publishes_throttling();
        let refer = |key: &str, urls: Option<&String>, purpose: &Purpose| {
            let path = KeyPath::from(key);
            let found = self.effective.values().get(&path);
            urls.zip(found).map_or_else(Vec::new, |(urls, found)| {
                self.in_text(
                    &path,
                    urls,
                    found,
                    found.provenance.span(),
                    purpose,
                    enabled,
                )
            })
        };
        let groups = (0..receivers.len().max(auth.len())).map(|number| {
            let text = receivers.get(number);
            UrlGroup {
                number,
                mode: match text {
                    Some(text) if text.contains('|') => UrlGroupMode::Failover,
                    _ => UrlGroupMode::LoadBalance,
                },
                receivers: refer(
                    RECEIVER_URL,
                    text,
                    &Purpose::ThrottleReceiver { group: number },
                ),
                auth: refer(
                    RECEIVER_AUTH_URL,
                    auth.get(number),
                    &Purpose::ThrottleAuth { group: number },
                ),
            }
        });
        Some(groups.collect())
    }

    /// `{a,b},{c}` holds two groups; without braces it is one.
    fn plain_groups(&self, key: &str) -> Vec<String> {
        let Some(text) = self.effective.text(key) else {
            return Vec::new();
        };
        let text = expand(&text, self.offset);
        if !text.trim_start().starts_with('{') {
            return vec![text];
        }
        text.split('}')
            .filter_map(|group| group.split_once('{'))
            .map(|(_, urls)| urls.to_owned())
            .collect()
    }

    fn group(&self, keys: &GroupKeys, number: usize, publish: bool) -> UrlGroup {
        let path = KeyPath::from(keys.group).element(number);
        let mode = match self.text_at(&path.child("type")).as_deref() {
            Some("loadbalance") => UrlGroupMode::LoadBalance,
            _ => UrlGroupMode::Failover,
        };
        let (receiver, auth) = if publish {
            (
                Purpose::EventHubPublish { group: number },
                Purpose::EventHubPublishAuth { group: number },
            )
        } else {
            (
                Purpose::ThrottleReceiver { group: number },
                Purpose::ThrottleAuth { group: number },
            )
        };
        let enabled = if publish {
            self.uses_event_hub()
        } else {
            self.publishes_throttling()
        };
        UrlGroup {
            number,
            mode,
            receivers: self.at(&path.child(keys.receivers), &receiver, enabled),
            auth: self.at(&path.child(keys.auth), &auth, enabled),
        }
    }
}
