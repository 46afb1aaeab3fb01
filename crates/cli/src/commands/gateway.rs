//! `gatehouse gateway …`

use control::{Error, Operator};
use domain::GatewaySettings;

use crate::arguments::{GatewayCommand, GatewaySet};
use crate::output::{Output, Stop};

pub(super) async fn run(
    command: &GatewayCommand,
    operator: &Operator,
    output: Output,
) -> Result<(), Stop> {
    let mut settings = operator.gateway_settings(()).await?;
    if let GatewayCommand::Set(set) = command {
        settings = changed(settings, set)?;
        operator.save_gateway_settings(settings.clone()).await?;
    }
    output.show(&settings, facts)
}

fn changed(old: GatewaySettings, set: &GatewaySet) -> Result<GatewaySettings, Error> {
    let listen = match &set.listen {
        Some(text) => text.parse()?,
        None => old.listen,
    };
    Ok(GatewaySettings {
        listen,
        max_in_flight: set.max_in_flight.unwrap_or(old.max_in_flight),
        max_body_bytes: set.max_body_bytes.unwrap_or(old.max_body_bytes),
        first_byte_timeout: set.first_byte_timeout.unwrap_or(old.first_byte_timeout),
        completion_timeout: set.completion_timeout.unwrap_or(old.completion_timeout),
        idle_timeout: set.idle_timeout.unwrap_or(old.idle_timeout),
        total_timeout: set.total_timeout.unwrap_or(old.total_timeout),
        drain_timeout: set.drain_timeout.unwrap_or(old.drain_timeout),
        retries: set.retries.unwrap_or(old.retries),
        queue_timeout: set.queue_timeout.unwrap_or(old.queue_timeout),
        allowed_hosts: set
            .allowed_hosts
            .clone()
            .unwrap_or(old.allowed_hosts.clone()),
        allowed_origins: set
            .allowed_origins
            .clone()
            .unwrap_or(old.allowed_origins.clone()),
        ..old
    })
}

fn facts(settings: &GatewaySettings) -> String {
    let list = |entries: &[String]| {
        if entries.is_empty() {
            "–".to_owned()
        } else {
            entries.join(", ")
        }
    };
    let seconds = |seconds: u32| format!("{seconds} s");
    let rows = [
        ("Listen on", settings.listen.to_string()),
        ("Requests at once", settings.max_in_flight.to_string()),
        ("Largest body", format!("{} bytes", settings.max_body_bytes)),
        ("First byte within", seconds(settings.first_byte_timeout)),
        ("Completion within", seconds(settings.completion_timeout)),
        ("Silence in a stream", seconds(settings.idle_timeout)),
        ("Whole answer within", seconds(settings.total_timeout)),
        ("Drain on stop", seconds(settings.drain_timeout)),
        ("Retries", settings.retries.to_string()),
        ("Wait when busy", seconds(settings.queue_timeout)),
        ("Allowed hosts", list(&settings.allowed_hosts)),
        ("Allowed origins", list(&settings.allowed_origins)),
    ];
    rows.iter()
        .map(|(name, value)| format!("{name:<20} {value}\n"))
        .collect()
}
