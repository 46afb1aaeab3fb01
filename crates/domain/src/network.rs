//! Rules about addresses: which may be listened on without a key, which are never called.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::DomainError;

/// The address that the gateway listens on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ListenAddress(SocketAddr);

impl ListenAddress {
    /// The address to bind.
    pub fn socket(self) -> SocketAddr {
        self.0
    }

    /// Whether only programs on this machine can connect.
    pub fn is_loopback(self) -> bool {
        unwrapped(self.0.ip()).is_loopback()
    }

    /// The same address with another port.
    pub fn with_port(self, port: u16) -> Self {
        Self(SocketAddr::new(self.0.ip(), port))
    }
}

impl Default for ListenAddress {
    fn default() -> Self {
        Self(SocketAddr::from(([127, 0, 0, 1], 5052)))
    }
}

impl FromStr for ListenAddress {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        let text = text.trim();
        let text = text
            .strip_prefix("localhost:")
            .map_or(text.to_owned(), |port| format!("127.0.0.1:{port}"));
        text.parse().map(Self).map_err(|_| DomainError::Setting {
            name: "the listen address",
            problem: format!("\"{text}\" is not an address and a port, such as 127.0.0.1:5052"),
        })
    }
}

impl TryFrom<String> for ListenAddress {
    type Error = DomainError;

    fn try_from(text: String) -> Result<Self, DomainError> {
        text.parse()
    }
}

impl From<ListenAddress> for String {
    fn from(address: ListenAddress) -> Self {
        address.0.to_string()
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Whether a host of a request line or header means this machine.
pub fn is_loopback_name(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| unwrapped(address).is_loopback())
}

/// Link-local and cloud metadata addresses: a request there leaks credentials and is never for a
/// model. Loopback and private ranges are allowed, that is where model servers live.
pub fn is_never_a_model_server(address: IpAddr) -> bool {
    match unwrapped(address) {
        IpAddr::V4(address) => address.is_link_local() || address.is_unspecified(),
        IpAddr::V6(address) => {
            address.is_unicast_link_local()
                || address == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)
        }
    }
}

/// An IPv4 address in its IPv6 form is judged as the IPv4 address.
fn unwrapped(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_known_in_every_spelling() {
        for host in [
            "localhost",
            "LOCALHOST",
            "127.0.0.1",
            "127.8.8.8",
            "[::1]",
            "::1",
        ] {
            assert!(is_loopback_name(host), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "10.0.0.1",
            "",
            "[::2]",
        ] {
            assert!(!is_loopback_name(host), "{host}");
        }
    }

    #[test]
    fn a_wider_address_is_told_apart() {
        for (text, loopback) in [
            ("127.0.0.1:5052", true),
            ("localhost:0", true),
            ("[::1]:80", true),
            ("[::ffff:127.0.0.1]:80", true),
            ("0.0.0.0:5052", false),
            ("10.1.2.3:5052", false),
        ] {
            assert_eq!(
                text.parse::<ListenAddress>().unwrap().is_loopback(),
                loopback,
                "{text}"
            );
        }
        assert!("5052".parse::<ListenAddress>().is_err());
    }
}
