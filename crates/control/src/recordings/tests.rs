use super::*;
use crate::view::{RecordedBody, RequestId, RequestState, RequestView};
use gateway::{Body, Cut, ExpandedBy, Piece};
use std::time::Duration;

fn expanded(received: &[u8], answer: &[u8]) -> Box<Expanded> {
    let head = serde_json::json!({
        "by": ExpandedBy::Recording,
        "received": {"headers": [["host", "x"]], "body": Body::default()},
        "preprocessed": null, "calls": [], "answer": Body::default(),
    });
    let mut expanded: Expanded = serde_json::from_value(head).unwrap();
    expanded.received.body = body(received);
    expanded.answer = body(answer);
    Box::new(expanded)
}

fn body(bytes: &[u8]) -> Body {
    Body {
        bytes: bytes.to_vec(),
        size: bytes.len() as u64,
        ..Body::default()
    }
}

fn row(id: i64, correlation_id: &str) -> RequestView {
    RequestView {
        id: RequestId(id),
        started_at: jiff::Timestamp::UNIX_EPOCH,
        correlation_id: correlation_id.into(),
        state: RequestState::Completed,
        method: String::new(),
        path: String::new(),
        client: String::new(),
        model: String::new(),
        feature: None,
        streamed: false,
        status: None,
        first_token_ms: None,
        duration_ms: None,
        prompt_tokens: None,
        completion_tokens: None,
        finish_reason: None,
        error: None,
        family: None,
        provider: None,
        answered_by: None,
        retries: 0,
        queued_ms: None,
        params: Vec::new(),
        address: None,
        connect_ms: None,
        gap_ms: None,
        auth_ms: None,
        token_issuer: None,
        instance_id: None,
        notes: Vec::new(),
        recorded: false,
    }
}

struct Fixture {
    folder: tempfile::TempDir,
    shared: Arc<Shared>,
    recordings: Recordings,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let shared = Arc::new(Shared::default());
        let recordings = Recordings::new(folder.path(), Arc::clone(&shared));
        Self {
            folder,
            shared,
            recordings,
        }
    }

    fn keep(&mut self, row: i64, mut expanded: Box<Expanded>) -> Vec<(i64, String)> {
        let recorded = Recorded {
            row,
            correlation_id: &format!("id-{row}"),
            expanded: &mut expanded,
        };
        self.recordings.keep(std::iter::once(recorded))
    }

    fn page(&self, id: i64, body: u32, offset: u64) -> crate::view::BodyView {
        let asked = RecordedBody {
            id: RequestId(id),
            body,
            offset,
        };
        let row = row(id, &format!("id-{id}"));
        let found = body_page(self.folder.path(), &self.shared, &row, &asked);
        found.unwrap().unwrap()
    }
}

#[test]
fn a_row_of_another_log_with_the_same_number_has_no_recording() {
    let mut fixture = Fixture::new();
    assert_eq!(fixture.keep(7, expanded(b"x", b"y")), []);
    let mut rows = [row(7, "id-7"), row(7, "other"), row(8, "id-7")];
    mark(fixture.folder.path(), &fixture.shared, &mut rows);
    assert_eq!(rows.map(|row| row.recorded), [true, false, false]);
}

#[test]
fn recordings_go_with_the_rows_that_they_belong_to() {
    let mut fixture = Fixture::new();
    for id in 1..=3 {
        fixture.keep(id, expanded(b"received", b"answer"));
    }
    fixture.recordings.forget_before(3);
    let mut rows = [row(1, "id-1"), row(2, "id-2"), row(3, "id-3")];
    mark(fixture.folder.path(), &fixture.shared, &mut rows);
    assert_eq!(rows.map(|row| row.recorded), [false, false, true]);
    let left = fixture.shared.totals();
    assert_eq!((left.requests, left.bodies, left.bytes), (1, 2, 14));
}

#[test]
fn a_long_body_is_read_page_by_page_without_dividing_a_letter() {
    let mut fixture = Fixture::new();
    let text = format!("x{}", "é".repeat(300_000));
    let mut expanded = expanded(text.as_bytes(), &[0xff, 0xfe, 0]);
    expanded.received.body.pieces = vec![
        Piece {
            at: Duration::from_millis(1),
            end: 10,
        },
        Piece {
            at: Duration::from_millis(5),
            end: text.len(),
        },
    ];
    fixture.keep(1, expanded);
    let (mut read, mut offset, mut pieces) = (String::new(), Some(0), 0);
    while let Some(start) = offset {
        let page = fixture.page(1, 0, start);
        assert!(!page.is_binary && page.content.len() <= 256 * 1024);
        let told: u32 = page.pieces.iter().map(|piece| piece.bytes).sum();
        assert_eq!(told as usize, page.content.len());
        pieces += page.pieces.len();
        read += &page.content;
        offset = page.next;
    }
    assert_eq!(read, text);
    assert!(pieces >= 2);
    let binary = fixture.page(1, 1, 0);
    assert_eq!((binary.is_binary, &*binary.content), (true, "//4A"));
}

#[test]
fn recorded_words_are_found_and_removed_ones_are_not() {
    let mut fixture = Fixture::new();
    fixture.keep(1, expanded(br#"{"content":"a\nmarmalade"}"#, b"no"));
    fixture.keep(2, expanded(b"no", b"plain marmalade"));
    let found = |text: &str| {
        let query = "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid";
        let found = database::read(fixture.folder.path(), |connection| {
            let mut statement = connection.prepare(query)?;
            let rows = statement.query_map([text], |row| row.get::<_, i64>(0))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        });
        found.unwrap().unwrap()
    };
    assert_eq!(found("marmalade"), [1, 2]);
    assert_eq!(found("\"plain marmalade\""), [2]);
}

#[test]
fn what_the_redactor_replaces_is_never_in_a_file() {
    let mut fixture = Fixture::new();
    fixture.shared.redact_with(Arc::new(|bytes| {
        let text = String::from_utf8_lossy(bytes);
        match text.contains("canary") {
            true => Cow::Owned(text.replace("canary", "[bird]").into_bytes()),
            false => Cow::Borrowed(bytes),
        }
    }));
    fixture.keep(1, expanded(b"a canary", b"canary, again"));
    assert_eq!(fixture.page(1, 0, 0).content, "a [bird]");
    assert!(!holds(fixture.folder.path(), b"canary"));
}

#[test]
fn a_purge_leaves_no_byte_and_recording_goes_on() {
    let mut fixture = Fixture::new();
    fixture.keep(1, expanded(b"a canary", b""));
    assert!(
        holds(fixture.folder.path(), b"canary"),
        "it is there before"
    );
    assert_eq!(fixture.shared.totals().bodies, 1);
    fixture.recordings.purge().unwrap();
    assert!(!holds(fixture.folder.path(), b"canary"));
    assert_eq!(fixture.shared.totals(), Totals::default());
    assert_eq!(fixture.keep(2, expanded(b"later", b"")), []);
    assert_eq!(fixture.shared.totals().requests, 1);
}

#[test]
fn a_recording_that_cannot_be_kept_says_so_and_the_next_one_is() {
    let mut fixture = Fixture::new();
    let path = RECORDINGS.path(fixture.folder.path());
    std::fs::create_dir(&path).unwrap();
    let refused = fixture.keep(3, expanded(b"x", b""));
    assert!(matches!(&refused[..], [(3, words)] if words.contains("could not be kept")));
    assert!(fixture.shared.trouble().is_some());
    std::fs::remove_dir(&path).unwrap();
    assert_eq!(fixture.keep(4, expanded(b"x", b"")), []);
    assert_eq!(fixture.shared.trouble(), None);
}

#[test]
fn a_damaged_database_is_set_aside_and_a_purge_deletes_it_too() {
    let mut fixture = Fixture::new();
    let folder = fixture.folder.path().to_owned();
    std::fs::write(RECORDINGS.path(&folder), b"marmalade ".repeat(1_000)).unwrap();
    assert_eq!(fixture.keep(5, expanded(b"x", b"")), []);
    assert_eq!(fixture.shared.totals().requests, 1);
    assert_eq!(fixture.keep(6, expanded(b"y", b"")), []);
    let said = fixture.shared.trouble().unwrap();
    assert!(said.contains("recordings.damaged-"), "{said}");
    assert!(holds(&folder, b"marmalade"));
    fixture.recordings.purge().unwrap();
    assert_eq!(fixture.shared.trouble(), None);
    assert!(!holds(&folder, b"marmalade"));
}

#[test]
fn a_file_that_cannot_be_deleted_keeps_no_other_from_being_purged() {
    let mut fixture = Fixture::new();
    let folder = fixture.folder.path().to_owned();
    assert_eq!(fixture.keep(7, expanded(b"marmalade", b"")), []);
    let stays = ["0", "a", "z"].map(|end| folder.join(format!("recordings.{end}")));
    stays
        .iter()
        .for_each(|path| std::fs::create_dir(path).unwrap());
    assert!(fixture.recordings.purge().is_err());
    stays
        .iter()
        .for_each(|path| std::fs::remove_dir(path).unwrap());
    assert!(!holds(&folder, b"marmalade"));
    assert_eq!(fixture.shared.totals(), Totals::default());
}

#[test]
fn what_cannot_be_read_is_not_said_to_be_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(RECORDINGS.path(folder.path()), b"marmalade ".repeat(1_000)).unwrap();
    assert!(totals_of(folder.path()).is_err());
    let shared = Arc::new(Shared::default());
    let mut recordings = Recordings::new(folder.path(), Arc::clone(&shared));
    let said = shared.trouble().unwrap();
    assert!(said.contains("cannot be read"), "{said}");
    recordings.purge().unwrap();
    assert_eq!(shared.trouble(), None);
    assert_eq!(totals_of(folder.path()).unwrap(), Totals::default());
}

#[test]
fn a_cut_body_says_how_long_it_was() {
    let mut fixture = Fixture::new();
    let mut expanded = expanded(b"abc de", b"");
    (expanded.received.body.size, expanded.received.body.cut) = (99, Some(Cut::TooLong));
    fixture.keep(1, expanded);
    let page = fixture.page(1, 0, 0);
    assert_eq!(
        (page.size, page.kept, page.cut),
        (99, 4, Some(Cut::TooLong)),
        "a divided word goes"
    );
}

fn holds(folder: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let found = std::fs::read(entry.unwrap().path()).unwrap();
        found.windows(bytes.len()).any(|window| window == bytes)
    })
}
