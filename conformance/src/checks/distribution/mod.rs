//! The image of each component with what is in it, and no profile of a common distribution.

mod homes;
mod images;
mod profiles;

use crate::checks::FamilyChecks;

pub(crate) const CHECKS: FamilyChecks = &[
    ("AM-DIST-002", profiles::no_profile_argument),
    ("AM-DIST-003", profiles::profiles_are_started),
    ("AM-DIST-006", images::helpers_share_images),
    ("AM-DIST-007", profiles::nothing_else_is_started),
    ("AM-DIST-008", homes::are_the_images),
];
