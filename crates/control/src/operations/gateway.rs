//! Start, stop and settings of the gateway.

use std::net::SocketAddr;

use domain::{GatewaySettings, ListenAddress, Settings};

use crate::runner::check_exposure;
use crate::view::{GatewayState, PortCheck, Status};
use crate::{Control, Error, ErrorCode, port};

impl Control {
    /// Starts the gateway.
    pub async fn start_gateway(&self, (): ()) -> Result<Status, Error> {
        self.listen().await?;
        self.status(()).await
    }

    /// Starts the gateway and says where it answers.
    pub async fn listen(&self) -> Result<SocketAddr, Error> {
        self.prepare_gitlab(true).await?;
        let started = self.runner.start(&self.settings_of_this_run()).await;
        if let Ok(address) = &started {
            self.publish_address(Some(&format!("http://{address}")));
        }
        self.touch();
        started
    }

    /// The state of the gateway.
    pub fn gateway_state(&self) -> GatewayState {
        self.runner.state()
    }

    /// Stops the gateway, after its running requests.
    pub async fn stop_gateway(&self, (): ()) -> Result<Status, Error> {
        let patience = self.settings.load().gateway.drain_timeout;
        self.touch();
        self.runner.stop(patience).await;
        self.publish_address(None);
        self.touch();
        self.status(()).await
    }

    /// How the gateway listens and what it bears.
    pub async fn gateway_settings(&self, (): ()) -> Result<GatewaySettings, Error> {
        let mut settings = self.settings_of_this_run().gateway;
        settings.listen = self.shown(settings.listen).await;
        Ok(settings)
    }

    /// Changes the gateway's settings. A running gateway moves to a new address before the
    /// settings are saved, so that an address that cannot be had is never saved.
    pub async fn save_gateway_settings(&self, input: GatewaySettings) -> Result<Status, Error> {
        let mut input = checked(input)?;
        self.check_writable()?;
        let listen = self.settings_of_this_run().gateway.listen;
        if input.listen == self.shown(listen).await {
            input.listen = listen;
        }
        let trial = Settings {
            gateway: input.clone(),
            ..Settings::clone(&self.settings.load())
        };
        check_exposure(&trial)?;
        let is_running = self.runner.address().await.is_some();
        if is_running {
            let address = self.runner.start(&trial).await?;
            self.publish_address(Some(&format!("http://{address}")));
        }
        // An address that holds for this run only is not saved unless the admin chooses another.
        let only_here = self.listening_here().filter(|here| *here == input.listen);
        let saved = self.change(|settings| {
            let (rest, listen) = (
                std::mem::take(&mut settings.gateway.rest),
                settings.gateway.listen,
            );
            settings.gateway = GatewaySettings { rest, ..input };
            if only_here.is_some() {
                settings.gateway.listen = listen;
            }
            Ok(())
        });
        if let Err(error) = saved.await {
            if is_running {
                self.listen().await?;
            }
            return Err(error);
        }
        *self.listening_here() = only_here;
        self.status(()).await
    }

    /// Port 0 asks the system for one; what is shown is the port that it gave.
    async fn shown(&self, listen: ListenAddress) -> ListenAddress {
        match self.runner.address().await {
            Some(address) if listen.socket().port() == 0 => listen.with_port(address.port()),
            _ => listen,
        }
    }

    /// Whether a port can be had.
    pub async fn check_port(&self, port: u16) -> Result<PortCheck, Error> {
        let ip = self.settings_of_this_run().gateway.listen.socket().ip();
        let is_ours = self
            .runner
            .address()
            .await
            .is_some_and(|address| address.port() == port);
        let look = move || {
            let free = is_ours || port::is_free(SocketAddr::new(ip, port));
            let (holder, suggestion) = if free {
                (None, None)
            } else {
                (port::holder(port), port::free_near(ip, port))
            };
            PortCheck {
                port,
                free,
                holder,
                suggestion,
            }
        };
        tokio::task::spawn_blocking(look)
            .await
            .map_err(|error| crate::control::broken(&error))
    }
}

/// Settings within their ranges, with names and origins as they are compared.
fn checked(mut input: GatewaySettings) -> Result<GatewaySettings, Error> {
    input.check()?;
    for list in [&mut input.allowed_hosts, &mut input.allowed_origins] {
        *list = list
            .iter()
            .map(|entry| entry.trim().to_owned())
            .filter(|entry| !entry.is_empty())
            .collect();
    }
    if let Some(host) = input
        .allowed_hosts
        .iter()
        .find(|host| host.contains(['/', ' ', '*', '@']))
    {
        let hint = "Give the name alone, such as gatehouse.lan.";
        return Err(Error::new(
            ErrorCode::Invalid,
            format!("\"{host}\" is not a host name"),
            hint,
        ));
    }
    let is_origin = |origin: &str| {
        let rest = origin
            .strip_prefix("http://")
            .or_else(|| origin.strip_prefix("https://"));
        rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(['/', ' ', '*', '@']))
    };
    if let Some(origin) = input
        .allowed_origins
        .iter()
        .find(|origin| !is_origin(origin))
    {
        let hint =
            "Give scheme, host and port as the browser sends them, such as http://localhost:3000.";
        return Err(Error::new(
            ErrorCode::Invalid,
            format!("\"{origin}\" is not an origin"),
            hint,
        ));
    }
    Ok(input)
}
