//! The kinds of errors that Bedrock knows, by name. Source: the service's model, as botocore has
//! it.

use http::StatusCode;

use crate::UpstreamError;

/// An error inside a stream.
pub(super) fn reported(kind: &str, said: &str) -> UpstreamError {
    let words = match (bare(kind), said) {
        ("", said) => said.to_owned(),
        (kind, "") => kind.to_owned(),
        (kind, said) => format!("{said} ({kind})"),
    };
    UpstreamError::Reported {
        words,
        status: status_of(kind),
    }
}

/// The name without namespace and address: `ThrottlingException` of
/// `com.amazon.coral#ThrottlingException:http://…`.
pub(super) fn bare(kind: &str) -> &str {
    let kind = kind.split(':').next().unwrap_or_default();
    kind.rsplit('#').next().unwrap_or_default()
}

/// The status that an error has outside a stream.
fn status_of(kind: &str) -> Option<StatusCode> {
    // In streams the names begin with a small letter.
    let status = match bare(kind).to_ascii_lowercase().as_str() {
        "validationexception" | "servicequotaexceededexception" => 400,
        "accessdeniedexception" | "expiredtokenexception" | "unrecognizedclientexception" => 403,
        "resourcenotfoundexception" => 404,
        "modeltimeoutexception" => 408,
        "modelerrorexception" | "modelstreamerrorexception" => 424,
        "throttlingexception" | "modelnotreadyexception" => 429,
        "internalserverexception" => 500,
        "serviceunavailableexception" => 503,
        _ => return None,
    };
    StatusCode::from_u16(status).ok()
}
