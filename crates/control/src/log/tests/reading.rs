//! What is read from the log.

use super::*;

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repetition() {
    let mut fixture = Fixture::new();
    for _ in 0..7 {
        fixture.request(0, "mixtral", RequestState::Completed, None);
    }
    fixture.log.flush().await;
    let first = fixture
        .list(RequestQuery {
            limit: 4,
            ..RequestQuery::default()
        })
        .await;
    let before = first.rows.last().map(|row| row.id);
    let second = fixture
        .list(RequestQuery {
            limit: 4,
            before,
            ..RequestQuery::default()
        })
        .await;
    assert_eq!(
        (ids(&first.rows), ids(&second.rows)),
        (vec![7, 6, 5, 4], vec![3, 2, 1])
    );
    assert_eq!(
        (second.matching, second.total),
        (7, 7),
        "rows of other pages match, too"
    );
}

#[tokio::test]
async fn hostile_text_comes_back_as_it_went_in() {
    let mut fixture = Fixture::new();
    let hostile = "\u{1b}[2J'; DROP TABLE requests; --\u{0}\u{202e}é";
    fixture.start(now(), hostile);
    fixture.log.flush().await;
    assert_eq!(
        fixture.list(RequestQuery::default()).await.rows[0].correlation_id,
        hostile
    );
}

#[tokio::test]
async fn a_log_of_an_older_program_is_read_before_any_gateway_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let old = rusqlite::Connection::open(database::REQUESTS.path(folder.path())).unwrap();
    let [first, ..] = super::super::schema::MIGRATIONS;
    let row =
        "INSERT INTO requests (started_at, correlation_id, state, method, path, client, streamed)
        VALUES (1, 'of-old', 'completed', 'POST', '/v1/chat/completions', 'gitlab', 0);
        PRAGMA user_version = 1;";
    old.execute_batch(&format!("{first} {row}")).unwrap();
    drop(old);
    let log = RequestLog::read_only(folder.path());
    let page = log.list(RequestQuery::default(), zoned()).await.unwrap();
    assert_eq!(page.rows[0].correlation_id, "of-old");
}

#[tokio::test]
async fn evidence_counts_the_last_day_of_one_model_or_feature() {
    let mut fixture = Fixture::new();
    fixture.request(24 * 60 + 1, "mixtral", RequestState::Failed, Some(9_000));
    for first_token in 1..=100 {
        fixture.request(60, "mixtral", RequestState::Completed, Some(first_token));
    }
    fixture.request(1, "mixtral", RequestState::Failed, None);
    fixture.request(1, "codestral", RequestState::Failed, Some(7));
    let running = fixture.start(now(), "id-running");
    fixture
        .events
        .send(Event::Routed(running, Box::new(routed("mixtral"))))
        .unwrap();
    fixture.log.flush().await;
    let evidence = fixture
        .log
        .evidence_of_model("mixtral", now())
        .await
        .unwrap();
    let expected = Evidence {
        requests: 101,
        errors: 1,
        first_token_p50_ms: Some(50.0),
        first_token_p95_ms: Some(95.0),
    };
    assert_eq!(evidence, expected);
    let chat = fixture
        .log
        .evidence_of_feature(Feature::DuoChat, now())
        .await
        .unwrap();
    assert_eq!((chat.requests, chat.errors), (102, 2));
    let none = fixture
        .log
        .evidence_of_model("nobody", now())
        .await
        .unwrap();
    assert_eq!(none, Evidence::default());
}

#[tokio::test]
async fn activity_sums_up_sixty_parts_of_the_period() {
    let mut fixture = Fixture::new();
    fixture.request(60, "mixtral", RequestState::Failed, Some(9_000));
    fixture.request(59, "mixtral", RequestState::Completed, Some(10));
    for first_token in [30, 20, 40] {
        fixture.request(1, "mixtral", RequestState::Completed, Some(first_token));
    }
    fixture.request(0, "mixtral", RequestState::Failed, None);
    fixture.log.flush().await;
    let activity = fixture
        .log
        .activity(
            ActivityQuery {
                minutes: 60,
                query: None,
            },
            zoned(),
        )
        .await
        .unwrap();
    assert_eq!(activity.buckets.len(), 60);
    let ends = (zoned().timestamp().as_millisecond() / 60_000 + 1) * 60_000;
    assert_eq!(activity.since.as_millisecond(), ends - 60 * 60_000);
    let bucket = |place: usize| {
        let bucket = &activity.buckets[place];
        (
            bucket.requests,
            bucket.errors,
            bucket.first_token_p50_ms,
            bucket.completion_tokens,
        )
    };
    assert_eq!(bucket(0), (1, 0, Some(10.0), 20));
    assert_eq!(bucket(30), (0, 0, None, 0));
    assert_eq!(bucket(58), (3, 0, Some(30.0), 60));
    assert_eq!(bucket(59), (1, 1, None, 20), "now belongs to the last part");
    assert_eq!(
        (activity.evidence.requests, activity.evidence.errors),
        (5, 1)
    );
    assert_eq!(
        (
            activity.evidence.first_token_p50_ms,
            activity.completion_tokens
        ),
        (Some(20.0), 100)
    );
}

#[tokio::test]
async fn the_newest_of_a_model_a_client_and_the_failures_are_found() {
    let mut fixture = Fixture::new();
    assert_eq!(fixture.log.last_error().await.unwrap(), None);
    fixture.request(9, "mixtral", RequestState::Failed, None);
    fixture.request(8, "mixtral", RequestState::Completed, None);
    fixture.request(7, "mixtral", RequestState::Cancelled, None);
    fixture.log.flush().await;
    let last = fixture.log.last_of_model("mixtral").await.unwrap().unwrap();
    assert_eq!(
        (last.id.0, last.state),
        (2, RequestState::Completed),
        "a hung-up client says nothing of health"
    );
    let error = fixture.log.last_error().await.unwrap().unwrap();
    assert_eq!(
        (error.request.0, error.sentence.as_str()),
        (1, "100% of gpu_1 is gone")
    );
    let used = fixture.log.last_used("gitlab").await.unwrap();
    assert_eq!(used, Some(now() - SignedDuration::from_mins(7)));
    assert_eq!(fixture.log.last_used("nobody").await.unwrap(), None);
}
