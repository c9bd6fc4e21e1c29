//! What is recommended, by the tables of the source documents and for any answers; what the data and answers may not be.

#![expect(clippy::float_cmp, reason = "numbers of nodes are whole, and exact")]

mod any_answers;
mod broken_data;
mod loads;
mod short;
mod strategies;
mod support;
mod tables;
mod trade_offs;
