use std::time::{Duration, Instant};

use domain::Feature;
use gateway::RequestState;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::view::{ActivityQuery, Evidence};

use super::testing::{accepted, connect, now, outcome, routed};
use super::*;

/// Now, in a zone that is not UTC.
fn zoned() -> Zoned {
    now().to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(1)))
}

/// A log that keeps these events.
fn keep(
    folder: &Path,
    sweep: bool,
    events: UnboundedReceiver<Event<()>>,
) -> (RequestLog, Vec<Notice>) {
    let shared = Shared::new(sweep);
    let journal = Arc::new(Journal::new(folder, Arc::clone(&shared)));
    RequestLog::keep(folder, sweep, shared, journal, events)
}

/// A running log and its events.
struct Fixture {
    folder: tempfile::TempDir,
    log: RequestLog,
    events: UnboundedSender<Event<()>>,
    next: u64,
}

impl Fixture {
    fn new() -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), true).0
    }

    fn in_folder(folder: tempfile::TempDir, sweep: bool) -> (Self, Vec<Notice>) {
        let (events, receiver) = unbounded_channel();
        let (log, notices) = keep(folder.path(), sweep, receiver);
        (
            Self {
                folder,
                log,
                events,
                next: 0,
            },
            notices,
        )
    }

    fn start(&mut self, at: Timestamp, correlation_id: &str) -> u64 {
        self.next += 1;
        let mut accepted = accepted(correlation_id);
        accepted.at = at;
        self.events
            .send(Event::Started(self.next, Box::new(accepted)))
            .unwrap();
        self.next
    }

    /// A whole request at this many minutes before now.
    fn request(
        &mut self,
        minutes_ago: i64,
        model: &str,
        state: RequestState,
        first_token: Option<u64>,
    ) {
        let at = now() - SignedDuration::from_mins(minutes_ago);
        let sequence = self.start(at, &format!("id-{}", self.next + 1));
        self.events
            .send(Event::Routed(sequence, Box::new(routed(model))))
            .unwrap();
        let mut outcome = outcome(state);
        outcome.first_token_after = first_token.map(Duration::from_millis);
        if state == RequestState::Failed {
            outcome.status = Some(502);
            outcome.error = Some("100% of gpu_1 is gone".into());
        }
        self.events
            .send(Event::Finished(sequence, Box::new(outcome), ()))
            .unwrap();
    }

    async fn list(&self, query: RequestQuery) -> RequestPage {
        self.log.list(query, zoned()).await.unwrap()
    }

    /// Ends the log and gives its folder back.
    async fn close(self) -> tempfile::TempDir {
        self.log.close().await;
        self.folder
    }
}

fn ids(rows: &[RequestView]) -> Vec<i64> {
    rows.iter().map(|row| row.id.0).collect()
}

#[tokio::test]
async fn a_row_is_visible_soon_after_its_request_ends() {
    let mut fixture = Fixture::new();
    let mut changes = fixture.log.changes();
    let begun = Instant::now();
    fixture.request(0, "mixtral", RequestState::Completed, Some(5));
    changes.changed().await.unwrap();
    let waited = begun.elapsed();
    assert_eq!(fixture.list(RequestQuery::default()).await.rows.len(), 1);
    assert!(
        waited < Duration::from_millis(500),
        "{waited:?} is far beyond 10 ms and a commit"
    );
    println!("visible after {waited:?}");
}

#[tokio::test]
async fn everything_sent_before_a_flush_is_in_the_table_after_it() {
    let mut fixture = Fixture::new();
    for _ in 0..2_500 {
        fixture.request(0, "mixtral", RequestState::Completed, None);
    }
    fixture.log.flush().await;
    let page = fixture.list(RequestQuery::default()).await;
    assert_eq!(
        (page.rows.len(), page.total, fixture.log.logged()),
        (100, 2_500, 2_500)
    );
    let all = fixture
        .list(RequestQuery {
            limit: u32::MAX,
            ..RequestQuery::default()
        })
        .await;
    assert_eq!(all.rows.len(), 2_500);
    assert_eq!(
        fixture.log.view(),
        LogView {
            writing: true,
            waiting: 0,
            lost: 0,
            sentence: None,
            space: None
        }
    );
}

#[tokio::test]
async fn requests_of_a_dead_process_become_interrupted_when_the_holder_opens() {
    let mut fixture = Fixture::new();
    fixture.start(now(), "id-1");
    fixture.log.flush().await;
    let folder = fixture.close().await;
    // As a process that was killed leaves it.
    connect(folder.path())
        .execute("UPDATE requests SET state = 'running'", [])
        .unwrap();
    let (other, _) = Fixture::in_folder(folder, false);
    let state = other.list(RequestQuery::default()).await.rows[0].state;
    assert_eq!(
        state,
        RequestState::Running,
        "only the holder of the folder sweeps"
    );
    let (holder, _) = Fixture::in_folder(other.close().await, true);
    let row = &holder.list(RequestQuery::default()).await.rows[0];
    assert_eq!(
        (row.state, row.duration_ms),
        (RequestState::Interrupted, None)
    );
}

#[tokio::test]
async fn a_close_ends_running_rows_and_leaves_one_file() {
    let mut fixture = Fixture::new();
    fixture.start(now(), "id-1");
    fixture.request(0, "mixtral", RequestState::Completed, None);
    let folder = fixture.close().await;
    let log = RequestLog::read_only(folder.path());
    let rows = log
        .list(RequestQuery::default(), zoned())
        .await
        .unwrap()
        .rows;
    assert_eq!(
        (rows[1].state, rows[0].state),
        (RequestState::Interrupted, RequestState::Completed)
    );
    drop(log);
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(files.len(), 1, "{files:?}");
}

#[tokio::test]
async fn two_processes_write_into_one_log() {
    let mut serve = Fixture::new();
    let (events, receiver) = unbounded_channel();
    let (log, _) = keep(serve.folder.path(), false, receiver);
    for _ in 0..50 {
        serve.request(0, "mixtral", RequestState::Completed, None);
        events
            .send(Event::Started(1, Box::new(accepted("prompt"))))
            .unwrap();
        events
            .send(Event::Finished(
                1,
                Box::new(outcome(RequestState::Completed)),
                (),
            ))
            .unwrap();
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    log.close().await;
    serve.log.flush().await;
    let page = serve.list(RequestQuery::default()).await;
    assert_eq!(page.total, 100);
    assert_eq!(serve.log.logged(), 50, "each counts its own");
}

#[tokio::test]
async fn another_process_reads_while_the_log_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let reader = RequestLog::read_only(folder.path());
    assert_eq!(
        reader.list(RequestQuery::default(), zoned()).await.unwrap(),
        RequestPage::default()
    );
    assert!(
        std::fs::read_dir(folder.path()).unwrap().next().is_none(),
        "a look makes no file"
    );

    let (mut fixture, _) = Fixture::in_folder(folder, true);
    let sequence = fixture.start(now(), "id-1");
    fixture.log.flush().await;
    let seen = reader.newer_than(RequestId(0), 10).await.unwrap();
    assert_eq!(
        (ids(&seen), seen[0].state),
        (vec![1], RequestState::Running)
    );
    fixture
        .events
        .send(Event::Finished(
            sequence,
            Box::new(outcome(RequestState::Cancelled)),
            (),
        ))
        .unwrap();
    fixture.request(0, "mixtral", RequestState::Completed, None);
    fixture.log.flush().await;
    assert_eq!(
        ids(&reader.newer_than(RequestId(1), 10).await.unwrap()),
        [2]
    );
    let ended = reader
        .among(
            vec![RequestId(1), RequestId(9)],
            RequestQuery::default(),
            zoned(),
        )
        .await
        .unwrap();
    assert_eq!((ended.len(), ended[0].state), (1, RequestState::Cancelled));
    assert_eq!(reader.get(RequestId(9)).await.unwrap(), None);
}

#[tokio::test]
async fn who_starts_on_the_log_of_a_newer_program_is_told_that_nothing_is_logged() {
    let folder = Fixture::new().close().await;
    let log = testing::connect(folder.path());
    log.pragma_update(None, "user_version", 99).unwrap();
    let (_, notices) = Fixture::in_folder(folder, true);
    assert!(notices[0].why.contains("version 99"), "{notices:?}");
}

#[tokio::test]
async fn a_damaged_log_is_set_aside_and_a_new_one_begun() {
    let mut fixture = Fixture::new();
    fixture.request(0, "mixtral", RequestState::Completed, None);
    let folder = fixture.close().await;
    std::fs::write(
        database::REQUESTS.path(folder.path()),
        b"this was a database",
    )
    .unwrap();
    let (other, notices) = Fixture::in_folder(folder, false);
    assert_eq!(
        (notices, other.log.view().writing),
        (vec![], false),
        "only the holder moves it"
    );
    let (mut holder, notices) = Fixture::in_folder(other.close().await, true);
    assert!(notices[0].why.contains("requests.damaged-"), "{notices:?}");
    holder.request(0, "mixtral", RequestState::Completed, None);
    holder.log.flush().await;
    assert_eq!(holder.list(RequestQuery::default()).await.total, 1);
}

#[tokio::test]
async fn a_newer_log_is_not_read_wrongly() {
    let folder = Fixture::new().close().await;
    connect(folder.path())
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let error = RequestLog::read_only(folder.path())
        .list(RequestQuery::default(), zoned())
        .await
        .unwrap_err();
    assert!(error.message.contains("version 99"), "{error:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_log_belongs_to_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let mut fixture = Fixture::new();
    fixture.request(0, "mixtral", RequestState::Completed, None);
    fixture.log.flush().await;
    for entry in std::fs::read_dir(fixture.folder.path())
        .unwrap()
        .map(Result::unwrap)
    {
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{entry:?}");
    }
}

mod exporting;
mod reading;
mod removing;
mod searching;
