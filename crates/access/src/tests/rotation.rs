use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::task::JoinSet;

use super::*;

const HOUR: i64 = 3600;

async fn is_let_in(access: &Access, token: &str, at: Timestamp) -> bool {
    at_once(access.verify(&headers(token), at)).await.is_ok()
}

/// A token that does not expire within the test.
fn lasting(pair: &Pair, kid: &str) -> String {
    pair.sign(
        Some(kid),
        &claims(json!({"exp": NOW.as_second() + 100 * HOUR})),
    )
}

#[tokio::test]
async fn a_new_key_is_accepted_within_a_minute_and_the_old_one_is_not() {
    let gitlab = FakeGitLab::start(&[FIRST.published("first")]).await;
    let access = access_to(&gitlab);
    let (old, new) = (lasting(&FIRST, "first"), lasting(&SECOND, "second"));
    assert!(is_let_in(&access, &old, NOW).await);
    gitlab.publish(&[SECOND.published("second")]);

    assert!(!is_let_in(&access, &new, seconds(29)).await);
    assert_eq!(gitlab.asked(), 1, "not asked again so soon");
    assert!(is_let_in(&access, &old, seconds(29)).await);
    assert!(is_let_in(&access, &new, seconds(30)).await);
    assert_eq!(gitlab.asked(), 2);
    assert!(
        !is_let_in(&access, &old, seconds(31)).await,
        "what is not published is not good"
    );
    assert_eq!(gitlab.asked(), 2);
}

#[tokio::test]
async fn a_stranger_cannot_make_us_ask_more_often() {
    let gitlab = FakeGitLab::start(&[FIRST.published("first")]).await;
    let access = access_to(&gitlab);
    for second in 0..60 {
        let token = SECOND.sign(Some(&format!("made-up-{second}")), &claims(json!({})));
        assert!(!is_let_in(&access, &token, seconds(second)).await);
    }
    assert_eq!(gitlab.asked(), 2, "at 0 s and at 30 s");
    // Neither when the keys cannot be read.
    gitlab.answer_keys(500, "", "");
    for second in 60..120 {
        let token = SECOND.sign(Some("first"), &claims(json!({})));
        assert!(!is_let_in(&access, &token, seconds(second)).await);
        until_idle(&access).await;
    }
    assert_eq!(gitlab.asked(), 4, "at 60 s and at 90 s");
}

#[tokio::test]
async fn a_key_that_changes_under_its_id_is_found_without_waiting() {
    let gitlab = FakeGitLab::start(&[FIRST.published("same")]).await;
    let access = access_to(&gitlab);
    assert!(is_let_in(&access, &lasting(&FIRST, "same"), NOW).await);
    gitlab.publish(&[SECOND.published("same")]);
    gitlab.hold();
    let new = lasting(&SECOND, "same");
    assert!(
        !is_let_in(&access, &new, seconds(30)).await,
        "it does not wait"
    );
    gitlab.open();
    until_idle(&access).await;
    assert!(is_let_in(&access, &new, seconds(31)).await);
}

#[tokio::test]
async fn an_old_set_serves_while_a_new_one_is_fetched_and_when_that_fails() {
    let gitlab = FakeGitLab::start(&[FIRST.published("first")]).await;
    let access = access_to(&gitlab);
    let token = lasting(&FIRST, "first");
    assert!(is_let_in(&access, &token, NOW).await);
    assert_eq!(access.providers()[0].next_try, Some(seconds(24 * HOUR)));
    assert!(is_let_in(&access, &token, seconds(24 * HOUR - 1)).await);
    until_idle(&access).await;
    assert_eq!(gitlab.asked(), 1, "fresh for a day");

    gitlab.hold();
    gitlab.answer_discovery(500, "", "");
    let day = 24 * HOUR;
    assert!(
        is_let_in(&access, &token, seconds(day)).await,
        "while a try hangs"
    );
    assert!(access.providers()[0].is_asking);
    gitlab.open();
    until_idle(&access).await;
    let state = &access.providers()[0];
    assert_eq!(state.kids, ["first"]);
    assert_eq!(state.loaded_at, Some(NOW));
    assert_eq!(state.failure.as_ref().unwrap().at, seconds(day));
    assert_eq!(state.next_try, Some(seconds(day + 300)));

    assert!(
        is_let_in(&access, &token, seconds(day + 299)).await,
        "after a failed try"
    );
    until_idle(&access).await;
    assert_eq!(gitlab.asked(), 2);
    assert!(is_let_in(&access, &token, seconds(day + 300)).await);
    until_idle(&access).await;
    assert_eq!(gitlab.asked(), 3, "and then it is tried again");
}

#[tokio::test]
async fn a_clock_that_was_set_back_does_not_stop_the_tries() {
    let gitlab = FakeGitLab::start(&[FIRST.published("first")]).await;
    let access = access_to(&gitlab);
    let claims = claims(json!({"iat": null, "nbf": null, "exp": NOW.as_second() + 9 * HOUR}));
    let later = seconds(5 * HOUR);
    assert!(is_let_in(&access, &FIRST.sign(Some("first"), &claims), later).await);
    gitlab.publish(&[SECOND.published("second")]);
    assert!(is_let_in(&access, &SECOND.sign(Some("second"), &claims), NOW).await);
}

#[tokio::test]
async fn a_hundred_requests_make_one_try() {
    let gitlab = FakeGitLab::start(&[FIRST.published("first")]).await;
    let access = Arc::new(access_to(&gitlab));
    gitlab.hold();
    let begun = Arc::new(AtomicUsize::new(0));
    let mut requests = JoinSet::new();
    for number in 0..100 {
        let (access, begun) = (Arc::clone(&access), Arc::clone(&begun));
        requests.spawn(async move {
            let token = lasting(&FIRST, "first");
            begun.fetch_add(1, Ordering::SeqCst);
            // The clock is read by each for itself, and not in the order of their tries.
            let now = NOW + SignedDuration::from_micros(100 - number);
            access.verify(&headers(&token), now).await
        });
    }
    while begun.load(Ordering::SeqCst) < 100 || gitlab.asked() == 0 {
        tokio::task::yield_now().await;
    }
    gitlab.open();
    for outcome in at_once(requests.join_all()).await {
        outcome.unwrap();
    }
    assert_eq!(gitlab.asked(), 1);
}

#[tokio::test]
async fn a_try_outlives_the_request_that_made_it() {
    let gitlab = FakeGitLab::start(&[FIRST.published("first")]).await;
    let access = access_to(&gitlab);
    gitlab.hold();
    let headers = headers(&lasting(&FIRST, "first"));
    let patience = tokio::time::timeout(Duration::from_millis(20), access.verify(&headers, NOW));
    assert!(
        patience.await.is_err(),
        "the first request waits for the first keys"
    );
    gitlab.open();
    until_idle(&access).await;
    assert_eq!(access.providers()[0].kids, ["first"]);
}

#[tokio::test]
async fn a_silent_provider_delays_nobody_else() {
    let gitlab = FakeGitLab::start(&[FIRST.published("first")]).await;
    let portal = FakeGitLab::start(&[SECOND.published("second")]).await;
    portal.hold();
    let providers = Providers {
        gitlab: Some(gitlab.url()),
        customers_portal: Some(portal.url()),
    };
    let access = super::access(providers, Duration::from_secs(60));
    assert!(
        is_let_in(&access, &lasting(&FIRST, "first"), NOW).await,
        "already the first request"
    );
    assert!(is_let_in(&access, &lasting(&FIRST, "first"), seconds(HOUR)).await);
    assert!(access.providers()[1].is_asking);
    while portal.asked() == 0 {
        tokio::task::yield_now().await;
    }
    assert!(is_let_in(&access, &lasting(&FIRST, "first"), seconds(2 * HOUR)).await);

    portal.open();
    until_idle(&access).await;
    assert_eq!(portal.asked(), 1, "a try that runs is not doubled");
    let caller = access
        .verify(&headers(&lasting(&SECOND, "second")), NOW)
        .await
        .unwrap();
    let Caller::Instance(instance) = caller else {
        panic!("the portal speaks for an instance");
    };
    assert_eq!(instance.signed_by, ProviderName::CustomersPortal);
}

#[tokio::test(start_paused = true)]
async fn no_token_waits_for_ever() {
    let gitlab = FakeGitLab::start(&[]).await;
    gitlab.hold();
    let providers = Providers {
        gitlab: Some(gitlab.url()),
        customers_portal: None,
    };
    let access = super::access(providers, Duration::from_secs(3600));
    let before = tokio::time::Instant::now();
    let headers = headers(&lasting(&FIRST, "first"));
    let refusal = access.verify(&headers, NOW).await.unwrap_err();
    assert!(
        refusal.reason().contains("unknown key"),
        "{}",
        refusal.reason()
    );
    assert_eq!(before.elapsed().as_secs(), 12);
}

#[tokio::test]
async fn the_same_address_is_asked_once() {
    let gitlab = FakeGitLab::start(&[FIRST.published("first")]).await;
    let providers = Providers {
        gitlab: Some(gitlab.url()),
        customers_portal: Some(gitlab.url()),
    };
    let access = super::access(providers, Duration::from_secs(10));
    assert_eq!(access.check_providers(NOW).await.len(), 1);
    assert_eq!(gitlab.asked(), 1);
}
