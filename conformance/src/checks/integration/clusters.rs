//! Clusters beside each other share no work.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    context::{Context, Fault, Judge},
    facts::Facts,
    graph::{Graph, Node},
};

/// The data source by which nodes of a Micro Integrator find each other. Source:
/// facts/integration-and-vm.md#15-deploymenttoml-keys.
const OF_INTEGRATIONS: &str = "WSO2_COORDINATION_DB";

/// Databases in which a table is its user's, so that two users have two. Source: documentation of Oracle and Db2.
const OF_USERS: [&str; 2] = ["jdbc:oracle:", "jdbc:db2:"];

/// Where the nodes of a cluster find each other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Meeting {
    url: String,
    user: String,
}

impl Meeting {
    /// Whether those who meet at either find each other.
    fn is(&self, other: &Self) -> bool {
        let is_of_users = OF_USERS.iter().any(|start| self.url.starts_with(start));
        self.url.eq_ignore_ascii_case(&other.url) && !(is_of_users && self.user != other.user)
    }
}

/// The databases in which a node meets others.
fn meetings(graph: &Graph<'_>, facts: &Facts, node: &Node<'_>) -> BTreeSet<Meeting> {
    let of_toml = || {
        let entries = graph.told_entries(facts, node)?;
        let entries = entries.as_object()?;
        let (key, _) = entries
            .iter()
            .find(|(key, value)| key.starts_with("datasource[") && *value == OF_INTEGRATIONS)?;
        let table = key.strip_suffix(".id")?;
        let text = |name: &str| {
            Some(
                entries
                    .get(&format!("{table}.{name}"))?
                    .as_str()?
                    .to_owned(),
            )
        };
        Some(BTreeSet::from([Meeting {
            url: text("url")?,
            user: text("username").unwrap_or_default(),
        }]))
    };
    let of_yaml = || {
        let settings = graph.told_settings(facts, node)?;
        let cluster = settings.get("cluster.config")?;
        if cluster.get("enabled") != Some(&Value::Bool(true)) {
            return None;
        }
        let name = cluster.pointer("/strategyConfig/datasource")?;
        let sources = settings
            .pointer("/wso2.datasources/dataSources")?
            .as_array()?;
        let own = sources
            .iter()
            .filter(|source| source.get("name") == Some(name));
        let meeting = own.filter_map(|source| {
            let configuration = source.pointer("/definition/configuration")?;
            let text = |key: &str| Some(configuration.get(key)?.as_str()?.to_owned());
            Some(Meeting {
                url: text("jdbcUrl")?,
                user: text("username").unwrap_or_default(),
            })
        });
        Some(meeting.collect())
    };
    of_toml().or_else(of_yaml).unwrap_or_default()
}

/// No cluster beside this one meets in its database.
pub(super) fn meet_apart(context: &Context<'_>, judge: &mut Judge<'_>) {
    let (graph, facts) = (context.graph, context.facts);
    let Some(beside) = graph.beside.as_deref() else {
        return judge.applies(false, "there is nothing beside it");
    };
    let own: Vec<(&Node<'_>, Meeting)> = graph
        .nodes
        .iter()
        .flat_map(|node| {
            meetings(graph, facts, node)
                .into_iter()
                .map(move |at| (node, at))
        })
        .collect();
    let others: BTreeSet<(&str, Meeting)> = beside
        .nodes
        .iter()
        .flat_map(|node| {
            let release = beside.member(node.id).workload.object.release.as_str();
            let found = meetings(beside, facts, node).into_iter();
            found.map(move |at| (release, at))
        })
        .collect();
    judge.applies(
        !own.is_empty() && !others.is_empty(),
        "no two clusters here have nodes that find each other in a database",
    );
    for (node, at) in own {
        judge.looked();
        for (release, _) in others.iter().filter(|(_, other)| at.is(other)) {
            let member = graph.member(node.id);
            let object = node.configuration.as_ref().map_or_else(
                || graph.yaml_configuration(node).map(|(object, _)| object),
                |configuration| Some(configuration.object),
            );
            judge.fault(
                Fault::new(
                    format!(
                        "the {} finds nodes of release {release} in the database {}, and shares its work with them",
                        graph.describe(node.id),
                        at.url
                    ),
                    "give each cluster a database of its own",
                )
                .object(object.unwrap_or(member.workload.object))
                .value(at.url.clone())
                .peer((*release).to_owned()),
            );
        }
    }
}
