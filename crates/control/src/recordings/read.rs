//! Reads recordings for a face: one request in one bounded message, and more of a body page by page.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gateway::{Body, Expanded, Piece, UpstreamCall};
use rusqlite::{Connection, OptionalExtension};

use super::{Shared, database};
use crate::view::{
    BodyView, PieceView, RecordedBody, RecordedCall, RecordedContent, RecordedHeader,
    RecordedRequest, RequestView,
};

/// The most bytes of one body that come with its request; more come page by page.
const FIRST_PAGE: usize = 32 * 1024;

/// The most bytes of a page.
const PAGE: usize = 256 * 1024;

/// The most pieces that a page tells apart.
const PIECES: usize = 2_000;

/// Marks the rows of which there is a recording. A database that cannot be read marks none.
pub(crate) fn mark(folder: &Path, shared: &Shared, rows: &mut [RequestView]) {
    if rows.is_empty() {
        return;
    }
    let _reading = shared.reading();
    let found = database::read(folder, |connection| {
        for row in &mut *rows {
            row.recorded = is_there(connection, row)?;
        }
        Ok(())
    });
    if let Err(error) = found {
        tracing::warn!(%error, "the recordings cannot be read");
    }
}

fn is_there(connection: &Connection, row: &RequestView) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM recordings WHERE id = ? AND correlation_id = ?")?
        .exists((row.id.0, &row.correlation_id))
}

/// What is kept of the request in this row; none when nothing is.
pub(crate) fn recorded_request(
    folder: &Path,
    shared: &Shared,
    row: &RequestView,
) -> rusqlite::Result<Option<RecordedRequest>> {
    let _reading = shared.reading();
    let found = database::read(folder, |connection| {
        let Some(expanded) = head(connection, row)? else {
            return Ok(None);
        };
        let page = |place, body: &Body| -> rusqlite::Result<BodyView> {
            let content = content_of(connection, row, place)?;
            Ok(page(place, body, &content, 0, FIRST_PAGE))
        };
        let content = content(&expanded, page)?;
        Ok(Some(RecordedRequest {
            id: row.id,
            content,
        }))
    });
    found.map(Option::flatten)
}

/// What was sent and what came back, each body by its number.
fn content<E>(
    expanded: &Expanded,
    page: impl Fn(u32, &Body) -> Result<BodyView, E>,
) -> Result<RecordedContent, E> {
    let mut place = 0;
    let mut next = |body: &Body| {
        place += 1;
        page(place - 1, body)
    };
    // In the order of `Expanded::bodies`.
    let received = next(&expanded.received.body)?;
    let preprocessed = expanded.preprocessed.as_ref().map(&mut next).transpose()?;
    let mut calls = Vec::with_capacity(expanded.calls.len());
    for call in &expanded.calls {
        calls.push(call_view(call, next(&call.body)?, next(&call.answer)?));
    }
    let answer = next(&expanded.answer)?;
    Ok(RecordedContent {
        by: expanded.by,
        headers: headers(&expanded.received.headers),
        received,
        preprocessed,
        calls,
        answer,
    })
}

/// What was sent and what came back where the bodies are in memory, with their first pages.
pub(crate) fn content_in_memory(expanded: &Expanded) -> RecordedContent {
    let page = |place, body: &Body| {
        Ok::<_, std::convert::Infallible>(page(place, body, &body.bytes, 0, FIRST_PAGE))
    };
    let Ok(content) = content(expanded, page);
    content
}

/// A page of a body in memory, from this byte on.
pub(crate) fn page_in_memory(place: u32, body: &Body, start: usize) -> BodyView {
    page(place, body, &body.bytes, start, PAGE)
}

/// All that is kept of what the client sent; none when nothing is.
pub(crate) fn received_body(
    folder: &Path,
    shared: &Shared,
    row: &RequestView,
) -> rusqlite::Result<Option<(Vec<u8>, bool)>> {
    let _reading = shared.reading();
    let found = database::read(folder, |connection| {
        let Some(expanded) = head(connection, row)? else {
            return Ok(None);
        };
        let content = content_of(connection, row, 0)?;
        Ok(Some((content, expanded.received.body.cut.is_none())))
    });
    found.map(Option::flatten)
}

/// A page of a body, from this byte on; none when it is not there.
pub(crate) fn body_page(
    folder: &Path,
    shared: &Shared,
    row: &RequestView,
    asked: &RecordedBody,
) -> rusqlite::Result<Option<BodyView>> {
    let _reading = shared.reading();
    let found = database::read(folder, |connection| {
        let Some(expanded) = head(connection, row)? else {
            return Ok(None);
        };
        let body = expanded.bodies().nth(asked.body as usize);
        let start = usize::try_from(asked.offset).unwrap_or(usize::MAX);
        body.map(|body| {
            let content = content_of(connection, row, asked.body)?;
            Ok(page(asked.body, body, &content, start, PAGE))
        })
        .transpose()
    });
    found.map(Option::flatten)
}

fn head(connection: &Connection, row: &RequestView) -> rusqlite::Result<Option<Expanded>> {
    let head: Option<String> = connection
        .prepare_cached("SELECT head FROM recordings WHERE id = ? AND correlation_id = ?")?
        .query_row((row.id.0, &row.correlation_id), |row| row.get(0))
        .optional()?;
    Ok(head.and_then(|head| serde_json::from_str(&head).ok()))
}

/// The bytes that are kept of a body.
fn content_of(connection: &Connection, row: &RequestView, place: u32) -> rusqlite::Result<Vec<u8>> {
    let content: Option<Vec<u8>> = connection
        .prepare_cached("SELECT content FROM bodies WHERE recording = ? AND place = ?")?
        .query_row((row.id.0, place), |row| row.get(0))
        .optional()?;
    Ok(content.unwrap_or_default())
}

fn page(place: u32, body: &Body, content: &[u8], start: usize, most: usize) -> BodyView {
    let text = text_of(content);
    let start = floor(text, start.min(content.len()));
    let mut end = floor(text, start.saturating_add(most).min(content.len()));
    let pieces = pieces(&body.pieces, start, &mut end);
    let bytes = &content[start..end];
    let shown = text
        .and_then(|text| text.get(start..end))
        .map(str::to_owned);
    BodyView {
        body: place,
        size: body.size,
        kept: content.len() as u64,
        cut: body.cut,
        is_binary: shown.is_none(),
        content: shown.unwrap_or_else(|| STANDARD.encode(bytes)),
        offset: start as u64,
        next: (end < content.len()).then_some(end as u64),
        pieces,
    }
}

/// The pieces of a page; the page ends earlier where there are too many.
fn pieces(all: &[Piece], start: usize, end: &mut usize) -> Vec<PieceView> {
    let first = all.partition_point(|piece| piece.end <= start);
    let mut views = Vec::new();
    let mut begin = start;
    for piece in &all[first..] {
        if begin >= *end {
            break;
        }
        if views.len() >= PIECES {
            *end = begin;
            break;
        }
        let until = piece.end.min(*end);
        views.push(PieceView {
            at_ms: piece.at.as_secs_f64() * 1_000.0,
            bytes: (until - begin) as u32,
        });
        begin = until;
    }
    views
}

/// The content as text, if it is text; a letter that is cut at its end does not make it binary.
fn text_of(content: &[u8]) -> Option<&str> {
    match std::str::from_utf8(content) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&content[..error.valid_up_to()]).ok()
        }
        Err(_) => None,
    }
}

/// The nearest place at or before this one where no letter is divided.
fn floor(text: Option<&str>, place: usize) -> usize {
    match text {
        Some(text) if place < text.len() => text.floor_char_boundary(place),
        _ => place,
    }
}

fn call_view(call: &UpstreamCall, body: BodyView, answer: BodyView) -> RecordedCall {
    let milliseconds = |at: std::time::Duration| at.as_secs_f64() * 1_000.0;
    RecordedCall {
        model: call.model.clone(),
        at_ms: milliseconds(call.at),
        method: call.method.clone(),
        url: call.url.clone(),
        headers: headers(&call.headers),
        body,
        answered_at_ms: call.answered_at.map(milliseconds),
        status: call.status,
        answer_headers: headers(&call.answer_headers),
        answer,
        error: call.error.clone(),
    }
}

fn headers(headers: &gateway::Headers) -> Vec<RecordedHeader> {
    let pairs = headers.iter().cloned();
    pairs
        .map(|(name, value)| RecordedHeader { name, value })
        .collect()
}
