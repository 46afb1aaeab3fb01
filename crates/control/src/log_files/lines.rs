//! What stands in a line: the fields of GitLab's own gateway and of its model calls (gateway.md §7),
//! as far as they are known here. Content stands there only of requests that are recorded. Writes
//! nothing, and takes it for granted that secrets are replaced already.

use std::time::Duration;

use domain::{Feature, LogFiles, LogLevel};
use gateway::{Accepted, Expanded, Headers, Outcome, RequestState, Routed, UpstreamCall};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Which;

/// A request that ended.
#[derive(Debug)]
pub(crate) struct Ended<'a> {
    /// Its head.
    pub(crate) accepted: &'a Accepted,
    /// Its model, where it came so far.
    pub(crate) routed: Option<&'a Routed>,
    /// Its end.
    pub(crate) outcome: &'a Outcome,
    /// What is recorded of it.
    pub(crate) expanded: Option<&'a Expanded>,
    /// A digest of the client key, where the client has one.
    pub(crate) user_api_key: Option<&'a str>,
}

type Fields = Map<String, Value>;

/// The lines of a request, each with the log in which it belongs. `timeout` is how long a call may
/// take until its answer begins, in seconds.
pub(super) fn lines_of(
    ended: &Ended<'_>,
    timeout: u32,
    settings: &LogFiles,
) -> Vec<(Which, Vec<u8>)> {
    let mut lines = vec![(Which::Gateway, level(ended.outcome), access(ended))];
    if let Some(expanded) = ended.expanded.filter(|expanded| !expanded.is_purged()) {
        let feature = ended.routed.and_then(|routed| routed.feature);
        // GitLab's own: the content of completions reaches its gateway log and no other.
        match is_completion(ended, feature) {
            true => {
                let fields = completion(ended, expanded);
                lines.extend(fields.map(|fields| (Which::Gateway, LogLevel::Info, fields)));
            }
            false => lines.extend(expanded.calls.iter().enumerate().map(|(number, call)| {
                (
                    Which::Llm,
                    LogLevel::Info,
                    model_call(ended, expanded, (number, call), timeout),
                )
            })),
        }
    }
    let wanted = lines.into_iter().filter(|(which, level, _)| {
        *level >= settings.level && *which.target(settings) != domain::LogTarget::Off
    });
    wanted
        .map(|(which, level, fields)| (which, line(level, fields, settings.json)))
        .collect()
}

fn is_completion(ended: &Ended<'_>, feature: Option<Feature>) -> bool {
    let path = ended.accepted.path.as_str();
    match feature {
        Some(feature) => {
            feature == Feature::CodeCompletions
                || feature.record().parent == Some(Feature::CodeCompletions)
        }
        None => path.ends_with("/completions") && !path.ends_with("/chat/completions"),
    }
}

fn level(outcome: &Outcome) -> LogLevel {
    match outcome.state {
        RequestState::Failed => LogLevel::Error,
        RequestState::Refused => LogLevel::Warning,
        _ => LogLevel::Info,
    }
}

/// What every line has.
fn common(ended: &Ended<'_>, logger: &str, message: &str) -> Fields {
    let mut fields = Fields::new();
    for (name, value) in [
        ("type", json!("mlops")),
        ("stage", json!("main")),
        ("logger", json!(logger)),
        ("message", json!(message)),
        ("correlation_id", json!(ended.accepted.correlation_id)),
    ] {
        fields.insert(name.into(), value);
    }
    fields
}

/// The line of the gateway log that every request has.
fn access(ended: &Ended<'_>) -> Fields {
    let Ended {
        accepted, outcome, ..
    } = ended;
    let head = accepted.head.as_deref();
    let query = head
        .map(|head| &head.query)
        .filter(|query| !query.is_empty());
    let path = match query {
        Some(query) => format!("{}?{}=…", accepted.path, query.join("=…&")),
        None => accepted.path.clone(),
    };
    let version = head.map_or("HTTP/1.1", |head| head.version.as_str());
    let status = outcome.status;
    let shown = status.map_or("-".into(), |status| status.to_string());
    let client = &accepted.client;
    let from = accepted
        .address
        .map_or_else(|| client.clone(), |from| from.to_string());
    let message = format!("{from} - \"{} {path} {version}\" {shown}", accepted.method);
    let mut fields = common(ended, "api.access", &message);
    let header = |name: &str| {
        head.and_then(|head| head.headers.iter().find(|(known, _)| known == name))
            .map(|(_, value)| value.as_str())
    };
    let host = header("host").unwrap_or_default();
    let sent = header("x-gitlab-rails-send-start").and_then(|text| text.parse::<f64>().ok());
    let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
    let token = outcome.token.as_deref();
    let arrived = accepted.at.as_millisecond() as f64 / 1e3;
    let known = [
        ("url", json!(format!("http://{host}{path}"))),
        ("path", json!(path)),
        ("method", json!(accepted.method)),
        ("http_version", json!(version.trim_start_matches("HTTP/"))),
        ("client", json!(client)),
        ("client_ip", json!(accepted.address.map(|from| from.ip()))),
        (
            "client_port",
            json!(accepted.address.map(|from| from.port())),
        ),
        ("user_agent", json!(header("user-agent"))),
        ("content_type", json!(outcome.content_type)),
        (
            "params",
            outcome
                .params
                .as_deref()
                .map_or(Value::Null, |text| read(text.as_bytes())),
        ),
        ("status_code", json!(status)),
        ("state", json!(outcome.state)),
        ("request_arrived_at", json!(accepted.at)),
        ("duration_s", json!(outcome.duration.as_secs_f64())),
        (
            "response_start_duration_s",
            json!(seconds(outcome.answered_after)),
        ),
        (
            "first_chunk_duration_s",
            json!(seconds(outcome.first_token_after)),
        ),
        ("connect_duration_s", json!(seconds(outcome.connected_in))),
        ("token_gap_s", json!(seconds(outcome.between_tokens))),
        ("queue_duration_s", json!(seconds(outcome.queued))),
        (
            "auth_duration_s",
            json!(token.map(|token| token.checked_in.as_secs_f64())),
        ),
        ("token_issuer", json!(token.map(|token| &token.issuer))),
        (
            "token_instance_id",
            json!(token.map(|token| &token.instance)),
        ),
        (
            "duration_request",
            json!(sent.map_or(-1.0, |sent| arrived - sent)),
        ),
        ("exception_message", json!(outcome.error)),
        ("exception_class", json!(outcome.error_code)),
        (
            match status {
                Some(401 | 403) => "auth_error_details",
                _ => "http_exception_details",
            },
            json!(
                status
                    .filter(|status| *status >= 400)
                    .and(outcome.error.as_ref())
            ),
        ),
        ("tokens_consumption_input", json!(outcome.prompt_tokens)),
        (
            "tokens_consumption_output",
            json!(outcome.completion_tokens),
        ),
        ("finish_reason", json!(outcome.finish_reason)),
        ("answered_by", json!(outcome.answered_by)),
        ("retries", json!(outcome.retries)),
    ];
    add(&mut fields, known);
    if let Some(routed) = ended.routed {
        add(
            &mut fields,
            [
                ("model_name", json!(routed.model)),
                ("model_engine", json!(routed.provider)),
                ("model_family", json!(routed.family)),
                ("meta.feature_category", json!(routed.feature)),
                ("stream", json!(routed.streamed)),
            ],
        );
    }
    let gitlab = head.into_iter().flat_map(|head| &head.headers);
    for (name, value) in gitlab.filter(|(name, _)| name.starts_with("x-gitlab-")) {
        let name = match name.as_str() {
            "x-gitlab-enabled-feature-flags" => "enabled_feature_flags".into(),
            "x-gitlab-enabled-instance-verbose-ai-logs" => {
                "enabled-instance-verbose-ai-logs".into()
            }
            "x-gitlab-is-team-member" => "is_gitlab_team_member".into(),
            name => name.trim_start_matches("x-").replace('-', "_"),
        };
        fields.insert(name, json!(value));
    }
    fields
}

/// Adds what is known.
fn add<const N: usize>(fields: &mut Fields, known: [(&str, Value); N]) {
    for (name, value) in known {
        if !value.is_null() {
            fields.insert(name.into(), value);
        }
    }
}

/// The lines of the gateway log with what a completion was asked and what it suggested.
fn completion(ended: &Ended<'_>, expanded: &Expanded) -> impl Iterator<Item = Fields> {
    let received = read(&expanded.received.body.bytes);
    let prompt = expanded.preprocessed.as_ref();
    let prompt = prompt.map(|prompt| read(&prompt.bytes)).unwrap_or_default();
    let file = &received["current_file"];
    let first = |values: [&Value; 3]| values.into_iter().find(|value| !value.is_null()).cloned();
    let mut input = common(ended, "codesuggestions", "code completion input:");
    add(
        &mut input,
        [
            (
                "model_name",
                json!(ended.routed.map(|routed| &routed.model)),
            ),
            (
                "model_provider",
                json!(ended.routed.map(|routed| routed.provider)),
            ),
            ("prompt", received["prompt"].clone()),
            (
                "prefix",
                json!(first([
                    &prompt["prefix"],
                    &file["content_above_cursor"],
                    &Value::Null
                ])),
            ),
            (
                "suffix",
                json!(first([
                    &prompt["suffix"],
                    &file["content_below_cursor"],
                    &received["suffix"]
                ])),
            ),
            ("current_file_name", file["file_name"].clone()),
            ("stream", json!(ended.routed.map(|routed| routed.streamed))),
        ],
    );
    let mut output = common(ended, "codesuggestions", "code completion suggestion:");
    add(
        &mut output,
        [
            ("suggestion", read(&expanded.answer.bytes)),
            ("language", file["language_identifier"].clone()),
        ],
    );
    [input, output].into_iter()
}

/// The line of `llm.log` for one call to a model server.
fn model_call(
    ended: &Ended<'_>,
    expanded: &Expanded,
    (number, call): (usize, &UpstreamCall),
    timeout: u32,
) -> Fields {
    let mut fields = common(ended, "llm", "Request to LLM");
    let version = call.url.split_once("api-version=").map(|(_, rest)| {
        let end = rest.find('&').unwrap_or(rest.len());
        &rest[..end]
    });
    let header = call
        .headers
        .iter()
        .find(|(name, _)| name == "anthropic-version");
    let version = version.or(header.map(|(_, value)| value.as_str()));
    let metadata = json!({
        "requester_metadata": named(&expanded.received.headers),
        "user_api_key": ended.user_api_key,
        "api_version": version,
        "request_timeout": timeout,
        "call_id": format!("{}/{}", ended.accepted.correlation_id, number + 1),
    });
    add(
        &mut fields,
        [
            ("source", json!("gatehouse")),
            ("model_name", json!(call.model)),
            (
                "meta.feature_category",
                json!(ended.routed.map(|routed| routed.feature)),
            ),
            ("request_method", json!(call.method)),
            ("request_url", json!(call.url)),
            ("payload", read(&call.body.bytes)),
            ("headers", named(&call.headers)),
            ("metadata", metadata),
            ("status_code", json!(call.status)),
            ("response_headers", named(&call.answer_headers)),
            ("response", read(&call.answer.bytes)),
            ("exception_message", json!(call.error)),
        ],
    );
    fields
}

fn named(headers: &Headers) -> Value {
    let pairs = headers.iter();
    pairs
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect::<Fields>()
        .into()
}

/// A document, or what is none as a text; nothing where there is nothing.
fn read(bytes: &[u8]) -> Value {
    match bytes {
        [] => Value::Null,
        bytes => {
            serde_json::from_slice(bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(bytes)))
        }
    }
}

/// The line, with its end. Without JSON: time, weight and message, then the other fields.
fn line(level: LogLevel, mut fields: Fields, is_json: bool) -> Vec<u8> {
    let now = Timestamp::now();
    let text = match is_json {
        true => {
            fields.insert("level".into(), json!(level.name()));
            fields.insert("timestamp".into(), json!(now));
            Value::Object(fields).to_string()
        }
        false => {
            let message = fields.remove("message").unwrap_or_default();
            let message = message
                .as_str()
                .unwrap_or_default()
                .replace(char::is_control, " ");
            let rest = fields
                .iter()
                .map(|(name, value)| format!(" {name}={value}"));
            format!(
                "{now} [{:<7}] {message}{}",
                level.name(),
                rest.collect::<String>()
            )
        }
    };
    let mut line = text.into_bytes();
    line.push(b'\n');
    line
}
