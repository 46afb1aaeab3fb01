//! The thread of the request log: gathers events for a moment, has them kept, obeys commands.

use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::sync::oneshot;

use super::keeper::{Event, Keeper};
use crate::view::RequestId;

/// The shortest time between two commits: events are gathered meanwhile, and the journal has them. After
/// a pause the first one is kept at once, so that a single request is seen at once.
const GATHER: Duration = Duration::from_millis(40);
/// Events in one transaction, at most.
const BATCH: usize = 1_000;

/// What the rest of the program asks of the writer.
#[derive(Debug)]
pub(super) enum Command {
    /// Keep everything sent so far, then answer.
    Flush(oneshot::Sender<()>),
    /// Keep everything sent so far, then say which running request has this row.
    Sequence(RequestId, oneshot::Sender<Option<u64>>),
    /// Delete everything that recordings kept, then answer.
    Purge(oneshot::Sender<std::io::Result<()>>),
    /// Keep everything sent so far, then end.
    Close,
}

/// Starts the thread. Without one, records go nowhere, and the view says so.
pub(super) fn start<E, R>(
    events: UnboundedReceiver<E>,
    commands: mpsc::Receiver<Command>,
    keeper: Keeper<R>,
) -> Option<JoinHandle<()>>
where
    E: Into<Event<R>> + Send + 'static,
    R: Send + 'static,
{
    // Only timers and channels: SQLite blocks this thread, which has nothing else to do.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    let thread = runtime.and_then(|runtime| {
        std::thread::Builder::new()
            .name("request log".into())
            .spawn(move || runtime.block_on(run(events, commands, keeper)))
    });
    thread
        .inspect_err(|error| tracing::error!(%error, "the request log has no thread"))
        .ok()
}

async fn run<E: Into<Event<R>>, R>(
    mut events: UnboundedReceiver<E>,
    mut commands: mpsc::Receiver<Command>,
    mut keeper: Keeper<R>,
) {
    let mut gathers_until = Instant::now();
    loop {
        let next_step = keeper.next_step();
        let mut command = tokio::select! {
            biased;
            command = commands.recv() => Some(command.unwrap_or(Command::Close)),
            Some(event) = events.recv() => {
                keeper.take(event.into());
                None
            }
            () = sleep_until(next_step) => None,
        };
        if command.is_none() {
            tokio::select! {
                asked = commands.recv() => command = Some(asked.unwrap_or(Command::Close)),
                () = tokio::time::sleep_until(gathers_until.into()) => {}
            }
        }
        keeper.turn_journal();
        let mut drained = false;
        while !drained {
            for _ in 0..BATCH {
                let Ok(event) = events.try_recv() else {
                    drained = true;
                    break;
                };
                keeper.take(event.into());
            }
            keeper.commit(Instant::now());
        }
        keeper.forget_journal();
        gathers_until = Instant::now() + GATHER;
        match command {
            // Whoever asked may be gone.
            Some(Command::Flush(done)) => drop(done.send(())),
            Some(Command::Sequence(id, done)) => drop(done.send(keeper.sequence_of(id))),
            Some(Command::Purge(done)) => drop(done.send(keeper.purge())),
            Some(Command::Close) => return keeper.close(Instant::now()),
            // Nobody waits.
            None => keeper.look_after(Instant::now()),
        }
    }
}

async fn sleep_until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time.into()).await,
        None => std::future::pending().await,
    }
}
