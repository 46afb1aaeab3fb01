//! Fills a request log with a million varied rows and measures writing, pages, searches, counts and
//! removal; of what is measured several times, the median. `cargo xtask bench logs` builds and
//! starts it. Given a data folder and a number of rows, it only fills the log there, for the bench
//! of the window. It measures no gateway and no window.

#![expect(clippy::print_stdout, reason = "the table is its result")]

use std::path::Path;
use std::time::{Duration, Instant};

use control::view::{ActivityQuery, Counting, RequestId, RequestQuery};
use control::{Control, HolderKind, Purpose, measure};

/// Rows of the log.
const ROWS: u64 = 1_000_000;
/// Rows that are written one by one, to measure that.
const WRITTEN: u64 = 40_000;
/// Measurements of each read; the middle one counts.
const TIMES: usize = 7;
/// What a page without a query may take.
const FIRST_PAGE: Duration = Duration::from_millis(50);
/// What a search for text may take.
const TEXT: Duration = Duration::from_millis(300);
/// The size that the log is cut to at the end.
const CUT_MEGABYTES: u32 = 250;

/// What is read: its name, the query, how it is counted, before which row, and the promised time.
type Read = (
    &'static str,
    &'static str,
    Counting,
    Option<i64>,
    Option<Duration>,
);

/// Everything that is read.
const READS: [Read; 20] = [
    ("first page", "", Counting::Quick, None, Some(FIRST_PAGE)),
    (
        "deep page",
        "",
        Counting::Skip,
        Some(1_000),
        Some(FIRST_PAGE),
    ),
    ("rare word", "rareword", Counting::Quick, None, Some(TEXT)),
    ("absent word", "nowhere", Counting::Quick, None, Some(TEXT)),
    (
        "common word, 1 in 5",
        "codestral",
        Counting::Quick,
        None,
        Some(TEXT),
    ),
    (
        "word of every row",
        "chat",
        Counting::Quick,
        None,
        Some(TEXT),
    ),
    (
        "the same, no count",
        "chat",
        Counting::Skip,
        None,
        Some(TEXT),
    ),
    (
        "the same, deep page",
        "chat",
        Counting::Skip,
        Some(1_000),
        Some(TEXT),
    ),
    ("the same, whole count", "chat", Counting::Whole, None, None),
    ("phrase", "\"timed out\"", Counting::Quick, None, Some(TEXT)),
    (
        "beginning of a word",
        "tim*",
        Counting::Quick,
        None,
        Some(TEXT),
    ),
    (
        "two words",
        "codestral curl",
        Counting::Quick,
        None,
        Some(TEXT),
    ),
    (
        "without a word",
        "codestral -curl",
        Counting::Quick,
        None,
        Some(TEXT),
    ),
    (
        "word and status",
        "codestral status:500",
        Counting::Quick,
        None,
        Some(TEXT),
    ),
    (
        "word and client",
        "codestral client:Continue",
        Counting::Quick,
        None,
        Some(TEXT),
    ),
    (
        "model",
        "model:\"Codestral 22B\"",
        Counting::Quick,
        None,
        None,
    ),
    ("status", "status:5xx", Counting::Quick, None, None),
    (
        "client, whole count",
        "client:curl*",
        Counting::Whole,
        None,
        None,
    ),
    ("duration", "duration:>2s", Counting::Quick, None, None),
    ("last hour", "since:1h", Counting::Quick, None, None),
];

/// Rows as a busy day leaves them: five models, failures now and then, ids that are all
/// different. `abs(random())` is SQLite's only die.
const FILL: &str = "
    INSERT INTO requests (started_at, correlation_id, state, method, path, client, model, feature,
        streamed, status, first_token_us, duration_us, prompt_tokens, completion_tokens,
        finish_reason, error, family, provider, retries, notes)
    WITH RECURSIVE row (place, kind, luck) AS (
        SELECT 1, 0, 50
        UNION ALL
        SELECT place + 1, abs(random()) % 5, abs(random()) % 100 FROM row WHERE place < :rows)
    SELECT :now - (:rows - place) * 80, '01JD9Z' || hex(randomblob(10)),
        iif(luck < 2, 'failed', iif(luck < 5, 'cancelled', 'completed')),
        'POST', '/v1/chat/completions',
        (json_array('gitlab-main', 'Continue', 'curl 8.5', 'playground', 'laptop')) ->> (place % 5),
        (json_array('Mixtral 8x7B-it', 'Codestral 22B', 'Claude 3.5 Sonnet', 'DeepSeek Coder 33B',
            'Mistral 7B-it')) ->> kind,
        (json_array('code_completions', 'code_generations', 'duo_chat')) ->> (luck % 4),
        luck % 2, iif(luck < 2, 500 + place % 4, 200), abs(random()) % 1000000,
        abs(random()) % 8000000, luck * 7, luck * 3, iif(luck < 2, NULL, 'stop'),
        iif(luck < 2, 'gpu-' || (place % 9) || ':8000 timed out after 30 s', NULL),
        'mixtral', 'openai_compatible', 0,
        iif(kind = 1, '[\"asked by its own FIM prompt\",\"cut at the end of the block\"]', NULL)
    FROM row";

/// What [`FILL`] leaves out: the sums that the writer keeps.
const SUM_UP: &str = "
    UPDATE requests SET error = 'a rareword' WHERE id % 250000 = 7;
    UPDATE totals SET rows = (SELECT count(*) FROM requests);
    DELETE FROM spans;
    INSERT INTO spans SELECT started_at / 5000, min(id), max(id), count(*), sum(state = 'failed'),
        ifnull(sum(completion_tokens), 0) FROM requests GROUP BY 1;
    PRAGMA wal_checkpoint(TRUNCATE);";

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let runtime = tokio::runtime::Runtime::new()?;
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [folder, rows] = words.as_slice() {
        let folder = Path::new(folder);
        runtime.block_on(make(folder))?;
        fill(folder, rows.parse()?)?;
        measure::index(folder)?;
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    measure_writing()?;
    runtime.block_on(make(folder.path()))?;
    fill(folder.path(), ROWS)?;
    let (took, longest) = measure::index(folder.path())?;
    println!(
        "index of {ROWS} rows: {:.1} µs a row, longest step {longest:.0?}, file {:.0} MB",
        per_row(took, ROWS),
        megabytes(folder.path())?
    );
    println!("\n| read | rows that match | median | promised |\n|---|---:|---:|---:|");
    let all_kept = runtime.block_on(measure_reading(folder.path()))?;
    let (took, longest) = measure::remove(folder.path(), CUT_MEGABYTES)?;
    println!(
        "\nremoval down to {CUT_MEGABYTES} MB: {took:.1?}, longest step {longest:.0?}, file {:.0} MB",
        megabytes(folder.path())?
    );
    if all_kept {
        Ok(())
    } else {
        Err("a promise was not kept".into())
    }
}

fn per_row(took: Duration, rows: u64) -> f64 {
    took.as_secs_f64() * 1e6 / rows as f64
}

fn megabytes(folder: &Path) -> std::io::Result<f64> {
    let file = std::fs::metadata(folder.join("requests.sqlite"))?;
    Ok(file.len() as f64 / 1e6)
}

/// What a row costs the writer, and what its index costs later.
fn measure_writing() -> Outcome {
    let folder = tempfile::tempdir()?;
    let written = measure::write(folder.path(), WRITTEN);
    let (indexed, longest) = measure::index(folder.path())?;
    println!(
        "write: {:.1} µs a row; index afterwards: {:.1} µs a row, longest step {longest:.0?}",
        per_row(written, WRITTEN),
        per_row(indexed, WRITTEN)
    );
    Ok(())
}

/// Makes the empty log.
async fn make(folder: &Path) -> Outcome {
    let control = Control::open(folder, Purpose::Run(HolderKind::Command))?;
    control.close().await;
    Ok(())
}

fn fill(folder: &Path, rows: u64) -> Outcome {
    let connection = rusqlite::Connection::open(folder.join("requests.sqlite"))?;
    connection.pragma_update(None, "synchronous", "off")?;
    let now = jiff::Timestamp::now().as_millisecond();
    let rows = i64::try_from(rows)?;
    connection.execute(FILL, rusqlite::named_params! {":rows": rows, ":now": now})?;
    connection.execute_batch(SUM_UP)?;
    Ok(())
}

/// Prints a line for each read; whether all promises were kept.
async fn measure_reading(folder: &Path) -> Outcome<bool> {
    let control = Control::open(folder, Purpose::Read)?;
    let mut all_kept = true;
    for (name, query, count, before, promised) in READS {
        let mut times = Vec::new();
        let mut matching = String::new();
        for _ in 0..TIMES {
            let wanted = RequestQuery {
                limit: 100,
                before: before.map(RequestId),
                count,
                query: Some(query.to_owned()),
            };
            let begun = Instant::now();
            let page = control.list_requests(wanted).await?;
            times.push(begun.elapsed());
            matching = match (page.counted, count) {
                (true, _) => page.matching.to_string(),
                (false, Counting::Skip) => "–".into(),
                (false, _) => format!("{}+", page.matching),
            };
        }
        all_kept &= line(name, &matching, times, promised);
    }
    for (name, minutes) in [("activity of an hour", 60), ("activity of a day", 1_440)] {
        let mut times = Vec::new();
        let mut requests = 0;
        for _ in 0..TIMES {
            let begun = Instant::now();
            requests = control
                .activity(ActivityQuery {
                    minutes,
                    query: None,
                })
                .await?
                .evidence
                .requests;
            times.push(begun.elapsed());
        }
        all_kept &= line(name, &requests.to_string(), times, None);
    }
    Ok(all_kept)
}

/// Prints a line of the table; whether its promise was kept.
fn line(name: &str, matching: &str, mut times: Vec<Duration>, promised: Option<Duration>) -> bool {
    times.sort_unstable();
    let median = times[times.len() / 2];
    let is_kept = promised.is_none_or(|promised| median <= promised);
    let promise = promised.map_or_else(
        || "–".to_owned(),
        |promised| format!("{promised:?} {}", if is_kept { "kept" } else { "BROKEN" }),
    );
    let median = median.as_secs_f64() * 1_000.0;
    println!("| {name} | {matching} | {median:.1} ms | {promise} |");
    is_kept
}
