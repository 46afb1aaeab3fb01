//! `gatehouse serve`: the gateway alone, in the foreground.

use std::path::Path;
use std::sync::Arc;

use control::{Control, Error, HolderKind, Purpose, telemetry};
use serde_json::json;

use super::open;
use crate::admin::Admin;
use crate::arguments::Serve;
use crate::output::{Output, Stop, system_error};

pub(super) async fn run(arguments: &Serve, folder: &Path, output: Output) -> Result<(), Stop> {
    // Before anything is announced, so that a signal is never missed.
    let mut signals = Signals::install()?;
    let control = Arc::new(open(folder, Purpose::Run(HolderKind::Serve), output)?);
    raise_file_limit();
    let _telemetry = telemetry::start(folder, None);
    let from_environment = control.use_environment(|name| std::env::var(name).ok())?;
    let listen = match &arguments.listen {
        Some(listen) => Some(listen.parse()?),
        None => from_environment,
    };
    if let Some(listen) = listen {
        control.listen_here(listen);
    }
    let address = control.listen().await?;
    output.show(&json!({"address": address.to_string()}), |_| {
        format!(
            "The gateway answers at http://{address}/v1\nSettings and logs are in {}",
            folder.display()
        )
    })?;
    let admin = if arguments.admin {
        Some(Admin::bind(Arc::clone(&control)).await?)
    } else {
        None
    };
    if let Some(admin) = &admin {
        let url = admin.url();
        output.show(&json!({"admin": url}), |_| {
            format!("The control panel is at {url}\nThe link works once.")
        })?;
    }
    let admin = async {
        match admin {
            Some(admin) => admin.run().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = signals.next() => {}
        () = control.live() => {}
        () = reopen_files(&control) => {}
        () = admin => {}
    }
    tokio::select! {
        () = control.close() => Ok(()),
        // A second signal does not wait.
        () = signals.next() => Ok(()),
    }
}

/// Opens the log files anew whenever SIGHUP says that they were moved away. Never ends.
async fn reopen_files(control: &Control) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::hangup()) {
            Ok(mut hang_up) => {
                while hang_up.recv().await.is_some() {
                    control.reopen_log_files();
                }
            }
            Err(error) => tracing::warn!(%error, "SIGHUP does not reopen the log files"),
        }
    }
    let _ = control;
    std::future::pending().await
}

/// Many systems start a program with 1,024 open files, and a request in flight takes two.
fn raise_file_limit() {
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "the number of open files stays as it is");
    }
}

/// The signals that end the program.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn install() -> Result<Self, Error> {
        use tokio::signal::unix::{SignalKind, signal};
        let install = |kind| signal(kind).map_err(system_error);
        Ok(Self {
            terminate: install(SignalKind::terminate())?,
            interrupt: install(SignalKind::interrupt())?,
        })
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    #[cfg(not(unix))]
    fn install() -> Result<Self, Error> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        // Without Ctrl-C there is nothing to wait for.
        let _ = tokio::signal::ctrl_c().await;
    }
}
