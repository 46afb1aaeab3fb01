use super::*;
use crate::record::BODY_MOST;

fn body(pieces: &[&str]) -> Body {
    let mut body = Body::default();
    let mut held = Held::default();
    for (number, piece) in pieces.iter().enumerate() {
        let at = Duration::from_millis(number as u64);
        body.add(piece.as_bytes(), Some(at), &mut held);
    }
    body
}

fn pieces(body: &Body) -> Vec<String> {
    let mut start = 0;
    let mut texts = Vec::new();
    for piece in &body.pieces {
        texts.push(String::from_utf8_lossy(&body.bytes[start..piece.end]).into_owned());
        start = piece.end;
    }
    texts
}

#[test]
fn a_body_is_cut_where_it_is_too_long_and_says_how_long_it_was() {
    let mut expanded = Expanded::new(ExpandedBy::Recording, Headers::new(), Held::default());
    let long = vec![b'x'; BODY_MOST + 1];
    expanded.add(Place::Received, &long, None);
    expanded.add(Place::Received, b"more", None);
    let body = &expanded.received.body;
    assert_eq!(body.bytes.len(), BODY_MOST);
    assert_eq!(body.size, BODY_MOST as u64 + 5);
    assert_eq!(body.cut, Some(Cut::TooLong));
}

#[test]
fn one_request_takes_no_more_than_its_share() {
    let mut expanded = Expanded::new(ExpandedBy::Recording, Headers::new(), Held::default());
    let long = vec![b'x'; BODY_MOST];
    for number in 0..10 {
        expanded.calls.push(UpstreamCall::default());
        expanded.add(Place::Sent(number), &long, None);
    }
    let kept: usize = expanded.bodies().map(|body| body.bytes.len()).sum();
    assert!(kept <= REQUEST_MOST, "{kept}");
    assert_eq!(expanded.calls[9].body.cut, Some(Cut::TooLong));
}

#[test]
fn memory_is_bounded_over_all_requests_and_comes_back() {
    let shelf = Arc::new(Shelf::default());
    let long = vec![b'x'; BODY_MOST];
    let record = || {
        let held = Held::on(&shelf);
        let mut expanded = Expanded::new(ExpandedBy::Recording, Headers::new(), held);
        expanded.add(Place::Received, &long, None);
        expanded
    };
    let mut all: Vec<_> = (0..70).map(|_| record()).collect();
    assert!(shelf.used.load(Ordering::Relaxed) <= MEMORY_MOST);
    let last = all.last().unwrap();
    assert!(last.had_no_room() && last.received.body.bytes.is_empty());
    assert_eq!(last.received.body.size, BODY_MOST as u64);
    all.clear();
    assert_eq!(shelf.used.load(Ordering::Relaxed), 0);
    assert!(!record().had_no_room());
}

#[test]
fn a_purge_reaches_what_has_begun_and_nothing_later() {
    let shelf = Arc::new(Shelf::default());
    let record = || Expanded::new(ExpandedBy::Recording, Headers::new(), Held::on(&shelf));
    let before = record();
    shelf.purge();
    assert!(before.is_purged());
    assert!(!record().is_purged());
}

#[test]
fn a_redaction_keeps_the_pieces_around_it() {
    let hide = |bytes: &[u8]| -> Cow<'static, [u8]> {
        let text = String::from_utf8_lossy(bytes);
        Cow::Owned(text.replace("secret", "[…]").into_bytes())
    };
    for (before, after) in [
        (
            &["one ", "two ", "three"][..],
            &["one ", "two ", "three"][..],
        ),
        (&["one ", "sec", "ret", " two"], &["one ", "[…]", " two"]),
        (&["secret"], &["[…]"]),
        (&["a secret", " b ", "secret"], &["a […] b […]"]),
        (&["secre", "t"], &["[…]"]),
    ] {
        let mut body = body(before);
        body.redact(&|bytes| hide(bytes));
        assert_eq!(pieces(&body), after, "{before:?}");
        assert_eq!(body.bytes, after.concat().as_bytes());
    }
}

#[test]
fn a_secret_is_covered_across_the_border_of_two_pieces() {
    let mut expanded = Expanded::new(ExpandedBy::Recording, Headers::new(), Held::default());
    expanded.answer = body(&["the key is sk-ab", "cdefgh, or not"]);
    expanded.calls.push(UpstreamCall {
        error: Some("refused sk-abcdefgh".into()),
        ..UpstreamCall::default()
    });
    expanded.cover(b"sk-abcdefgh");
    assert_eq!(
        pieces(&expanded.answer),
        ["the key is *****", "******, or not"]
    );
    assert_eq!(
        expanded.calls[0].error.as_deref(),
        Some("refused **********")
    );
}
