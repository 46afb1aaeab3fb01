//! Calls a server until the first byte of its answer has come: retries while the trouble passes and
//! the budget lasts. Nothing has reached the client by then.

use std::time::{Duration, SystemTime};

use domain::Model;
use futures_util::{StreamExt, stream};
use http::header::CONTENT_TYPE;
use outbound::host_of;
use providers::{Event, Observed, Observer, Target, UpstreamError, read_whole};
use tokio::time::Instant;

use crate::ask::{Content, limits_of};
use crate::error::Trouble;
use crate::load::Place;
use crate::prepare::Prepared;
use crate::record::CallTape;
use crate::relay::StreamCut;
use crate::routes::Exchange;

/// The longest wait between two tries, and the longest `Retry-After` that is waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// The longest wait that we choose ourselves.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// The longest wait while a fallback stands by: it answers sooner than that.
const LONGEST_BESIDE_FALLBACK: Duration = Duration::from_secs(1);

/// Calls until the first byte has come, again and again while the trouble passes and the budget
/// lasts.
pub(crate) async fn begin(
    prepared: &Prepared,
    model: &Model,
    target: Target<'_>,
    place: &Place,
    patience: Duration,
    has_fallback: bool,
    exchange: &mut Exchange<'_>,
) -> Result<(String, Content), Trouble> {
    let until = Instant::now() + patience;
    let mut tries = 0;
    loop {
        let tape = exchange.record.tape().and_then(|tape| tape.call(model));
        let begun = first_byte(prepared, target, until, tape.as_ref(), exchange).await;
        let mut error = match begun {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        if let Some(tape) = tape {
            tape.failed(error.to_string());
        }
        if let UpstreamError::Late { after, .. } = &mut error {
            // What is left after earlier tries would say less than was waited.
            *after = Duration::from_secs(patience.as_secs_f64().ceil() as u64);
        }
        let most = limits_of(exchange).retries;
        let pause = pause_before(tries, &error).filter(|pause| Instant::now() + *pause < until);
        let is_worth_it = |pause: &Duration| !has_fallback || *pause <= LONGEST_BESIDE_FALLBACK;
        let pause = pause.filter(is_worth_it);
        let Some(pause) = pause.filter(|_| tries < most && error.is_passing()) else {
            return Err(error.into());
        };
        if !place.take_retry() {
            return Err(error.into());
        }
        tries += 1;
        exchange.record.outcome().retries += 1;
        exchange.record.note_said("tried again", &error.to_string());
        tokio::time::sleep(pause).await;
    }
}

/// How long to wait before the next try: what the server said, or a random part of a span that
/// doubles ("full jitter"). None when it is not worth a try.
fn pause_before(tries: u32, error: &UpstreamError) -> Option<Duration> {
    match error {
        UpstreamError::Answered {
            retry_after: Some(said),
            ..
        } => {
            // Longer than this is for the client to wait, and so is what cannot be read.
            return wait_of(said).filter(|wait| *wait <= LONGEST_WAIT);
        }
        // An idle connection that the server had closed: another is tried at once.
        UpstreamError::Unreachable { closed: true, .. } if tries == 0 => {
            return Some(Duration::ZERO);
        }
        _ => {}
    }
    let span = Duration::from_millis(250 << tries.min(8)).min(LONGEST_PAUSE);
    let part = getrandom::u32().unwrap_or(u32::MAX / 2);
    Some(span.mul_f64(f64::from(part) / f64::from(u32::MAX)))
}

/// What `Retry-After` says: seconds or a date (RFC 9110, 10.2.3).
fn wait_of(said: &str) -> Option<Duration> {
    if let Ok(seconds) = said.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(said.trim()).ok()?;
    // A date that has passed means now.
    Some(at.duration_since(SystemTime::now()).unwrap_or_default())
}

/// Calls once and waits for the first byte of the answer's body.
async fn first_byte(
    prepared: &Prepared,
    target: Target<'_>,
    until: Instant,
    tape: Option<&CallTape>,
    exchange: &Exchange<'_>,
) -> Result<(String, Content), UpstreamError> {
    let begin = Instant::now();
    let within = until.saturating_duration_since(begin);
    let call = &prepared.call;
    let host = host_of(&call.url);
    let tell = |observed: Observed<'_>| {
        if let Some(tape) = tape {
            tape.see(observed);
        }
    };
    let observer: Option<Observer<'_>> = tape.is_some().then_some(&tell);
    let response = exchange
        .client
        .send_observed(call, target, exchange.correlation_id, within, observer)
        .await?;
    let kind = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if prepared.streamed && is_stream(kind) {
        let tape = tape.cloned();
        let mut pieces = response.bytes_stream().inspect(move |piece| {
            if let (Some(tape), Ok(piece)) = (&tape, piece) {
                tape.came_back(piece, true);
            }
        });
        let first = tokio::time::timeout_at(until, pieces.next()).await;
        let closed = |reason: &str| UpstreamError::Unreachable {
            host: host.clone(),
            reason: reason.to_owned(),
            closed: true,
        };
        let first = match first {
            Err(_) => {
                return Err(UpstreamError::Late {
                    host,
                    after: within,
                });
            }
            Ok(None) => return Err(closed("it closed the stream before the first byte")),
            Ok(Some(Err(_))) => return Err(closed("the stream broke before the first byte")),
            Ok(Some(Ok(first))) => first,
        };
        if let Some(error) = reported_at_once(prepared, &first) {
            return Err(error);
        }
        let rest = pieces.map(|piece| piece.map_err(|_| StreamCut));
        let pieces = stream::once(std::future::ready(Ok(first)))
            .chain(rest)
            .boxed();
        return Ok((host, Content::Stream(pieces)));
    }
    let read = tokio::time::timeout_at(until, read_whole(response, &host)).await;
    let body = read.map_err(|_| UpstreamError::Late {
        host: host.clone(),
        after: within,
    })??;
    if let Some(tape) = tape {
        tape.came_back(&body, false);
    }
    Ok((host, Content::Whole(body)))
}

/// The error that a stream begins with, under status 200.
fn reported_at_once(prepared: &Prepared, first: &[u8]) -> Option<UpstreamError> {
    if memchr::memmem::find(first, b"error").is_none()
        && memchr::memmem::find(first, b"xception").is_none()
    {
        return None;
    }
    let mut events = Vec::new();
    let error = prepared
        .call
        .form
        .decoder()?
        .push(first, &mut events)
        .err()?;
    let has_words = |event: &Event| matches!(event, Event::Text(_) | Event::Reasoning { .. });
    let is_first = !events.iter().any(has_words);
    (is_first && matches!(error, UpstreamError::Reported { .. })).then_some(error)
}

/// Whether an answer of this type comes as a stream in one of the forms.
fn is_stream(content_type: &str) -> bool {
    [
        "text/event-stream",
        "application/x-ndjson",
        "application/vnd.amazon.eventstream",
    ]
    .iter()
    .any(|kind| content_type.starts_with(kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::StatusCode;

    fn busy(retry_after: Option<&str>) -> UpstreamError {
        UpstreamError::Answered {
            host: "gpu-1:8000".into(),
            status: StatusCode::TOO_MANY_REQUESTS,
            words: "slow down".into(),
            retry_after: retry_after.map(str::to_owned),
            should_retry: None,
        }
    }

    #[test]
    fn what_the_server_said_is_waited_for_unless_it_is_long() {
        for (said, waited) in [
            ("0", Some(0)),
            ("7", Some(7)),
            ("11", None),
            ("Fri, 01 Jan 2010 00:00:00 GMT", Some(0)),
            ("Thu, 01 Jan 2099 00:00:00 GMT", None),
            ("soon", None),
        ] {
            let pause = pause_before(0, &busy(Some(said)));
            assert_eq!(pause, waited.map(Duration::from_secs), "{said}");
        }
        let longest = |tries| pause_before(tries, &busy(None)).unwrap();
        assert!(longest(0) <= Duration::from_millis(250) && longest(60) <= LONGEST_PAUSE);
    }

    #[test]
    fn a_connection_that_closed_is_tried_anew_at_once_and_then_after_a_pause() {
        let closed = UpstreamError::Unreachable {
            host: "gpu-1:8000".into(),
            reason: "closed".into(),
            closed: true,
        };
        assert_eq!(pause_before(0, &closed), Some(Duration::ZERO));
        assert!(pause_before(1, &closed) <= Some(Duration::from_millis(500)));
    }
}
