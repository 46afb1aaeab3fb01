//! Reads a stream to its end for a client that wants the answer in one piece. Stops the server as
//! soon as the rest would be cut anyway.

use std::time::Duration;

use futures_util::StreamExt;
use providers::{Decode, Event, Reply, UpstreamError};
use tokio::time::Instant;

use crate::error::GatewayError;
use crate::passage::note;
use crate::polish::{Batch, Polisher};
use crate::record::Record;
use crate::relay::{Pieces, Terms};
use crate::workshop::Workshop;

/// The largest answer that is gathered, in bytes of all that it brings.
const LARGEST: usize = 16 * 1024 * 1024;

/// The whole answer, polished.
pub(crate) async fn gather(
    mut pieces: Pieces,
    mut decoder: Box<dyn Decode>,
    polisher: Polisher,
    workshop: &Workshop,
    terms: &Terms,
    record: &mut Record,
) -> Result<Reply, GatewayError> {
    let mut answer = Answer {
        polisher: Box::new(polisher),
        workshop,
        reply: Reply::default(),
    };
    let mut events = Vec::new();
    let mut is_cut = false;
    let mut size = 0;
    let total = Duration::from_secs(terms.total.into());
    let ends_at = Instant::now() + total.saturating_sub(record.elapsed());
    while !answer.polisher.is_over() && !decoder.is_over() {
        let silent_at = Instant::now() + Duration::from_secs(terms.idle.into());
        let next = tokio::time::timeout_at(silent_at.min(ends_at), pieces.next()).await;
        let Ok(next) = next else {
            return Err(overdue(terms, Instant::now() >= ends_at));
        };
        match next {
            Some(Ok(piece)) => {
                decoder
                    .push(&piece, &mut events)
                    .map_err(|error| GatewayError::of_upstream(error, &terms.model))?;
                size += events.iter().map(Event::size).sum::<usize>();
                answer = answer.add(&mut events, false, record).await;
                if size > LARGEST {
                    let (model, host) = (terms.model.clone(), terms.host.clone());
                    return Err(GatewayError::AnswerTooLarge { model, host });
                }
            }
            Some(Err(_)) => {
                is_cut = true;
                break;
            }
            None => break,
        }
    }
    // The server need not write what would be cut, nor wait for the last polish.
    drop(pieces);
    if !answer.polisher.is_over() {
        let ended = decoder.finish(&mut events);
        answer = answer.add(&mut events, false, record).await;
        let cut = GatewayError::Cut {
            model: terms.model.clone(),
            host: terms.host.clone(),
        };
        match ended {
            Ok(()) if !is_cut || answer.reply.finish.is_some() => {}
            Err(error @ UpstreamError::Reported { .. }) => {
                return Err(GatewayError::of_upstream(error, &terms.model));
            }
            _ => return Err(cut),
        }
    }
    let Answer {
        polisher,
        mut reply,
        ..
    } = answer.add(&mut events, true, record).await;
    let given = reply.finish.take().map(|reason| Event::Finish {
        reason,
        stop: reply.stop.take(),
    });
    let ending = polisher.ending(given);
    note(&ending, record);
    reply.add(ending);
    Ok(reply)
}

/// An answer as far as it has come.
struct Answer<'a> {
    polisher: Box<Polisher>,
    workshop: &'a Workshop,
    reply: Reply,
}

impl Answer<'_> {
    /// Polishes more of it.
    async fn add(mut self, events: &mut Vec<Event>, is_last: bool, record: &mut Record) -> Self {
        events.iter().for_each(|event| note(event, record));
        let events = std::mem::take(events);
        let batch = Batch { events, is_last };
        let workshop = self.workshop.clone();
        let (polisher, polished) = workshop.polish(self.polisher, batch).await;
        self.polisher = polisher;
        for event in polished.events {
            self.reply.add(event);
        }
        for words in polished.notes {
            record.note(words);
        }
        self
    }
}

fn overdue(terms: &Terms, is_total: bool) -> GatewayError {
    let (model, host) = (terms.model.clone(), terms.host.clone());
    if is_total {
        let seconds = terms.total;
        GatewayError::TooLong {
            model,
            host,
            seconds,
        }
    } else {
        let seconds = terms.idle;
        GatewayError::Silent {
            model,
            host,
            seconds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prepare::Polish;
    use crate::record::{Accepted, record_channel};
    use domain::ReasoningMarks;
    use futures_util::stream;
    use providers::AnswerForm;

    #[tokio::test]
    async fn whatever_an_answer_brings_counts_towards_its_size() {
        let long = "x".repeat(512 * 1024);
        let call = format!(r#"[{{"index":0,"function":{{"arguments":"{long}"}}}}]"#);
        for delta in [
            format!(r#"{{"content":"{long}"}}"#),
            format!(r#"{{"reasoning_content":"{long}"}}"#),
            format!(r#"{{"tool_calls":{call}}}"#),
        ] {
            let event = format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{delta}}}]}}\n\n");
            let pieces = stream::repeat(bytes::Bytes::from(event)).take(33);
            let marks = ReasoningMarks {
                open: "<think>".into(),
                close: "</think>".into(),
            };
            let (sink, _records) = record_channel(None);
            let accepted = Accepted {
                at: jiff::Timestamp::UNIX_EPOCH,
                correlation_id: "id".into(),
                method: "POST".into(),
                path: "/".into(),
                client: "test".into(),
                address: None,
                head: None,
            };
            let terms = Terms {
                model: "m".into(),
                host: "gpu-1".into(),
                correlation_id: "id".into(),
                idle: 30,
                total: 600,
            };
            let mut record = sink.begin(accepted, None).await;
            let workshop = Workshop::default();
            let gathered = gather(
                pieces.map(Ok).boxed(),
                AnswerForm::OpenaiChat.decoder().unwrap(),
                Polisher::new(Polish::Thoughts(marks), Vec::new()),
                &workshop,
                &terms,
                &mut record,
            );
            let error = gathered.await.unwrap_err();
            assert!(
                matches!(error, GatewayError::AnswerTooLarge { .. }),
                "{error}"
            );
        }
    }
}
