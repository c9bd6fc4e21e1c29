//! What lies on virtual machines: load balancers, firewalls, ports of one host.

mod balancers;
mod firewalls;
mod needs;
mod nodes;

use crate::{
    checks::FamilyChecks,
    context::Context,
    manifest::{Machines, Object},
};

pub(crate) const CHECKS: FamilyChecks = &[
    ("AM-VM-005", balancers::lead_to_every_node),
    ("AM-VM-006", balancers::pass_no_events),
    ("AM-VM-007", firewalls::let_in_what_is_needed),
    ("AM-VM-008", nodes::gateways_are_told_apart),
    ("AM-VM-009", nodes::ports_are_apart),
];

/// The machines of a subject; none on a cluster, where none of these requirements is judged.
fn machines<'a>(context: &Context<'a>) -> &'a Machines {
    static NONE: Machines = Machines {
        hosts: Vec::new(),
        shared_address: None,
    };
    context.manifest.machines.as_ref().unwrap_or(&NONE)
}

/// The document of a kind that is about a host.
fn document_of<'a>(context: &Context<'a>, kind: &str, host: &str) -> Option<&'a Object> {
    let mut objects = context.manifest.of_kind(kind);
    objects.find(|object| object.name() == host)
}
