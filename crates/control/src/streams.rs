//! Every subscription: the status, the log tail, an answer. A face gathers their items, so that it
//! gets at most one message in 33 ms and a few more after a pause, whatever happens behind it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::BoxStream;
use futures_util::{StreamExt, stream};
use jiff::Zoned;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use crate::api::{parse, render};
use crate::history::follow;
use crate::operations::{Asking, prompt};
use crate::view::{Counting, PromptEvent, PromptRequest, RequestQuery};
use crate::{Control, Error, ErrorCode};

/// The shortest time between two messages: a frame of a slow screen.
const FRAME: Duration = Duration::from_millis(33);

/// The shortest time between two looks at what requests change all the time: nobody reads faster,
/// and a webview needs long to show them.
const LOOK: Duration = Duration::from_millis(100);

/// How many messages may be ahead of their frames after a pause.
const SPARED: u32 = 4;

/// The shortest time between two counts of all rows that a query finds.
const COUNT_PAUSE: Duration = Duration::from_secs(1);

/// A stream of rows reads for one of so many parts of its time.
const SHARE: u32 = 5;

/// How often the status is looked at when nothing announces a change: requests come and go.
const GLANCE: Duration = Duration::from_millis(500);

/// One item of a message: an event, or the end of the stream.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// What the stream carries.
    Event(Value),
    /// The end, and why when it failed.
    End(Option<Error>),
}

/// What a stream carries, as it comes. Dropping it closes it.
pub type Items = BoxStream<'static, Item>;

impl Control {
    /// Opens the stream of this name.
    pub fn subscribe(self: &Arc<Self>, name: &str, input: Value) -> Result<Items, Error> {
        let control = Arc::clone(self);
        let events = match name {
            "status" => {
                parse::<()>(name, input)?;
                control.watch_status()
            }
            "requests" => control.watch_requests(parse(name, input)?),
            "prompt" => control
                .prompt(&parse(name, input)?)
                .map(|event| Ok(render(&event)))
                .boxed(),
            _ => {
                let hint = "Reload the window: it may be older than the program.";
                return Err(Error::new(
                    ErrorCode::NotFound,
                    format!("there is no stream {name}"),
                    hint,
                ));
            }
        };
        Ok(items(events))
    }

    /// A prompt and its answer, event by event.
    pub fn prompt(&self, request: &PromptRequest) -> BoxStream<'static, PromptEvent> {
        let asking = Asking {
            gateway: Arc::clone(&self.gateway),
            client: "playground",
            exchanges: Some(Arc::clone(&self.exchanges)),
            settings: self.settings.load_full(),
        };
        follow(Arc::clone(&self.history), prompt(asking, request))
    }

    fn watch_status(self: Arc<Self>) -> BoxStream<'static, Result<Value, Error>> {
        let start = (self.changes(), self.log.changes(), None::<Value>);
        stream::unfold(
            (self, start),
            |(control, (mut changes, mut rows, last))| async move {
                loop {
                    if last.is_some() {
                        tokio::time::sleep(LOOK).await;
                        any_change(&mut changes, &mut rows).await;
                    }
                    changes.mark_unchanged();
                    rows.mark_unchanged();
                    let status = match control.status(()).await {
                        Ok(status) => render(&status),
                        Err(error) => return Some((Err(error), (control, (changes, rows, last)))),
                    };
                    if last.as_ref() != Some(&status) {
                        return Some((
                            Ok(status.clone()),
                            (control, (changes, rows, Some(status))),
                        ));
                    }
                }
            },
        )
        .boxed()
    }

    fn watch_requests(
        self: Arc<Self>,
        query: RequestQuery,
    ) -> BoxStream<'static, Result<Value, Error>> {
        let rows = self.log.changes();
        stream::unfold(
            (self, rows, query, None::<Counted>),
            |(control, mut rows, query, last)| async move {
                if let Some(last) = &last {
                    // One page a look, however many rows come.
                    tokio::time::sleep(last.pause).await;
                    last.next(&mut rows).await?;
                }
                rows.mark_unchanged();
                let (page, counted) = Counted::page(&control, &query, last).await;
                Some((page, (control, rows, query, Some(counted))))
            },
        )
        .boxed()
    }
}

/// What the last count of a stream's query found. While rows come, to count all matches for each
/// page would take longer than to read it.
#[derive(Clone, Copy)]
struct Counted {
    matching: u64,
    is_all: bool,
    /// Whether rows came since.
    is_old: bool,
    /// When to count again.
    again: Instant,
    /// How long to wait for the next page: a search that takes long is not made all the time.
    pause: Duration,
}

impl Counted {
    /// Waits for a change, or for the time to count what came before it; nothing when no more can
    /// come.
    async fn next(&self, rows: &mut watch::Receiver<u64>) -> Option<()> {
        tokio::select! {
            changed = rows.changed() => changed.ok(),
            () = sleep_until(self.again), if self.is_old => Some(()),
        }
    }

    async fn page(
        control: &Control,
        query: &RequestQuery,
        last: Option<Self>,
    ) -> (Result<Value, Error>, Self) {
        let begun = Instant::now();
        let kept = last.filter(|last| begun < last.again);
        let count = if kept.is_some() {
            Counting::Skip
        } else {
            query.count
        };
        let asked = RequestQuery {
            count,
            ..query.clone()
        };
        let page = control.log.list(asked, Zoned::now()).await;
        let mut is_old = false;
        let page = page.map(|mut page| {
            // A page without a query is counted at once.
            if let Some(kept) = kept.filter(|_| !page.counted) {
                (page.matching, page.counted) = (kept.matching, kept.is_all);
                is_old = true;
            }
            page
        });
        let (matching, is_all) = page
            .as_ref()
            .map_or((0, false), |page| (page.matching, page.counted));
        let took = begun.elapsed();
        let counted = Self {
            matching,
            is_all,
            is_old,
            again: kept.map_or(begun + (took * SHARE).max(COUNT_PAUSE), |kept| kept.again),
            pause: (took * SHARE).clamp(LOOK, COUNT_PAUSE),
        };
        (page.map(|page| render(&page)), counted)
    }
}

async fn any_change(changes: &mut watch::Receiver<u64>, rows: &mut watch::Receiver<u64>) {
    let change = async {
        tokio::select! {
            _ = changes.changed() => {}
            _ = rows.changed() => {}
        }
    };
    // Either way the status is looked at again.
    let _ = timeout(GLANCE, change).await;
}

/// Each event as it comes, then the end.
fn items(events: BoxStream<'static, Result<Value, Error>>) -> Items {
    stream::unfold(Some(events), |events| async move {
        let mut events = events?;
        Some(match events.next().await {
            Some(Ok(event)) => (Item::Event(event), Some(events)),
            Some(Err(error)) => (Item::End(Some(error)), None),
            None => (Item::End(None), None),
        })
    })
    .boxed()
}

/// Gathers what comes within a frame into one message. After a pause a few messages may follow at
/// once, so that the first words of an answer do not wait because it has just begun.
pub fn gathered<T: Send + 'static>(items: BoxStream<'static, T>) -> BoxStream<'static, Vec<T>> {
    stream::unfold((Some(items), spared()), |(items, not_before)| async move {
        let mut items = items?;
        let mut message = vec![items.next().await?];
        let has_ended = loop {
            tokio::select! {
                biased;
                next = items.next() => match next {
                    Some(item) => message.push(item),
                    None => break true,
                },
                () = sleep_until(not_before) => break false,
            }
        };
        let items = (!has_ended).then_some(items);
        Some((message, (items, not_before.max(spared()) + FRAME)))
    })
    .boxed()
}

/// When the next message may come after a pause.
fn spared() -> Instant {
    let now = Instant::now();
    now.checked_sub(FRAME * SPARED).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_becomes_one_message_a_frame_and_nothing_is_lost() {
        let burst = stream::iter(0..1_000u64).then(|number| async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            Ok(Value::from(number))
        });
        let messages: Vec<_> = gathered(items(burst.boxed())).collect().await;
        assert!(
            (30..=36).contains(&messages.len()),
            "{} messages in a second",
            messages.len()
        );
        let items: Vec<_> = messages.concat();
        assert_eq!(items.len(), 1_001);
        assert_eq!(items[999], Item::Event(999.into()));
        assert_eq!(items[1_000], Item::End(None));
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_words_do_not_wait_for_the_start_before_them() {
        let begun = Instant::now();
        let answer = stream::iter(0..20u64).then(|number| async move {
            tokio::time::sleep(Duration::from_millis(2)).await;
            number
        });
        let told: Vec<_> = gathered(answer.boxed())
            .map(|message| (message.len(), begun.elapsed()))
            .collect()
            .await;
        let at = |milliseconds| Duration::from_millis(milliseconds);
        assert_eq!(told[..3], [(1, at(2)), (1, at(4)), (1, at(6))]);
        let gathered = |(length, at): &(usize, Duration)| *length > 10 && *at >= FRAME;
        assert!(told.iter().any(gathered), "{told:?}");
    }

    #[tokio::test]
    async fn a_failure_is_the_end() {
        let error = Error::new(ErrorCode::Failed, "it broke", "Try again.");
        let failing =
            stream::iter([Ok(Value::from(1)), Err(error.clone())]).chain(stream::pending());
        let told: Vec<_> = items(failing.boxed()).collect().await;
        assert_eq!(told, [Item::Event(1.into()), Item::End(Some(error))]);
    }
}
