//! Who holds a port, and which one near it is free.

use std::net::{IpAddr, SocketAddr, TcpListener};

use listeners::{Protocol, SocketState};

use crate::{Error, ErrorCode};

/// Whether an address can be listened on now.
pub(crate) fn is_free(address: SocketAddr) -> bool {
    TcpListener::bind(address).is_ok()
}

/// The process that listens on a port, such as `llama-server (process 41127)`. None when the
/// system does not tell, as for processes of other users.
pub(crate) fn holder(port: u16) -> Option<String> {
    let found = listeners::get_all().ok()?.into_iter().find(|listener| {
        listener.socket.port() == port
            && listener.protocol == Protocol::TCP
            && listener.state == SocketState::Listen
    })?;
    Some(format!(
        "{} (process {})",
        found.process.name, found.process.pid
    ))
}

/// The next free port above this one.
pub(crate) fn free_near(ip: IpAddr, port: u16) -> Option<u16> {
    (1..=50)
        .filter_map(|step| port.checked_add(step))
        .find(|port| is_free(SocketAddr::new(ip, *port)))
}

/// The error for an address that cannot be listened on.
pub(crate) fn bind_error(address: SocketAddr, error: &std::io::Error) -> Error {
    if error.kind() == std::io::ErrorKind::AddrInUse {
        let holder = holder(address.port()).unwrap_or_else(|| "another program".into());
        let near = free_near(address.ip(), address.port());
        let offer =
            near.map(|port| format!("Use another port, such as {port}, or stop it and try again."));
        let hint = offer.unwrap_or_else(|| "Use another port, or stop it and try again.".into());
        return Error::new(
            ErrorCode::PortTaken,
            format!("{holder} holds port {}", address.port()),
            hint,
        );
    }
    let hint = match error.kind() {
        std::io::ErrorKind::PermissionDenied => {
            "Ports below 1024 need special rights: use a higher one."
        }
        std::io::ErrorKind::AddrNotAvailable => {
            "This machine does not have that address: use 127.0.0.1."
        }
        _ => "Use another address or port.",
    };
    Error::new(
        ErrorCode::Failed,
        format!("the gateway cannot listen on {address}"),
        hint,
    )
    .with_details(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_holder_of_a_taken_port_is_named_and_a_free_one_offered() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        assert!(!is_free(address));
        let error = bind_error(
            address,
            &std::io::Error::from(std::io::ErrorKind::AddrInUse),
        );
        let me = format!("(process {})", std::process::id());
        assert!(error.message.contains(&me), "{}", error.message);
        let near = free_near(address.ip(), address.port()).unwrap();
        assert!(error.hint.contains(&near.to_string()), "{}", error.hint);
        assert!(is_free(SocketAddr::new(address.ip(), near)));
    }
}
