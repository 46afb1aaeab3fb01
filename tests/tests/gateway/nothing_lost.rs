use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::future::join_all;
use reqwest::Response;
use serde_json::{Value, json};
use tests::PATIENCE;
use tests::gatehouse::Gatehouse;
use tests::panel::Panel;
use tokio::task::JoinSet;

use crate::fixture::Fixture;

/// More than a shell's thousand open files, which a thousand connections on two sides take.
const FILES: u64 = 8_192;

/// A gateway that takes more requests at once than a workstation has.
fn start(models: &[&str]) -> Fixture {
    Fixture::prepared(models, |gatehouse| {
        let set = ["gateway", "set", "--max-in-flight", "2000"];
        gatehouse.run(&set).succeeded();
    })
}

/// The rows whose correlation id begins so, by it: how each ended, oldest first.
fn ends(gatehouse: &Gatehouse, prefix: &str) -> HashMap<String, Vec<String>> {
    let file = gatehouse.data().join(format!("{prefix}.jsonl"));
    let query = format!("id:{prefix}*");
    let _ = std::fs::remove_file(&file);
    let name = file.to_string_lossy();
    let words = ["logs", "--query", &query, "--export", &name];
    gatehouse.run(&words).succeeded();
    let mut ends: HashMap<String, Vec<String>> = HashMap::new();
    for line in std::fs::read_to_string(&file).unwrap().lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        ends.entry(text("correlation_id"))
            .or_default()
            .push(text("state"));
    }
    ends
}

/// Waits until so many requests have ended, and checks that each has one row.
#[track_caller]
fn ended(gatehouse: &Gatehouse, prefix: &str, requests: usize) -> HashMap<String, usize> {
    let ends = tests::eventually("every request has ended in the log", || {
        let ends = ends(gatehouse, prefix);
        let runs = ends.values().flatten().any(|state| state == "running");
        (ends.len() == requests && !runs).then_some(ends)
    });
    let mut states = HashMap::new();
    for (id, states_of_it) in ends {
        let [state] = states_of_it.as_slice() else {
            panic!("{id} has {} rows", states_of_it.len());
        };
        *states.entry(state.clone()).or_insert(0) += 1;
    }
    states
}

async fn first_chunk(mut answer: Response) -> Response {
    answer.chunk().await.unwrap().unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_clients_that_hang_up_at_once_have_a_row_each() {
    rlimit::increase_nofile_limit(FILES).unwrap();
    let gateway = start(&["falls-silent", "good"]);
    let streams = (0..1_000).map(|number| {
        let request = gateway.chat("falls-silent", json!({"stream": true}));
        let request = request.header("x-request-id", format!("leaves-{number}"));
        async { first_chunk(request.send().await.unwrap()).await }
    });
    let streams = join_all(streams).await;
    drop(streams);
    assert_eq!(gateway.ask("good", json!({})).await.0, 200);
    let states = ended(&gateway.gatehouse, "leaves-", 1_000);
    assert_eq!(states, HashMap::from([("cancelled".to_owned(), 1_000)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_has_one_row_also_when_the_server_is_killed_under_it() {
    let models = ["good", "falls-silent", "down"];
    let Fixture {
        upstream,
        gatehouse,
        serving,
        client,
    } = start(&models);
    let url = serving.url("/v1/chat/completions");
    let (mut asked, ended_so_far) = (JoinSet::new(), Arc::new(AtomicUsize::new(0)));
    for number in 0..400 {
        let model = ["good", "falls-silent", "down", "nobody"][number % 4];
        let body = json!({"model": model, "stream": number % 8 < 4,
            "messages": [{"role": "user", "content": "hello"}]});
        let request = client.post(&url).json(&body);
        let request = request.header("x-request-id", format!("load-{number}"));
        let ended = Arc::clone(&ended_so_far);
        asked.spawn(async move {
            // A stream that breaks is an answer, too.
            let _ = request.send().await.unwrap().text().await;
            ended.fetch_add(1, Ordering::SeqCst);
        });
    }
    // What falls silent is all that is left at the server.
    crate::fixture::until("the others have ended", || {
        ended_so_far.load(Ordering::SeqCst) == 300 && upstream.open() == 100
    })
    .await;
    drop(upstream);
    while let Some(one) = asked.join_next().await {
        one.unwrap();
    }
    let states = ended(&gatehouse, "load-", 400);
    let counts = [("completed", 100), ("failed", 300)];
    let counts = counts.map(|(state, count)| (state.to_owned(), count));
    assert_eq!(states, HashMap::from(counts));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_ended_rows_are_there_and_the_others_are_marked() {
    let mut gateway = start(&["good", "falls-silent"]);
    let running = (0..20).map(|number| {
        let request = gateway.chat("falls-silent", json!({"stream": true}));
        let request = request.header("x-request-id", format!("killed-running-{number}"));
        async { first_chunk(request.send().await.unwrap()).await }
    });
    let _running = join_all(running).await;
    let (mut load, answered) = (JoinSet::new(), Arc::new(Mutex::new(Vec::new())));
    for client in 0..8 {
        let request = gateway.chat("good", json!({"stream": client % 2 == 0}));
        let answered = Arc::clone(&answered);
        load.spawn(async move {
            for number in 0.. {
                let id = format!("killed-load-{client}-{number}");
                let request = request.try_clone().unwrap().header("x-request-id", &id);
                let Ok(answer) = request.send().await else {
                    return;
                };
                match answer.text().await {
                    Ok(_) => answered.lock().unwrap().push(id),
                    Err(_) => return,
                }
            }
        });
    }
    let enough = || answered.lock().unwrap().len() >= 400;
    crate::fixture::until("the load runs", enough).await;
    gateway.serving.process.signal("KILL");
    gateway.serving.process.wait(PATIENCE).unwrap();
    load.join_all().await;
    gateway.serving = gateway.gatehouse.serve();
    let ends = ends(&gateway.gatehouse, "killed-");
    // Whatever a client has seen the end of is completed, up to the last moment.
    for id in answered.lock().unwrap().iter() {
        assert_eq!(
            ends.get(id).map(Vec::as_slice),
            Some(&["completed".into()][..]),
            "{id}"
        );
    }
    let count = |begin: &str, state: &str| {
        let of = ends.iter().filter(|(id, _)| id.starts_with(begin));
        of.filter(|(_, states)| **states == [state]).count()
    };
    assert_eq!(count("killed-running-", "interrupted"), 20);
    let marked = count("killed-load-", "completed") + count("killed-load-", "interrupted");
    assert_eq!(marked + 20, ends.len(), "{ends:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_seen_right_before_a_kill_has_its_row() {
    let mut gateway = start(&["good"]);
    // The table has the first at once and gathers after it: the others are in the journal alone.
    for number in 0..3 {
        let request = gateway.chat("good", json!({}));
        let request = request.header("x-request-id", format!("seen-{number}"));
        request.send().await.unwrap().text().await.unwrap();
    }
    gateway.serving.process.signal("KILL");
    gateway.serving.process.wait(PATIENCE).unwrap();
    gateway.serving = gateway.gatehouse.serve();
    let states = ended(&gateway.gatehouse, "seen-", 3);
    assert_eq!(states, HashMap::from([("completed".to_owned(), 3)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_nobody_and_what_it_could_not_keep_is_said_and_kept_later() {
    let upstream = tests::upstream::Upstream::start();
    let gatehouse = Gatehouse::new();
    gatehouse.add_model("good", &upstream.endpoint(), "good");
    let serving = gatehouse.serve_on_a_disk(&["--admin"]);
    let panel = Panel::open(&serving).await;
    let gateway = Fixture {
        upstream,
        gatehouse,
        serving,
        client: tests::client(),
    };
    let disk = |bytes: u64| {
        let process = gateway.serving.process.id() as i32;
        let limit = Some((bytes, rlimit::INFINITY));
        rlimit::prlimit(process, rlimit::Resource::FSIZE, limit, None).unwrap();
    };
    // What SQLite writes ahead is larger than this after some rows.
    disk(256 * 1024);
    let mut number = 0;
    let said = loop {
        let request = gateway.chat("good", json!({}));
        let request = request.header("x-request-id", format!("full-{number}"));
        assert_eq!(request.send().await.unwrap().status(), 200);
        number += 1;
        let log = panel.call("status", &Value::Null).await.1["log"].clone();
        if log["writing"] == false {
            break log;
        }
        assert!(number < 2_000, "the disk is never full: {log}");
    };
    let sentence = said["sentence"].as_str().unwrap();
    assert!(sentence.contains("wait"), "{sentence}");
    assert!(said["waiting"].as_u64() > Some(0), "{said}");
    disk(rlimit::INFINITY);
    let states = ended(&gateway.gatehouse, "full-", number);
    assert_eq!(states, HashMap::from([("completed".to_owned(), number)]));
    assert_eq!(
        panel.call("status", &Value::Null).await.1["log"]["writing"],
        true
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_ten_megabytes_and_one_that_is_no_text_are_logged_like_any_other() {
    let gateway = Fixture::start(&["good"]);
    let run = |words: &[&str]| gateway.gatehouse.run(words).succeeded().json();
    run(&["record", "start"]);
    let long = |id: &'static str| {
        let request = gateway.chat("good", json!({"user": "x ".repeat(5_000_000)}));
        let request = request.header("x-request-id", id).send();
        async { request.await.unwrap().status().as_u16() }
    };
    assert_eq!(long("too-long").await, 413);
    assert_eq!(gateway.gatehouse.row("too-long")["status"], 413);
    run(&["gateway", "set", "--max-body-bytes", "20000000"]);
    assert_eq!(long("long").await, 200);
    assert_eq!(gateway.gatehouse.row("long")["status"], 200);
    let received = &run(&["record", "show", "long"])["received"];
    assert!(received["size"].as_u64() > Some(10_000_000), "{received}");
    assert!(received["kept"].as_u64() <= Some(1_048_576), "{received}");

    let bytes: Vec<u8> = (0..=255).rev().collect();
    let url = gateway.serving.url("/v1/chat/completions");
    let binary = gateway.client.post(url).header("x-request-id", "binary");
    let answer = binary.body(bytes).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    answer.text().await.unwrap();
    assert_eq!(gateway.gatehouse.row("binary")["status"], 400);
    let received = &run(&["record", "show", "binary"])["received"];
    assert_eq!(received["is_binary"], true);
    let content = received["content"].as_str().unwrap();
    assert!(content.starts_with("//79/Pv6"), "{content}");
}
