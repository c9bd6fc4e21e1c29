//! A small server that plays an API Manager component by the product's own rules.

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Err(error) = am_standin::data::choose() {
        eprintln!("am-standin: {error}");
        return ExitCode::from(2);
    }
    am_standin::multicall::run(std::env::args().collect())
}
