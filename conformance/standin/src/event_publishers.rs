//! JMS publishers of events, as files in the server home: `repository/deployment/server/eventpublishers/*.xml`, each over
//! a JNDI file that lists brokers.
//!
//! A JNDI file is ready below `repository/conf`, or rendered from a template of the same path below
//! `repository/resources/conf/templates`, in which `{{key}}` stands for a value of the effective configuration. Source:
//! seen on 4.5.0 (facts: observed-on-the-product.md, Remedies), vendor's documentation (facts: multi-dc.md).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use am_deployment_toml::effective::Effective;
use am_deployment_toml::placeholder::is_own_host;
use am_deployment_toml::wiring::references_in_text;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde::{Deserialize, Serialize};

use crate::edge::{Edge, Provenance, Purpose, Transport, is_particular_loopback};
use crate::event::Topic;

/// Where publishers are, below the server home.
const PUBLISHERS: &str = "repository/deployment/server/eventpublishers";
/// Where the configuration engine looks for templates, below the server home.
const TEMPLATES: &str = "repository/resources/conf/templates";
/// The port of a broker whose address names none.
const BROKER_PORT: u16 = 5672;

/// A publisher of one stream's events to the first of its brokers that accepts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventPublisher {
    /// Its name; of the product's own second publishers, the key that lists the brokers.
    pub name: String,
    /// The topic that it publishes to, which is that of its stream.
    pub topic: Topic,
    /// The list of brokers: a failover list of one connection.
    pub brokers: Vec<Edge>,
}

#[derive(Deserialize)]
struct Streams {
    streams: BTreeMap<String, Option<Topic>>,
}

/// What a file says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Definition {
    name: String,
    processing: String,
    stream: String,
    adapter: String,
    properties: BTreeMap<String, String>,
}

/// The publishers of the files below `home`; what keeps one from working is a warning, as in the product's log.
pub(crate) fn read(
    home: &Path,
    effective: &Effective,
    warnings: &mut Vec<String>,
) -> Vec<EventPublisher> {
    let mut files: Vec<_> = std::fs::read_dir(home.join(PUBLISHERS))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "xml"))
        .collect();
    files.sort();
    let mut names = BTreeSet::new();
    let mut publishers = Vec::new();
    for file in files {
        let publisher = parse(&file).and_then(|definition| {
            if !names.insert(definition.name.clone()) {
                return Err(format!(
                    "another event publisher is called {}",
                    definition.name
                ));
            }
            publisher(home, effective, &definition)
        });
        match publisher {
            Ok(publisher) => publishers.extend(publisher),
            Err(reason) => warnings.push(format!(
                "{PUBLISHERS}/{}: {reason}: nothing is published by it",
                file.file_name().unwrap_or_default().to_string_lossy()
            )),
        }
    }
    publishers
}

/// The publisher of a definition; `None` for one that is switched off, is no JMS publisher or carries what no stand-in
/// makes.
fn publisher(
    home: &Path,
    effective: &Effective,
    definition: &Definition,
) -> Result<Option<EventPublisher>, String> {
    if definition.processing == "disable" || definition.adapter != "jms" {
        return Ok(None);
    }
    let data: Streams = serde_json::from_str(include_str!("../data/event-streams.json"))
        .map_err(|error| error.to_string())?;
    let topic = data
        .streams
        .get(&definition.stream)
        .ok_or_else(|| format!("there is no stream {:?}", definition.stream))?;
    let property = |name: &str| {
        let value = definition.properties.get(name);
        value.ok_or_else(|| format!("the property {name} is missing"))
    };
    let path = property("java.naming.provider.url")?;
    let entries = names_in(&jndi(home, effective, path)?);
    let named = |kind: &str, name: &str| {
        let value = entries.get(&format!("{kind}.{name}"));
        value.ok_or_else(|| format!("{path} has no {kind}.{name}"))
    };
    let destination = named("topic", property("transport.jms.Destination")?)?;
    let factory = named(
        "connectionfactory",
        property("transport.jms.ConnectionFactoryJNDIName")?,
    )?;
    let Some(topic) = *topic else { return Ok(None) };
    // Listeners expect a stream's events on its own topic; elsewhere they are heard by nobody.
    if serde_json::to_value(topic)
        .ok()
        .as_ref()
        .and_then(|name| name.as_str())
        != Some(destination)
    {
        return Err(format!(
            "topic {destination} is not that of stream {}",
            definition.stream
        ));
    }
    let brokers = brokers(factory, path, topic);
    if brokers.is_empty() {
        return Err(format!("the connection factory in {path} names no broker"));
    }
    Ok(Some(EventPublisher {
        name: definition.name.clone(),
        topic,
        brokers,
    }))
}

/// The text of a JNDI file; a template of the same path overwrites a file that is there.
fn jndi(home: &Path, effective: &Effective, path: &str) -> Result<String, String> {
    let template = home.join(TEMPLATES).join(format!("{path}.j2"));
    match std::fs::read_to_string(&template) {
        Ok(text) => render(&text, effective).map_err(|reason| format!("{path}.j2: {reason}")),
        Err(_) => std::fs::read_to_string(home.join(path))
            .map_err(|error| format!("JNDI file {path}: {error}")),
    }
}

/// Fills values in. Other expressions than a key are the engine's, not the stand-in's.
fn render(template: &str, effective: &Effective) -> Result<String, String> {
    if template.contains("{%") {
        return Err("the stand-in renders only {{key}}".to_owned());
    }
    let mut parts = template.split("{{");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (key, rest) = part.split_once("}}").ok_or("{{ is never closed")?;
        let key = key.trim();
        let value = effective.text(key);
        text += &value.ok_or_else(|| format!("{key} has no value"))?;
        text += rest;
    }
    Ok(text)
}

/// The entries of a file of Java properties, as JNDI files write them: one a line.
fn names_in(properties: &str) -> BTreeMap<String, String> {
    properties
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with(['#', '!']))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect()
}

/// The broker list of a connection factory.
fn brokers(factory: &str, path: &str, topic: Topic) -> Vec<Edge> {
    let purpose = match topic {
        Topic::ThrottleData => Purpose::ThrottleDuplicate,
        Topic::Notification | Topic::TokenRevocation => Purpose::EventDuplicate,
    };
    references_in_text(factory)
        .into_iter()
        .map(|reference| reference.address)
        .filter(|address| ["tcp", "ssl"].contains(&address.scheme.as_str()))
        .enumerate()
        .map(|(number, address)| {
            let port = address.port.unwrap_or(BROKER_PORT);
            Edge {
                key: format!("{path}[{number}]"),
                purpose,
                provenance: Provenance::File {
                    path: path.to_owned(),
                },
                url: format!("{}://{}:{port}", address.scheme, address.host),
                transport: Transport::Jms,
                own_node: is_own_host(&address.host) && !is_particular_loopback(&address.host),
                host: address.host,
                port,
            }
        })
        .collect()
}

fn parse(file: &Path) -> Result<Definition, String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    definition(&text).map_err(|error| format!("no event publisher: {error}"))
}

fn definition(text: &str) -> Result<Definition, quick_xml::Error> {
    let mut reader = Reader::from_str(text);
    let mut definition = Definition::default();
    let mut property = None;
    loop {
        match reader.read_event()? {
            Event::Start(tag) | Event::Empty(tag) => match tag.local_name().as_ref() {
                b"eventPublisher" => {
                    definition.name = attribute(&tag, "name")?;
                    definition.processing = attribute(&tag, "processing")?;
                }
                b"from" => definition.stream = attribute(&tag, "streamName")?,
                b"to" => definition.adapter = attribute(&tag, "eventAdapterType")?,
                b"property" => property = Some(attribute(&tag, "name")?),
                _ => {}
            },
            Event::Text(value) => {
                if let Some(name) = property.take() {
                    let value = value.decode()?.trim().to_owned();
                    definition.properties.insert(name, value);
                }
            }
            Event::End(_) => property = None,
            Event::Eof => return Ok(definition),
            _ => {}
        }
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Result<String, quick_xml::Error> {
    let found = tag.try_get_attribute(name)?;
    Ok(found
        .map(|value| String::from_utf8_lossy(&value.value).into_owned())
        .unwrap_or_default())
}
