//! Components of the product.

use std::fmt;

use crate::capability::Capability;
use crate::distribution::Distribution;
use crate::handle::handle;
use crate::table::{
    rows::{ComponentRow, Port},
    table,
};
use crate::unknown::Unknown;

handle! {
    /// A component of the product: one of the servers that a deployment pattern is made of.
    Component, ComponentRow, components, "component"
}

impl Component {
    /// The name used in labels, object names and requirement files.
    pub fn name(self) -> &'static str {
        &self.row().name
    }

    /// The component's name in words.
    pub fn title(self) -> &'static str {
        &self.row().title
    }

    /// The component called `name`, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|component| component.name() == name)
    }

    /// The components that a word of data means: the one of that name, or all that have that capability.
    ///
    /// # Errors
    /// When it is neither.
    pub fn meant_by(word: &str) -> Result<Vec<Self>, Unknown> {
        if let Some(component) = Self::from_name(word) {
            return Ok(vec![component]);
        }
        let Some(capability) = Capability::from_word(word) else {
            let known = Self::all().map(Self::name).chain(Capability::words());
            return Err(Unknown::new("component or capability", word, known));
        };
        Ok(Self::all().filter(|it| it.has(capability)).collect())
    }

    /// Whether it can do something.
    pub fn has(self, capability: Capability) -> bool {
        self.row().capabilities.contains(&capability)
    }

    /// The distribution that it is a server of.
    pub fn distribution(self) -> Distribution {
        Distribution(self.row().distribution)
    }

    /// The value of `PROFILE_NAME` with which its distribution is started, if it needs one.
    pub fn profile(self) -> Option<&'static str> {
        self.row().profile.as_deref()
    }

    /// The name of its start script under `bin/`.
    pub fn start_script(self) -> &'static str {
        &self.row().start_script
    }

    /// The component that a distribution is when it is started with this profile.
    pub fn of(distribution: Distribution, profile: Option<&str>) -> Option<Self> {
        let of_distribution =
            || Self::all().filter(|component| component.distribution() == distribution);
        let with_profile = || {
            of_distribution()
                .find(|component| component.profile() == profile.filter(|it| !it.is_empty()))
        };
        with_profile().or_else(|| of_distribution().find(|component| component.profile().is_none()))
    }

    /// Its key in the values of our charts.
    pub fn values_key(self) -> &'static str {
        &self.row().values_key
    }

    /// The ports on which it listens, before the offset.
    pub fn ports(self) -> impl Iterator<Item = &'static Port> {
        let all = &table().ports;
        self.row().ports.iter().filter_map(|at| all.get(*at))
    }

    /// The component that a container is: by the name of its image's repository without registry and organisation, and by its
    /// profile.
    pub fn of_image(repository: &str, profile: Option<&str>) -> Option<Self> {
        Self::of(Distribution::of_image(repository)?, profile)
    }

    /// Contexts of its web applications, such as `/publisher`.
    pub fn web_contexts(self) -> &'static [String] {
        &self.row().web_contexts
    }

    /// Tables of its `deployment.toml` with accounts by which it logs in at others.
    pub fn logs_in_at(self) -> &'static [String] {
        &self.row().logs_in_at
    }

    /// Seconds that it needs to shut down.
    pub fn shutdown_seconds(self) -> i64 {
        self.row().shutdown_seconds
    }

    /// Seconds that it was seen to take to stop.
    pub fn stop_seconds(self) -> f64 {
        self.row().stop_seconds
    }

    /// Its place from left to right where reports draw it: components that requests reach first come first.
    pub fn picture(self) -> u8 {
        self.row().picture
    }
}

impl Distribution {
    /// The distribution of this name, short name, pack, or component.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all()
            .find(|one| [one.name(), one.short(), one.pack()].contains(&name))
            .or_else(|| Component::from_name(name).map(Component::distribution))
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::{Capability, Component};

    #[test]
    fn a_word_means_the_component_of_that_name_or_all_that_can_do_it() {
        let names = |word: &str| -> Vec<&str> {
            let meant = Component::meant_by(word).expect("a word of the table");
            meant.into_iter().map(Component::name).collect()
        };
        assert_eq!(names("gateway"), ["gateway"]);
        assert_eq!(names("serves-traffic"), ["all-in-one", "gateway"]);
        let error = Component::meant_by("serve-traffic").expect_err("no such word");
        assert!(error.to_string().contains("did you mean `serves-traffic`?"));
    }

    #[test]
    fn no_capability_has_the_name_of_a_component() {
        for word in Capability::words() {
            assert_eq!(Component::from_name(word), None, "{word}");
        }
    }

    #[test]
    fn a_profile_tells_components_of_one_distribution_apart() {
        let of = |profile| Component::of_image("wso2am-acp", profile).map(Component::name);
        assert_eq!(of(Some("key-manager")), Some("key-manager"));
        assert_eq!(of(Some("default")), Some("control-plane"));
        assert_eq!(of(None), Some("control-plane"));
        assert_eq!(Component::of_image("nginx", None), None);
    }

    #[test]
    fn an_image_that_is_built_on_a_distribution_keeps_its_name() {
        let of = |name| Component::of_image(name, None).map(Component::name);
        assert_eq!(of("wso2am-acp-mysql"), Some("control-plane"));
        assert_eq!(of("corp-wso2am-universal-gw"), Some("gateway"));
        assert_eq!(of("wso2am-tm_jdbc.v2"), Some("traffic-manager"));
        assert_eq!(of("wso2am"), Some("all-in-one"));
        assert_eq!(of("mywso2am"), None);
    }
}
