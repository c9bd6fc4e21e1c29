use super::Model;
use crate::diagnostic::Diagnostics;
pub(super) fn validate(_: &Model) -> Diagnostics { Diagnostics::default() }
