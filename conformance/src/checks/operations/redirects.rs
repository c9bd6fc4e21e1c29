//! Readiness that a redirect cannot fool. Who asks for a web application that is not deployed is redirected to a login
//! page, which answers 200; the kubelet follows, and so does curl where it is told to.

use serde_json::Value;

use super::{
    probes::{is_of_a_web_application, mains, probe},
    question::Curl,
};
use crate::{
    component::Component,
    context::{Context, Fault, Judge},
    manifest::str_at,
};

const READINESS: &str = "readinessProbe";

/// What to write.
const HELP: &str = "let an exec probe compare what `curl --write-out '%{http_code}'` prints with 200, without --location";

const NOBODY_ASKS: &str = "no component asks a web application whether it is ready";

/// Whether a readiness probe has one of these words and the context of a web application, wherever they stand. The contexts are in the
/// table of the product, so `appliesWhen` cannot name them.
fn somebody_asks(context: &Context<'_>, words: &[&str]) -> bool {
    let contexts: Vec<&String> = Component::all().flat_map(Component::web_contexts).collect();
    mains(context.graph).any(|(_, _, main)| {
        let text = probe(&main, READINESS).map(Value::to_string);
        text.is_some_and(|text| {
            words.iter().any(|word| text.contains(word))
                && contexts.iter().any(|path| text.contains(path.as_str()))
        })
    })
}

pub(super) fn are_no_answer(context: &Context<'_>, judge: &mut Judge<'_>) {
    judge.applies(somebody_asks(context, &["httpGet", "curl"]), NOBODY_ASKS);
    judge_readiness(context, judge, |found| match Curl::of(found) {
        Some(curl) => {
            let is_wrong = !curl.compares && !curl.follows;
            let problem = "does not compare the status, and curl ends well with a redirect too";
            Some((curl.path, is_wrong.then_some(problem)))
        }
        None => Some((
            str_at(found, "/httpGet/path")?,
            Some("is an httpGet, which follows redirects"),
        )),
    });
}

pub(super) fn are_not_followed(context: &Context<'_>, judge: &mut Judge<'_>) {
    judge.applies(somebody_asks(context, &["curl"]), NOBODY_ASKS);
    judge_readiness(context, judge, |found| {
        let curl = Curl::of(found)?;
        Some((curl.path, curl.follows.then_some("follows redirects")))
    });
}

/// Judges every readiness probe that asks a web application; `problem_of` tells the path that one asks, and what is wrong with it.
fn judge_readiness(
    context: &Context<'_>,
    judge: &mut Judge<'_>,
    problem_of: impl Fn(&Value) -> Option<(&str, Option<&'static str>)>,
) {
    for (member, component, main) in mains(context.graph) {
        let found = probe(&main, READINESS).and_then(&problem_of);
        let Some((path, problem)) = found.filter(|(path, _)| is_of_a_web_application(path)) else {
            continue;
        };
        judge.require(problem.is_none(), || {
            Fault::new(
                format!(
                    "the {READINESS} of the {} {}: where {path} is not deployed, the login page makes it ready",
                    component.title(),
                    problem.unwrap_or_default()
                ),
                HELP,
            )
            .object(member.workload.object)
            .field(READINESS)
            .value(path)
        });
    }
}

/// Our charts ask so wherever they ask.
pub(super) fn are_compared(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (member, component, main) in mains(context.graph) {
        let Some(found) = probe(&main, READINESS) else {
            continue;
        };
        let is_compared = Curl::of(found).is_some_and(|curl| curl.compares);
        judge.require(is_compared, || {
            Fault::new(
                format!(
                    "the {READINESS} of the {} does not compare the status of the answer",
                    component.title()
                ),
                HELP,
            )
            .object(member.workload.object)
        });
    }
}
