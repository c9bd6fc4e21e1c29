//! What lies on virtual machines: load balancers, firewalls, ports of one host.

mod balancers;
mod firewalls;
mod hosts;
mod needs;
mod nodes;
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
];
