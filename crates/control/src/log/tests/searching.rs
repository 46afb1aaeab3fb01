//! What queries find in a real database: all of it, whatever page is read.

use domain::{Feature, Field, Provider};
use gateway::{Accepted, Outcome, Routed};

use super::*;
use crate::view::Counting;

fn query(text: &str) -> RequestQuery {
    RequestQuery {
        query: Some(text.into()),
        ..RequestQuery::default()
    }
}

impl Fixture {
    /// A request as it was accepted, routed and ended; without an end it runs.
    fn send(&mut self, accepted: Accepted, routed: Option<Routed>, outcome: Option<Outcome>) {
        self.next += 1;
        let sequence = self.next;
        let mut events = vec![Event::Started(sequence, Box::new(accepted))];
        events.extend(routed.map(|routed| Event::Routed(sequence, Box::new(routed))));
        events.extend(outcome.map(|outcome| Event::Finished(sequence, Box::new(outcome), ())));
        for event in events {
            self.events.send(event).unwrap();
        }
    }

    async fn found(&self, text: &str) -> Vec<i64> {
        let page = self.list(query(text)).await;
        let found = ids(&page.rows);
        assert_eq!(
            (page.matching, page.counted),
            (found.len() as u64, true),
            "{text}"
        );
        found
    }

    /// Indexes every row.
    fn index(&self) {
        let mut connection = connect(self.folder.path());
        while index::step(&mut connection).unwrap() {}
        assert_eq!(index::behind(&connection).unwrap(), 0);
    }
}

/// Three different requests, the last one still running, at 10:11:12 UTC and hours before.
async fn three() -> Fixture {
    let mut fixture = Fixture::new();
    let at = |hours: i64| now() - SignedDuration::from_hours(hours);
    fixture.send(
        Accepted {
            at: at(48),
            path: "/v1/chat/agent".into(),
            ..accepted("01JD9ZAAAA")
        },
        Some(routed("mixtral")),
        Some(outcome(RequestState::Completed)),
    );
    fixture.send(
        Accepted {
            at: at(2),
            client: "curl 8.5".into(),
            method: "GET".into(),
            ..accepted("0192f3c4-5d2e-7abc-8def-0123456789ab")
        },
        Some(Routed {
            feature: None,
            streamed: false,
            family: None,
            provider: Some(Provider::Bedrock),
            ..routed("Codestral 22B")
        }),
        Some(Outcome {
            status: Some(502),
            first_token_after: None,
            duration: Duration::from_secs(3),
            error: Some("gpu-1:8000 timed out: \"100%\" of it".into()),
            retries: 0,
            notes: Vec::new(),
            finish_reason: None,
            answered_by: None,
            ..outcome(RequestState::Failed)
        }),
    );
    let running = Routed {
        feature: Some(Feature::CodeCompletions),
        ..routed("Codestral 22B")
    };
    fixture.send(accepted("01JD9ZBBBB"), Some(running), None);
    fixture.log.flush().await;
    fixture
}

#[tokio::test]
async fn every_key_finds_its_rows_and_their_number() {
    let fixture = three().await;
    for (text, expected) in [
        ("", vec![3, 2, 1]),
        ("model:mixtral", vec![1]),
        ("model:\"Codestral 22B\"", vec![3, 2]),
        ("model:Code* -state:running", vec![2]),
        ("feature:duo_chat", vec![1]),
        ("-feature:duo_chat", vec![3, 2]),
        ("status:502", vec![2]),
        ("status:5xx", vec![2]),
        ("status:>=200 -status:502", vec![1]),
        ("status:<500", vec![1]),
        ("-status:200", vec![3, 2]),
        ("client:gitlab", vec![3, 1]),
        ("client:curl*", vec![2]),
        ("state:running", vec![3]),
        ("provider:bedrock", vec![2]),
        ("family:mixtral streamed:yes", vec![3, 1]),
        ("streamed:no", vec![2]),
        ("path:/v1/chat/*", vec![3, 2, 1]),
        ("path:/v1/chat/agent", vec![1]),
        ("method:get", vec![2]),
        ("id:01JD9ZAAAA", vec![1]),
        ("id:01JD*", vec![3, 1]),
        ("id:\"' OR 1=1 --\"", vec![]),
        ("duration:>2s", vec![2]),
        ("duration:<=40ms", vec![1]),
        ("first:>=5ms", vec![1]),
        ("first:>5ms", vec![]),
        ("retries:>0", vec![1]),
        ("retries:0", vec![3, 2]),
        ("since:3h", vec![3, 2]),
        ("until:3h", vec![1]),
        // An hour ahead of UTC.
        ("since:09:11:12", vec![3, 2]),
        ("since:09:11:13", vec![3]),
        ("until:2026-11-01", vec![1]),
        ("since:2026-11-03 until:2026-11-03T11:00+01:00", vec![2]),
        ("-since:3h", vec![1]),
    ] {
        assert_eq!(fixture.found(text).await, expected, "{text}");
    }
}

#[tokio::test]
async fn words_are_found_in_every_text_of_rows_that_are_indexed_and_of_those_that_are_not() {
    let fixture = three().await;
    let words: [(&str, Vec<i64>); _] = [
        ("codestral", vec![3, 2]),
        ("CODES*", vec![3, 2]),
        ("codes", vec![]),
        ("estral", vec![]),
        ("codestral gpu-1", vec![2]),
        ("codestral -timed", vec![3]),
        ("-timed", vec![3, 1]),
        ("-timed -mixtral", vec![3]),
        ("\"timed out\"", vec![2]),
        ("\"out timed\"", vec![]),
        // Signs stand for spaces.
        ("\"100% of\"", vec![2]),
        ("\"say \\\"100%\\\"\" OR mixtral", vec![]),
        ("\"\\\"100%\\\" of\"", vec![2]),
        ("duo_chat", vec![1]),
        ("chat", vec![3, 2, 1]),
        ("code_completions", vec![3]),
        ("curl", vec![2]),
        ("agent", vec![1]),
        ("quoted", vec![1]),
        ("Spare", vec![1]),
        ("stop", vec![1]),
        ("01JD9Z*", vec![3, 1]),
        ("0192f3c4-5d2e-7abc-8def-0123456789ab", vec![2]),
        ("codestral status:5xx", vec![2]),
        ("codestral -status:5xx", vec![3]),
        ("chat* duration:>2s", vec![2]),
        ("NEAR(codestral", vec![]),
    ];
    for is_indexed in [false, true] {
        for (text, expected) in &words {
            assert_eq!(fixture.found(text).await, *expected, "{text}, {is_indexed}");
        }
        fixture.index();
    }
}

#[tokio::test]
async fn a_row_is_found_once_whatever_becomes_of_it() {
    let mut fixture = three().await;
    fixture.index();
    assert_eq!(fixture.found("completions").await, [3, 2]);
    // The holder of the folder takes it for dead; then its own process ends it.
    let interrupted = "UPDATE requests SET state = 'interrupted' WHERE id = 3";
    connect(fixture.folder.path())
        .execute(interrupted, [])
        .unwrap();
    for _ in 0..2 {
        assert_eq!(fixture.found("completions").await, [3, 2]);
        assert_eq!(fixture.found("state:interrupted completions").await, [3]);
        fixture.index();
    }
    let mut ended = outcome(RequestState::Completed);
    ended.finish_reason = Some("eos".into());
    fixture
        .events
        .send(Event::Finished(3, Box::new(ended), ()))
        .unwrap();
    fixture.request(0, "mixtral", RequestState::Failed, None);
    fixture.log.flush().await;
    for _ in 0..2 {
        assert_eq!(fixture.found("completions").await, [4, 3, 2]);
        assert_eq!(fixture.found("eos").await, [3]);
        fixture.index();
    }
    let gone = "DELETE FROM requests WHERE id = 3";
    connect(fixture.folder.path()).execute(gone, []).unwrap();
    assert_eq!(fixture.found("eos").await, [0; 0]);
}

#[tokio::test]
async fn pages_of_a_search_follow_each_other_and_know_all_matches() {
    let mut fixture = Fixture::new();
    for place in 0..9 {
        let model = ["mixtral", "codestral"][place % 2];
        fixture.request(0, model, RequestState::Completed, None);
    }
    fixture.send(accepted("id-last"), Some(routed("mixtral")), None);
    fixture.log.flush().await;
    for (is_indexed, text) in [false, true].into_iter().flat_map(|is_indexed| {
        ["mixtral", "model:mixtral", "-codestral"].map(|text| (is_indexed, text))
    }) {
        if is_indexed {
            fixture.index();
        }
        let mut seen = Vec::new();
        let mut before = None;
        loop {
            let page = RequestQuery {
                limit: 2,
                before,
                ..query(text)
            };
            let page = fixture.list(page).await;
            assert_eq!((page.matching, page.total), (6, 10), "{text}");
            let Some(last) = page.rows.last() else { break };
            before = Some(last.id);
            seen.extend(ids(&page.rows));
        }
        assert_eq!(seen, [10, 9, 7, 5, 3, 1], "{text}");
    }
}

#[tokio::test]
async fn rows_of_an_older_log_are_searched_and_summed_up_after_the_lift() {
    let mut fixture = three().await;
    fixture.request(0, "old one", RequestState::Completed, None);
    let folder = fixture.close().await;
    connect(folder.path())
        .execute_batch(
            "DROP TRIGGER requests_end_again; DROP TABLE totals; DROP TABLE parts;
             DROP TABLE overdue; DROP TABLE spans; DROP INDEX requests_status;
             ALTER TABLE requests DROP COLUMN address; ALTER TABLE requests DROP COLUMN connect_us;
             ALTER TABLE requests DROP COLUMN gap_us; ALTER TABLE requests DROP COLUMN auth_us;
             ALTER TABLE requests DROP COLUMN token_issuer;
             ALTER TABLE requests DROP COLUMN instance_id; ALTER TABLE requests DROP COLUMN params;
             ALTER TABLE requests DROP COLUMN sequence;
             UPDATE requests SET state = 'running' WHERE id = 3; PRAGMA user_version = 2;",
        )
        .unwrap();
    let (lifted, _) = Fixture::in_folder(folder, true);
    assert_eq!(lifted.found("codestral").await, [3, 2]);
    lifted.index();
    assert_eq!(lifted.found("codestral").await, [3, 2]);
    assert_eq!(lifted.found("\"old one\"").await, [4]);
    assert_eq!(lifted.found("since:1h").await, [4, 3]);
    let activity = ActivityQuery {
        minutes: 60,
        query: None,
    };
    let activity = lifted.log.activity(activity, zoned()).await.unwrap();
    assert_eq!(activity.evidence.requests, 2);
}

#[tokio::test]
async fn a_period_is_whole_though_the_clock_jumped_back() {
    let mut fixture = Fixture::new();
    for minutes_ago in [20, 10, 60, 30, 5, 0] {
        fixture.request(minutes_ago, "mixtral", RequestState::Completed, None);
    }
    fixture.log.flush().await;
    for (text, expected) in [
        ("since:15m", vec![6, 5, 2]),
        ("until:15m", vec![4, 3, 1]),
        ("since:40m until:9m", vec![4, 2, 1]),
    ] {
        assert_eq!(fixture.found(text).await, expected, "{text}");
    }
}

#[tokio::test]
async fn the_strip_of_a_query_has_its_rows_alone_whether_they_are_indexed_or_not() {
    let mut fixture = Fixture::new();
    for (minutes_ago, model) in [
        (90, "mixtral"),
        (50, "mixtral"),
        (30, "codestral"),
        (1, "mixtral"),
    ] {
        fixture.request(minutes_ago, model, RequestState::Completed, Some(20));
    }
    fixture.request(1, "mixtral", RequestState::Failed, None);
    fixture.log.flush().await;
    for _ in 0..2 {
        for (query, expected) in [
            ("model:mixtral", (3, 1)),
            ("mixtral", (3, 1)),
            ("-mixtral", (1, 0)),
            ("state:failed", (1, 1)),
            ("nowhere", (0, 0)),
        ] {
            let asked = ActivityQuery {
                minutes: 60,
                query: Some(query.into()),
            };
            let activity = fixture.log.activity(asked, zoned()).await.unwrap();
            let sum: u32 = activity.buckets.iter().map(|bucket| bucket.requests).sum();
            assert_eq!((sum, activity.evidence.errors), expected, "{query}");
            assert!(!activity.partial);
            let ends = (zoned().timestamp().as_millisecond() / 60_000 + 1) * 60_000;
            assert_eq!(activity.since.as_millisecond(), ends - 60 * 60_000);
        }
        fixture.index();
    }
}

#[tokio::test]
async fn a_count_is_left_out_when_nobody_wants_it() {
    let fixture = three().await;
    let page = RequestQuery {
        count: Counting::Skip,
        ..query("codestral")
    };
    let page = fixture.list(page).await;
    assert_eq!(
        (page.rows.len(), page.matching, page.counted),
        (2, 0, false)
    );
}

#[tokio::test]
async fn a_query_that_cannot_be_read_is_an_error_of_its_field() {
    let fixture = Fixture::new();
    let error = fixture
        .log
        .list(query("model:x status:abc"), zoned())
        .await
        .unwrap_err();
    assert_eq!(error.field, Some(Field::Query));
    assert!(error.message.contains("status:abc"), "{error:?}");
}
