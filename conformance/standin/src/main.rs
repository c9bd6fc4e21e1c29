//! A small server that plays an API Manager component by the product's own rules.

use std::process::ExitCode;

fn main() -> ExitCode {
    am_standin::multicall::run(std::env::args().collect())
}
