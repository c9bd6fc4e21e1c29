//! The components of the product, and what each can do; both come from the table of the product.

pub use am_product::{Capability, Component};
use serde::{Deserialize, Deserializer, de::Error as _};

/// Reads a list of names of components and of capabilities, which stand for every component that has them: so a new component is
/// judged like those that do the same.
pub(crate) fn words<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<Component>, D::Error> {
    let mut components = Vec::new();
    for word in Vec::<String>::deserialize(deserializer)? {
        for component in Component::meant_by(&word).map_err(D::Error::custom)? {
            if !components.contains(&component) {
                components.push(component);
            }
        }
    }
    components.sort_unstable();
    Ok(components)
}
