//! An answer and how it is sent, step by step; and how a good one is spoiled.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

/// An answer and how it is sent.
pub struct Answer {
    /// Time before the status line.
    pub wait: Duration,
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body, in its steps.
    pub steps: Vec<Step>,
}

/// A step in sending a body.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Sends these bytes as one chunk.
    Send(Bytes),
    /// Waits.
    Wait(Duration),
    /// Sends nothing more and leaves the connection open.
    WaitForEver,
    /// Waits until the test lets all answers go at once.
    WaitForRelease,
    /// Cuts the connection in the middle of the body.
    BreakOff,
}

impl Step {
    /// One event of an event stream, without a name.
    pub fn event(data: &Value) -> Self {
        Self::Send(format!("data: {data}\n\n").into())
    }

    /// One event with its name, as Anthropic sends them.
    pub fn named(name: &str, data: &Value) -> Self {
        Self::Send(format!("event: {name}\ndata: {data}\n\n").into())
    }
}

/// An answer in one piece.
pub fn whole(status: u16, kind: &str, body: impl Into<Bytes>) -> Answer {
    let body = body.into();
    let headers = vec![
        ("content-type", kind.to_owned()),
        ("content-length", body.len().to_string()),
    ];
    Answer {
        wait: Duration::ZERO,
        status,
        headers,
        steps: vec![Step::Send(body)],
    }
}

/// A JSON document in one piece.
pub fn json(status: u16, body: &Value) -> Answer {
    whole(status, "application/json", body.to_string())
}

/// A stream of this type; a pace is kept between its steps.
pub fn stream(kind: &str, steps: Vec<Step>, pace: Duration) -> Answer {
    let mut paced = Vec::new();
    for step in steps {
        if !paced.is_empty() && !pace.is_zero() {
            paced.push(Step::Wait(pace));
        }
        paced.push(step);
    }
    Answer {
        wait: Duration::ZERO,
        status: 200,
        headers: vec![("content-type", kind.to_owned())],
        steps: paced,
    }
}

/// A stream of server-sent events.
pub fn events(steps: Vec<Step>, pace: Duration) -> Answer {
    stream("text/event-stream", steps, pace)
}

/// Sends the same bytes in pieces of this length, each as a chunk of its own.
pub fn in_pieces(mut answer: Answer, length: usize) -> Answer {
    let pieces = |step| match step {
        Step::Send(bytes) => bytes
            .chunks(length)
            .map(|piece| Step::Send(Bytes::copy_from_slice(piece)))
            .collect(),
        other => vec![other],
    };
    answer.steps = answer.steps.into_iter().flat_map(pieces).collect();
    answer
}

/// Sends the first half, then the given steps.
pub fn up_to_half(mut answer: Answer, then: Vec<Step>) -> Answer {
    if let [Step::Send(bytes)] = answer.steps.as_slice() {
        let half = bytes.slice(..bytes.len() / 2);
        answer.steps = vec![Step::Send(half)];
        if then.is_empty() {
            answer.headers.retain(|(name, _)| *name != "content-length");
        }
    } else {
        answer.steps.truncate(answer.steps.len() / 2);
    }
    answer.steps.extend(then);
    answer
}

/// Sends the headers, then these steps.
pub fn nothing_but(mut answer: Answer, then: Vec<Step>) -> Answer {
    answer.steps = then;
    answer
}

/// Turns one bit of the body around, in the middle of its longest step.
pub fn with_a_flipped_bit(mut answer: Answer) -> Answer {
    let place = answer.steps.len() / 2;
    if let Some(Step::Send(bytes)) = answer.steps.get_mut(place) {
        let mut flipped = bytes.to_vec();
        let middle = flipped.len() * 2 / 3;
        flipped[middle] ^= 1;
        *bytes = flipped.into();
    }
    answer
}

/// The same text with other line ends.
pub fn with_line_ends(mut answer: Answer, end: &str) -> Answer {
    for step in &mut answer.steps {
        if let Step::Send(bytes) = step {
            *bytes = String::from_utf8_lossy(bytes).replace('\n', end).into();
        }
    }
    answer
}
