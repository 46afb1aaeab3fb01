//! A gap whose answer cannot be polished without reading code.

use std::sync::Arc;

use code::{Completion, Gap};
use domain::{CompletionRoute, FamilyRecord};
use tokio::sync::Semaphore;

use super::*;
use crate::polish::Polisher;
use crate::prepare::Polish;
use crate::translation::Translation;
use crate::workshop::Workshop;

/// It goes on behind the block.
const ANSWER: &str = "data: {\"choices\":[{\"index\":0,\"text\":\"a();\\n}\\n\\nfn g() {\\n    b();\\n}\\n\",\
     \"finish_reason\":null}]}\n\n";

/// The polish of an answer inside much code, in a workshop with so many places.
fn passage(places: usize) -> Passage {
    let code = "fn f(a: usize) -> usize {\n    a * 2 + 1\n}\n\n".repeat(500);
    let gap = Gap::new(&format!("{code}fn f() {{\n    "), "\n").in_file("a.rs", None);
    let family = FamilyRecord::built_in("qwen").unwrap();
    let completion = Completion::new(&gap, family, CompletionRoute::RawFim);
    let head = forms::Head {
        id: "id-7".into(),
        model: "m".into(),
        created: 0,
        include_usage: false,
        echo: serde_json::Map::new(),
    };
    Passage::Translated(Box::new(Translation::new(
        providers::AnswerForm::OpenaiText.decoder().unwrap(),
        Polisher::new(Polish::Completion(Box::new(completion)), Vec::new()),
        Workshop(Arc::new(Semaphore::new(places))),
        forms::Form::Completions.writer(head),
    )))
}

/// The answer, and then nothing more; and what is held as long as the server is listened to.
fn open() -> (Pieces, Arc<()>) {
    let listened_to = Arc::new(());
    let held = Arc::clone(&listened_to);
    let rest = stream::poll_fn(move |_| {
        let _ = &held;
        Poll::Pending
    });
    (pieces(&[ANSWER], false).chain(rest).boxed(), listened_to)
}

/// Lets the relay run as far as it comes by itself.
async fn until_it_waits(relay: &mut Relay) {
    tokio::select! {
        biased;
        bytes = std::future::poll_fn(|context| relay.poll(context)) => panic!("nobody else had a turn before {bytes:?}"),
        () = std::future::ready(()) => {}
    }
}

#[tokio::test]
async fn code_is_read_while_others_have_their_turn() {
    let mut fixture = Fixture::through(passage(1), open().0).await;
    until_it_waits(&mut fixture.relay).await;
    let all = fixture.all().await;
    assert!(all.contains("a();") && all.contains("[DONE]"), "{all}");
    assert!(!all.contains("fn g"), "it ends with the block: {all}");
    assert_eq!(fixture.outcome().await.state, RequestState::Completed);
}

#[tokio::test]
async fn hanging_up_while_code_waits_to_be_read_leaves_the_server() {
    let (pieces, listened_to) = open();
    let mut fixture = Fixture::through(passage(0), pieces).await;
    until_it_waits(&mut fixture.relay).await;
    assert_eq!(Arc::strong_count(&listened_to), 2);
    assert_eq!(fixture.outcome().await.state, RequestState::Cancelled);
    assert_eq!(Arc::strong_count(&listened_to), 1);
}

#[tokio::test]
async fn a_stop_does_not_wait_for_code_to_be_read() {
    let mut fixture = Fixture::through(passage(0), open().0).await;
    until_it_waits(&mut fixture.relay).await;
    fixture.stop.cancel();
    let all = fixture.all().await;
    assert!(all.contains("gateway_stopping"), "{all}");
    assert_eq!(fixture.outcome().await.state, RequestState::Failed);
}

#[tokio::test(start_paused = true)]
async fn without_a_place_the_answer_comes_unread_and_the_record_says_so() {
    let answer = pieces(&[ANSWER, DONE], false);
    let mut fixture = Fixture::through(passage(0), answer).await;
    let begin = Instant::now();
    let all = fixture.all().await;
    assert_eq!(begin.elapsed(), Duration::from_millis(250));
    assert!(all.contains("fn g") && all.contains("[DONE]"), "{all}");
    let outcome = fixture.outcome().await;
    assert!(
        outcome
            .notes
            .iter()
            .any(|note| note.contains("without reading")),
        "{:?}",
        outcome.notes
    );
}
