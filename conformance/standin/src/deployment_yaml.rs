//! The `deployment.yaml`, as far as it decides which node is active and where ports are.

use std::path::Path;

use am_deployment_toml::environment::Environment;
use am_deployment_toml::wiring::references_in_text;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::database::Place;
use crate::edge::{Edge, Provenance, Purpose, Transport};

/// What the keys of data sources begin with.
pub(crate) const DATA_SOURCES: &str = "wso2.datasources.";
/// The part of the home that is this server's own, as `${sys:wso2.runtime}` says it.
const RUNTIME: &str = "server";

/// Where the strategy of a cluster is.
const STRATEGY: &str = "/cluster.config/strategyConfig";

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    pub(crate) id: String,
    pub(crate) group: Option<Group>,
}

/// The nodes that agree on one of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) name: String,
    /// Milliseconds between two beats.
    pub(crate) interval: u64,
    /// Beats that may be missed.
    pub(crate) retries: u64,
    /// Where the other node reaches this one.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Group {
    /// After how many milliseconds without a beat a node is gone.
    pub(crate) fn patience(&self) -> u64 {
        self.interval.saturating_mul(self.retries)
    }
}

/// The file, with its placeholders replaced.
pub(crate) struct Read {
    pub(crate) settings: Settings,
    /// Where the coordination database is, and its address if it is a server.
    pub(crate) database: Option<(Option<Edge>, Option<Place>)>,
    /// The number at a JSON pointer.
    sections: Value,
}

impl Read {
    /// The number of a port, by the JSON pointer that says it.
    pub(crate) fn port(&self, pointer: &str) -> Option<u16> {
        let found = self.sections.pointer(pointer)?;
        let number = found.as_u64().or_else(|| found.as_str()?.parse().ok())?;
        number.try_into().ok()
    }
}

/// Reads the text of a `deployment.yaml`; the error is why the server does not start.
pub(crate) fn read(text: &str, home: &Path, environment: &Environment) -> Result<Read, String> {
    let text = replaced(text, home, environment)?;
    let sections: Value = serde_saphyr::from_str(&text).map_err(|error| error.to_string())?;
    let said = |pointer: &str| {
        let found = sections.pointer(pointer)?;
        Some(
            found
                .as_str()
                .map_or_else(|| found.to_string(), str::to_owned),
        )
    };
    let number = |pointer: &str| sections.pointer(pointer).and_then(Value::as_u64);
    let is_pair = said("/cluster.config/enabled").as_deref() == Some("true");
    let group = is_pair.then(|| Group {
        name: said("/cluster.config/groupId").unwrap_or_default(),
        interval: number(&format!("{STRATEGY}/heartbeatInterval")).unwrap_or(5000),
        retries: number(&format!("{STRATEGY}/heartbeatMaxRetry")).unwrap_or(5),
        host: said("/deployment.config/eventSyncServer/advertisedHost").unwrap_or_default(),
        port: number("/deployment.config/eventSyncServer/advertisedPort")
            .and_then(|port| port.try_into().ok())
            .unwrap_or_default(),
    });
    let database = group.as_ref().and_then(|_| {
        let name = said(&format!("{STRATEGY}/datasource"))?;
        let sources = sections
            .pointer("/wso2.datasources/dataSources")?
            .as_array()?;
        let is_meant = |source: &&Value| source["name"].as_str() == Some(&name);
        let source = sources.iter().find(is_meant)?;
        let url = source
            .pointer("/definition/configuration/jdbcUrl")?
            .as_str()?;
        let edge = edge(&name, url);
        let place = Place::of(url, edge.as_ref());
        Some((edge, place))
    });
    let settings = Settings {
        id: said("/wso2.carbon/id").unwrap_or_default(),
        group,
    };
    Ok(Read {
        settings,
        database,
        sections,
    })
}

/// The address in the URL of a data source.
fn edge(name: &str, url: &str) -> Option<Edge> {
    let address = references_in_text(url).into_iter().next()?.address;
    let port = address.port_or_default()?;
    let path = address.path.split(['?', ';']).next().unwrap_or_default();
    Some(Edge {
        key: format!("{DATA_SOURCES}{name}"),
        purpose: Purpose::Database,
        provenance: Provenance::File {
            path: "deployment.yaml".to_owned(),
        },
        url: format!("{}://{}:{port}{path}", address.scheme, address.host),
        transport: Transport::Tcp,
        own_node: address.host == "localhost",
        host: address.host,
        port,
    })
}

/// Replaces `${env:X}` and `${sys:X}`, with a default as `${env:X,default}`. What is of the vault is nobody's business here. One
/// without value and default cannot be read (facts: integration.md, Streaming Integrator's deployment.yaml).
fn replaced(text: &str, home: &Path, environment: &Environment) -> Result<String, String> {
    let mut done = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, from) = rest.split_at(start);
        done.push_str(before);
        let Some(end) = from.find('}') else {
            rest = from;
            break;
        };
        let (placeholder, after) = (&from[2..end], &from[end + 1..]);
        let (name, default) = match placeholder.split_once(',') {
            Some((name, default)) => (name, Some(default)),
            None => (placeholder, None),
        };
        let found = match name.split_once(':') {
            Some(("env", variable)) => {
                let known = environment.variable(variable).flatten();
                known.map(str::to_owned)
            }
            Some(("sys", "carbon.home")) => Some(home.display().to_string()),
            Some(("sys", "wso2.runtime")) => Some(RUNTIME.to_owned()),
            Some(("sec", _)) => Some(String::new()),
            // Listeners have paths with `${carbon.home}`, which is replaced elsewhere.
            _ => Some(from[..=end].to_owned()),
        };
        match found.or_else(|| default.map(str::to_owned)) {
            Some(value) => done.push_str(&value),
            None => return Err(format!("nothing is known by the name of {name}")),
        }
        rest = after;
    }
    done.push_str(rest);
    Ok(done)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use am_deployment_toml::environment::Environment;

    use super::{Place, read};

    const PAIR: &str = "
wso2.carbon: {id: '${env:AM_NODE_NAME}'}
wso2.transport.http: {listenerConfigurations: [{port: 9090}, {port: '9443'}]}
cluster.config: {enabled: true, groupId: si, strategyConfig: {datasource: DB, heartbeatInterval: 500, heartbeatMaxRetry: 3}}
deployment.config: {type: ha, eventSyncServer: {advertisedHost: '${env:HOST,nobody}', advertisedPort: 9893}}
wso2.datasources: {dataSources: [{name: DB, definition: {configuration: {jdbcUrl: URL}}}]}
";

    fn pair(url: &str) -> super::Read {
        let environment = Environment::new().with("AM_NODE_NAME", "si-0");
        read(
            &PAIR.replace("URL", url),
            Path::new("/home/si"),
            &environment,
        )
        .expect("it is read")
    }

    #[test]
    fn a_node_knows_its_id_its_group_and_the_database() {
        let read = pair("jdbc:postgresql://db:5432/cluster");
        assert_eq!(read.settings.id, "si-0");
        let group = read.settings.group.clone().expect("a group");
        assert_eq!((group.name.as_str(), group.patience()), ("si", 1500));
        assert_eq!((group.host.as_str(), group.port), ("nobody", 9893));
        let (edge, place) = read.database.clone().expect("a database");
        assert_eq!(
            edge.expect("an address").url,
            "jdbc:postgresql://db:5432/cluster"
        );
        assert_eq!(place, None);
        let port = |number: usize| {
            read.port(&format!(
                "/wso2.transport.http/listenerConfigurations/{number}/port"
            ))
        };
        assert_eq!((port(0), port(1), port(2)), (Some(9090), Some(9443), None));
    }

    #[test]
    fn a_database_of_the_node_s_own_is_a_file_below_its_home() {
        let (edge, place) =
            pair("'jdbc:h2:${sys:carbon.home}/wso2/${sys:wso2.runtime}/database/DB;X=1'")
                .database
                .expect("a database");
        assert_eq!(edge, None);
        let path = "/home/si/wso2/server/database/DB".to_owned();
        assert_eq!(place, Some(Place::File { path }));
    }

    #[test]
    fn a_variable_that_is_not_there_keeps_the_server_from_starting() {
        let environment = Environment::new();
        let failed = read(PAIR, Path::new("/"), &environment).err();
        assert!(failed.is_some_and(|reason| reason.contains("env:AM_NODE_NAME")));
        assert!(read("a: [", Path::new("/"), &environment).is_err());
        let alone = read("wso2.carbon: {id: a}", Path::new("/"), &environment);
        assert!(alone.is_ok_and(|read| read.settings.group.is_none() && read.database.is_none()));
    }
}
