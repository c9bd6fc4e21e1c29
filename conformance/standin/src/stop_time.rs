//! How long a graceful stop takes.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use crate::role::Role;
use crate::settings::Settings;

#[derive(Deserialize)]
struct StopTimes {
    seconds: BTreeMap<Role, f64>,
}

/// The time that the product's server of this role takes, scaled, unless the settings say how long it takes.
pub(crate) fn of(role: Role, settings: &Settings) -> Duration {
    settings.shutdown.unwrap_or_else(|| {
        let times: Result<StopTimes, _> =
            serde_json::from_str(include_str!("../data/stop-times.json"));
        let seconds = times
            .ok()
            .and_then(|times| times.seconds.get(&role).copied());
        Duration::from_secs_f64(seconds.unwrap_or_default()).mul_f64(settings.stop_scale)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(name: &'static str, value: &'static str) -> Settings {
        Settings::read(&|asked| (asked == name).then(|| value.to_owned())).expect("settings")
    }

    #[test]
    fn every_role_takes_its_time_in_proportion_to_the_product() {
        let real = settings("STANDIN_STOP_SCALE", "1");
        assert_eq!(of(Role::AllInOne, &real), Duration::from_secs(14));
        assert_eq!(of(Role::TrafficManager, &real), Duration::from_secs(5));
        let quick = settings("STANDIN_STOP_SCALE", "0.5");
        assert_eq!(of(Role::Gateway, &quick), Duration::from_secs(4));
    }

    #[test]
    fn a_set_time_overrides_the_role_s() {
        let set = settings("STANDIN_SHUTDOWN_SECONDS", "2");
        assert_eq!(of(Role::AllInOne, &set), Duration::from_secs(2));
    }
}
