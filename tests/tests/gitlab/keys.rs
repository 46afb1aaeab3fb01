use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::gatehouse::Gatehouse;
use tests::gitlab::{Gitlab, Manner};
use tests::upstream::Upstream;

use crate::fixture::{Fixture, add, completion, read, row, set, told};

const PATH: &str = "/v2/code/completions";

#[tokio::test(flavor = "multi_thread")]
async fn a_new_signing_key_is_accepted_within_a_minute() {
    let gateway = Fixture::start("alpha");
    let old = gateway.gitlab.token();
    let (status, _) = gateway.ask_as(&old, PATH, &completion()).await;
    assert_eq!(status, 200);
    gateway.gitlab.rotate();
    let began = Instant::now();
    while gateway.ask(PATH, &completion()).await.0 != 200 {
        assert!(began.elapsed() < Duration::from_secs(60), "still refused");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let (status, answer) = gateway.ask_as(&old, PATH, &completion()).await;
    assert_eq!(
        status, 401,
        "the old key is not published any more: {answer}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_known_keys_hold_while_gitlab_is_away() {
    for manner in [Manner::Down, Manner::Silent, Manner::Page] {
        let gateway = Fixture::start("alpha");
        let (status, _) = gateway.ask(PATH, &completion()).await;
        assert_eq!(status, 200);
        gateway.gitlab.behave(manner);
        for _ in 0..3 {
            let (status, answer) = gateway.ask(PATH, &completion()).await;
            assert_eq!(status, 200, "{manner:?}: {answer}");
        }
    }
}

/// The first token after a start finds a GitLab that does not publish its keys.
#[tokio::test(flavor = "multi_thread")]
async fn without_keys_a_token_is_refused_and_the_log_says_what_gitlab_did() {
    for (manner, words) in [
        (Manner::Down, "502"),
        (Manner::Huge, "1 MiB"),
        (Manner::Page, "is not a set of JSON web keys"),
        (Manner::Empty, "no key"),
        (Manner::Silent, "10 s"),
    ] {
        let gateway = Fixture::prepared("alpha", "general", |_, gitlab| gitlab.behave(manner));
        let request = gateway.post(PATH, &completion());
        let (status, answer) = read(request.header("x-request-id", "first")).await;
        assert_eq!((status, told(&answer)), (401, "Forbidden by auth provider"));
        let row = row(&gateway, "first");
        let error = row["error"].as_str().unwrap();
        assert!(error.contains(words), "{manner:?}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_portal_delays_nobody() {
    let (gitlab, portal, upstream) = (Gitlab::start(), Gitlab::start(), Upstream::start());
    portal.behave(Manner::Silent);
    let gatehouse = Gatehouse::new();
    add(&gatehouse, "alpha", "general", &upstream.endpoint());
    set(
        &gatehouse,
        &gitlab,
        json!({"customers_portal": portal.url()}),
    );
    let gateway = Fixture::behind(gitlab, upstream, gatehouse);
    let request = gateway.post(PATH, &completion());
    // The portal would take ten seconds.
    let (status, answer) = read(request.timeout(Duration::from_secs(8))).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(portal.asked(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_portal_is_asked_only_where_it_is_set() {
    let gateway = Fixture::start("alpha");
    let shown = gateway.gatehouse.run(&["gitlab", "status"]).succeeded();
    let shown: Value = shown.json();
    let providers = shown["providers"].as_array().unwrap();
    assert_eq!(providers.len(), 1, "{shown}");
    assert_eq!(providers[0]["name"], "GitLab");
}
