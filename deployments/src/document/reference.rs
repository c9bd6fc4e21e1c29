//! What is in the cluster already.

use am_generator::yaml::Text;
use schemars::JsonSchema;
use serde::Deserialize;

/// Something that is in the cluster already.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Reference {
    /// Name of an existing Secret, in the namespace of each site.
    #[schemars(with = "String", length(min = 1))]
    pub existing_secret: Text,
}
