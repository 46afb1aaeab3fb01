//! Stands before every route: Host, Origin, client key. Each check stands alone; none is switched
//! off by the address that the gateway listens on.

use std::net::{IpAddr, SocketAddr};

use domain::{ClientKeyDigest, Settings, is_loopback_name};
use http::header::{AUTHORIZATION, HOST, ORIGIN, USER_AGENT};
use http::request::Parts;
use http::uri::Authority;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::error::GatewayError;
use crate::inside::Inside;
use crate::reading::cut;

/// How a request reached the gateway.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Via<'a> {
    /// Over a connection.
    Network {
        /// The local address that accepted it.
        local: IpAddr,
        /// Where it comes from.
        peer: SocketAddr,
    },
    /// From inside the program.
    Inside(&'a Inside),
}

impl Via<'_> {
    /// Where it comes from; none from inside the program.
    pub(crate) fn peer(self) -> Option<SocketAddr> {
        match self {
            // A socket for both versions of IP shows the older one inside the newer.
            Self::Network { peer, .. } => {
                Some(SocketAddr::new(peer.ip().to_canonical(), peer.port()))
            }
            Self::Inside(_) => None,
        }
    }
}

/// Who asks: the name of the client key, else the program by its user agent.
pub(crate) fn check(
    parts: &Parts,
    settings: &Settings,
    via: Via<'_>,
) -> Result<String, GatewayError> {
    let local = match via {
        Via::Inside(inside) => return Ok(inside.client.to_owned()),
        Via::Network { local, .. } => local,
    };
    check_host(parts, settings, local)?;
    check_origin(parts, settings)?;
    match check_key(parts, settings)? {
        Some(name) => Ok(name),
        None => Ok(user_agent(parts)),
    }
}

/// The same without the client key, for paths where a token may stand in its place.
pub(crate) fn check_place(
    parts: &Parts,
    settings: &Settings,
    via: Via<'_>,
) -> Result<String, GatewayError> {
    match via {
        Via::Inside(inside) => Ok(inside.client.to_owned()),
        Via::Network { local, .. } => {
            check_host(parts, settings, local)?;
            check_origin(parts, settings)?;
            Ok(user_agent(parts))
        }
    }
}

/// Whether the request carries a client key that exists.
pub(crate) fn has_key(parts: &Parts, settings: &Settings) -> bool {
    matches!(check_key(parts, settings), Ok(Some(_)))
}

/// Refuses names that are not listed, which is what stops DNS rebinding. A literal address cannot
/// be rebound, so the one that accepted the connection is allowed.
pub(crate) fn check_host(
    parts: &Parts,
    settings: &Settings,
    local: IpAddr,
) -> Result<(), GatewayError> {
    let header = parts
        .headers
        .get(HOST)
        .and_then(|value| value.to_str().ok());
    let text = parts
        .uri
        .authority()
        .map(Authority::as_str)
        .or(header)
        .unwrap_or_default();
    let refused = || GatewayError::Host(cut(text, 100));
    let authority: Authority = text.parse().map_err(|_| refused())?;
    if text.contains('@') {
        return Err(refused());
    }
    let host = authority.host();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_local = || {
        bare.parse::<IpAddr>()
            .is_ok_and(|address| address.to_canonical() == local.to_canonical())
    };
    let is_listed = || {
        settings
            .gateway
            .allowed_hosts
            .iter()
            .any(|allowed| allowed.trim().eq_ignore_ascii_case(host))
    };
    if is_loopback_name(host) || is_local() || is_listed() {
        Ok(())
    } else {
        Err(refused())
    }
}

fn check_origin(parts: &Parts, settings: &Settings) -> Result<(), GatewayError> {
    if parts.headers.contains_key(ORIGIN) && allowed_origin(parts, settings).is_none() {
        let origin = parts
            .headers
            .get(ORIGIN)
            .map(|value| String::from_utf8_lossy(value.as_bytes()));
        return Err(GatewayError::Origin(cut(&origin.unwrap_or_default(), 100)));
    }
    Ok(())
}

/// The request's origin when it is on the list; browsers send it in lower case.
pub(crate) fn allowed_origin<'a>(parts: &'a Parts, settings: &Settings) -> Option<&'a str> {
    let origin = parts.headers.get(ORIGIN)?.to_str().ok()?;
    settings
        .gateway
        .allowed_origins
        .iter()
        .any(|allowed| allowed.trim() == origin)
        .then_some(origin)
}

/// The name of the key that the request carries. While no key exists none is needed, and whatever
/// an SDK insists on sending is ignored.
fn check_key(parts: &Parts, settings: &Settings) -> Result<Option<String>, GatewayError> {
    if settings.client_keys.is_empty() {
        return Ok(None);
    }
    let bearer = parts
        .headers
        .get(AUTHORIZATION)
        .and_then(|value| bearer_of(value.as_bytes()));
    let shown = bearer.or_else(|| parts.headers.get("x-api-key").map(|value| value.as_bytes()));
    let Some(shown) = shown else {
        return Err(GatewayError::KeyAbsent);
    };
    let digest = ClientKeyDigest::from_bytes(&Sha256::digest(shown).into());
    let mut found = None;
    for key in &settings.client_keys {
        if bool::from(
            key.digest
                .as_str()
                .as_bytes()
                .ct_eq(digest.as_str().as_bytes()),
        ) {
            found = Some(key.name.as_str().to_owned());
        }
    }
    found.map(Some).ok_or(GatewayError::KeyWrong)
}

fn bearer_of(value: &[u8]) -> Option<&[u8]> {
    let (scheme, key) = value.split_at_checked(7)?;
    scheme
        .eq_ignore_ascii_case(b"bearer ")
        .then(|| key.trim_ascii())
}

/// The first word of the user agent, such as `curl/8.5.0`.
pub(crate) fn user_agent(parts: &Parts) -> String {
    let text = parts
        .headers
        .get(USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let first = text.split_whitespace().next().unwrap_or("unnamed");
    cut(first, 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{ClientKey, ClientKeyId};

    fn ask(headers: &[(&str, &str)], settings: &Settings) -> Result<String, GatewayError> {
        let mut request = http::Request::builder().uri("/v1/models");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let local = IpAddr::from([127, 0, 0, 1]);
        let peer = SocketAddr::new(local, 50_000);
        check(&parts, settings, Via::Network { local, peer })
    }

    fn with_key(key: &str) -> Settings {
        let mut settings = Settings::default();
        settings
            .add_client_key(ClientKey {
                id: ClientKeyId(uuid::Uuid::now_v7()),
                name: "gitlab-main".parse().unwrap(),
                digest: ClientKeyDigest::from_bytes(&Sha256::digest(key).into()),
                created_at: jiff::Timestamp::UNIX_EPOCH,
                rest: serde_json::Map::new(),
            })
            .unwrap();
        settings
    }

    #[test]
    fn a_rebound_host_is_refused() {
        let settings = Settings::default();
        for host in ["localhost", "127.0.0.1:5052", "[::1]:5052", "LOCALHOST:1"] {
            assert!(ask(&[("host", host)], &settings).is_ok(), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:5052",
            "10.0.0.9",
            "localhost.evil.example",
            "a@localhost:x",
            "",
        ] {
            assert!(
                matches!(
                    ask(&[("host", host)], &settings),
                    Err(GatewayError::Host(_))
                ),
                "{host}"
            );
        }
        assert!(matches!(ask(&[], &settings), Err(GatewayError::Host(_))));
    }

    #[test]
    fn a_listed_host_is_allowed() {
        let mut settings = Settings::default();
        settings.gateway.allowed_hosts.push("gatehouse.lan".into());
        assert!(ask(&[("host", "Gatehouse.lan:5052")], &settings).is_ok());
    }

    #[test]
    fn a_web_page_is_refused_unless_its_origin_is_listed() {
        let mut settings = Settings::default();
        let page = [("host", "localhost"), ("origin", "http://localhost:3000")];
        assert!(matches!(
            ask(&page, &settings),
            Err(GatewayError::Origin(_))
        ));
        assert!(matches!(
            ask(&[("host", "localhost"), ("origin", "null")], &settings),
            Err(GatewayError::Origin(_))
        ));
        settings
            .gateway
            .allowed_origins
            .push("http://localhost:3000".into());
        assert!(ask(&page, &settings).is_ok());
    }

    #[test]
    fn without_client_keys_any_bearer_is_ignored() {
        let settings = Settings::default();
        let client = ask(
            &[
                ("host", "localhost"),
                ("authorization", "Bearer x"),
                ("user-agent", "curl/8.5 (x)"),
            ],
            &settings,
        );
        assert_eq!(client, Ok("curl/8.5".into()));
    }

    #[test]
    fn with_a_client_key_every_request_carries_one() {
        let settings = with_key("gh_secret");
        let host = ("host", "localhost");
        for (name, value) in [
            ("authorization", "Bearer gh_secret"),
            ("authorization", "bearer gh_secret"),
            ("x-api-key", "gh_secret"),
        ] {
            assert_eq!(
                ask(&[host, (name, value)], &settings),
                Ok("gitlab-main".into())
            );
        }
        assert_eq!(ask(&[host], &settings), Err(GatewayError::KeyAbsent));
        assert_eq!(
            ask(&[host, ("authorization", "Basic gh_secret")], &settings),
            Err(GatewayError::KeyAbsent)
        );
        for wrong in ["Bearer gh_secreT", "Bearer ", "Bearer gh_secret2"] {
            assert_eq!(
                ask(&[host, ("authorization", wrong)], &settings),
                Err(GatewayError::KeyWrong),
                "{wrong}"
            );
        }
    }
}
