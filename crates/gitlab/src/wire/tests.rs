mod answers;
mod bodies;
mod endpoint;
mod limits;

use secrecy::ExposeSecret;

use super::ModelHint;

/// Family, endpoint, key and identifier; what is absent is empty.
fn said(model: &ModelHint) -> [&str; 4] {
    let key = model.api_key.as_ref().map(ExposeSecret::expose_secret);
    [
        model.family.as_deref().unwrap_or_default(),
        model.endpoint.as_deref().unwrap_or_default(),
        key.unwrap_or_default(),
        model.identifier.as_deref().unwrap_or_default(),
    ]
}
