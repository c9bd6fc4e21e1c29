//! Proves that rendered charts are the deployment pattern they claim to be.
