//! What can be set about the stand-in itself, by environment variables that the product does not know.

use std::net::IpAddr;
use std::time::Duration;

/// The stand-in's own settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `STANDIN_STARTUP_DELAY` (`2`, `2s`, `500ms`): how long all ports stay closed after the start.
    pub startup_delay: Duration,
    /// `STANDIN_SHUTDOWN_SECONDS`: how long a graceful stop takes.
    pub shutdown: Duration,
    /// `STANDIN_PROBE_INTERVAL`: time between two connections to the same address, give or take a quarter.
    pub probe_interval: Duration,
    /// `STANDIN_THROTTLE_LIMIT`: requests of one token to one API after which the traffic manager throttles.
    pub throttle_limit: u64,
    /// `STANDIN_BIND`: the address to listen on; the addresses of "this node" lead there. All addresses by default.
    pub bind: Option<IpAddr>,
    /// `STANDIN_OBSERVATIONS_PORT`: where the observations are served.
    pub observations_port: u16,
}

/// Where the observations are served unless the settings say otherwise; no port of the product.
pub const OBSERVATIONS_PORT: u16 = 9990;

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
        let duration = |name, standard| {
            parse(
                variable,
                name,
                "a duration such as 2, 2s or 500ms",
                standard,
                duration,
            )
        };
        Ok(Self {
            startup_delay: duration("STANDIN_STARTUP_DELAY", Duration::from_secs(2))?,
            shutdown: duration("STANDIN_SHUTDOWN_SECONDS", Duration::from_secs(1))?,
            probe_interval: duration("STANDIN_PROBE_INTERVAL", Duration::from_secs(5))?,
            throttle_limit: parse(
                variable,
                "STANDIN_THROTTLE_LIMIT",
                "a number of requests",
                10,
                |text| text.parse().ok(),
            )?,
            bind: parse(variable, "STANDIN_BIND", "an IP address", None, |text| {
                text.parse().ok().map(Some)
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
    pub fn of_this_process() -> Result<Self, SettingError> {
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

fn duration(text: &str) -> Option<Duration> {
    if let Some(milliseconds) = text.strip_suffix("ms") {
        return milliseconds.trim().parse().ok().map(Duration::from_millis);
    }
    let seconds = text.strip_suffix('s').unwrap_or(text).trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
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
    fn a_setting_that_cannot_be_read_is_named() {
        let error = read("STANDIN_THROTTLE_LIMIT", "many").expect_err("no number");
        assert_eq!(
            error.to_string(),
            "environment variable STANDIN_THROTTLE_LIMIT is \"many\": expected a number of requests"
        );
    }
}
