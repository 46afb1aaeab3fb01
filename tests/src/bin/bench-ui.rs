//! Measures the real window: frames and keys while answers stream, a long answer, the first token,
//! and a log of a million rows. `cargo xtask bench ui` starts it; with `--quick` it shows in a minute
//! that it works, and its figures say nothing. The names of parts measure those alone: `streams`,
//! `answer`, `first`, `scroll`, `tail`.

#![expect(clippy::print_stdout, reason = "the table is its result")]

use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::PATIENCE;
use tests::bench::load::{self, percentile};
use tests::bench::page::{self, Times};
use tests::bench::report::milliseconds;
use tests::bench::stolen::Stolen;
use tests::bench::target::{self, Target};
use tests::desktop::Desktop;
use tests::process::{binary, yield_to_others};
use tests::webdriver::Window;

/// The longest time between two frames.
const FRAME: Duration = Duration::from_millis(50);
/// The same where the issue asks for no lag, or for a smooth answer: one frame in a hundred may take
/// more than [`FRAME`], and none more than this.
const LAG: Duration = Duration::from_millis(100);
/// From a key to its character.
const KEY: Duration = Duration::from_millis(30);
/// What the window may add to the time to the first token.
const ADDED: Duration = Duration::from_millis(20);
/// Rows that may be behind at any look: what comes in a quarter of a second.
const MOST_BEHIND: u64 = 500;

/// Connections and requests a second of the load on the log.
const CONNECTIONS: usize = 64;
const PER_SECOND: usize = 2_000;
/// Keys that are typed in one go, and the pause between two: a person who types fast.
const KEYS: usize = 20;
const PAUSE: Duration = Duration::from_millis(100);
/// Prompts whose median time to the first token counts.
const PROMPTS: usize = 21;
/// Pixels that are scrolled in a frame: a fast wheel.
const PIXELS: i32 = 180;

/// A model whose answer is 200 kB of Markdown in five seconds.
const LONG: &str = "markdown-5000-40-1000";
/// A model whose first token comes at once.
const SHORT: &str = "markdown-20-5-5000";

/// How long the window has been open when it is used: a person looks at it first.
const OPEN: Duration = Duration::from_secs(4);

/// How much is done.
struct Extent {
    /// Rows of the log.
    rows: u64,
    /// Tokens of each of the four streams, of which sixty come a second.
    tokens: u64,
    /// Frames of each scrolling.
    frames: usize,
    /// How long requests come into the log.
    load: Duration,
}

const WHOLE: Extent = Extent {
    rows: 1_000_000,
    tokens: 1_800,
    frames: 900,
    load: Duration::from_secs(60),
};

const QUICK: Extent = Extent {
    rows: 20_000,
    tokens: 300,
    frames: 120,
    load: Duration::from_secs(5),
};

// One thread: it shares the machine with what is measured.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let (flags, parts): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|word| word == "--quick");
    let bench = Bench::new(if flags.is_empty() { WHOLE } else { QUICK });
    let is_wanted = |part: &str| parts.is_empty() || parts.iter().any(|word| word == part);
    let window = Window::open(&bench.desktop, &binary("gatehouse-desktop")).await;
    window.find("heading", "Overview").await;
    tokio::time::sleep(OPEN).await;
    println!(
        "| in the real window | of | p50 | p95 | p99 | longest | while the host took time: | longest of the others | promise |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---|");
    let kept = [
        !is_wanted("streams") || bench.streams(&window).await,
        !is_wanted("answer") || bench.long_answer(&window).await,
        !is_wanted("first") || bench.first_token(&window).await,
        !is_wanted("scroll") || bench.old_rows(&window).await,
        !is_wanted("tail") || bench.new_rows(&window).await,
    ];
    window.quit();
    match kept.into_iter().all(|kept| kept) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

struct Bench {
    extent: Extent,
    desktop: Desktop,
    target: Target,
    stolen: Stolen,
    /// Ends with the bench.
    _upstream: tests::process::Process,
}

impl Bench {
    /// A desktop with a filled log and the models of the bench.
    fn new(extent: Extent) -> Self {
        let (process, upstream) = target::upstream_elsewhere();
        let desktop = Desktop::with_screen();
        let folder = desktop.home().join("data/dev.gatehouse.desktop");
        let mut fill = Command::new(binary("examples/bench-logs"));
        fill.arg(folder).arg(extent.rows.to_string());
        let filled = fill.stdout(Stdio::null()).status();
        assert!(filled.is_ok_and(|status| status.success()), "{fill:?}");

        let mut bench = Self {
            extent,
            desktop,
            target: Target {
                name: "gateway",
                address: tests::free_address(),
                key: String::new(),
                process: process.id(),
            },
            stolen: Stolen::watch(),
            _upstream: process,
        };
        let endpoint = format!("http://{upstream}/v1");
        let paced = format!("markdown-{}-5-16667", bench.extent.tokens);
        let add = |name: &str, identifier: &str| {
            let place = ["--endpoint", &endpoint, "--identifier", identifier];
            let words = ["model", "add", name, "--family", "general"];
            bench.run(&[&words[..], &place].concat());
        };
        for name in ["stream-1", "stream-2", "stream-3", "stream-4"] {
            add(name, &paced);
        }
        add("bench", "bench");
        add("long", LONG);
        add("short", SHORT);
        let key = bench.run(&["key", "create", "bench"]);
        bench.run(&["gateway", "set", "--listen", &bench.target.address]);
        bench.target.key = key["key"].as_str().unwrap_or_default().to_owned();
        bench
    }

    /// Runs the command line on the folder that the window uses.
    fn run(&self, words: &[&str]) -> Value {
        let mut command = self.desktop.command(binary("gatehouse"));
        let output = command.arg("--json").args(words).output();
        let output = output.unwrap_or_else(|error| panic!("{words:?}: {error}"));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {said}");
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    /// Four streams side by side, and a person who types meanwhile.
    async fn streams(&self, window: &Window) -> bool {
        trial(window, "stream-1").await;
        for column in 2..=4 {
            // Each new column takes the next model.
            window.click("button", "Column").await;
            window
                .find("section", &format!("Column {column}: stream-{column}"))
                .await;
        }
        let field = window.find("textbox", "Message").await;
        field.type_text("Go.").await;
        page::watch_frames(window).await;
        send(window).await;
        field.click().await;
        page::watch_keys(window).await;
        while is_running(window).await {
            window.keys(&"a".repeat(KEYS), PAUSE).await;
        }
        let keys = page::keys(window).await;
        let frames = page::frames(window).await;
        assert!(
            keys.count() > 0,
            "the answers ended at once:\n{}",
            window.text().await
        );
        let typed = Promise::new("key to character meanwhile", KEY).judge(&keys, &self.stolen);
        let drawn = Promise::new("frames of 4 streams of 60 tokens/s", FRAME);
        drawn.judge(&frames, &self.stolen) && typed
    }

    /// 200 kB of Markdown at speed, and a look back through it.
    async fn long_answer(&self, window: &Window) -> bool {
        trial(window, "long").await;
        window.fill("Message", "Tell me everything.").await;
        send(window).await;
        page::watch_frames(window).await;
        while is_running(window).await {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        let frames = page::frames(window).await;
        let back = page::scrolled(window, ".talk", -PIXELS, self.extent.frames).await;
        let written = Promise::smooth("frames of an answer of 200 kB");
        let written = written.judge(&frames, &self.stolen);
        Promise::smooth("frames of scrolling through it").judge(&back, &self.stolen) && written
    }

    /// The time to the first token in the page, beside that of the command line.
    async fn first_token(&self, window: &Window) -> bool {
        trial(window, "short").await;
        let (mut shown, mut told) = (vec![], vec![]);
        for _ in 0..PROMPTS {
            shown.extend(page::first_words(window).await);
            while is_running(window).await {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            let answer = self.run(&["prompt", "short", "hello"]);
            told.extend(
                answer["summary"]["first_token_ms"]
                    .as_f64()
                    .map(|time| Duration::from_secs_f64(time / 1_000.0)),
            );
        }
        shown.sort_unstable();
        told.sort_unstable();
        let (window, command) = (percentile(&shown, 0.5), percentile(&told, 0.5));
        let added = window.saturating_sub(command);
        let kept = shown.len() == PROMPTS && told.len() == PROMPTS && added < ADDED;
        println!(
            "| from the click to the first words: {:.1} ms; first token of `gatehouse prompt`: {:.1} ms \
             | {PROMPTS} | {:.1} ms more | | | | | | < {} ms {} |",
            milliseconds(window),
            milliseconds(command),
            milliseconds(added),
            ADDED.as_millis(),
            verdict(kept)
        );
        kept
    }

    /// Scrolling from the newest row back.
    async fn old_rows(&self, window: &Window) -> bool {
        window.click("link", "Logs").await;
        window
            .find("[role=grid] [role=row][aria-rowindex='20']", "")
            .await;
        let frames = page::scrolled(window, ".rows-view", PIXELS, self.extent.frames).await;
        let what = format!(
            "frames of scrolling through a log of {} rows",
            self.extent.rows
        );
        Promise::new(what, FRAME).judge(&frames, &self.stolen)
    }

    /// Logs, open and following, while thousands of requests a second end.
    async fn new_rows(&self, window: &Window) -> bool {
        window.click("link", "Overview").await;
        window.click("link", "Logs").await;
        window
            .find("[role=grid] [role=row][aria-rowindex='20']", "")
            .await;
        yield_to_others();
        page::watch_frames(window).await;
        let load = load::paced_requests(&self.target, CONNECTIONS, PER_SECOND, self.extent.load);
        let mut load = std::pin::pin!(load);
        let mut looks = tokio::time::interval(Duration::from_secs(1));
        let mut most = 0;
        let measured = loop {
            tokio::select! {
                measured = &mut load => break measured,
                _ = looks.tick() => most = most.max(behind(window).await),
            }
        };
        let frames = page::frames(window).await;
        let rate = measured.per_second();
        let kept = most <= MOST_BEHIND && rate > 0.95 * PER_SECOND as f64 && measured.failed == 0;
        let shown = Promise::smooth(format!("frames while {rate:.0} rows/s come"));
        let shown = shown.judge(&frames, &self.stolen);
        println!(
            "| {} of them failed; rows behind at most: {most} | {} | | | | | | | ≤ {MOST_BEHIND}, {PER_SECOND}/s {} |",
            measured.failed,
            measured.answered,
            verdict(kept)
        );
        kept && shown
    }
}

/// A new trial with one model.
async fn trial(window: &Window, model: &str) {
    window.click("link", "Overview").await;
    window.find("heading", "Overview").await;
    let go = format!("location.hash = '#/playground?model={model}'");
    window.script(&go, json!([])).await;
    window.find("section", &format!("Column 1: {model}")).await;
    // The link is taken when the lists have come in.
    const TAKEN: &str = "new Promise((done) => {
        const look = () => (location.hash.includes('model=') ? setTimeout(look, 10) : done());
        look();
      })";
    window.awaited(TAKEN).await;
}

/// Sends what was typed, and waits until the answers come.
async fn send(window: &Window) {
    window.click("button[type=submit]", "Send").await;
    let sent = Instant::now();
    while !is_running(window).await {
        if sent.elapsed() > PATIENCE {
            panic!("nothing was sent:\n{}", window.text().await);
        }
    }
}

/// Whether an answer is still coming.
async fn is_running(window: &Window) -> bool {
    // What can be stopped has a button for it beside the one that sends.
    let count = "return document.querySelectorAll('form.composer > .line:last-child .push ~ button').length";
    window.script(count, json!([])).await.as_u64() > Some(1)
}

/// Rows that requests have asked for and that are not written yet.
async fn behind(window: &Window) -> u64 {
    let status = window
        .awaited("window.__TAURI_INTERNALS__.invoke('call', {name: 'status', input: null})")
        .await;
    let count = |name: &str| status[name].as_u64().unwrap_or_default();
    count("accepted").saturating_sub(count("logged"))
}

/// What is too long of something.
struct Promise {
    what: String,
    most: Duration,
    /// What 99 of 100 may take.
    usually: Duration,
}

impl Promise {
    fn new(what: impl Into<String>, most: Duration) -> Self {
        let (what, usually) = (what.into(), most);
        Self {
            what,
            most,
            usually,
        }
    }

    /// Frames without lag.
    fn smooth(what: impl Into<String>) -> Self {
        Self {
            usually: FRAME,
            ..Self::new(what, LAG)
        }
    }

    /// Prints what was measured, and whether the longest of it kept the promise while the host left
    /// this machine alone. What was too long is named on standard error.
    fn judge(&self, times: &Times, stolen: &Stolen) -> bool {
        let alone = times.undisturbed(stolen);
        let kept = alone.longest().is_some_and(|longest| longest <= self.most)
            && alone.percentile(0.99) <= self.usually;
        let usually = match self.usually < self.most {
            true => format!("99 of 100 ≤ {} ms, ", self.usually.as_millis()),
            false => String::new(),
        };
        let part = |share| milliseconds(times.percentile(share));
        println!(
            "| {} | {} | {:.1} ms | {:.1} ms | {:.1} ms | {:.1} ms | {} | {:.1} ms | {usually}≤ {} ms {} |",
            self.what,
            times.count(),
            part(0.5),
            part(0.95),
            part(0.99),
            milliseconds(times.longest().unwrap_or_default()),
            times.count() - alone.count(),
            milliseconds(alone.longest().unwrap_or_default()),
            self.most.as_millis(),
            verdict(kept)
        );
        for lap in alone.longer_than(self.usually) {
            let (took, end) = (lap.took.as_millis(), lap.end / 1_000.0);
            eprintln!("{}: {took} ms, ended {end:.3}", self.what);
        }
        kept
    }
}

fn verdict(kept: bool) -> &'static str {
    if kept { "kept" } else { "BROKEN" }
}
