//! Signs a call with AWS Signature Version 4. Finds no credentials.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{Call, UpstreamError};

/// The name of the service in a signature. It is not `bedrock-runtime`.
const SERVICE: &str = "bedrock";

/// The headers that sign a call: authorization, date, session token. `Host` and, with a body,
/// `Content-Type: application/json` are signed as the client sends them. The library's settings
/// encode the path as sent once more, as every service but S3 wants it.
pub(super) fn headers(
    call: &Call,
    region: &str,
    credentials: &Credentials,
    now: SystemTime,
) -> Result<HeaderMap, UpstreamError> {
    let refused = |error: &dyn std::fmt::Display| {
        UpstreamError::Credentials(format!("the call cannot be signed: {error}"))
    };
    let identity = credentials.clone().into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(SERVICE)
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| refused(&error))?
        .into();
    let content_type = call
        .body
        .as_ref()
        .map(|_| (CONTENT_TYPE.as_str(), "application/json"));
    let request = SignableRequest::new(
        call.method.as_str(),
        call.url.as_str(),
        content_type.into_iter(),
        SignableBody::Bytes(call.body.as_deref().unwrap_or_default()),
    )
    .map_err(|error| refused(&error))?;
    let signed = sign(request, &parameters).map_err(|error| refused(&error))?;
    let mut headers = HeaderMap::new();
    for (name, value) in signed.output().headers() {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| refused(&error))?;
        let mut value = HeaderValue::from_str(value).map_err(|error| refused(&error))?;
        value.set_sensitive(name != "x-amz-date");
        headers.insert(name, value);
    }
    Ok(headers)
}
