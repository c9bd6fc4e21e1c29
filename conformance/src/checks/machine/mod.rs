//! What lies on virtual machines: load balancers, firewalls, ports of one host.

mod balancers;
mod databases;
mod firewalls;
mod health;
mod hosts;
mod needs;
mod nodes;
mod others;
mod speech;
mod variables;

pub(in crate::checks) use balancers::follow_the_active_node;

use crate::checks::FamilyChecks;

pub(crate) const CHECKS: FamilyChecks = &[
    ("AM-VM-005", balancers::lead_to_every_node),
    ("AM-VM-006", balancers::pass_no_events),
    ("AM-VM-007", firewalls::let_in_what_is_needed),
    ("AM-VM-008", nodes::gateways_are_told_apart),
    ("AM-VM-009", nodes::ports_are_apart),
    ("AM-VM-017", variables::are_set),
    ("AM-VM-018", speech::is_what_nodes_understand),
    ("AM-VM-019", speech::verifies_nodes),
    ("AM-VM-020", speech::keeps_the_host),
    ("AM-VM-021", speech::ends_tls),
    ("AM-VM-022", health::takes_well_nodes_for_well),
    ("AM-VM-023", health::has_a_spare),
    ("AM-VM-025", nodes::event_hubs_come_first),
    ("AM-VM-026", databases::are_made_as_documented),
];
