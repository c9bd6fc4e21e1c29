//! The shared database, as far as the story needs it: who sets it up, which APIs are deployed, which tokens are revoked.
//!
//! The product's event hub nodes know each other's APIs and revoked tokens from the database alone, and a gateway
//! fetches them through whichever node it asks; so it is the database stand-in that keeps them, and its file remembers
//! them across restarts. A database that is no stand-in is not asked: its servers know what they were told by events.

mod client;
mod groups;
mod records;
mod shared;
mod store;

pub(crate) use client::{FirstStart, ask, start};
pub(crate) use records::learn;
pub use records::{Answer, KeyManager, Member, Place, Question, Records, Registered, Request};
pub(crate) use shared::Database;
pub(crate) use store::{Asker, Databases};
