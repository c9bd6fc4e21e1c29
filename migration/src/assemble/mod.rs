//! Values that several of the vendor's make together.

mod endpoints;
mod environments;
mod keystores;
mod tracing;

use crate::work::Work;

/// Puts together what single values could not say.
pub(crate) fn assemble(work: &mut Work<'_>) {
    endpoints::assemble(work);
    keystores::assemble(work);
    environments::assemble(work);
    tracing::assemble(work);
}
