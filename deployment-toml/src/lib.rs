//! Reads a `deployment.toml` as WSO2 API Manager's own configuration engine does.
//!
//! A file that is legal TOML may still stop the server, or make it talk to itself without a word in any log. This crate
//! knows how: it holds the catalogue of keys of each product version, the rules that were observed on the engine, and
//! the fallbacks of the product's templates.
//!
//! | module | question it answers |
//! |---|---|
//! | [`catalogue`] | what is this key, for this version and distribution? |
//! | [`document`] | what does the text say, and where? |
//! | [`engine`] | what will the product refuse, misread or ignore? |
//! | [`effective`] | which value does the product work with, and where does it come from? |
//! | [`wiring`] | which addresses does the node use, and for what? |
//!
//! # Example
//!
//! A gateway whose event hub is misspelt starts, and asks itself for its APIs:
//!
//! ```
//! use am_deployment_toml::{Document, Effective, Environment, FaultKind, Product};
//! use am_deployment_toml::{Provenance, Purpose, faults, references};
//!
//! let text = r#"
//! [server]
//! hostname = "gw.example.org"
//! server_role = "default"
//!
//! [super_admin]
//! username = "admin"
//! password = "$env{AM_ADMIN_PASSWORD}"
//!
//! [apim.eventhub]
//! service_url = "https://control-plane:9443/services/"
//! "#;
//! let product = Product::new("4.7.0".parse()?, "wso2am-universal-gw".parse()?);
//! let environment = Environment::new().with_opaque("AM_ADMIN_PASSWORD");
//! let document = Document::parse(text)?;
//!
//! let faults = faults(&document, product, &environment);
//! assert_eq!(faults[0].kind, FaultKind::UnknownKey);
//! assert_eq!(faults[0].help, "did you mean apim.event_hub.service_url?");
//!
//! let effective = Effective::resolve(&document, product, &environment);
//! let event_hub = references(&effective)
//!     .into_iter()
//!     .find(|reference| reference.purpose == Purpose::EventHubService)
//!     .expect("every gateway has an event hub");
//! assert_eq!(event_hub.provenance, Provenance::FallbackToSelf);
//! assert!(event_hub.is_own_node());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Nothing here reads files or the process environment (but for [`Environment::of_process`]), and no input makes it panic.

pub mod catalogue;
pub mod document;
pub mod effective;
pub mod engine;
pub mod environment;
pub mod expression;
pub mod key;
pub mod placeholder;
pub mod product;
pub mod span;
#[cfg(test)]
mod testing;
pub mod value;
pub mod wiring;

pub use catalogue::{Catalogue, KeyType, Lookup, Record};
pub use document::{Document, Entry, Header, ParseError, Refusal};
pub use effective::{Effective, EffectiveValue, Provenance};
pub use engine::{Fault, FaultKind, Severity, faults, faults_in, inspect};
pub use environment::Environment;
pub use key::{KeyPath, Segment};
pub use product::{Distribution, Product, ProductVersion};
pub use span::Span;
pub use value::Value;
pub use wiring::{
    Address, Form, NodeIdentity, Purpose, Reference, TextReference, UrlGroup, UrlGroupMode,
    references, references_in_text, url_groups,
};
