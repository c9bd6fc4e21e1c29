//! Small clients for whoever may execute commands in a pod, where the API server cannot reach its ports.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::settings::Settings;

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

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

fn fetch() -> Result<String, String> {
    let settings = Settings::of_this_process().map_err(|error| error.to_string())?;
    let ip = settings.bind.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let address = SocketAddr::new(ip, settings.observations_port);
    crate::curl::get(&format!("http://{address}/observations"))
}

/// `connect HOST PORT`: whether a TCP connection can be made, which is what a network policy decides.
pub(crate) fn connect(arguments: &[String]) -> u8 {
    let [host, port] = arguments else {
        eprintln!("connect: give a host and a port");
        return 2;
    };
    let outcome = match port.parse() {
        Ok(port) => crate::resolver::connect_blocking(host, port, CONNECT_TIMEOUT),
        Err(error) => Err(io::Error::other(error)),
    };
    match outcome {
        Ok(_) => {
            println!("connected");
            0
        }
        Err(error) => {
            eprintln!("connect: {host} {port}: {error}");
            1
        }
    }
}
