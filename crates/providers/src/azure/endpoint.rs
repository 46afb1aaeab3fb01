//! Where a call of Azure OpenAI goes: every form in which people type the endpoint, and both of
//! the service's interfaces, the classic one (`deployments/…?api-version=…`) and v1. Sends
//! nothing.
//! Source: learn.microsoft.com, "Azure OpenAI API version lifecycle".

use domain::UpstreamPath;
use url::Url;

use crate::{Target, UpstreamError};

/// The version of the classic interface: the newest that is no preview.
const DEFAULT_VERSION: &str = "2024-10-21";

/// The first version that knows `stream_options`.
const STREAM_OPTIONS_SINCE: &str = "2024-09-01";

/// Values of the version that mean v1. It knows `preview` and `latest` itself.
const V1_VERSIONS: [&str; 3] = ["v1", "preview", "latest"];

/// Hosts that were made for v1.
const V1_HOSTS: &str = ".services.ai.azure.com";

/// The URL of a call.
pub(super) fn url(target: Target<'_>, path: UpstreamPath) -> Result<Url, UpstreamError> {
    let server = target
        .server
        .ok_or_else(|| UpstreamError::Invalid("the model has no endpoint".into()))?;
    let typed = server.base();
    let segments: Vec<&str> = typed
        .path_segments()
        .into_iter()
        .flatten()
        .filter(|segment| !segment.is_empty())
        .collect();
    // What stands before is the path of a gateway, or of a project.
    let before = segments.iter().position(|segment| *segment == "openai");
    let (root, after) = segments.split_at(before.unwrap_or(segments.len()));
    let version = version_of(target, typed);

    let is_v1 = is_v1(typed, after.get(1).copied(), version.as_deref());
    let mut url = typed.clone();
    {
        let mut segments = url
            .path_segments_mut()
            .map_err(|()| UpstreamError::Invalid("the endpoint has no path".into()))?;
        segments.clear().extend(root).push("openai");
        if is_v1 {
            segments.push("v1");
        } else if path != UpstreamPath::Models {
            segments.push("deployments").push(deployment(target.name)?);
        }
        segments.extend(path.as_str().split('/'));
    }
    let version = if is_v1 {
        // v1 refuses dates.
        version.filter(|version| matches!(version.as_str(), "preview" | "latest"))
    } else {
        Some(version.unwrap_or_else(|| DEFAULT_VERSION.to_owned()))
    };
    set_version(&mut url, version.as_deref());
    Ok(url)
}

/// The version as it was set, by itself or in the URL.
fn version_of(target: Target<'_>, typed: &Url) -> Option<String> {
    let set = target.connection.api_version.as_deref();
    let in_url = typed.query_pairs().find(|(name, _)| name == "api-version");
    let in_url = in_url.map(|(_, version)| version.into_owned());
    set.map(str::to_owned).or(in_url)
}

/// Whether this version of the interface knows `stream_options`.
pub(super) fn takes_stream_options(target: Target<'_>) -> bool {
    let version = target
        .server
        .and_then(|server| version_of(target, server.base()));
    let is_newer = |version: String| {
        V1_VERSIONS.contains(&version.as_str()) || version.as_str() >= STREAM_OPTIONS_SINCE
    };
    version.is_none_or(is_newer)
}

/// Whether v1 is meant: by the path after `openai`, else by the version, else by the host.
fn is_v1(typed: &Url, after: Option<&str>, version: Option<&str>) -> bool {
    match (after, version) {
        (Some("v1"), _) => true,
        (_, Some(version)) => V1_VERSIONS.contains(&version),
        (Some(_), None) => false,
        (None, None) => typed
            .host_str()
            .is_some_and(|host| host.ends_with(V1_HOSTS)),
    }
}

/// The deployment as one segment of a path; what is no letter of a path is encoded by the URL.
fn deployment(name: &str) -> Result<&str, UpstreamError> {
    if matches!(name, "" | "." | "..") {
        return Err(UpstreamError::Setting {
            field: domain::Field::Identifier,
            problem: format!("\"{name}\" is not the name of a deployment"),
        });
    }
    Ok(name)
}

/// Sets `api-version` and leaves the rest of the query as it is.
fn set_version(url: &mut Url, version: Option<&str>) {
    let rest: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| name != "api-version")
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    url.set_query(None);
    if rest.is_empty() && version.is_none() {
        return;
    }
    let mut query = url.query_pairs_mut();
    query.extend_pairs(rest);
    query.extend_pairs(version.map(|version| ("api-version", version)));
}
