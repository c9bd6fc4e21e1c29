//! Whether somebody answers at ports of machines.

use std::fs::File;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// On a network that is one machine, who does not answer within this does not answer.
const PATIENCE: Duration = Duration::from_millis(400);

/// Ports tried from within a network, all at once: whose, which, and whether it is open.
pub(super) fn open(
    network: &Path,
    ports: Vec<(String, SocketAddr)>,
) -> std::io::Result<Vec<(String, u16, bool)>> {
    let namespace = File::open(network)?;
    // A namespace belongs to a thread: this one and those that it starts.
    std::thread::spawn(move || {
        move_into_link_name_space(
            std::os::fd::AsFd::as_fd(&namespace),
            Some(LinkNameSpaceType::Network),
        )?;
        let tries: Vec<_> = ports
            .into_iter()
            .map(|(name, at)| {
                std::thread::spawn(move || {
                    let open = TcpStream::connect_timeout(&at, PATIENCE);
                    (name, at.port(), open.is_ok())
                })
            })
            .collect();
        let ended = tries.into_iter().filter_map(|thread| thread.join().ok());
        Ok(ended.collect())
    })
    .join()
    .unwrap_or_else(|_| Err(std::io::Error::other("a thread broke off")))
}
