//! Runs the conformance suite against a real cluster.
