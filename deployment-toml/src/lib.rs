//! Reads a deployment.toml as the product's own configuration engine does.
