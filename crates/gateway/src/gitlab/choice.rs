//! Which model answers a request of GitLab: the registered one that it names, else the one of the
//! feature's route, and one that only GitLab knows where the admin allows that.

use std::collections::HashMap;
use std::sync::Arc;

use domain::{Connection, Endpoint, Identifier, Model, ModelDraft, ModelId, Provider, Settings};
use gitlab::wire::ModelHint;
use secrecy::{ExposeSecret, SecretSlice};
use uuid::Uuid;

use crate::snapshot::{Snapshot, UpstreamKey};

/// What GitLab saves where a form of it wants an endpoint and Bedrock has none.
const BEDROCK_DUMMY: &str = "http://bedrockselfhostedmodel.com";

/// Who is to answer.
#[derive(Debug)]
pub(crate) enum Choice {
    /// This registered model.
    Registered(ModelId),
    /// The route of the feature, and why it is not the model that was named, for the record.
    Route(Option<String>),
    /// A model that is not registered, in a snapshot that has it.
    Named(ModelId, Arc<Snapshot>),
}

/// Finds who is to answer. A named model is matched by its endpoint and its identifier; one that is
/// not registered is called only where the admin allows that, and for who `may_name` one.
pub(crate) fn choose(hint: &ModelHint, may_name: bool, snapshot: &Arc<Snapshot>) -> Choice {
    let settings = &snapshot.settings;
    let (Some(endpoint), identifier) = (&hint.endpoint, hint.identifier.as_deref()) else {
        return Choice::Route(None);
    };
    let identifier = identifier.map(str::trim).filter(|text| !text.is_empty());
    if let Some(model) = registered(settings, endpoint, identifier) {
        return Choice::Registered(model.id);
    }
    let named = identifier.or(hint.family.as_deref()).unwrap_or("a model");
    let note = |what: &str| Choice::Route(Some(format!("GitLab named {named}, which {what}")));
    if !may_name || !settings.gitlab.accept_named_models {
        return note("is not registered: the route answered");
    }
    match named_model(hint, endpoint, identifier, snapshot) {
        Ok((id, snapshot)) => Choice::Named(id, snapshot),
        Err(problem) => note(&format!("cannot be called ({problem}): the route answered")),
    }
}

/// The registered model at this endpoint with this identifier. Without an identifier it has to be
/// the only one there.
fn registered<'a>(
    settings: &'a Settings,
    endpoint: &str,
    identifier: Option<&str>,
) -> Option<&'a Model> {
    let is_bedrock = endpoint.trim().trim_end_matches('/') == BEDROCK_DUMMY;
    let place = place_of(endpoint);
    let is_there = |model: &&Model| match &model.endpoint {
        _ if is_bedrock => model.provider() == Provider::Bedrock,
        Endpoint::Server(_) => place.is_some() && place_of(&model.endpoint.to_string()) == place,
        _ => false,
    };
    let mut found = settings.models.iter().filter(is_there);
    let Some(identifier) = identifier else {
        return found.next().filter(|_| found.next().is_none());
    };
    let served = served_name(identifier);
    found.find(|model| {
        let known = model.identifier.as_ref().map(Identifier::served_name);
        known == Some(served.as_str())
    })
}

/// The name at the server, without the prefix that names the provider.
fn served_name(identifier: &str) -> String {
    identifier.parse::<Identifier>().map_or_else(
        |_| identifier.to_owned(),
        |known| known.served_name().to_owned(),
    )
}

/// Scheme, host, port and path, as they are compared: GitLab's admin may have left out the `/v1`.
fn place_of(endpoint: &str) -> Option<(String, String)> {
    let url = url::Url::parse(endpoint.trim()).ok()?;
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix("/v1").unwrap_or(path);
    Some((url.origin().ascii_serialization(), path.to_owned()))
}

/// A model for this one request, with the key that came with it and no other.
fn named_model(
    hint: &ModelHint,
    endpoint: &str,
    identifier: Option<&str>,
    snapshot: &Snapshot,
) -> Result<(ModelId, Arc<Snapshot>), String> {
    let id = ModelId(Uuid::now_v7());
    let endpoint = match endpoint.trim().trim_end_matches('/') {
        BEDROCK_DUMMY => "",
        endpoint => endpoint,
    };
    let mut settings = Settings {
        gateway: snapshot.settings.gateway.clone(),
        families: snapshot.settings.families.clone(),
        ..Settings::default()
    };
    let family = hint.family.as_deref().unwrap_or(domain::GENERAL);
    let is_known = family
        .parse()
        .is_ok_and(|name| settings.family(&name).name == name);
    let draft = ModelDraft {
        id: None,
        name: format!("named by GitLab: {}", identifier.unwrap_or(family)),
        family: if is_known { family } else { domain::GENERAL }.to_owned(),
        endpoint: endpoint.to_owned(),
        identifier: identifier.unwrap_or(family).to_owned(),
        provider: Provider::OpenaiCompatible,
        connection: Connection::default(),
        enabled: true,
        self_hosted: true,
        price: None,
    };
    settings
        .save_model(&draft, id)
        .map_err(|error| error.to_string())?;
    let key = hint.api_key.as_ref().map(|key| {
        let key = SecretSlice::from(key.expose_secret().as_bytes().to_vec());
        (id, UpstreamKey::Ready(Arc::new(key)))
    });
    let keys: HashMap<_, _> = key.into_iter().collect();
    settings.prompts.clone_from(&snapshot.settings.prompts);
    let with_model = Snapshot::new(Arc::new(settings), keys, snapshot.gitlab.clone());
    Ok((id, Arc::new(with_model)))
}

#[cfg(test)]
mod tests;
