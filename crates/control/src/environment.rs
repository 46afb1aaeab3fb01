//! The settings of GitLab's own gateway that a headless run takes from the environment: the
//! `AIGW_*` variables that mean something here (gateway.md §3). They hold for the run and are never
//! saved.

mod logging;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use access::{ServiceName, SigningKey, ValidationKey};
use domain::{GitlabSettings, InstanceUrl, ListenAddress, LogFiles, Settings};
use gateway::ModelCalls;
use providers::ExtraHeaders;
use secrecy::SecretString;

use logging::Logging;

use crate::view::OverrideView;
use crate::{Error, ErrorCode};

const GITLAB_URL: &str = "AIGW_GITLAB_URL";
const PORTAL: &str = "AIGW_CUSTOMER_PORTAL_URL";
const NAMED_MODELS: &str = "AIGW_CUSTOM_MODELS__ENABLED";
const BYPASS: &str = "AIGW_AUTH__BYPASS_EXTERNAL";
const HOST: &str = "AIGW_FASTAPI__API_HOST";
const PORT: &str = "AIGW_FASTAPI__API_PORT";
const SIGNING_KEY: &str = "AIGW_SELF_SIGNED_JWT__SIGNING_KEY";
const VALIDATION_KEY: &str = "AIGW_SELF_SIGNED_JWT__VALIDATION_KEY";
const SERVICE_NAME: &str = "CLOUD_CONNECTOR_SERVICE_NAME";
const NO_STREAMS: &str = "AIGW_CUSTOM_MODELS__DISABLE_STREAMING";
const EXTRA_HEADERS: &str = "AIGW_CUSTOM_MODELS__EXTRA_HEADERS";
const CHAT_TIMEOUT: &str = "AIGW_DUO_CHAT__MODEL_REQUEST_TIMEOUT";
const CHAT_TOKENS: &str = "AIGW_DUO_CHAT__MAX_TOKENS";

/// Settings of which an admin might think that they hold, with what there is instead.
const WITHOUT_EFFECT: &[(&str, &str)] = &[
    (
        "AIGW_FASTAPI__TLS__ENABLED",
        "the gateway speaks plain HTTP; put a proxy that speaks HTTPS in front of it",
    ),
    (
        "AIGW_MTLS__ENABLED",
        "client certificates are not sent to model servers; put a proxy that sends one between",
    ),
    (
        "AIGW_AUTH__BYPASS_EXTERNAL_WITH_HEADER",
        "no header replaces a token; use a client key",
    ),
    (
        "AIGW_AUTH__BYPASS_JWT_SIGNATURE",
        "signatures are always checked; use a client key",
    ),
    (
        "AIGW_MODEL_ENGINE_LIMITS",
        "how many requests a model answers at once is set in Models",
    ),
    (
        "AIGW_MODEL_ENGINE_CONCURRENCY_LIMITS",
        "how many requests a model answers at once is set in Models",
    ),
    (
        "AIGW_MOCK_MODEL_RESPONSES",
        "there is a sample model instead: `gatehouse model add demo --endpoint sample`",
    ),
];

/// What the environment says.
#[derive(Default)]
pub(crate) struct Environment {
    gitlab_url: Option<InstanceUrl>,
    customers_portal: Option<InstanceUrl>,
    accept_named_models: Option<bool>,
    open_on_loopback: Option<bool>,
    /// Where to listen, unless the command line says it.
    pub(crate) listen: Option<ListenAddress>,
    /// The name in tokens.
    pub(crate) service: ServiceName,
    /// The key that signs users' tokens.
    pub(crate) signing_key: Option<SigningKey>,
    /// A key that is accepted beside it.
    pub(crate) validation_key: Option<ValidationKey>,
    /// How models are called for GitLab's requests.
    pub(crate) calls: ModelCalls,
    /// Headers for every call of a model server.
    pub(crate) extra_headers: ExtraHeaders,
    logging: Logging,
    set: Vec<&'static str>,
    without_effect: Vec<&'static str>,
}

/// The setting beside which a variable is shown, as the field is called in the API; none for a key.
const SETTINGS: &[(&str, &str)] = &[
    (GITLAB_URL, "gitlab.url"),
    (PORTAL, "gitlab.customers_portal"),
    (NAMED_MODELS, "gitlab.accept_named_models"),
    (BYPASS, "gitlab.open_on_loopback"),
    (HOST, "gateway.listen"),
    (PORT, "gateway.listen"),
    (SIGNING_KEY, "gitlab.user_tokens"),
    (VALIDATION_KEY, "gitlab.user_tokens"),
    (SERVICE_NAME, "gitlab.service_name"),
    (NO_STREAMS, "gitlab.model_calls"),
    (EXTRA_HEADERS, "gitlab.model_calls"),
    (CHAT_TIMEOUT, "gateway.first_byte_timeout"),
    (CHAT_TOKENS, "prompts.max_tokens"),
    (logging::FILE, "log_files.gateway"),
    (logging::LEVEL, "log_files.level"),
    (logging::JSON, "log_files.json"),
    (logging::REQUESTS, "recording.state"),
];

impl Environment {
    /// Reads the variables. `lookup` is `std::env::var`; a variable that is empty is not set.
    pub(crate) fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let get = |name: &str| {
            lookup(name)
                .map(|text| text.trim().to_owned())
                .filter(|text| !text.is_empty())
        };
        let key = |name: &str| get(name).map(SecretString::from);
        Ok(Self {
            gitlab_url: parsed(GITLAB_URL, get(GITLAB_URL))?,
            customers_portal: parsed(PORTAL, get(PORTAL))?,
            accept_named_models: flag(NAMED_MODELS, get(NAMED_MODELS))?,
            open_on_loopback: flag(BYPASS, get(BYPASS))?,
            listen: listen(get(HOST), get(PORT))?,
            service: parsed(SERVICE_NAME, get(SERVICE_NAME))?.unwrap_or_default(),
            signing_key: key(SIGNING_KEY)
                .map(|pem| SigningKey::from_pem(pem).map_err(|error| wrong(SIGNING_KEY, &error)))
                .transpose()?,
            validation_key: key(VALIDATION_KEY)
                .map(|pem| {
                    ValidationKey::from_pem(&pem).map_err(|error| wrong(VALIDATION_KEY, &error))
                })
                .transpose()?,
            calls: ModelCalls {
                no_streams: flag(NO_STREAMS, get(NO_STREAMS))?.unwrap_or_default(),
                chat_timeout: seconds(CHAT_TIMEOUT, get(CHAT_TIMEOUT))?,
                chat_tokens: tokens(CHAT_TOKENS, get(CHAT_TOKENS))?,
            },
            extra_headers: parsed(EXTRA_HEADERS, get(EXTRA_HEADERS))?.unwrap_or_default(),
            logging: Logging::read(get)?,
            set: names(SETTINGS).filter(|name| get(name).is_some()).collect(),
            without_effect: names(WITHOUT_EFFECT)
                .filter(|name| get(name).is_some_and(|text| is_on(&text)))
                .collect(),
        })
    }

    /// The variables that are set and change nothing, each with what there is instead.
    pub(crate) fn without_effect(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let is_set = |(name, _): &(&str, &str)| self.without_effect.contains(name);
        WITHOUT_EFFECT.iter().copied().filter(is_set)
    }

    /// Puts what it says over the settings of this run.
    pub(crate) fn apply(&self, settings: &mut Settings) {
        let gitlab = &mut settings.gitlab;
        if let Some(url) = &self.gitlab_url {
            gitlab.url = Some(url.clone());
        }
        if let Some(url) = &self.customers_portal {
            gitlab.customers_portal = Some(url.clone());
        }
        gitlab.accept_named_models = self
            .accept_named_models
            .unwrap_or(gitlab.accept_named_models);
        gitlab.open_on_loopback = self.open_on_loopback.unwrap_or(gitlab.open_on_loopback);
        self.logging.apply(settings);
    }

    /// Leaves what it holds over as it is stored: its values are never saved.
    pub(crate) fn leave(&self, next: &mut GitlabSettings, stored: &GitlabSettings) {
        if self.gitlab_url.is_some() {
            next.url.clone_from(&stored.url);
        }
        if self.customers_portal.is_some() {
            next.customers_portal.clone_from(&stored.customers_portal);
        }
        if self.accept_named_models.is_some() {
            next.accept_named_models = stored.accept_named_models;
        }
        if self.open_on_loopback.is_some() {
            next.open_on_loopback = stored.open_on_loopback;
        }
    }

    /// The same for the log files.
    pub(crate) fn leave_log_files(&self, next: &mut LogFiles, stored: &LogFiles) {
        self.logging.leave(next, stored);
    }

    /// Whether every request of this run is recorded, whatever the switch says.
    pub(crate) fn records_everything(&self) -> bool {
        self.logging.records_everything()
    }

    /// The variables that are set, each with the setting that it overrides.
    pub(crate) fn view(&self) -> Vec<OverrideView> {
        SETTINGS
            .iter()
            .filter(|(name, _)| self.set.contains(name))
            .map(|(variable, setting)| OverrideView {
                variable: (*variable).to_owned(),
                setting: (*setting).to_owned(),
                value: self.shown(variable),
            })
            .collect()
    }

    /// What a variable says, where no setting shows it and it is no secret.
    fn shown(&self, variable: &str) -> Option<String> {
        match variable {
            CHAT_TIMEOUT => self
                .calls
                .chat_timeout
                .map(|time| format!("{} s", time.as_secs_f64())),
            CHAT_TOKENS => self.calls.chat_tokens.map(|tokens| tokens.to_string()),
            NO_STREAMS => Some(self.calls.no_streams.to_string()),
            EXTRA_HEADERS => Some(self.extra_headers.names().collect::<Vec<_>>().join(", ")),
            variable => self.logging.shown(variable),
        }
    }
}

/// The documented defaults stand in for the half that is not set: any address, port 5052.
fn listen(host: Option<String>, port: Option<String>) -> Result<Option<ListenAddress>, Error> {
    let (host, port) = (parsed::<IpAddr>(HOST, host)?, parsed::<u16>(PORT, port)?);
    if host.is_none() && port.is_none() {
        return Ok(None);
    }
    let host = host.unwrap_or(Ipv4Addr::LOCALHOST.into());
    let address = SocketAddr::new(host, port.unwrap_or(5052)).to_string();
    Ok(Some(address.parse()?))
}

fn names(table: &'static [(&str, &str)]) -> impl Iterator<Item = &'static str> {
    table.iter().map(|(name, _)| *name)
}

/// Whether a variable asks for something; a number or a table does.
fn is_on(text: &str) -> bool {
    !matches!(
        text.to_ascii_lowercase().as_str(),
        "false" | "0" | "no" | "off" | "{}"
    )
}

/// The seconds of a wait, as GitLab's gateway takes them: more than none, a part of one as well.
fn seconds(name: &str, text: Option<String>) -> Result<Option<Duration>, Error> {
    let Some(seconds) = parsed::<f64>(name, text)? else {
        return Ok(None);
    };
    match seconds > 0.0 && seconds <= 600.0 {
        true => Ok(Some(Duration::from_secs_f64(seconds))),
        false => Err(wrong(
            name,
            &"it is not more than 0 and at most 600 seconds",
        )),
    }
}

fn tokens(name: &str, text: Option<String>) -> Result<Option<u32>, Error> {
    match parsed::<u32>(name, text)? {
        Some(tokens) if !(1..=1_000_000).contains(&tokens) => {
            Err(wrong(name, &"it is not from 1 to 1,000,000"))
        }
        tokens => Ok(tokens),
    }
}

fn parsed<T>(name: &str, text: Option<String>) -> Result<Option<T>, Error>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    text.map(|text| text.parse().map_err(|error: T::Err| wrong(name, &error)))
        .transpose()
}

/// A truth as GitLab's gateway writes it.
fn flag(name: &str, text: Option<String>) -> Result<Option<bool>, Error> {
    let Some(text) = text else {
        return Ok(None);
    };
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(Some(true)),
        "false" | "0" | "no" | "off" => Ok(Some(false)),
        _ => Err(wrong(name, &"it is neither true nor false")),
    }
}

fn wrong(name: &str, problem: &dyn std::fmt::Display) -> Error {
    let message = format!("{name} cannot be used: {problem}");
    Error::new(
        ErrorCode::Invalid,
        message,
        "Change the variable or unset it, and start again.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Environment, Error> {
        Environment::read(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn variables_hold_over_the_settings_and_are_named() {
        let environment = read(&[
            (GITLAB_URL, "https://gitlab.example.com/"),
            (BYPASS, "True"),
            (NAMED_MODELS, ""),
            (PORT, "6000"),
        ])
        .unwrap();
        let mut settings = Settings::default();
        settings.gitlab.accept_named_models = true;
        environment.apply(&mut settings);
        let url = settings.gitlab.url.as_ref().map(ToString::to_string);
        assert_eq!(url.as_deref(), Some("https://gitlab.example.com"));
        assert!(settings.gitlab.open_on_loopback && settings.gitlab.accept_named_models);
        let listen = environment.listen.map(|listen| listen.to_string());
        assert_eq!(listen.as_deref(), Some("127.0.0.1:6000"));
        let mut saved = settings.gitlab.clone();
        environment.leave(&mut saved, &GitlabSettings::default());
        assert_eq!((saved.url, saved.open_on_loopback), (None, false));
        assert!(saved.accept_named_models, "it is not held over");
        let shown: Vec<_> = environment
            .view()
            .into_iter()
            .map(|set| set.variable)
            .collect();
        assert_eq!(shown, [GITLAB_URL, BYPASS, PORT]);
    }

    #[test]
    fn a_value_that_cannot_be_used_is_named_and_a_key_is_not_repeated() {
        for (name, value) in [
            (GITLAB_URL, "gitlab"),
            (PORT, "70000"),
            (HOST, "everywhere"),
            (BYPASS, "maybe"),
            (SIGNING_KEY, "-----BEGIN wombat-----"),
            (NO_STREAMS, "sometimes"),
            (EXTRA_HEADERS, r#"{"authorization": "wombat"}"#),
            (EXTRA_HEADERS, r#"["wombat"]"#),
            (CHAT_TIMEOUT, "0"),
            (CHAT_TIMEOUT, "NaN"),
            (CHAT_TIMEOUT, "601"),
            (CHAT_TOKENS, "0"),
            (CHAT_TOKENS, "1.5"),
            (logging::LEVEL, "loud"),
            (logging::JSON, "pretty"),
            (logging::REQUESTS, "perhaps"),
        ] {
            let error = read(&[(name, value)]).err().map(|error| error.to_string());
            let error = error.unwrap_or_default();
            assert!(error.starts_with(name), "{name}: {error}");
            assert!(!error.contains("wombat"), "{error}");
        }
    }
}
