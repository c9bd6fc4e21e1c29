//! A small server that plays an API Manager component by the product's own rules, for conformance runs on real
//! clusters where the vendor's images are too large or not at hand.
//!
//! One binary plays every role. In its images ([`image`]) it stands at the paths of the product's entrypoint, start
//! scripts and Java, and decides by its name what to be; the images' shell is `tools/shell`. It reads the mounted `deployment.toml` as the product
//! does, silent fallbacks included, opens exactly the role's ports, connects to every address that the configuration
//! names, and serves what it saw ([`observations`]) on a port of its own.

mod applet;
mod apps;
mod basic;
pub mod configuration;
mod curl;
pub mod data;
pub mod database;
pub mod deployment_yaml;
mod dial;
pub mod edge;
mod entrypoint;
pub mod event;
mod event_publishers;
mod h2;
mod http_client;
pub mod identity;
mod identity_server;
pub mod image;
mod links;
mod machine;
mod memory;
pub mod multicall;
mod node;
pub mod observations;
mod observe;
pub mod ports;
mod prober;
pub mod protocol;
mod registration;
mod resolver;
mod revocation;
pub mod role;
mod server;
pub mod services;
pub mod settings;
mod start_script;
mod stop_time;
mod story;
mod streams;
mod tls;
pub mod watch;
