use std::time::{Duration, SystemTime};

use domain::Auth;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::Model;
use crate::UpstreamError;
use crate::bedrock::environment::Environment;
use crate::bedrock::{explain, explain_unreachable};

fn explained(
    model: &Model,
    status: u16,
    kind: &str,
    said: &str,
    date: Option<&str>,
) -> Option<String> {
    let mut headers = HeaderMap::new();
    let mut insert = |name: &'static str, value: &str| {
        let value = HeaderValue::from_str(value).unwrap();
        headers.insert(HeaderName::from_static(name), value);
    };
    insert("x-amzn-errortype", kind);
    if let Some(date) = date {
        insert("date", date);
    }
    // 2026-01-02T03:04:05Z, a Friday.
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_323_045);
    let status = StatusCode::from_u16(status).unwrap();
    let environment = Environment::of(&[]);
    explain::explain_at(&environment, now, status, &headers, said, model.target())
}

#[test]
fn an_error_keeps_its_words_and_gets_a_hint() {
    let signed = Model::of("m.x").with(
        Auth::AwsKeys {
            access_key_id: "AKID".into(),
        },
        Some("s"),
    );
    let keyed = Model::of("m.x").with(Auth::Key, Some("ABSK"));
    let on_demand = "Invocation of model ID m.x with on-demand throughput isn’t supported. Retry";
    for (model, status, kind, said, hint) in [
        (
            &signed,
            400,
            "ValidationException:http://x/",
            on_demand,
            "\"eu.m.x\"",
        ),
        (
            &signed,
            403,
            "AccessDeniedException",
            "no access",
            "access to the model in the region eu-central-1",
        ),
        (
            &keyed,
            403,
            "AccessDeniedException",
            "no access",
            "short-term key",
        ),
        (&keyed, 403, "", "Authentication failed", "Bedrock API key"),
        (
            &signed,
            403,
            "ExpiredTokenException",
            "The security token included in the request is expired",
            "sign in anew",
        ),
        (
            &keyed,
            403,
            "AccessDeniedException",
            "API key has expired",
            "make a new one",
        ),
        (
            &signed,
            403,
            "UnrecognizedClientException",
            "invalid",
            "access key",
        ),
        (
            &signed,
            404,
            "ResourceNotFoundException",
            "no such",
            "the region eu-central-1",
        ),
        (
            &signed,
            429,
            "ThrottlingException",
            "Too many tokens",
            "quota",
        ),
        (
            &signed,
            429,
            "com.amazon#ModelNotReadyException",
            "not ready",
            "loading",
        ),
        (&signed, 408, "ModelTimeoutException", "timeout", "too long"),
        (
            &signed,
            400,
            "ValidationException",
            "Input is too long for requested model.",
            "context",
        ),
        (
            &signed,
            400,
            "ValidationException",
            "The provided model identifier is invalid.",
            "\"m.x\" is no model",
        ),
        (
            &signed,
            400,
            "ServiceQuotaExceededException",
            "over",
            "Service Quotas",
        ),
    ] {
        let words = explained(model, status, kind, said, None).unwrap();
        assert!(words.starts_with(said.trim_end_matches('.')), "{words}");
        assert!(words.contains(hint), "{words}");
    }
    assert_eq!(
        explained(&signed, 500, "InternalServerException", "oops", None),
        None
    );
}

#[test]
fn a_profile_that_is_named_already_is_not_offered_again() {
    let model = Model::of("us.m.x");
    let said = "on-demand throughput isn't supported";
    let words = explained(&model, 400, "ValidationException", said, None).unwrap();
    assert!(words.contains("\"us.m.x\" can be used from"), "{words}");
}

#[test]
fn a_wrong_clock_is_named_with_its_minutes() {
    let model = Model::of("m").with(Auth::AwsChain { profile: None }, None);
    let expired = "Signature expired: x";
    for (said, date, hint) in [
        (
            expired,
            "Fri, 02 Jan 2026 03:14:35 GMT",
            "clock of this machine is 11 minutes slow",
        ),
        (
            expired,
            "Fri, 02 Jan 2026 02:54:05 GMT",
            "clock of this machine is 10 minutes fast",
        ),
        (
            "the signature we calculated does not match",
            "Fri, 02 Jan 2026 03:08:00 GMT",
            "secret access key does not belong",
        ),
        (
            expired,
            "Fri, 02 Jan 2026 03:08:00 GMT",
            "and that of the server",
        ),
        (expired, "yesterday", "and the clock"),
    ] {
        for kind in ["InvalidSignatureException", "SignatureDoesNotMatch"] {
            let words = explained(&model, 403, kind, said, Some(date)).unwrap();
            assert!(words.contains(hint), "{words}");
        }
    }
}

#[test]
fn a_name_without_an_address_asks_after_the_region() {
    let unreachable = |reason: &str| UpstreamError::Unreachable {
        host: "bedrock-runtime.eu-central-9.amazonaws.com".into(),
        reason: reason.into(),
        closed: false,
    };
    let mut model = Model::of("m");
    model.connection.region = Some("eu-central-9".into());
    let no_name = outbound::UNKNOWN_NAME;
    let words = |model: &Model, reason| {
        explain_unreachable(unreachable(reason), model.target()).to_string()
    };
    let found = words(&model, no_name);
    assert!(found.contains("no region \"eu-central-9\""), "{found}");
    assert!(!words(&model, "Connection refused").contains("region"));
    let private = model.at("https://x.example");
    assert!(!words(&private, no_name).contains("no region"));
}
