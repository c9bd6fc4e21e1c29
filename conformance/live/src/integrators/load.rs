//! A node goes while its cluster is called: one that is told to leaves no call unanswered, and one that dies loses those of a moment.

use serde_json::Value;

use super::Whose;
use crate::record::Fault;

/// Requests end before the server does.
pub(crate) const ENDS: &str = "AM-INT-006";
/// The other node serves on.
pub(crate) const OTHER_NODE: &str = "AM-TOPO-002";
/// How many milliseconds calls may fail when a node dies: until nothing leads to it, and what was on its way has timed out.
const MOMENT: u64 = 8_000;

/// How a node goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Going {
    Told,
    Dead,
}

impl Going {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Told => "is told to leave",
            Self::Dead => "dies",
        }
    }
}

/// Calls that failed: how many milliseconds after the node went each was answered, and with what.
pub(crate) fn lost(answers: &[Value], gone: u64) -> Vec<(u64, String)> {
    let failed = answers.iter().filter(|it| it["status"] != 200);
    failed
        .map(|it| {
            let at = it["at"].as_u64().unwrap_or(u64::MAX);
            (at.saturating_sub(gone), told(it))
        })
        .collect()
}

/// What is wrong with losing these calls.
pub(crate) fn judge(
    whose: Whose<'_>,
    node: &str,
    going: Going,
    lost: &[(u64, String)],
) -> (&'static str, Option<Fault>) {
    let late = match going {
        Going::Told => lost.first(),
        Going::Dead => lost.iter().find(|(after, _)| *after > MOMENT),
    };
    let fault = late.map(|(after, told)| {
        let message = format!(
            "{} of the calls of {} are lost when one of its nodes {}, the one {after} ms later with {told}",
            lost.len(),
            whose.about(),
            going.name()
        );
        let help = match going {
            Going::Told => "let it wait until nobody knows it any more, and its server end what it has begun",
            Going::Dead => "let the address of the cluster lead to ready nodes only, and run two",
        };
        Fault::new(message, help).at("Pod", node)
    });
    let requirement = match going {
        Going::Told => ENDS,
        Going::Dead => OTHER_NODE,
    };
    (requirement, fault)
}

fn told(answer: &Value) -> String {
    match answer.get("error").and_then(Value::as_str) {
        Some(error) => error.to_owned(),
        None => format!("status {}", answer["status"]),
    }
}

/// Milliseconds since 1970, as stand-ins tell them.
pub(crate) fn now_ms() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |it| u64::try_from(it.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::{Going, Whose, judge, lost};
    use serde_json::json;

    #[test]
    fn a_node_that_dies_may_lose_calls_of_a_moment_and_one_that_is_told_none() {
        let whose = Whose {
            name: "mi",
            tenant: "a",
        };
        let answers = [
            json!({"status": 200, "at": 1_000}),
            json!({"status": 503, "at": 3_000}),
            json!({"error": "reset", "at": 9_000}),
        ];
        let lost = lost(&answers, 2_000);
        assert_eq!(lost[0], (1_000, "status 503".to_owned()));
        let fault = |going, lost| judge(whose, "mi-0", going, lost).1;
        assert!(fault(Going::Told, &lost).is_some());
        assert_eq!(fault(Going::Dead, &lost), None);
        assert!(fault(Going::Dead, &[(8_001, "reset".to_owned())]).is_some());
    }
}
