//! Topologies of profiles, as people wrote them: `--from 4.4 --topology control-plane,gateway`.

use std::collections::BTreeSet;

use crate::logic::Scalar;
use crate::rules::Rules;

/// What is wrong with a version or a topology, and what to do.
pub type PreviousError = String;

/// The question and the answer that a version with its profiles stands for.
///
/// # Errors
/// When the version had no such profiles, or no topology was made of them.
pub fn previous<'r>(
    rules: &'r Rules,
    from: &str,
    profiles: &[String],
) -> Result<(&'r str, Scalar), PreviousError> {
    let cases = rules.cases();
    let is_known = |known: &String| from == known || from.starts_with(&format!("{known}."));
    if !cases.previous_versions.iter().any(is_known) {
        let known = cases.previous_versions.iter().map(String::as_str);
        let near = am_suggest::near(from, known.clone());
        let known: Vec<&str> = known.collect();
        let hint = near.map_or_else(
            || format!("versions with profiles are {}", known.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        return Err(format!(
            "version {from} had no profiles of this kind; {hint}"
        ));
    }
    let names: BTreeSet<&str> = cases
        .topologies
        .iter()
        .flat_map(|it| it.profiles.iter().map(String::as_str))
        .collect();
    let mut wanted = BTreeSet::new();
    for profile in profiles.iter().map(|it| it.trim()) {
        let meant = cases
            .profile_names
            .get(profile)
            .map_or(profile, |it| it.as_str());
        let Some(name) = names.get(meant) else {
            let also = cases.profile_names.names();
            let hint = am_suggest::hint(profile, names.iter().copied().chain(also));
            return Err(format!(
                "there was no profile `{profile}`; {}",
                hint.unwrap_or_default()
            ));
        };
        wanted.insert(*name);
    }
    let topology = cases.topologies.iter().find(|it| {
        let has: BTreeSet<&str> = it.profiles.iter().map(String::as_str).collect();
        has == wanted
    });
    let Some(topology) = topology else {
        let known = cases.topologies.iter().map(|it| it.profiles.join(","));
        return Err(format!(
            "there was no topology of {}; there were: {}",
            profiles.join(","),
            known.collect::<Vec<_>>().join("  ")
        ));
    };
    let question = rules.questions().find(|it| {
        it.takes(&Scalar::Text(topology.previous.value.clone()))
            .is_ok()
    });
    let question = question.map_or("", |it| it.id());
    Ok((question, Scalar::Text(topology.previous.value.clone())))
}
