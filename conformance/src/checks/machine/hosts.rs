//! The machines of a subject, and the documents about them.

use crate::{
    context::Context,
    manifest::{Machines, Object},
};

/// The machines of a subject; none on a cluster, where none of these requirements is judged.
pub(super) fn machines<'a>(context: &Context<'a>) -> &'a Machines {
    static NONE: Machines = Machines {
        hosts: Vec::new(),
        shared_address: None,
    };
    context.manifest.machines.as_ref().unwrap_or(&NONE)
}

/// The document of a kind that is about a host.
pub(super) fn document_of<'a>(context: &Context<'a>, kind: &str, host: &str) -> Option<&'a Object> {
    let mut objects = context.manifest.of_kind(kind);
    objects.find(|object| object.name() == host)
}
