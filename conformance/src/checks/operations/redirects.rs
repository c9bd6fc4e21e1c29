//! Readiness that a redirect cannot fool. Who asks for a web application that is not deployed is redirected to a login
//! page, which answers 200; the kubelet follows, and so does curl where it is told to.

use serde_json::Value;

use super::{
    probes::{is_of_a_web_application, mains, probe},
    question::Curl,
};
use crate::{
    context::{Context, Fault, Judge},
    manifest::str_at,
};

const READINESS: &str = "readinessProbe";

/// What to write.
const HELP: &str = "let an exec probe compare what `curl --write-out '%{http_code}'` prints with 200, without --location";

pub(super) fn are_no_answer(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (member, component, main) in mains(context.graph) {
        let Some(found) = probe(&main, READINESS) else {
            continue;
        };
        let Some((path, problem)) = problem_of(found) else {
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
    judge.not_applicable("no component asks a web application whether it is ready");
}

/// The web application that a probe asks, and how a redirect fools it, if so.
fn problem_of(probe: &Value) -> Option<(&str, Option<&'static str>)> {
    if let Some(curl) = Curl::of(probe) {
        let problem = if curl.follows {
            Some("follows redirects")
        } else if curl.compares {
            None
        } else {
            Some("does not compare the status, and curl ends well with a redirect too")
        };
        return is_of_a_web_application(curl.path).then_some((curl.path, problem));
    }
    let path = str_at(probe, "/httpGet/path")?;
    is_of_a_web_application(path).then_some((path, Some("is an httpGet, which follows redirects")))
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
