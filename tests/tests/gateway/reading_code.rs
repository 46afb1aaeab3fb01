//! Code around a gap is read to end an answer where it has to: nobody else waits for that.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::gatehouse::Gatehouse;
use tests::upstream::{Upstream, Vendor, said::code};

use crate::fixture::{Fixture, register_as, until};

/// Gaps whose answers come at the same time.
const GAPS: usize = 160;

/// A third of what reading all answers on one thread takes, and ten times what is seen when they
/// are read beside it: a machine that is busy with something else is no fault of ours.
const AT_MOST: Duration = Duration::from_secs(1);

/// A gap between 32 kB of code and 32 kB of code.
fn gap() -> Value {
    let function = "int f(int a, int b) {\n    std::vector<int> v = {a, b};\n    \
        for (int i = 0; i < a; i++) {\n        v.push_back(i * b + (a > b ? 1 : 2));\n    }\n    \
        return v.size();\n}\n\n";
    let code = function.repeat(32_768 / function.len());
    json!({"model": "writes-code", "prompt": format!("{code}int g(int a) {{\n    "),
        "suffix": format!("\n}}\n\n{code}"), "file_name": "a.cpp", "stream": true})
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_much_code_delays_nobody_else() {
    let upstream = Upstream::of(Vendor::LlamaCpp);
    let beside = Upstream::start();
    let mut gatehouse = Gatehouse::new();
    gatehouse.add_model("falls-silent", &beside.endpoint(), "falls-silent");
    let (vendor, model) = (Vendor::LlamaCpp, "writes-code");
    register_as(
        &mut gatehouse,
        &upstream,
        vendor,
        model,
        model,
        "starcoder2",
    );
    let set = ["gateway", "set", "--max-in-flight", "1000"];
    gatehouse.run(&set).succeeded();
    let set = ["gateway", "set", "--completion-timeout", "60"];
    gatehouse.run(&set).succeeded();
    // With one thread whatever is read on it is what everybody waits for.
    gatehouse.set("TOKIO_WORKER_THREADS", "1");
    let gateway = Fixture::behind(upstream, gatehouse);
    let silent = gateway.chat("falls-silent", json!({"stream": true}));
    let mut silent = silent.send().await.unwrap();
    silent.chunk().await.unwrap().unwrap();

    let body = gap();
    let answered = AtomicUsize::new(0);
    let gaps = join_all((0..GAPS).map(|_| async {
        let answer = gateway.post("/v1/completions", &body).send().await.unwrap();
        let text = answer.text().await.unwrap();
        answered.fetch_add(1, Ordering::SeqCst);
        text
    }));
    let others = async {
        until("every gap is asked for", || {
            gateway.upstream.open() == GAPS && gateway.upstream.received().len() >= GAPS
        })
        .await;
        gateway.upstream.release();
        drop(silent);
        let released = Instant::now();
        let mut worst = Duration::ZERO;
        while answered.load(Ordering::SeqCst) < GAPS {
            let asked = Instant::now();
            let healthy = gateway.get("/monitoring/healthz").send().await.unwrap();
            assert_eq!(healthy.status(), 200);
            worst = worst.max(asked.elapsed());
        }
        until("the server notices", || beside.cancelled() > 0).await;
        (
            worst,
            beside.cancelled_at()[0].saturating_duration_since(released),
        )
    };
    let (gaps, (worst, noticed)) = tokio::join!(gaps, others);
    println!("healthz took {worst:?} at most, and the server noticed after {noticed:?}");
    assert!(worst < AT_MOST, "healthz took {worst:?}");
    assert!(noticed < AT_MOST, "the server noticed after {noticed:?}");
    for answer in gaps {
        let text: String = crate::client::events(&answer)
            .iter()
            .filter_map(|event| event["choices"][0]["text"].as_str())
            .collect();
        assert_eq!(text.trim_end(), code(), "{answer}");
    }
}
