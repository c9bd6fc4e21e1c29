//! Requirements that users bring and that have no example show by their mutants that they can fail.

use super::{MutantResult, Verdict, selftest};
use crate::{
    error::SuiteError,
    requirement::Catalogue,
    suite::{Input, Options},
};

/// Applies the mutants of requirements that users bring without an example. That others report a mutant as well is no matter here.
///
/// # Errors
/// When one is not reported, or no charts are at hand that could be changed.
pub fn prove_own(options: &Options) -> Result<(), SuiteError> {
    let catalogue = Catalogue::load_with(&options.requirements)?;
    let shows_nothing = catalogue.iter().filter(|requirement| {
        let own = requirement.own.as_ref();
        own.is_some_and(|own| own.examples.bad.is_empty())
    });
    let ids: Vec<String> = shows_nothing
        .map(|requirement| requirement.id.clone())
        .collect();
    if ids.is_empty() {
        return Ok(());
    }
    if !matches!(options.input, Input::Charts(_)) {
        return Err(SuiteError::usage(format!(
            "{} shows by mutants alone that it can fail, and mutants change the charts of this repository: with --spec, add an example",
            ids.join(", ")
        )));
    }
    let mut unproved = Vec::new();
    let mut hear = |result: &MutantResult| {
        let why = match &result.verdict {
            Verdict::Killed | Verdict::AlsoBy(_) => return,
            Verdict::Unnoticed => "it does not report it".to_owned(),
            Verdict::Void(reason) => reason.clone(),
        };
        unproved.push(format!(
            "{}, mutant {}: {why}",
            result.requirement, result.mutant
        ));
    };
    let chosen = Options {
        only: ids,
        skip: Vec::new(),
        affected: None,
        ..options.clone()
    };
    selftest(&chosen, &mut hear)?;
    if unproved.is_empty() {
        return Ok(());
    }
    Err(SuiteError::usage(format!(
        "requirements that do not show that they can fail; correct their mutants, or `holds`: {}",
        unproved.join("; ")
    )))
}
