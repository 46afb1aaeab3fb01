//! Azure OpenAI: the bodies of the OpenAI API at other addresses, with other credentials. Writes
//! no body of its own.

use domain::{Auth, UpstreamPath};
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use url::Url;

use crate::client::header_of;
use crate::{Ask, Call, Client, Target, UpstreamError, openai};

mod endpoint;
mod entra;

pub(crate) use entra::Tokens;

/// Azure's header for a key.
const API_KEY: HeaderName = HeaderName::from_static("api-key");

/// The call that continues a conversation.
pub(crate) fn chat(target: Target<'_>, ask: &Ask) -> Result<Call, UpstreamError> {
    let path = UpstreamPath::ChatCompletions;
    let body = openai::chat_body(target, ask)?;
    Ok(openai::post(endpoint::url(target, path)?, body, path))
}

/// A body in OpenAI's form, changed only where the model refuses something. The model in it is
/// the deployment; the classic interface does not look at it.
pub(crate) fn pass(
    target: Target<'_>,
    path: UpstreamPath,
    body: bytes::Bytes,
) -> Result<Call, UpstreamError> {
    let body = openai::adjust(body, target, path)?;
    Ok(openai::post(endpoint::url(target, path)?, body, path))
}

/// A body for a stream with the question for token counts, where its version of the interface
/// knows it.
pub(crate) fn with_counts(target: Target<'_>, body: &bytes::Bytes) -> Option<bytes::Bytes> {
    let is_known = endpoint::takes_stream_options(target);
    is_known.then(|| openai::with_counts(target, body))?
}

/// The call that turns texts into vectors.
pub(crate) fn embed(target: Target<'_>, body: &Value) -> Result<Call, UpstreamError> {
    let path = UpstreamPath::Embeddings;
    let body = openai::named(target, body);
    Ok(openai::post(
        endpoint::url(target, path)?,
        body.into(),
        path,
    ))
}

/// Where the models of the resource are listed. Deployments are listed only to administrators of
/// the resource, at another address.
pub(crate) fn models_url(target: Target<'_>) -> Result<Url, UpstreamError> {
    endpoint::url(target, UpstreamPath::Models)
}

/// The headers that prove who calls.
pub(crate) async fn authorize(
    client: &Client,
    tokens: &Tokens,
    url: &Url,
    target: Target<'_>,
) -> Result<HeaderMap, UpstreamError> {
    let mut headers = HeaderMap::new();
    match (&target.connection.auth, target.key) {
        (Auth::Entra { tenant, client_id }, Some(secret)) => {
            let token = tokens.token(client, tenant, client_id, secret).await?;
            headers.insert(AUTHORIZATION, token);
        }
        (Auth::Entra { .. }, None) => {
            return Err(UpstreamError::Credentials(
                "the client secret for Microsoft Entra ID is missing".into(),
            ));
        }
        (Auth::Bearer, Some(key)) => {
            headers.insert(AUTHORIZATION, header_of("Bearer ", key, url)?);
        }
        (_, Some(key)) => {
            let value: HeaderValue = header_of("", key, url)?;
            headers.insert(API_KEY, value);
        }
        (_, None) => {}
    }
    Ok(headers)
}

/// What an error of Azure means, where its own words do not say it.
pub(crate) fn explain(status: StatusCode, said: &str, target: Target<'_>) -> Option<String> {
    let lower = said.to_lowercase();
    let is_entra = matches!(target.connection.auth, Auth::Entra { .. });
    let meaning = match status.as_u16() {
        404 if lower.contains("deployment") => format!(
            "the resource has no deployment named \"{}\"; a new one can take some minutes",
            target.name
        ),
        404 => "the address or the API version is not one of this resource".to_owned(),
        401 | 403 if is_entra => {
            "the application needs the role Cognitive Services OpenAI User at this resource"
                .to_owned()
        }
        401 => "the key is wrong, or belongs to another resource".to_owned(),
        400 if lower.contains("content management policy") || lower.contains("content_filter") => {
            "Azure's content filter refused the prompt".to_owned()
        }
        _ => return None,
    };
    Some(format!("{meaning} ({said})"))
}

#[cfg(test)]
mod tests;
