//! What the request log and a recording say of a request. Reads nothing.

use jiff::{SignedDuration, Timestamp};

use crate::view::{
    Hop, JoinedField, JoinedMoment, RecordedCall, RecordedRequest, RequestState, RequestView,
};

/// The moments of a row: its beginning, the calls, its end. Without a recording, one call is told
/// by the times of the row.
pub(super) fn moments(row: &RequestView, recorded: Option<&RecordedRequest>) -> Vec<JoinedMoment> {
    let mut moments = vec![moment(
        row,
        row.started_at,
        Hop::Gatehouse,
        format!("{} {} from {}", row.method, row.path, row.client),
        [
            ("model", Some(row.model.clone())),
            ("feature", row.feature.map(|feature| feature.to_string())),
            ("address", row.address.clone()),
            ("waited", row.queued_ms.map(milliseconds)),
        ],
    )];
    match recorded {
        Some(recorded) => {
            moments.extend(recorded.content.calls.iter().map(|call| called(row, call)))
        }
        None => moments.extend(asked(row)),
    }
    let Some(duration) = row.duration_ms else {
        return moments;
    };
    let end = match (row.state, row.status) {
        (RequestState::Completed, Some(status)) => format!("answered {status}"),
        (state, Some(status)) => format!("{} with {status}", state.as_str()),
        (state, None) => state.as_str().to_owned(),
    };
    let tokens = |count: Option<u32>| count.map(|count| count.to_string());
    let mut last = moment(
        row,
        after(row.started_at, duration),
        Hop::Gatehouse,
        end,
        [
            ("error", row.error.clone()),
            ("tokens in", tokens(row.prompt_tokens)),
            ("tokens out", tokens(row.completion_tokens)),
            ("ended by", row.finish_reason.clone()),
        ],
    );
    let notes = row.notes.iter().map(|note| field("note", note.clone()));
    last.fields.extend(notes);
    moments.push(last);
    moments
}

/// A call that a recording keeps.
fn called(row: &RequestView, call: &RecordedCall) -> JoinedMoment {
    let mut moment = moment(
        row,
        after(row.started_at, call.at_ms),
        Hop::Upstream,
        match call.status {
            Some(status) => format!("{} {} answered {status}", call.method, call.url),
            None => format!("{} {}", call.method, call.url),
        },
        [
            ("model", Some(call.model.clone())),
            (
                "headers after",
                call.answered_at_ms.map(|at| milliseconds(at - call.at_ms)),
            ),
            ("error", call.error.clone()),
        ],
    );
    let end = call.answer.pieces.last().map(|piece| piece.at_ms);
    let end = end.or(call.answered_at_ms);
    moment.took_ms = end.map(|end| (end - call.at_ms).max(0.0));
    moment.source = "recording".into();
    moment
}

/// The call that the times of a row tell of; none where no model was asked.
fn asked(row: &RequestView) -> Option<JoinedMoment> {
    let was_asked = row.first_token_ms.is_some()
        || row.connect_ms.is_some()
        || row.state == RequestState::Completed && row.provider.is_some();
    if !was_asked {
        return None;
    }
    let waited = row.queued_ms.unwrap_or(0.0);
    let model = row.answered_by.as_ref().unwrap_or(&row.model);
    let mut moment = moment(
        row,
        after(row.started_at, waited),
        Hop::Upstream,
        format!("asked {model}"),
        [
            ("connect", row.connect_ms.map(milliseconds)),
            (
                "first token after",
                row.first_token_ms.map(|first| milliseconds(first - waited)),
            ),
            ("between tokens", row.gap_ms.map(milliseconds)),
            (
                "retries",
                (row.retries > 0).then(|| row.retries.to_string()),
            ),
        ],
    );
    moment.took_ms = row.duration_ms.map(|duration| (duration - waited).max(0.0));
    Some(moment)
}

fn moment<const N: usize>(
    row: &RequestView,
    at: Timestamp,
    hop: Hop,
    sentence: String,
    known: [(&str, Option<String>); N],
) -> JoinedMoment {
    let fields = known
        .into_iter()
        .filter_map(|(name, value)| Some(field(name, value?)));
    JoinedMoment {
        at,
        hop,
        source: "request log".into(),
        sentence,
        fields: fields.collect(),
        after_ms: None,
        took_ms: None,
        row: Some(row.id),
    }
}

fn field(name: &str, value: String) -> JoinedField {
    let name = name.to_owned();
    JoinedField { name, value }
}

fn milliseconds(time: f64) -> String {
    format!("{:.1} ms", time.max(0.0))
}

fn after(at: Timestamp, milliseconds: f64) -> Timestamp {
    let later = SignedDuration::try_from_secs_f64(milliseconds / 1e3).unwrap_or_default();
    at.checked_add(later).unwrap_or(at)
}
