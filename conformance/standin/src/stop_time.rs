//! How long a graceful stop takes.

use std::time::Duration;

use am_product::Component;

use crate::role::Role;
use crate::settings::Settings;

/// The time that the product's server of this role takes, scaled, unless the settings say how long it takes.
pub(crate) fn of(role: Role, settings: &Settings) -> Duration {
    settings.shutdown.unwrap_or_else(|| {
        // The database goes at once.
        let seconds = role.component().map_or(0.0, Component::stop_seconds);
        Duration::from_secs_f64(seconds).mul_f64(settings.stop_scale)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(name: &'static str, value: &'static str) -> Settings {
        Settings::read(&|asked| (asked == name).then(|| value.to_owned())).expect("settings")
    }

    fn role(name: &str) -> Role {
        Role::from_name(name).expect("a role")
    }

    #[test]
    fn every_role_takes_its_time_in_proportion_to_the_product() {
        let real = settings("STANDIN_STOP_SCALE", "1");
        assert_eq!(of(role("all-in-one"), &real), Duration::from_secs(14));
        assert_eq!(of(role("traffic-manager"), &real), Duration::from_secs(5));
        let quick = settings("STANDIN_STOP_SCALE", "0.5");
        assert_eq!(of(role("gateway"), &quick), Duration::from_secs(4));
    }

    #[test]
    fn a_set_time_overrides_the_role_s() {
        let set = settings("STANDIN_SHUTDOWN_SECONDS", "2");
        assert_eq!(of(role("all-in-one"), &set), Duration::from_secs(2));
    }
}
