//! Each tenant's services are in its own catalogue, once, and a call of a tenant ends at its own cluster.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Checks, SERVICE, Whose};
use crate::api::text;
use crate::record::Fault;
use crate::scenario::statuses;
use crate::wiring::Observed;

/// A service is registered where the event hub is.
pub(crate) const REGISTERED: &str = "AM-INT-001";
/// What is registered leads to the cluster that registered it.
pub(crate) const OWN_ADDRESS: &str = "AM-INT-003";
/// And that with the account of the cluster's tenant.
pub(crate) const OWN_TENANT: &str = "AM-INT-015";
pub(crate) const REQUIREMENTS: [&str; 3] = [REGISTERED, OWN_ADDRESS, OWN_TENANT];

/// Who registered anything in a tenant's catalogue.
pub(crate) fn by(known: &Value, tenant: &str) -> BTreeSet<String> {
    let services = known.get(tenant).and_then(Value::as_object);
    let lists = services
        .into_iter()
        .flat_map(|services| services.values())
        .filter_map(|service| service.get("by")?.as_array());
    let names = lists.flatten().filter_map(Value::as_str);
    names.map(str::to_owned).collect()
}

/// Where a tenant's catalogue says that its service is.
pub(crate) fn address(known: &Value, tenant: &str) -> String {
    text(known, &format!("/{tenant}/{SERVICE}/serviceUrl")).to_owned()
}

/// What the nodes of a cluster registered where.
pub(crate) fn registrations(whose: Whose<'_>, nodes: &[Observed], known: &Value) -> Checks {
    let tenant = whose.tenant;
    let own = by(known, tenant);
    let mut checks = Vec::new();
    for node in nodes {
        let answered = node.observations.story.registered;
        let missing = (!own.contains(&node.pod)).then(|| {
            let answered = answered.map_or("nothing".to_owned(), |it| it.to_string());
            let message = format!(
                "{} is not in the catalogue of {tenant}, to which it sends its services when it starts; it was answered {answered}",
                node.pod
            );
            let help = "name the address of the event hub, let policies or firewalls allow the way there, and make the account before";
            Fault::new(message, help).at("Pod", &node.pod)
        });
        checks.push((REGISTERED, missing));
        let tenants = known.as_object().into_iter().flatten();
        for (other, _) in tenants.filter(|(it, _)| *it != tenant) {
            let strays = by(known, other).contains(&node.pod).then(|| {
                let message = format!(
                    "{} of {} registers its services in the catalogue of {other}",
                    node.pod,
                    whose.about()
                );
                let help = "give the cluster an account of its tenant: somebody@DOMAIN";
                Fault::new(message, help).at("Pod", &node.pod)
            });
            checks.push((OWN_TENANT, strays));
        }
    }
    let services = known.get(tenant).and_then(Value::as_object);
    let count = services.map_or(0, serde_json::Map::len);
    let wrong = (count > 1).then(|| {
        let message = format!(
            "the catalogue of {tenant} has {count} services, where every node of its cluster has the same one"
        );
        Fault::new(message, "let all nodes run the same artifacts")
    });
    checks.push((REGISTERED, wrong));
    if count == 1 {
        checks.push((OWN_TENANT, None));
    }
    checks
}

/// What is wrong with calls of a tenant's API at a gateway.
pub(crate) fn misled(
    whose: Whose<'_>,
    gateway: &str,
    url: &str,
    answer: &Value,
    own: &BTreeSet<String>,
) -> Option<Fault> {
    let tenant = whose.tenant;
    let failed = statuses(answer).into_iter().find(|status| *status != 200);
    let nodes = back_ends(answer);
    if let Some(node) = nodes.iter().find(|node| !own.contains(*node)) {
        let message = format!(
            "a call of tenant {tenant} at {gateway} ends at {node}, which is not of {}",
            whose.name
        );
        let help = "let MI_HOST be the address of the cluster";
        return Some(Fault::new(message, help).at("Pod", node));
    }
    failed.map(|status| {
        let message = format!(
            "a call of tenant {tenant} at {gateway} is answered {status}: {url} does not answer it"
        );
        let help = "let MI_HOST and MI_PORT be the address of the cluster and its port";
        Fault::new(message, help).at("Pod", gateway)
    })
}

/// A node where no call of its tenant ends.
pub(crate) fn missed(
    whose: Whose<'_>,
    own: &BTreeSet<String>,
    met: &BTreeSet<String>,
) -> Option<Fault> {
    let node = own.iter().find(|node| !met.contains(*node))?;
    let message = format!("no call of tenant {} ends at {node}", whose.tenant);
    let help = "let the address of the cluster lead to every node";
    Some(Fault::new(message, help).at("Pod", node))
}

/// The nodes that answered calls.
pub(crate) fn back_ends(answer: &Value) -> BTreeSet<String> {
    let answers = answer.get("answers").and_then(Value::as_array);
    let nodes = answers.into_iter().flatten().map(|it| text(it, "/backend"));
    nodes
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{back_ends, by};
    use serde_json::json;

    #[test]
    fn who_registered_and_who_answered_is_read_from_what_stand_ins_tell() {
        let known = json!({"a": {"x": {"by": ["p", "q"]}, "y": {"by": ["p"]}}});
        assert_eq!(by(&known, "a").len(), 2);
        assert!(by(&known, "b").is_empty());
        let answer =
            json!({"answers": [{"status": 200, "backend": "p"}, {"status": 503, "backend": null}]});
        assert_eq!(back_ends(&answer).into_iter().collect::<Vec<_>>(), ["p"]);
    }
}
