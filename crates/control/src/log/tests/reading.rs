//! What is read from the log, and how long it takes.

use super::*;

fn filter(text: &str) -> RequestQuery {
    RequestQuery {
        text: Some(text.into()),
        ..RequestQuery::default()
    }
}

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
async fn rows_are_found_by_id_state_and_text() {
    let mut fixture = Fixture::new();
    fixture.request(0, "mixtral", RequestState::Completed, None);
    fixture.request(0, "Codestral", RequestState::Failed, None);
    fixture.request(0, "qwen", RequestState::Cancelled, None);
    fixture.log.flush().await;
    let by_state = |state| RequestQuery {
        state: Some(state),
        ..RequestQuery::default()
    };
    let by_id = |id: &str| RequestQuery {
        correlation_id: Some(id.into()),
        ..RequestQuery::default()
    };
    for (query, expected) in [
        (by_state(RequestState::Failed), vec![2]),
        (by_state(RequestState::Completed), vec![1]),
        (by_state(RequestState::Running), vec![]),
        (by_id("id-3"), vec![3]),
        (by_id("' OR 1=1 --"), vec![]),
        (filter("codestral"), vec![2]),
        (filter("502"), vec![2]),
        (filter("DUO_CHAT"), vec![3, 2, 1]),
        (filter("100% of gpu_1"), vec![2]),
        (filter("100_"), vec![]),
        (filter("%%"), vec![]),
        (filter("  "), vec![3, 2, 1]),
    ] {
        let page = fixture.list(query.clone()).await;
        assert_eq!(ids(&page.rows), expected, "{query:?}");
        assert_eq!(
            (page.matching, page.total),
            (expected.len() as u64, 3),
            "{query:?}"
        );
    }
    let both = RequestQuery {
        state: Some(RequestState::Failed),
        ..filter("qwen")
    };
    assert_eq!(fixture.list(both).await.matching, 0);
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
    fixture.request(61, "mixtral", RequestState::Failed, Some(9_000));
    fixture.request(60, "mixtral", RequestState::Completed, Some(10));
    for first_token in [30, 20, 40] {
        fixture.request(1, "mixtral", RequestState::Completed, Some(first_token));
    }
    fixture.request(0, "mixtral", RequestState::Failed, None);
    fixture.log.flush().await;
    let activity = fixture
        .log
        .activity(ActivityQuery { minutes: 60 }, now())
        .await
        .unwrap();
    assert_eq!(activity.buckets.len(), 60);
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
    assert_eq!(
        bucket(59),
        (4, 1, Some(30.0), 80),
        "now belongs to the last part"
    );
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

/// Run it alone: `cargo test -p control --release -- --ignored --nocapture reading_cost`.
#[tokio::test]
#[ignore = "a measurement"]
async fn reading_cost_of_a_million_rows() {
    const ROWS: i64 = 1_000_000;
    let mut fixture = Fixture::new();
    for row in 0..ROWS {
        let state = if row % 50 == 0 {
            RequestState::Failed
        } else {
            RequestState::Completed
        };
        fixture.request(
            (ROWS - row) / 700,
            ["mixtral", "codestral"][row as usize % 2],
            state,
            Some(5),
        );
    }
    let begun = Instant::now();
    fixture.log.flush().await;
    println!("writing on: {:?}", begun.elapsed());
    let begun = Instant::now();
    let mut lap = begun;
    let mut told = |what: &str| {
        println!("{what}: {:?}", lap.elapsed());
        lap = Instant::now();
    };
    fixture.list(RequestQuery::default()).await;
    told("a page");
    fixture
        .list(RequestQuery {
            correlation_id: Some("id-77".into()),
            ..RequestQuery::default()
        })
        .await;
    told("by correlation id");
    fixture
        .list(RequestQuery {
            state: Some(RequestState::Failed),
            ..RequestQuery::default()
        })
        .await;
    told("by state");
    fixture.list(filter("nowhere")).await;
    told("by text");
    fixture
        .log
        .evidence_of_model("mixtral", now())
        .await
        .unwrap();
    told("evidence");
    fixture
        .log
        .activity(ActivityQuery { minutes: 60 }, now())
        .await
        .unwrap();
    told("activity of an hour");
    fixture
        .log
        .activity(ActivityQuery { minutes: 1_440 }, now())
        .await
        .unwrap();
    told("activity of a day");
    fixture.log.last_error().await.unwrap();
    fixture.log.last_of_model("nobody").await.unwrap();
    fixture.log.last_used("nobody").await.unwrap();
    told("last error, last of a model, last used");
}
