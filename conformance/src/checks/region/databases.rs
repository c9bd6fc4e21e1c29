//! Databases of several sites: regions replicate theirs to each other, and a data plane has none.

use super::others::{ALONE, main_site};
use crate::{
    component::{Capability, Component},
    context::{Context, Fault, Judge, configured},
    graph::{Configuration, Graph, Node},
};

const DATABASES: [&str; 2] = ["apim_db", "shared_db"];

pub(super) fn each_has_its_own(context: &Context<'_>, judge: &mut Judge<'_>) {
    let graph = context.graph;
    judge.applies(!graph.sites.is_empty(), ALONE);
    if graph.sites.is_empty() {
        return;
    }
    if let Some(main) = main_site(graph) {
        return data_planes_have_none(graph, main, judge);
    }
    // Who has no event hub is no region: it is a site that others use.
    let is_region = |other: &Graph<'_>| {
        main_site(other).is_none() && used(other).any(|database| database.is_shared())
    };
    let regions: Vec<(&str, &Graph<'_>)> = graph
        .sites
        .iter()
        .filter(|(_, other)| is_region(other))
        .map(|(name, other)| (name.as_str(), other))
        .collect();
    for database in used(graph).filter(Database::is_shared) {
        judge.looked();
        if regions.is_empty() {
            continue;
        }
        replicates(context, &database, judge);
        for (name, other) in &regions {
            is_of_this_site(&database, name, other, judge);
        }
    }
}

fn data_planes_have_none(graph: &Graph<'_>, main: &str, judge: &mut Judge<'_>) {
    for database in used(graph) {
        let server = database.server();
        judge.require(server.is_none(), || {
            let message = format!(
                "the {} uses the database server {}, and the event hub of this site is in site {main}: whoever is cut off from it stops",
                graph.describe(database.node.id),
                server.as_deref().unwrap_or_default()
            );
            database.fault(
                message,
                "leave the database out, or let each node have a file of its own (jdbc:h2:./…)",
            )
        });
    }
}

/// It is of a type for which the product brings scripts that replicate.
fn replicates(context: &Context<'_>, database: &Database<'_, '_>, judge: &mut Judge<'_>) {
    let known = &context.facts.replicating_databases;
    judge.require(known.contains(&database.kind), || {
        let message = format!(
            "the {} has a database of type {}, which does not replicate between sites",
            context.graph.describe(database.node.id),
            database.kind
        );
        database.fault(message, format!("use one of {}", known.join(", ")))
    });
}

/// It is no server of another site, and of the same type.
fn is_of_this_site(
    database: &Database<'_, '_>,
    site: &str,
    other: &Graph<'_>,
    judge: &mut Judge<'_>,
) {
    let theirs = used(other).filter(|other| other.is_shared() && other.name == database.name);
    for theirs in theirs {
        judge.looked();
        let server = database.server();
        let is_same = server.is_some() && server == theirs.server() && !database.is_in_cluster();
        let message = if is_same {
            format!(
                "{} is the database server of site {site}, too: regions replicate, they do not share",
                server.unwrap_or_default()
            )
        } else if database.kind != theirs.kind {
            format!(
                "the database is of type {}, and that of site {site} of type {}: these do not replicate each other",
                database.kind, theirs.kind
            )
        } else {
            continue;
        };
        judge.fault(database.fault(
            message,
            "give each region a server of its own, all of one type",
        ));
        // Nodes of a component have the same one.
        return;
    }
}

/// A database that a node is told of.
struct Database<'g, 'a> {
    node: &'g Node<'a>,
    component: Component,
    configuration: &'g Configuration<'a>,
    name: &'static str,
    url: String,
    kind: String,
}

/// The databases that are written for nodes.
fn used<'g, 'a>(graph: &'g Graph<'a>) -> impl Iterator<Item = Database<'g, 'a>> {
    configured(graph).flat_map(|(node, component, configuration)| {
        DATABASES.into_iter().filter_map(move |name| {
            let effective = configuration.effective.as_ref()?;
            let url = effective.get(&format!("database.{name}.url"))?;
            let kind = effective.get(&format!("database.{name}.type"));
            let kind = kind.and_then(|found| found.value.scalar_text());
            Some(Database {
                node,
                component,
                configuration,
                name,
                url: url.value.scalar_text()?,
                kind: kind.unwrap_or_default(),
            })
        })
    })
}

impl<'a> Database<'_, 'a> {
    /// Whether all nodes of the site have it.
    fn is_shared(&self) -> bool {
        self.component.has(Capability::SharesDatabases)
    }

    /// The server; none where it is a file of the node's.
    fn server(&self) -> Option<String> {
        server_of(&self.url)
    }

    /// A name of the cluster, which is another server in each.
    fn is_in_cluster(&self) -> bool {
        let server = self.server().unwrap_or_default();
        let host = server.split(':').next().unwrap_or_default();
        let is_service =
            |at: usize| host[at + ".svc".len()..].is_empty() || host[at..].starts_with(".svc.");
        !host.contains('.') || host.find(".svc").is_some_and(is_service)
    }

    fn fault(&self, message: String, help: impl Into<String>) -> Fault<'a> {
        let key = format!("database.{}.url", self.name);
        let effective = self.configuration.effective.as_ref();
        let span = effective.and_then(|effective| effective.get(&key)?.provenance.span());
        Fault::new(message, help).at(self.configuration, key, span)
    }
}

/// Host and port of a JDBC address in lower case; `None` for a file.
fn server_of(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://").or_else(|| url.split_once(":@"))?;
    let rest = rest.trim_start_matches("//");
    let place = rest.split(['/', ';', '?']).next()?;
    // Oracle's old form goes on with the name of the database.
    let mut parts = place.splitn(3, ':');
    let host = parts.next().filter(|host| !host.is_empty())?;
    let place = match parts.next() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    Some(place.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::server_of;

    #[test]
    fn the_server_of_a_database_is_told_from_its_address() {
        let told = |url: &str| server_of(url).unwrap_or_default();
        assert_eq!(
            told("jdbc:postgresql://DB.eu:5432/apim?ssl=true"),
            "db.eu:5432"
        );
        assert_eq!(
            told("jdbc:sqlserver://db.eu:1433;databaseName=a"),
            "db.eu:1433"
        );
        assert_eq!(told("jdbc:oracle:thin:@//db.eu:1521/apim"), "db.eu:1521");
        assert_eq!(told("jdbc:oracle:thin:@db.eu:1521:apim"), "db.eu:1521");
        assert_eq!(
            told("jdbc:h2:tcp://apim-database:9092/x"),
            "apim-database:9092"
        );
        assert_eq!(told("jdbc:h2:./repository/database/WSO2AM_DB"), "");
    }
}
