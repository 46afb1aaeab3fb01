use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use gateway::RequestState;

use super::disk::{QUICK_TRIES, WAITING_MOST};
use super::*;
use crate::log::database::REQUESTS;
use crate::log::testing::{accepted, outcome, routed};
use crate::log::{list, testing};
use crate::sqlite::DatabaseError;

/// A room that tells when it is given back.
struct TestRoom(Sender<()>);

impl Drop for TestRoom {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

struct Fixture {
    folder: tempfile::TempDir,
    keeper: Keeper<TestRoom>,
    shared: Arc<Shared>,
    room: Sender<()>,
    given_back: Receiver<()>,
    now: Instant,
    next: u64,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::in_folder(folder)
    }

    fn in_folder(folder: tempfile::TempDir) -> Self {
        let shared = Shared::new(false);
        let journal = Arc::new(Journal::new(folder.path(), Arc::clone(&shared)));
        let notices = &mut Vec::new();
        let keeper = Keeper::open(folder.path(), true, Arc::clone(&shared), journal, notices);
        let (room, given_back) = channel();
        Self {
            folder,
            keeper,
            shared,
            room,
            given_back,
            now: Instant::now(),
            next: 0,
        }
    }

    /// The database, with everything in its one file.
    fn one_file(&self) -> std::path::PathBuf {
        let Disk::Ready(connection) = &self.keeper.disk else {
            panic!("no disk")
        };
        connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .unwrap();
        REQUESTS.path(self.folder.path())
    }

    /// At the next try: damaged pages are in the cache of a connection, and a new one sees them.
    fn connect_anew(&mut self) {
        let error = DatabaseError::Sqlite(rusqlite::Error::InvalidQuery);
        self.keeper.refuse(&error, self.now);
    }

    fn start(&mut self) -> u64 {
        self.next += 1;
        let event = Event::Started(self.next, Box::new(accepted(&format!("id-{}", self.next))));
        self.keeper.take(event);
        self.next
    }

    fn route(&mut self, sequence: u64) {
        self.keeper
            .take(Event::Routed(sequence, Box::new(routed("mixtral"))));
    }

    fn finish(&mut self, sequence: u64) {
        let room = TestRoom(self.room.clone());
        self.keeper.take(Event::Finished(
            sequence,
            Box::new(outcome(RequestState::Completed)),
            room,
        ));
    }

    fn whole_requests(&mut self, count: usize) {
        for _ in 0..count {
            let sequence = self.start();
            self.route(sequence);
            self.finish(sequence);
        }
    }

    fn commit(&mut self) {
        self.keeper.commit(self.now);
    }

    fn rows(&self) -> Vec<crate::view::RequestView> {
        let connection = testing::connect(self.folder.path());
        list::page(
            &connection,
            &list::Wanted {
                counting: crate::view::Counting::Whole,
                query: domain::Query::default(),
                limit: u32::MAX,
                before: None,
                now: jiff::Zoned::now(),
                library: crate::recordings::Library {
                    folder: self.folder.path().to_owned(),
                    shared: std::sync::Arc::default(),
                },
                said: Vec::new(),
            },
        )
        .unwrap()
        .rows
    }

    fn rooms_given_back(&self) -> usize {
        self.given_back.try_iter().count()
    }

    /// Lets the database grow no more: SQLite answers as on a full disk. Ends with a new
    /// connection.
    fn fill_disk(&mut self) {
        let Disk::Ready(connection) = &self.keeper.disk else {
            panic!("no disk")
        };
        let pages: i64 = connection
            .pragma_query_value(None, "page_count", |row| row.get(0))
            .unwrap();
        connection
            .pragma_update(None, "max_page_count", pages)
            .unwrap();
    }

    fn waiting_and_lost(&self) -> (u64, u64) {
        (
            self.shared.waiting.load(Ordering::Relaxed),
            self.shared.lost.load(Ordering::Relaxed),
        )
    }
}

#[test]
fn a_request_that_meets_in_one_batch_is_one_insert() {
    let mut fixture = Fixture::new();
    fixture.whole_requests(1);
    fixture.commit();
    let rows = fixture.rows();
    assert_eq!((rows.len(), rows[0].state), (1, RequestState::Completed));
    assert_eq!(
        (rows[0].model.as_str(), rows[0].completion_tokens),
        ("mixtral", Some(20))
    );
    let Disk::Ready(connection) = &fixture.keeper.disk else {
        panic!("no disk")
    };
    assert_eq!(connection.changes(), 1);
    assert_eq!(fixture.shared.logged.load(Ordering::Relaxed), 1);
}

#[test]
fn a_request_is_visible_at_each_step_as_the_same_row() {
    let mut fixture = Fixture::new();
    let sequence = fixture.start();
    fixture.commit();
    let id = fixture.rows()[0].id;
    assert_eq!(
        (fixture.rows()[0].state, fixture.rows()[0].model.as_str()),
        (RequestState::Running, "")
    );
    fixture.route(sequence);
    fixture.commit();
    assert_eq!(
        (fixture.rows()[0].state, fixture.rows()[0].model.as_str()),
        (RequestState::Running, "mixtral")
    );
    fixture.finish(sequence);
    fixture.commit();
    let rows = fixture.rows();
    assert_eq!(
        (rows.len(), rows[0].id, rows[0].state),
        (1, id, RequestState::Completed)
    );
    assert_eq!(rows[0].model, "mixtral");
}

#[test]
fn a_route_and_an_end_in_one_batch_are_both_written() {
    let mut fixture = Fixture::new();
    let sequence = fixture.start();
    fixture.commit();
    fixture.route(sequence);
    fixture.finish(sequence);
    fixture.commit();
    assert_eq!(
        (fixture.rows()[0].model.as_str(), fixture.rows()[0].state),
        ("mixtral", RequestState::Completed)
    );
}

#[test]
fn a_later_request_has_a_higher_row_whatever_ends_first() {
    let mut fixture = Fixture::new();
    let first = fixture.start();
    let second = fixture.start();
    fixture.finish(second);
    fixture.finish(first);
    fixture.start();
    fixture.commit();
    let ids: Vec<_> = fixture
        .rows()
        .into_iter()
        .rev()
        .map(|row| row.correlation_id)
        .collect();
    assert_eq!(ids, ["id-1", "id-2", "id-3"]);
}

#[test]
fn a_room_is_given_back_after_the_commit_and_not_before() {
    let mut fixture = Fixture::new();
    fixture.whole_requests(3);
    assert_eq!(fixture.rooms_given_back(), 0);
    fixture.commit();
    assert_eq!(fixture.rooms_given_back(), 3);
}

#[test]
fn a_full_disk_keeps_requests_in_memory_and_they_are_written_later() {
    let mut fixture = Fixture::new();
    let long = fixture.start();
    fixture.commit();
    fixture.fill_disk();
    fixture.finish(long);
    fixture.whole_requests(WAITING_MOST);
    let still_running = fixture.start();
    fixture.commit();
    assert_eq!(fixture.waiting_and_lost(), (2_000, 1));
    assert_eq!(fixture.rooms_given_back(), 2_001, "the gateway goes on");
    assert_eq!(fixture.rows().len(), 1, "no half of the batch was written");
    let trouble = fixture.shared.trouble.lock().unwrap().clone().unwrap();
    assert!(trouble.contains("disk is full"), "{trouble}");
    assert!(!fixture.shared.writing.load(Ordering::Relaxed));

    fixture.now += Duration::from_millis(999);
    fixture.commit();
    assert_eq!(
        fixture.waiting_and_lost(),
        (2_000, 1),
        "it is too early for the next try"
    );
    fixture.now += Duration::from_millis(1);
    fixture.commit();
    assert_eq!(fixture.waiting_and_lost(), (0, 1));
    assert_eq!(fixture.rows().len(), 2_001);
    assert_eq!(fixture.rows()[0].state, RequestState::Running);
    assert_eq!(
        fixture.rows()[2_000].state,
        RequestState::Completed,
        "the long one ended"
    );
    assert!(fixture.shared.writing.load(Ordering::Relaxed));
    assert_eq!(*fixture.shared.trouble.lock().unwrap(), None);
    fixture.finish(still_running);
    fixture.commit();
    assert_eq!(fixture.rows()[0].state, RequestState::Completed);
}

#[test]
fn the_oldest_are_given_up_and_counted_when_memory_is_full_too() {
    let folder = tempfile::tempdir().unwrap();
    // A folder in the place of the database: nothing can be opened.
    std::fs::create_dir(REQUESTS.path(folder.path())).unwrap();
    let mut fixture = Fixture::in_folder(folder);
    for _ in 0..5 {
        fixture.whole_requests(500);
        fixture.commit();
    }
    assert_eq!(fixture.waiting_and_lost(), (WAITING_MOST as u64, 500));
    std::fs::remove_dir(REQUESTS.path(fixture.folder.path())).unwrap();
    fixture.now += Duration::from_secs(1);
    fixture.commit();
    assert_eq!(fixture.waiting_and_lost(), (0, 500));
    let rows = fixture.rows();
    assert_eq!(
        (rows.len(), rows[1_999].correlation_id.as_str()),
        (2_000, "id-501")
    );
}

#[test]
fn a_refusing_disk_is_tried_each_second_and_then_each_minute() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(REQUESTS.path(folder.path())).unwrap();
    let mut fixture = Fixture::in_folder(folder);
    let mut pauses = Vec::new();
    for _ in 0..QUICK_TRIES + 2 {
        let next = fixture.keeper.next_step().unwrap();
        pauses.push(
            next.saturating_duration_since(fixture.now)
                .as_secs_f64()
                .round() as u64,
        );
        fixture.now = next;
        fixture.commit();
    }
    assert!(
        pauses[..QUICK_TRIES as usize]
            .iter()
            .all(|pause| *pause == 1),
        "{pauses:?}"
    );
    assert_eq!(pauses[QUICK_TRIES as usize..], [60, 60]);
}

#[test]
fn a_log_of_a_newer_program_is_left_alone() {
    let fixture = Fixture::new();
    let folder = fixture.folder;
    drop(fixture.keeper);
    testing::connect(folder.path())
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let mut fixture = Fixture::in_folder(folder);
    fixture.whole_requests(3);
    fixture.commit();
    assert_eq!(fixture.waiting_and_lost(), (0, 3));
    assert_eq!(fixture.rooms_given_back(), 3);
    assert_eq!(fixture.keeper.next_step(), None);
    let trouble = fixture.shared.trouble.lock().unwrap().clone().unwrap();
    assert!(trouble.contains("version 99"), "{trouble}");
    assert_eq!(fixture.rows(), []);
}

#[test]
fn damage_while_it_runs_begins_a_new_log_and_loses_no_request() {
    let mut fixture = Fixture::new();
    fixture.whole_requests(1);
    let long = fixture.start();
    let longer = fixture.start();
    fixture.commit();
    let path = fixture.one_file();
    let size = std::fs::metadata(&path).unwrap().len();
    std::fs::write(&path, vec![7; size as usize]).unwrap();
    fixture.connect_anew();
    fixture.finish(long);
    fixture.whole_requests(1);
    fixture.now += Duration::from_secs(1);
    fixture.commit();
    fixture.whole_requests(3);
    fixture.commit();
    fixture.finish(longer);
    fixture.commit();
    let rows = fixture.rows();
    let ids: Vec<_> = rows.iter().map(|row| row.correlation_id.as_str()).collect();
    assert_eq!(ids, ["id-7", "id-6", "id-5", "id-4", "id-3", "id-2"]);
    let ended = |row: &crate::view::RequestView| row.state == RequestState::Completed;
    assert!(rows.iter().all(ended), "no row took the end of another");
}

#[test]
fn damage_that_only_a_write_meets_begins_a_new_log() {
    let mut fixture = Fixture::new();
    fixture.whole_requests(400);
    fixture.commit();
    let path = fixture.one_file();
    // What is looked at when the file is opened stays whole.
    let root = "SELECT rootpage FROM sqlite_schema WHERE name = 'requests_correlation_id'";
    let connection = testing::connect(fixture.folder.path());
    let page: i64 = connection.query_row(root, [], |row| row.get(0)).unwrap();
    let end = page as usize * 4_096;
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[end - 4_096..end].fill(7);
    std::fs::write(&path, bytes).unwrap();
    fixture.connect_anew();
    fixture.whole_requests(2);
    for _ in 0..3 {
        fixture.now += Duration::from_secs(1);
        fixture.commit();
    }
    assert_eq!(fixture.rows().len(), 2);
    assert_eq!(fixture.waiting_and_lost(), (0, 0));
}

mod measure;
