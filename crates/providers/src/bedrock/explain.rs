//! Says what an error of Bedrock means and what to do, behind the service's own words. Pure: the
//! clock is handed in.

use std::time::{Duration, SystemTime};

use domain::Auth;
use http::{HeaderMap, StatusCode};

use super::environment::Environment;
use super::name::ModelName;
use super::{kind, region};
use crate::{Target, UpstreamError};
use outbound::UNKNOWN_NAME;

/// By how much a clock may be wrong before AWS refuses a signature.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// What an error was about.
struct Refusal<'a> {
    status: StatusCode,
    /// The service's name for the error, empty when it says none.
    kind: &'a str,
    /// Its own words, in small letters.
    said: String,
    name: ModelName<'a>,
    region: Option<String>,
    is_signed: bool,
    /// What AWS's clock is ahead of this one, in seconds.
    ahead: Option<i64>,
}

/// The service's words with what they mean; none where nothing is known beyond them.
pub(crate) fn explain(
    status: StatusCode,
    headers: &HeaderMap,
    said: &str,
    target: Target<'_>,
) -> Option<String> {
    let environment = Environment::of_process();
    explain_at(
        &environment,
        SystemTime::now(),
        status,
        headers,
        said,
        target,
    )
}

/// The same for a call that reached no server: where the name has no address, the region is
/// likely to be wrong.
pub(crate) fn explain_unreachable(error: UpstreamError, target: Target<'_>) -> UpstreamError {
    match error {
        UpstreamError::Unreachable {
            host,
            reason,
            closed,
        } if target.server.is_none() && reason == UNKNOWN_NAME => {
            let region = region::find(&Environment::of_process(), target)
                .ok()
                .flatten();
            let region = region.unwrap_or_default();
            UpstreamError::Unreachable {
                host,
                reason: format!(
                    "{reason}: perhaps there is no region \"{region}\", or no Bedrock in it"
                ),
                closed,
            }
        }
        other => other,
    }
}

pub(super) fn explain_at(
    environment: &Environment,
    now: SystemTime,
    status: StatusCode,
    headers: &HeaderMap,
    said: &str,
    target: Target<'_>,
) -> Option<String> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let refusal = Refusal {
        status,
        kind: kind::bare(text("x-amzn-errortype").unwrap_or_default()),
        said: said.to_lowercase(),
        name: ModelName::of(target.name).ok()?,
        region: region::find(environment, target).ok().flatten(),
        is_signed: match target.connection.auth {
            Auth::AwsKeys { .. } | Auth::AwsChain { .. } => true,
            _ => target.key.is_none() && environment.get("AWS_BEARER_TOKEN_BEDROCK").is_none(),
        },
        ahead: text("date").and_then(|date| ahead(date, now)),
    };
    let hint = refusal.hint()?;
    let said = said.trim().trim_end_matches('.');
    Some(format!("{said}. {hint}"))
}

/// What a `Date` header is ahead of this clock, in seconds.
fn ahead(date: &str, now: SystemTime) -> Option<i64> {
    let theirs = jiff::fmt::rfc2822::parse(date).ok()?.timestamp();
    let ours = jiff::Timestamp::try_from(now).ok()?;
    Some(theirs.as_second() - ours.as_second())
}

impl Refusal<'_> {
    fn says(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.said.contains(word))
    }

    fn hint(&self) -> Option<String> {
        let plain = |text: &str| Some(text.to_owned());
        if self.says(&["on-demand throughput", "inference profile"]) {
            return Some(self.profile_hint());
        }
        let is_signature = self.says(&["signature"])
            || ["SignatureDoesNotMatch", "InvalidSignatureException"].contains(&self.kind);
        if is_signature && self.status == StatusCode::FORBIDDEN {
            return Some(self.signature_hint());
        }
        if self.kind.starts_with("ExpiredToken") || self.says(&["expired"]) {
            return plain(if self.is_signed {
                "The AWS session has ended: sign in anew, or enter new keys for the model"
            } else {
                "The Bedrock API key has ended: make a new one and enter it for the model"
            });
        }
        match (self.kind, self.status.as_u16()) {
            ("UnrecognizedClientException" | "InvalidClientTokenId", _) => {
                plain("AWS does not know this access key: check it, and that it is active")
            }
            ("AccessDeniedException", _) | (_, 401 | 403) => Some(self.access_hint()),
            ("ResourceNotFoundException", _) | (_, 404) => Some(format!(
                "Check the identifier \"{}\", and that the model is offered in {}",
                self.name.id,
                self.region_words()
            )),
            ("ThrottlingException", _) => {
                plain("The account's quota for this model is used up for the moment")
            }
            ("ServiceQuotaExceededException", _) => plain(
                "A quota of the account is reached: AWS's console \"Service Quotas\" shows it",
            ),
            ("ModelNotReadyException", _) => {
                plain("AWS is loading the model: try again in a minute")
            }
            ("ModelTimeoutException", _) => {
                plain("The model took too long: ask for a shorter answer, or as a stream")
            }
            ("ValidationException", _) if self.says(&["too long", "too many input tokens"]) => {
                plain("The request is larger than the model's context")
            }
            ("ValidationException", _) if self.says(&["model identifier is invalid"]) => {
                Some(format!(
                    "The identifier \"{}\" is no model of Bedrock in {}",
                    self.name.id,
                    self.region_words()
                ))
            }
            _ => None,
        }
    }

    fn region_words(&self) -> String {
        match &self.region {
            Some(region) => format!("the region {region}"),
            None => "this region".into(),
        }
    }

    /// Newer models are served only through profiles, whose ids begin with a part of the world.
    fn profile_hint(&self) -> String {
        let id = self.name.id;
        let part = match self
            .region
            .as_deref()
            .and_then(|region| region.split('-').next())
        {
            _ if self
                .region
                .as_deref()
                .is_some_and(|region| region.starts_with("us-gov-")) =>
            {
                "us-gov"
            }
            Some("us" | "ca") => "us",
            Some("eu") => "eu",
            Some("ap") => "apac",
            _ => "global",
        };
        let has_part = [
            "us.", "us-gov.", "eu.", "apac.", "jp.", "au.", "ca.", "global.",
        ]
        .iter()
        .any(|part| id.starts_with(part));
        if has_part || id.starts_with("arn:") {
            return format!(
                "Check that the inference profile \"{id}\" can be used from {}",
                self.region_words()
            );
        }
        format!(
            "Name the model by its inference profile, such as \"{part}.{id}\" or \"global.{id}\""
        )
    }

    fn signature_hint(&self) -> String {
        let Some(ahead) = self.ahead else {
            return "Check the secret access key, and the clock of this machine".into();
        };
        if ahead.unsigned_abs() <= CLOCK_TOLERANCE.as_secs() {
            if self.says(&["expired", "not yet current"]) {
                // The server judges by another clock than the one in its `Date`.
                return "Check the clock of this machine and that of the server: they may differ by \
                        5 minutes at most"
                    .into();
            }
            return "The secret access key does not belong to the access key id, or has a typing \
                    error"
                .into();
        }
        let word = if ahead > 0 { "slow" } else { "fast" };
        format!(
            "The clock of this machine is {} minutes {word}, and AWS takes no more than 5: set it",
            (ahead.unsigned_abs() + 30) / 60
        )
    }

    fn access_hint(&self) -> String {
        if self.is_signed {
            return format!(
                "Check in AWS's console that the account has access to the model in {}, and that \
                 the user or role may call bedrock:InvokeModel",
                self.region_words()
            );
        }
        format!(
            "Check the Bedrock API key, and that it has access to the model; a short-term key \
             works only in the region where it was made, and this call went to {}",
            self.region_words()
        )
    }
}
