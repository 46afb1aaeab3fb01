//! Starts, moves and stops the gateway's listener.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::{ListenAddress, Settings};
use gateway::{Drained, Gateway, Listening};
use jiff::Timestamp;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::port::bind_error;
use crate::view::GatewayState;
use crate::{Error, ErrorCode};

/// The gateway's listener and what is known of it.
pub(crate) struct Runner {
    gateway: Arc<Gateway>,
    state: watch::Sender<GatewayState>,
    running: Mutex<Option<Running>>,
    tasks: TaskTracker,
}

struct Running {
    asked_for: ListenAddress,
    address: SocketAddr,
    stop: CancellationToken,
    patience: watch::Sender<u32>,
    task: JoinHandle<Drained>,
}

impl Runner {
    /// A gateway that does not listen yet.
    pub(crate) fn new(gateway: Arc<Gateway>) -> Self {
        Self {
            gateway,
            state: watch::Sender::new(GatewayState::Stopped),
            running: Mutex::new(None),
            tasks: TaskTracker::new(),
        }
    }

    /// The state, with the requests that a stop still waits for.
    pub(crate) fn state(&self) -> GatewayState {
        match self.state.borrow().clone() {
            GatewayState::Draining { .. } => GatewayState::Draining {
                left: self.gateway.counters().in_flight(),
            },
            state => state,
        }
    }

    /// The address that answers now.
    pub(crate) async fn address(&self) -> Option<SocketAddr> {
        self.running
            .lock()
            .await
            .as_ref()
            .map(|running| running.address)
    }

    /// Listens where the settings say. Does nothing when it does so already; moves when it
    /// listens elsewhere: the new address is bound before the old one is left, and requests that
    /// run end where they began.
    pub(crate) async fn start(&self, settings: &Settings) -> Result<SocketAddr, Error> {
        let listen = settings.gateway.listen;
        let mut running = self.running.lock().await;
        if let Some(now) = running.as_ref().filter(|now| now.asked_for == listen) {
            now.patience.send_replace(settings.gateway.drain_timeout);
            return Ok(now.address);
        }
        check_exposure(settings).inspect_err(|error| self.fail_unless(running.is_some(), error))?;
        if running.is_none() {
            self.state.send_replace(GatewayState::Starting);
        }
        let listening = match self.bind(listen, &mut running).await {
            Ok(listening) => listening,
            Err(error) => {
                let error = bind_error(listen.socket(), &error);
                self.fail_unless(running.is_some(), &error);
                return Err(error);
            }
        };
        let address = listening.address();
        let next = self.spawn(listen, listening, settings.gateway.drain_timeout);
        if let Some(old) = running.replace(next) {
            // It drains by itself; the tracker awaits it on the way out.
            old.stop.cancel();
        }
        tracing::info!(%address, "the gateway listens");
        if settings.gitlab.open_on_loopback {
            tracing::warn!(
                "GitLab's paths are open to every program on this machine: no token is asked for"
            );
        }
        self.state.send_replace(GatewayState::Running {
            address: address.to_string(),
            base_url: format!("http://{}/v1", reachable(address)),
            since: Timestamp::now(),
            loopback: listen.is_loopback(),
        });
        Ok(address)
    }

    /// Stops listening, waits up to `patience` seconds for running requests, and cuts the rest.
    pub(crate) async fn stop(&self, patience: u32) {
        let mut running = self.running.lock().await;
        if let Some(now) = running.take() {
            self.state.send_replace(GatewayState::Draining {
                left: self.gateway.counters().in_flight(),
            });
            now.patience.send_replace(patience);
            now.stop.cancel();
            let drained = now.task.await.unwrap_or(Drained { cut: 0 });
            tracing::info!(cut = drained.cut, "the gateway stopped");
        }
        self.tasks.close();
        self.tasks.wait().await;
        self.tasks.reopen();
        self.state.send_replace(GatewayState::Stopped);
    }

    /// Takes the address. One that overlaps with the address of now, as the whole network does with
    /// this machine on the same port, is free only after that one is left; if it cannot be had
    /// even then, the gateway goes back.
    async fn bind(
        &self,
        listen: ListenAddress,
        running: &mut Option<Running>,
    ) -> io::Result<Listening> {
        let refused = match self.gateway.bind(listen.socket()).await {
            Ok(listening) => return Ok(listening),
            Err(error) => error,
        };
        let overlaps = |now: &mut Running| now.address.port() == listen.socket().port();
        let Some(old) = running.take_if(overlaps) else {
            return Err(refused);
        };
        old.stop.cancel();
        // Its listener is dropped as soon as its task runs; its requests end where they began.
        for _ in 0..100 {
            if let Ok(listening) = self.gateway.bind(listen.socket()).await {
                return Ok(listening);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        if let Ok(back) = self.gateway.bind(old.address).await {
            let patience = *old.patience.borrow();
            *running = Some(self.spawn(old.asked_for, back, patience));
        }
        Err(refused)
    }

    fn spawn(&self, asked_for: ListenAddress, listening: Listening, patience: u32) -> Running {
        let (stop, patience) = (CancellationToken::new(), watch::Sender::new(patience));
        let (stopped, patience_of_now, address) =
            (stop.clone(), patience.subscribe(), listening.address());
        let task = self.tasks.spawn(async move {
            listening
                .run(stopped, || {
                    Duration::from_secs((*patience_of_now.borrow()).into())
                })
                .await
        });
        Running {
            asked_for,
            address,
            stop,
            patience,
            task,
        }
    }

    /// A gateway that still listens elsewhere has not failed.
    fn fail_unless(&self, is_running: bool, error: &Error) {
        if !is_running {
            self.state.send_replace(GatewayState::Failed {
                error: error.clone(),
            });
        }
    }
}

/// Beyond loopback every request must carry a client key, so there must be one.
pub(crate) fn check_exposure(settings: &Settings) -> Result<(), Error> {
    let listen = settings.gateway.listen;
    if listen.is_loopback() || !settings.client_keys.is_empty() {
        return Ok(());
    }
    let message = format!(
        "the gateway does not listen on {listen} without a client key: other devices could use your models"
    );
    let hint = "Create a client key first (Gateway › Access, or `gatehouse key create NAME`), or listen on 127.0.0.1.";
    Err(Error::new(ErrorCode::Invalid, message, hint))
}

/// The address that a client on this machine uses.
fn reachable(address: SocketAddr) -> SocketAddr {
    let mut address = address;
    if address.ip().is_unspecified() {
        address.set_ip([127, 0, 0, 1].into());
    }
    address
}
