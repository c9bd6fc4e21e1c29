//! Accepts connections on a port.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::{frames, http};
use crate::node::Node;
use crate::ports::{Port, Service};
use crate::protocol::Stream;

/// How long a client may take for its TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections that wait to be accepted.
const BACKLOG: u32 = 128;

/// Accepts connections on `port` and serves each in a task of its own, until the given task is aborted.
pub(crate) fn listen<F, S>(bind: Option<IpAddr>, port: u16, serve: S) -> io::Result<JoinHandle<()>>
where
    F: Future<Output = ()> + Send + 'static,
    S: Fn(TcpStream, IpAddr) -> F + Send + 'static,
{
    let listener = bind_to(bind, port)?;
    Ok(tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((stream, from)) => {
                    tokio::spawn(serve(stream, from.ip().to_canonical()));
                }
                // Out of file descriptors, most likely: let connections end first.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }))
}

/// All addresses of both families, where the kernel has both.
fn bind_to(bind: Option<IpAddr>, port: u16) -> io::Result<TcpListener> {
    if let Some(ip) = bind {
        return listener_on(SocketAddr::new(ip, port));
    }
    let any6 = SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), port);
    let any4 = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port);
    match listener_on(any6) {
        Err(error) if error.kind() != io::ErrorKind::AddrInUse => listener_on(any4),
        other => other,
    }
}

fn listener_on(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv6() {
        TcpSocket::new_v6()?
    } else {
        TcpSocket::new_v4()?
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Opens one of the product's ports.
pub(super) fn open(node: &Arc<Node>, port: &Port) -> io::Result<JoinHandle<()>> {
    let (number, bind) = (port.number, node.settings.bind);
    let (node, port) = (Arc::clone(node), Arc::new(port.clone()));
    listen(bind, number, move |stream, from| {
        let (node, port) = (Arc::clone(&node), Arc::clone(&port));
        async move {
            if !port.tls {
                return dispatch(node, &port, Box::new(stream), from).await;
            }
            if let Ok(Ok(stream)) =
                timeout(HANDSHAKE_TIMEOUT, node.tls.acceptor.accept(stream)).await
            {
                dispatch(Arc::clone(&node), &port, Box::new(stream), from).await;
            }
        }
    })
}

async fn dispatch(node: Arc<Node>, port: &Port, stream: Box<dyn Stream>, from: IpAddr) {
    match port.service {
        Service::Servlet | Service::Gateway | Service::Integrations | Service::Streaming => {
            http::serve(node, port, stream, from).await;
        }
        Service::Jms => frames::broker(node, port, stream, from).await,
        Service::Thrift => frames::receiver(node, port, stream, from).await,
        Service::ThriftAuth => frames::authentication(node, port, stream, from).await,
        Service::Source => frames::events(&node, port, stream, from, true).await,
        Service::Cluster => frames::events(&node, port, stream, from, false).await,
        Service::Database => frames::database(&node, port, stream, from).await,
    }
}
