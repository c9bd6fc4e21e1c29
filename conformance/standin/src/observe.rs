//! Small clients for whoever may execute commands in a pod, where the API server cannot reach its ports.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::settings::Settings;

/// Prints the observations of the server in this pod.
pub(crate) fn observations() -> u8 {
    match fetch() {
        Ok(text) => {
            println!("{text}");
            0
        }
        Err(error) => {
            eprintln!("observations: no server answers in this pod: {error}");
            1
        }
    }
}

fn fetch() -> io::Result<String> {
    let settings = Settings::of_this_process().map_err(io::Error::other)?;
    let ip = settings.bind.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let address = SocketAddr::new(ip, settings.observations_port);
    crate::curl::get(address, "localhost", "/observations").map(|(_, body)| body)
}

/// `connect HOST PORT`: whether a TCP connection can be made, which is what a network policy decides.
pub(crate) fn connect(arguments: &[String]) -> u8 {
    let [host, port] = arguments else {
        eprintln!("connect: give a host and a port");
        return 2;
    };
    match crate::shell::connect(&format!("{host}/{port}")) {
        Ok(()) => {
            println!("connected");
            0
        }
        Err(error) => {
            eprintln!("connect: {host} {port}: {error}");
            1
        }
    }
}
