//! Fills a request log with a million varied rows and measures pages and searches, the median of
//! several. `cargo xtask bench logs` builds and starts it. It measures no gateway and no window.

#![expect(clippy::print_stdout, reason = "the table is its result")]

use std::path::Path;
use std::time::{Duration, Instant};

use control::view::RequestQuery;
use control::{Control, Error, HolderKind, Purpose};

/// Rows of the log.
const ROWS: u32 = 1_000_000;
/// Measurements of each query; the middle one counts.
const TIMES: usize = 7;
/// What a page without a query may take.
const FIRST_PAGE: Duration = Duration::from_millis(50);
/// What a search for text may take.
const TEXT: Duration = Duration::from_millis(300);

/// Queries, and the time that is promised for them.
const QUERIES: [(&str, Option<Duration>); 14] = [
    ("", Some(FIRST_PAGE)),
    ("nowhere", Some(TEXT)),
    ("codestral", Some(TEXT)),
    ("chat", Some(TEXT)),
    ("\"timed out\"", Some(TEXT)),
    ("codestral curl", Some(TEXT)),
    ("codestral -curl", Some(TEXT)),
    ("codestral status:500", Some(TEXT)),
    ("tim*", Some(TEXT)),
    ("model:\"Codestral 22B\"", None),
    ("status:5xx", None),
    ("client:curl*", None),
    ("duration:>2s", None),
    ("since:1h", None),
];

/// Rows as a year of work leaves them: five models, failures now and then, ids that are all
/// different. `abs(random())` is SQLite's only die.
const FILL: &str = "
    INSERT INTO requests (started_at, correlation_id, state, method, path, client, model, feature,
        streamed, status, first_token_us, duration_us, prompt_tokens, completion_tokens,
        finish_reason, error, family, provider, retries, notes)
    WITH RECURSIVE row (place, kind, luck) AS (
        SELECT 1, 0, 50
        UNION ALL
        SELECT place + 1, abs(random()) % 5, abs(random()) % 100 FROM row WHERE place < :rows)
    SELECT :now - (:rows - place) * 700, '01JD9Z' || hex(randomblob(10)),
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

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(make(folder.path()))?;
    let begun = Instant::now();
    fill(folder.path())?;
    println!(
        "{ROWS} rows written and indexed in {:.1} s",
        begun.elapsed().as_secs_f64()
    );
    println!("\n| query | rows that match | median | promised |\n|---|---:|---:|---:|");
    let all_kept = runtime.block_on(measure(folder.path()))?;
    if all_kept {
        Ok(())
    } else {
        Err("a promise was not kept".into())
    }
}

/// Makes the empty log.
async fn make(folder: &Path) -> Result<(), Error> {
    let control = Control::open(folder, Purpose::Run(HolderKind::Command))?;
    control.close().await;
    Ok(())
}

fn fill(folder: &Path) -> rusqlite::Result<()> {
    let connection = rusqlite::Connection::open(folder.join("requests.sqlite"))?;
    let now = jiff::Timestamp::now().as_millisecond();
    connection.execute(FILL, rusqlite::named_params! {":rows": ROWS, ":now": now})?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}

/// Prints a line for each query; whether all promises were kept.
async fn measure(folder: &Path) -> Result<bool, Error> {
    let control = Control::open(folder, Purpose::Read)?;
    let mut all_kept = true;
    for (query, promised) in QUERIES {
        let mut times = Vec::new();
        let mut matching = 0;
        for _ in 0..TIMES {
            let wanted = RequestQuery {
                limit: 100,
                query: Some(query.to_owned()),
                ..RequestQuery::default()
            };
            let begun = Instant::now();
            matching = control.list_requests(wanted).await?.matching;
            times.push(begun.elapsed());
        }
        times.sort_unstable();
        let median = times[TIMES / 2];
        let is_kept = promised.is_none_or(|promised| median <= promised);
        all_kept &= is_kept;
        let promise = promised.map_or_else(
            || "–".to_owned(),
            |promised| format!("{promised:?} {}", if is_kept { "kept" } else { "BROKEN" }),
        );
        let shown = if query.is_empty() {
            "first page"
        } else {
            query
        };
        let median = median.as_secs_f64() * 1_000.0;
        println!("| {shown} | {matching} | {median:.1} ms | {promise} |");
    }
    Ok(all_kept)
}
