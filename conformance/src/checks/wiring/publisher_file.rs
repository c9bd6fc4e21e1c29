//! Reads the files that make a node publish events to another one: publishers, and the JNDI files that name their broker.

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

/// A file in `repository/deployment/server/eventpublishers`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Publisher {
    /// Its name, by which the server knows it.
    pub(super) name: String,
    /// What it publishes, as `name:version`.
    pub(super) stream: String,
    /// How, such as `jms`.
    pub(super) adapter: String,
    /// Whether it is switched off.
    pub(super) is_disabled: bool,
    /// Settings of the adapter, in order.
    properties: Vec<(String, String)>,
}

impl Publisher {
    /// Reads a file; the error says what is wrong with it.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut reader = Reader::from_str(text);
        let mut publisher = Self::default();
        let mut property: Option<String> = None;
        let mut open = 0_usize;
        loop {
            let event = reader.read_event().map_err(|error| error.to_string())?;
            match event {
                Event::Start(element) => {
                    open += 1;
                    property = publisher.element(&element)?;
                }
                Event::Empty(element) => {
                    publisher.element(&element)?;
                }
                Event::End(_) => open = open.saturating_sub(1),
                Event::Text(text) => {
                    let text = text.decode().map_err(|error| error.to_string())?;
                    if let (Some(name), false) = (property.take(), text.trim().is_empty()) {
                        publisher.properties.push((name, text.trim().to_owned()));
                    }
                }
                Event::Eof => break,
                _ => {}
            }
        }
        if open > 0 {
            return Err("it ends before its elements do".to_owned());
        }
        if publisher.name.is_empty() {
            return Err("it has no element `eventPublisher` with a name".to_owned());
        }
        Ok(publisher)
    }

    /// Takes what an element says; a property's name, whose value follows.
    fn element(&mut self, element: &BytesStart<'_>) -> Result<Option<String>, String> {
        let attribute = |wanted: &str| -> Result<String, String> {
            let found = element
                .try_get_attribute(wanted)
                .map_err(|error| error.to_string())?;
            Ok(found
                .map(|found| String::from_utf8_lossy(&found.value).into_owned())
                .unwrap_or_default())
        };
        match element.local_name().as_ref() {
            b"eventPublisher" => {
                self.name = attribute("name")?;
                self.is_disabled = attribute("processing")? == "disable";
            }
            b"from" => {
                self.stream = format!("{}:{}", attribute("streamName")?, attribute("version")?);
            }
            b"to" => self.adapter = attribute("eventAdapterType")?,
            b"property" => return attribute("name").map(Some),
            _ => {}
        }
        Ok(None)
    }

    /// A setting of the adapter.
    pub(super) fn property(&self, name: &str) -> Option<&str> {
        self.properties
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// A JNDI file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Jndi<'t>(pub(super) &'t str);

impl<'t> Jndi<'t> {
    /// The value of a setting.
    pub(super) fn get(self, name: &str) -> Option<&'t str> {
        self.0
            .lines()
            .map(str::trim)
            .filter(|line| !line.starts_with(['#', '!']))
            .filter_map(|line| line.split_once('='))
            .find(|(known, _)| known.trim() == name)
            .map(|(_, value)| value.trim())
    }

    /// Host and port of the brokers of a connection factory. A client uses the first of them that accepts.
    pub(super) fn brokers(self, factory: &str) -> Vec<(String, u16)> {
        let Some((_, list)) = self
            .get(&format!("connectionfactory.{factory}"))
            .and_then(|url| url.split_once("brokerlist='"))
        else {
            return Vec::new();
        };
        list.split("://")
            .skip(1)
            .filter_map(|broker| {
                let end = broker.find(['?', ';', '\'', '/']).unwrap_or(broker.len());
                let (host, port) = broker[..end].rsplit_once(':')?;
                Some((host.to_owned(), port.parse().ok()?))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Jndi, Publisher};

    #[test]
    fn a_publisher_is_read() {
        let text = r#"<?xml version="1.0"?>
            <eventPublisher name="p" processing="disable" xmlns="http://wso2.org/carbon/eventpublisher">
              <from streamName="s" version="1.0.0"/>
              <mapping customMapping="disable" type="json"/>
              <to eventAdapterType="jms">
                <property name="transport.jms.Destination">topic</property>
              </to>
            </eventPublisher>"#;
        let read = Publisher::read(text).expect("it is a publisher");
        assert_eq!((read.name.as_str(), read.stream.as_str()), ("p", "s:1.0.0"));
        assert!(read.is_disabled && read.adapter == "jms");
        assert_eq!(read.property("transport.jms.Destination"), Some("topic"));
        assert_eq!(read.property("transport.jms.Login"), None);
    }

    #[test]
    fn what_is_no_publisher_is_told() {
        assert!(Publisher::read("<eventReceiver name=\"a\"/>").is_err());
        assert!(Publisher::read("<eventPublisher name=\"a\"").is_err());
    }

    #[test]
    fn the_brokers_of_a_jndi_file_are_read_in_order() {
        let jndi = Jndi(
            "# connectionfactory.F = x\nconnectionfactory.F = amqp://{{a}}:{{b}}@clientid/carbon?brokerlist='tcp://a:5672?retries='5'%26connectdelay='50';tcp://b.c:5682?retries='5';'\ntopic.t = t\n",
        );
        assert_eq!(
            jndi.brokers("F"),
            [("a".to_owned(), 5672), ("b.c".to_owned(), 5682)]
        );
        assert_eq!(jndi.get("topic.t"), Some("t"));
        assert!(jndi.brokers("G").is_empty());
    }
}
