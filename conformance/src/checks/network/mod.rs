//! Services, budgets, autoscalers, routes and network policies: does traffic get where it is sent, and
//! nowhere else?

mod backend_tls;
pub(in crate::checks) mod connection;
mod edges;
mod gateways;
mod listening;
mod load_balancers;
mod mounts;
mod passage;
mod policies;
mod published;
mod reachability;
mod routes;
mod selectors;
pub(in crate::checks) mod services;
mod synced_secrets;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_of_policies;

pub(in crate::checks) use edges::is_dialled;
pub use edges::is_for_users;
pub(in crate::checks) use passage::{Way, passes, passes_by, way_on_machines};

use crate::checks::FamilyChecks;

pub(crate) const CHECKS: FamilyChecks = &[
    ("AM-NET-002", services::reach_container_ports),
    ("AM-NET-003", services::offer_only_open_ports),
    ("AM-NET-004", services::offer_every_port),
    ("AM-NET-012", mounts::lead_to_files),
    ("AM-NET-013", routes::reach_services),
    ("AM-NET-014", backend_tls::agrees_with_ports),
    ("AM-NET-015", routes::claim_hosts_once),
    ("AM-NET-017", policies::allow_needed_edges),
    ("AM-NET-018", policies::allow_nothing_more),
    ("AM-NET-020", gateways::attach_to_listeners),
    ("AM-NET-021", load_balancers::ask_what_is_answered),
    ("AM-NET-022", selectors::leave_other_releases_alone),
    ("AM-NET-023", load_balancers::keep_connections),
    ("AM-NET-024", load_balancers::reach_pods),
    ("AM-NET-029", selectors::name_the_release),
    ("AM-NET-034", policies::allow_long_answers),
    ("AM-NET-036", policies::databases_are_governed),
    ("AM-NET-041", services::mix_up_no_ports),
    ("AM-NET-042", services::lead_to_the_products_ports),
    ("AM-NET-048", synced_secrets::have_one_origin),
    ("AM-NET-051", load_balancers::speak_tls_where_it_is_spoken),
    ("AM-NET-053", load_balancers::keep_sessions),
    ("AM-NET-057", listening::is_as_declared),
    ("AM-NET-058", published::only_ports_for_users),
];
