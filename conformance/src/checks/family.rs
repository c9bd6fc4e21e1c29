//! What every family of checks is made of.

use crate::context::{Context, Judge};

/// A check looks at a subject and tells its judge.
pub(crate) type Check = fn(&Context<'_>, &mut Judge<'_>);

/// Ids and checks of a family.
pub(crate) type FamilyChecks = &'static [(&'static str, Check)];
