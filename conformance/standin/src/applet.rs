//! What the parts of the one binary call each other, and how they end.

/// Status of what the stand-in does not play; also what a shell says of a command that it cannot find.
pub(crate) const UNSUPPORTED: u8 = 127;
/// The product image's entrypoint.
pub(crate) const ENTRYPOINT: &str = "docker-entrypoint.sh";
/// The applet that is the server itself, as a child of the entrypoint.
pub(crate) const SERVER: &str = "server";
/// The applet that plays an identity server.
pub(crate) const IDENTITY_SERVER: &str = "identity-server";
/// The applet that keeps a unit running.
pub(crate) const KEEPER: &str = "keeper";
/// The applet that reads the configuration for the server.
pub(crate) const CONFIGURATION: &str = "configuration";
