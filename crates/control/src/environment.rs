//! The settings of GitLab's own gateway that a headless run takes from the environment: the
//! `AIGW_*` variables that mean something here (gateway.md §3). They hold for the run and are never
//! saved.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use access::{ServiceName, SigningKey, ValidationKey};
use domain::{GitlabSettings, InstanceUrl, ListenAddress, Settings};
use secrecy::SecretString;

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
    set: Vec<&'static str>,
}

/// The setting beside which a variable is shown, as the field is called in the API; none for a key.
const SETTINGS: [(&str, &str); 9] = [
    (GITLAB_URL, "gitlab.url"),
    (PORTAL, "gitlab.customers_portal"),
    (NAMED_MODELS, "gitlab.accept_named_models"),
    (BYPASS, "gitlab.open_on_loopback"),
    (HOST, "gateway.listen"),
    (PORT, "gateway.listen"),
    (SIGNING_KEY, "gitlab.user_tokens"),
    (VALIDATION_KEY, "gitlab.user_tokens"),
    (SERVICE_NAME, "gitlab.service_name"),
];

impl Environment {
    /// Reads the variables. `lookup` is `std::env::var`; a variable that is empty is not set.
    pub(crate) fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let get = |name| {
            lookup(name)
                .map(|text| text.trim().to_owned())
                .filter(|text| !text.is_empty())
        };
        let key = |name| get(name).map(SecretString::from);
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
            set: SETTINGS
                .iter()
                .map(|(name, _)| *name)
                .filter(|name| get(name).is_some())
                .collect(),
        })
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

    /// The variables that are set, each with the setting that it overrides.
    pub(crate) fn view(&self) -> Vec<OverrideView> {
        SETTINGS
            .iter()
            .filter(|(name, _)| self.set.contains(name))
            .map(|(variable, setting)| OverrideView {
                variable: (*variable).to_owned(),
                setting: (*setting).to_owned(),
            })
            .collect()
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
        ] {
            let error = read(&[(name, value)]).err().map(|error| error.to_string());
            let error = error.unwrap_or_default();
            assert!(error.starts_with(name), "{name}: {error}");
            assert!(!error.contains("wombat"), "{error}");
        }
    }
}
