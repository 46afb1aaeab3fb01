use super::*;
use domain::{ModelDraft, Settings};

fn model(max_concurrent: Option<u32>) -> Model {
    let mut draft = ModelDraft {
        id: None,
        name: "m".into(),
        family: "general".into(),
        endpoint: "http://gpu-1:8000/v1".into(),
        identifier: String::new(),
        provider: domain::Provider::OpenaiCompatible,
        connection: domain::Connection::default(),
        enabled: true,
        self_hosted: true,
        price: None,
    };
    draft.connection.max_concurrent = max_concurrent;
    Settings::default()
        .save_model(&draft, ModelId(uuid::Uuid::nil()))
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_full_model_lets_a_few_wait_and_turns_the_rest_away() {
    let (load, model) = (Load::default(), model(Some(1)));
    let patience = Duration::from_secs(5);
    let mut waits = [None; 4];
    let [at_once, in_vain, left, second] = &mut waits;
    let first = load.enter(&model, patience, at_once).await.unwrap();
    let crowded = load.enter(&model, patience, in_vain).await;
    let crowded = crowded.unwrap_err();
    assert_eq!(crowded.limit, 1);
    let hangs_up = load.enter(&model, patience, left);
    let hung_up = tokio::time::timeout(Duration::from_secs(1), hangs_up).await;
    hung_up.unwrap_err();
    let waiter = load.enter(&model, patience, second);
    let leave = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        drop(first);
    };
    let (second, ()) = tokio::join!(waiter, leave);
    second.unwrap();
    let waited = waits.map(|wait| wait.is_some());
    assert_eq!(waited, [false, true, true, true], "who had to wait");
}

#[tokio::test]
async fn retries_are_a_tenth_of_the_requests_once_the_purse_is_empty() {
    let (load, model) = (Load::default(), model(None));
    let mut granted = 0;
    for _ in 0..200 {
        let place = load.enter(&model, Duration::ZERO, &mut None).await.unwrap();
        granted += u32::from(place.take_retry()) + u32::from(place.take_retry());
    }
    assert!((28..=31).contains(&granted), "{granted} of 400 wanted");
}

#[tokio::test]
async fn a_limit_holds_for_those_that_came_before_it_and_only_the_settings_change_it() {
    let (load, free, narrow) = (Load::default(), model(None), model(Some(2)));
    let adopt = |models: &[&Model]| {
        let models = models.iter().map(|model| (*model).clone()).collect();
        load.adopt(|| {
            let rest = Settings::default();
            Arc::new(Settings { models, ..rest })
        });
    };
    let enter = async |model| load.enter(model, Duration::ZERO, &mut None).await;
    adopt(&[&free]);
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(enter(&free).await.unwrap());
    }
    adopt(&[&narrow]);
    // A request with older settings does not know of the limit, and keeps to it.
    assert!(enter(&free).await.is_err(), "three of two are taken");
    held.pop();
    assert!(enter(&narrow).await.is_err(), "two of two are taken");
    held.pop();
    held.push(enter(&free).await.unwrap());
    assert!(enter(&narrow).await.is_err(), "two of two again");
    adopt(&[&model(Some(3))]);
    held.push(enter(&narrow).await.unwrap());
    assert!(enter(&narrow).await.is_err(), "three of three");
    adopt(&[&free]);
    for _ in 0..10 {
        held.push(enter(&narrow).await.unwrap());
    }
    adopt(&[]);
    assert!(load.lanes().is_empty(), "a model that is gone has no lane");
}
