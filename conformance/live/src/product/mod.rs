//! Asks the genuine product what stand-ins tell of themselves: by its own REST interfaces, from within its pods.
//!
//! Sources of paths and payloads: the product's definitions admin-api.yaml and publisher-api.yaml (v4) and
//! devportal-api.yaml (v3), as `wso2/product-apim` keeps them under `modules/integration/tests-common/clients` (commit
//! 140e5b9), their introductions for the client registration, and RFC 6749 and RFC 7009 for `/oauth2/token` and
//! `/oauth2/revoke`. 4.5 to 4.7 have the same versions of these interfaces.

mod curl;
mod journey;
mod sockets;

pub(crate) use curl::Curl;
pub(crate) use journey::{Journey, PER_MINUTE};
pub(crate) use sockets::is_connected_to;
