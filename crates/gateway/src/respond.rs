//! Turns an answer that has begun into the answer for the client: in one piece or as a stream,
//! passed on or translated.

use bytes::Bytes;
use forms::{Form, Head, Write};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Response, StatusCode};
use jiff::Timestamp;
use providers::{AnswerForm, Event, Reply};

use crate::answer::AnswerBody;
use crate::ask::{Begun, Content};
use crate::error::GatewayError;
use crate::passage::{AnthropicPassage, OpenaiPassage, Passage, note, note_usage};
use crate::polish::{Batch, Polisher};
use crate::prepare::Handling;
use crate::record::RequestState;
use crate::relay::{Pieces, Relay, Terms};
use crate::routes::Exchange;
use crate::thoughts::{self, ThoughtsApart};
use crate::translation::Translation;
use crate::voice::Voice;
use crate::wish::Wish;

/// The answer for the client.
pub(crate) async fn respond(
    wish: &Wish,
    begun: Begun<'_>,
    mut exchange: Exchange<'_>,
) -> Response<AnswerBody> {
    if wish.request.streamed && matches!(begun.content, Content::Stream(_)) {
        return stream(begun, wish, exchange);
    }
    match whole(wish, begun, &mut exchange).await {
        Ok(body) => {
            if !wish.request.streamed {
                return exchange.complete(body);
            }
            let mut response = exchange.complete_as(wish.voice.stream_type(), body);
            name_stream(response.headers_mut(), &wish.voice);
            response
        }
        Err(error) => exchange.fail(&error),
    }
}

/// The body of an answer that came in one piece, in the form that the client wants.
pub(crate) async fn whole(
    wish: &Wish,
    begun: Begun<'_>,
    exchange: &mut Exchange<'_>,
) -> Result<Bytes, GatewayError> {
    let about = About::of(&begun);
    exchange.place = begun.place;
    match (begun.content, begun.handling) {
        (Content::Stream(pieces), handling) => {
            Box::pin(gather(pieces, handling, &about, wish, exchange)).await
        }
        (Content::Events(events), handling) => {
            Box::pin(translated(events, handling, &about, wish, exchange)).await
        }
        (Content::Whole(body), handling) => {
            exchange.record.first_token();
            Ok(match handling {
                Handling::Pass {
                    thoughts: Some(marks),
                    ..
                } => thoughts::apart(body, &marks),
                _ => body,
            })
        }
    }
}

/// Who answers.
struct About {
    model: String,
    host: String,
    form: AnswerForm,
}

impl About {
    fn of(begun: &Begun<'_>) -> Self {
        Self {
            model: begun.model.name.to_string(),
            host: begun.host.clone(),
            form: begun.form,
        }
    }

    fn not_the_api(&self, said: String) -> GatewayError {
        GatewayError::NotTheApi {
            model: self.model.clone(),
            host: self.host.clone(),
            said,
            advice: None,
        }
    }

    fn terms(&self, exchange: &Exchange<'_>) -> Terms {
        let limits = &exchange.snapshot.settings.gateway;
        Terms {
            model: self.model.clone(),
            host: self.host.clone(),
            correlation_id: exchange.correlation_id.to_owned(),
            idle: limits.idle_timeout,
            total: limits.total_timeout,
        }
    }
}

/// What an answer of this model says of itself, beside what the client wants to hear of it.
pub(crate) fn head_for(model: String, exchange: &Exchange<'_>) -> Head {
    Head {
        id: exchange.correlation_id.to_owned(),
        model,
        created: Timestamp::now().as_second(),
        include_usage: true,
        echo: serde_json::Map::new(),
    }
}

fn head(
    wish: &Wish,
    about: &About,
    include_usage: bool,
    echo: serde_json::Map<String, serde_json::Value>,
    exchange: &Exchange<'_>,
) -> Head {
    let model = match &wish.voice {
        Voice::Form(_) => wish.request.model.clone(),
        Voice::Gitlab(_) => about.model.clone(),
    };
    Head {
        include_usage,
        echo,
        ..head_for(model, exchange)
    }
}

fn stream(begun: Begun<'_>, wish: &Wish, mut exchange: Exchange<'_>) -> Response<AnswerBody> {
    let about = About::of(&begun);
    exchange.place = begun.place;
    let (Content::Stream(pieces), Some(passage)) = (
        begun.content,
        passage(begun.handling, &about, wish, &exchange),
    ) else {
        return exchange.fail(&about.not_the_api("a stream of a form that has none".into()));
    };
    let kind = wish.voice.stream_type();
    exchange.record.answers(StatusCode::OK, kind);
    let (stop, terms) = (exchange.stop.clone(), about.terms(&exchange));
    let ticket = exchange.ticket(RequestState::Failed);
    let mut relay = Relay::new(pieces, passage, ticket, terms, stop);
    if !wish.voice.can_fail() {
        relay.break_off_on_failure();
    }
    let mut response = Response::new(AnswerBody::stream(relay));
    name_stream(response.headers_mut(), &wish.voice);
    response
}

/// The headers of a stream.
fn name_stream(headers: &mut HeaderMap, voice: &Voice) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(voice.stream_type()));
    if let Some((name, value)) = voice.stream_header() {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // A proxy in front must not gather the events.
    headers.insert(
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
}

fn passage(
    handling: Handling,
    about: &About,
    wish: &Wish,
    exchange: &Exchange<'_>,
) -> Option<Passage> {
    match handling {
        Handling::Pass {
            form: Form::Messages,
            ..
        } => {
            let decoder = about.form.decoder()?;
            Some(Passage::Anthropic(AnthropicPassage::new(decoder)))
        }
        Handling::Pass {
            thoughts,
            hides_counts,
            ..
        } => {
            let thoughts = thoughts.map(ThoughtsApart::new);
            Some(Passage::Openai(OpenaiPassage::new(thoughts, hides_counts)))
        }
        Handling::Translate {
            voice,
            polish,
            stops,
            include_usage,
            echo,
        } => {
            let head = head(wish, about, include_usage, echo, exchange);
            let decoder = about.form.decoder()?;
            let (polisher, workshop) = (Polisher::new(polish, stops), exchange.workshop.clone());
            let translation = Translation::new(decoder, polisher, workshop, voice.writer(head));
            Some(Passage::Translated(Box::new(translation)))
        }
        Handling::Vectors => None,
    }
}

/// An answer that the server streams and the client wants in one piece.
async fn gather(
    pieces: Pieces,
    handling: Handling,
    about: &About,
    wish: &Wish,
    exchange: &mut Exchange<'_>,
) -> Result<Bytes, GatewayError> {
    let Some(decoder) = about.form.decoder() else {
        return Err(about.not_the_api("a stream of a form that has none".into()));
    };
    let Handling::Translate {
        voice,
        polish,
        stops,
        include_usage,
        echo,
    } = handling
    else {
        return Err(about.not_the_api("a stream where one document was asked for".into()));
    };
    let terms = about.terms(exchange);
    let reply = crate::gather::gather(
        pieces,
        decoder,
        Polisher::new(polish, stops),
        exchange.workshop,
        &terms,
        &mut exchange.record,
    )
    .await?;
    let head = head(wish, about, include_usage, echo, exchange);
    Ok(voice.whole(head, &reply).into())
}

async fn translated(
    events: Vec<Event>,
    handling: Handling,
    about: &About,
    wish: &Wish,
    exchange: &mut Exchange<'_>,
) -> Result<Bytes, GatewayError> {
    let Handling::Translate {
        voice,
        polish,
        stops,
        include_usage,
        echo,
    } = handling
    else {
        return Err(GatewayError::Panicked);
    };
    for event in &events {
        note(event, &mut exchange.record);
    }
    let polisher = Box::new(Polisher::new(polish, stops));
    let reads_code = polisher.reads_code(&Batch {
        events: Vec::new(),
        is_last: true,
    });
    let whole = move |polisher: &mut Polisher| polisher.whole(Reply::from_events(events));
    let workshop = exchange.workshop.clone();
    let (_, (reply, notes)) = workshop.run(polisher, reads_code, whole).await;
    for words in notes {
        exchange.record.note(words);
    }
    note_usage(reply.usage, &mut exchange.record);
    let head = head(wish, about, include_usage, echo, exchange);
    Ok(match wish.request.streamed {
        true => all_at_once(voice.writer(head).as_mut(), reply),
        false => voice.whole(head, &reply).into(),
    })
}

/// A whole answer as the stream that the client wants, where the model was not asked for one.
fn all_at_once(writer: &mut dyn Write, reply: Reply) -> Bytes {
    let usage = Event::Usage(reply.usage);
    let mut stream = match reply.text.is_empty() {
        true => Vec::new(),
        false => writer.event(Event::Text(reply.text)),
    };
    stream.extend(writer.event(usage));
    stream.extend(writer.end());
    stream.into()
}
