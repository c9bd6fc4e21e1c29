//! Why an object cannot be checked.

/// Why there are no schemas.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// A Kubernetes version without schemas.
    #[error("no schemas for Kubernetes {version}: there are some for {}", known.join(", "))]
    UnknownVersion {
        /// The version that was asked for.
        version: String,
        /// The versions that there are, oldest first.
        known: Vec<&'static str>,
    },
    /// A schema file that was not made by `tools/schemas/update`.
    #[error("the schemas of {file} cannot be used: {message}; run tools/schemas/update")]
    Unusable {
        /// The file, or the kind in it.
        file: String,
        /// What is wrong.
        message: String,
    },
}
