//! What can be set about the stand-in itself, by environment variables that the product does not know.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The stand-in's own settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// `STANDIN_STARTUP_DELAY` (`2`, `2s`, `500ms`): how long all ports stay closed after the start.
    pub startup_delay: Duration,
    /// `STANDIN_JMS_LEAD`: how long before the other ports the broker's opens, at most the start-up delay. Three fifths of
    /// that by default, as the product's (83 s of about 130 s; facts: observed-on-the-product.md, Remedies).
    pub broker_lead: Duration,
    /// `STANDIN_LONGEST_FILL`: how long a server that found its shared database empty goes on filling it at most, until another
    /// one runs into it. Nothing by default: it is done when it is. With it, servers that do not wait meet however far apart
    /// they start.
    pub longest_fill: Duration,
    /// `STANDIN_RECONNECT_DELAY`: how long a listener waits after it tried all brokers of its list in vain. The product
    /// takes about 2 minutes after a total outage (facts: observed-on-the-product.md, What breaks, 10).
    pub reconnect_delay: Duration,
    /// `STANDIN_UNDEPLOYED` (`/api/am/gateway,/oauth2`): paths of web applications that failed to deploy.
    pub undeployed: Vec<String>,
    /// `STANDIN_SHUTDOWN_SECONDS`: how long a graceful stop takes, whatever the role.
    pub shutdown: Option<Duration>,
    /// `STANDIN_STOP_SCALE`: how long a graceful stop takes, in parts of the time that the product takes.
    pub stop_scale: f64,
    /// `STANDIN_BEAT_SCALE`: time between two beats of a pair, in parts of the time that its configuration says.
    pub beat_scale: f64,
    /// `STANDIN_PROBE_INTERVAL`: time between two connections to the same address, give or take a quarter.
    pub probe_interval: Duration,
    /// `STANDIN_THROTTLE_LIMIT`: requests of one token to one API after which the traffic manager throttles.
    pub throttle_limit: u64,
    /// `STANDIN_SERVICE_TIME`: how long a call of a service takes.
    pub service_time: Duration,
    /// `STANDIN_DATABASE` (`true`): the shared database is played by a stand-in, whatever kind its URL names. Otherwise only one
    /// of H2 is.
    pub database: bool,
    /// `STANDIN_BIND`: the address to listen on; the addresses of "this node" lead there. All addresses by default.
    pub bind: Option<IpAddr>,
    /// `STANDIN_CERTIFICATE`: a PEM file with the certificate and key of its servers. It makes its own by default.
    pub certificate: Option<PathBuf>,
    /// `STANDIN_OBSERVATIONS_PORT`: where the observations are served.
    pub observations_port: u16,
}

/// Where the observations are served unless the settings say otherwise; no port of the product.
pub const OBSERVATIONS_PORT: u16 = 9990;

/// The part of the start-up delay by which the broker's port opens before the others.
const BROKER_LEAD: f64 = 0.6;
const DURATION: &str = "a duration such as 2, 2s or 500ms";

/// A setting that cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("environment variable {name} is {value:?}: expected {expected}")]
pub struct SettingError {
    name: &'static str,
    value: String,
    expected: &'static str,
}

impl Settings {
    /// Reads the settings; `variable` looks an environment variable up.
    pub fn read(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, SettingError> {
        let duration = |name, standard| parse(variable, name, DURATION, standard, duration);
        let startup_delay = duration("STANDIN_STARTUP_DELAY", Duration::from_secs(2))?;
        let lead = duration("STANDIN_JMS_LEAD", startup_delay.mul_f64(BROKER_LEAD))?;
        Ok(Self {
            startup_delay,
            broker_lead: lead.min(startup_delay),
            longest_fill: duration("STANDIN_LONGEST_FILL", Duration::ZERO)?,
            reconnect_delay: duration("STANDIN_RECONNECT_DELAY", Duration::from_secs(2))?,
            undeployed: parse(
                variable,
                "STANDIN_UNDEPLOYED",
                "paths that begin with a slash, with commas between them",
                Vec::new(),
                paths,
            )?,
            shutdown: parse(
                variable,
                "STANDIN_SHUTDOWN_SECONDS",
                DURATION,
                None,
                |text| self::duration(text).map(Some),
            )?,
            stop_scale: scale(variable, "STANDIN_STOP_SCALE", 0.1)?,
            beat_scale: scale(variable, "STANDIN_BEAT_SCALE", 1.0)?,
            probe_interval: duration("STANDIN_PROBE_INTERVAL", Duration::from_secs(5))?,
            throttle_limit: parse(
                variable,
                "STANDIN_THROTTLE_LIMIT",
                "a number of requests",
                10,
                |text| text.parse().ok(),
            )?,
            service_time: duration("STANDIN_SERVICE_TIME", Duration::ZERO)?,
            database: parse(
                variable,
                "STANDIN_DATABASE",
                "true or false",
                false,
                |text| text.parse().ok(),
            )?,
            bind: parse(variable, "STANDIN_BIND", "an IP address", None, |text| {
                text.parse().ok().map(Some)
            })?,
            certificate: parse(variable, "STANDIN_CERTIFICATE", "a path", None, |text| {
                Some(Some(PathBuf::from(text)))
            })?,
            observations_port: parse(
                variable,
                "STANDIN_OBSERVATIONS_PORT",
                "a port",
                OBSERVATIONS_PORT,
                |text| text.parse().ok(),
            )?,
        })
    }

    /// Reads the settings from the environment of this process.
    pub(crate) fn of_this_process() -> Result<Self, SettingError> {
        Self::read(&|name| std::env::var(name).ok())
    }
}

fn parse<T>(
    variable: &dyn Fn(&str) -> Option<String>,
    name: &'static str,
    expected: &'static str,
    standard: T,
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, SettingError> {
    match variable(name).filter(|value| !value.trim().is_empty()) {
        None => Ok(standard),
        Some(value) => read(value.trim()).ok_or(SettingError {
            name,
            value,
            expected,
        }),
    }
}

fn scale(
    variable: &dyn Fn(&str) -> Option<String>,
    name: &'static str,
    standard: f64,
) -> Result<f64, SettingError> {
    parse(variable, name, "a number from 0 to 100", standard, |text| {
        text.parse()
            .ok()
            .filter(|scale| (0.0..=100.0).contains(scale))
    })
}

fn duration(text: &str) -> Option<Duration> {
    if let Some(milliseconds) = text.strip_suffix("ms") {
        return milliseconds.trim().parse().ok().map(Duration::from_millis);
    }
    let seconds = text.strip_suffix('s').unwrap_or(text).trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

fn paths(text: &str) -> Option<Vec<String>> {
    let paths = text.split(',').map(str::trim);
    paths
        .map(|path| path.starts_with('/').then(|| path.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: &str) -> Result<Settings, SettingError> {
        Settings::read(&|asked| (asked == name).then(|| value.to_owned()))
    }

    #[test]
    fn durations_are_seconds_or_milliseconds() {
        let delay =
            |value| read("STANDIN_STARTUP_DELAY", value).map(|settings| settings.startup_delay);
        assert_eq!(delay("3"), Ok(Duration::from_secs(3)));
        assert_eq!(delay("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(delay("0.5s"), Ok(Duration::from_millis(500)));
        assert_eq!(delay(""), Ok(Duration::from_secs(2)));
    }

    #[test]
    fn the_broker_opens_as_much_earlier_as_the_product_s() {
        let lead = |name, value| read(name, value).map(|settings| settings.broker_lead);
        assert_eq!(
            lead("STANDIN_STARTUP_DELAY", "10"),
            Ok(Duration::from_secs(6))
        );
        assert_eq!(
            lead("STANDIN_JMS_LEAD", "1h"),
            Err(SettingError {
                name: "STANDIN_JMS_LEAD",
                value: "1h".to_owned(),
                expected: DURATION
            })
        );
        assert_eq!(lead("STANDIN_JMS_LEAD", "60"), Ok(Duration::from_secs(2)));
    }

    #[test]
    fn undeployed_applications_are_paths() {
        let undeployed =
            |value| read("STANDIN_UNDEPLOYED", value).map(|settings| settings.undeployed);
        assert_eq!(
            undeployed("/api/am/gateway, /oauth2"),
            Ok(vec!["/api/am/gateway".to_owned(), "/oauth2".to_owned()])
        );
        assert!(undeployed("gateway").is_err());
    }

    #[test]
    fn a_setting_that_cannot_be_read_is_named() {
        let error = read("STANDIN_THROTTLE_LIMIT", "many").expect_err("no number");
        assert_eq!(
            error.to_string(),
            "environment variable STANDIN_THROTTLE_LIMIT is \"many\": expected a number of requests"
        );
    }
}
