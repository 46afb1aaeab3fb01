//! A model as the arguments of `gatehouse model add` and `gatehouse model edit` describe it.

use control::view::ModelView;
use control::{Error, ErrorCode};
use domain::{Auth, Connection, ModelDraft, PriceDraft, Provider};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::arguments::{ModelAdd, ModelEdit, ReachArguments};

/// The model to add.
pub(super) fn added(add: &ModelAdd) -> Result<ModelDraft, Error> {
    let draft = ModelDraft {
        id: None,
        name: add.name.clone(),
        family: add.family.clone(),
        endpoint: String::new(),
        identifier: String::new(),
        provider: Provider::default(),
        connection: Connection::default(),
        enabled: true,
        self_hosted: true,
        price: None,
    };
    reached(draft, &add.reach)
}

/// The model as it is to be; what is not given stays.
pub(super) fn edited(model: &ModelView, edit: &ModelEdit) -> Result<ModelDraft, Error> {
    let mut draft = of(model);
    draft.name = edit.new_name.clone().unwrap_or(draft.name);
    draft.family = edit.family.clone().unwrap_or(draft.family);
    reached(draft, &edit.reach)
}

/// The model as it is.
pub(super) fn of(model: &ModelView) -> ModelDraft {
    ModelDraft {
        id: Some(model.id),
        name: model.name.clone(),
        family: model.family.to_string(),
        endpoint: model.endpoint.clone(),
        identifier: model.identifier.clone(),
        provider: model.provider,
        connection: model.connection.clone(),
        enabled: model.enabled,
        self_hosted: model.self_hosted,
        price: model.price,
    }
}

fn reached(mut draft: ModelDraft, given: &ReachArguments) -> Result<ModelDraft, Error> {
    match &given.provider {
        Some(name) => draft.provider = name.parse()?,
        // A model that was the sample and is given a server.
        None if given.endpoint.is_some() && draft.provider == Provider::Sample => {
            draft.provider = Provider::default();
        }
        None => {}
    }
    draft.endpoint = given.endpoint.clone().unwrap_or(draft.endpoint);
    if draft.provider == Provider::Sample && draft.endpoint.is_empty() {
        draft.endpoint = "sample".into();
    }
    draft.self_hosted = given.self_hosted.unwrap_or(draft.self_hosted);
    draft.price = match given.price.as_deref() {
        None => draft.price,
        Some("none") => None,
        Some(text) => Some(price(text)?),
    };
    draft.identifier = given.identifier.clone().unwrap_or(draft.identifier);
    let old = draft.connection;
    draft.connection = Connection {
        auth: auth(&old.auth, given)?,
        server: match given.server.as_deref() {
            Some("auto") => None,
            Some(word) => Some(of_word(word)?),
            None => old.server,
        },
        api_version: or(&given.api_version, old.api_version),
        region: or(&given.region, old.region),
        max_concurrent: number(given.max_concurrent, old.max_concurrent),
        context: number(given.context, old.context),
        refuses: match &given.refuses {
            Some(words) => {
                let named = words.iter().filter(|word| *word != "none");
                named.map(|word| of_word(word)).collect::<Result<_, _>>()?
            }
            None => old.refuses,
        },
    };
    Ok(draft)
}

/// What was given, where the empty text takes the old value away.
fn or(given: &Option<String>, old: Option<String>) -> Option<String> {
    match given {
        Some(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        None => old,
    }
}

/// Two numbers: of prompts and of answers.
fn price(text: &str) -> Result<PriceDraft, Error> {
    let numbers = text.split_once('/').and_then(|(input, output)| {
        let (input, output) = (input.trim().parse().ok()?, output.trim().parse().ok()?);
        Some(PriceDraft { input, output })
    });
    numbers.ok_or_else(|| {
        let message = format!("--price {text} is no price");
        let hint = "Write US dollars for a million tokens of prompts and of answers, such as 0.15/0.60, or none.";
        Error::new(ErrorCode::Invalid, message, hint)
    })
}

/// What was given, where 0 takes the old value away.
fn number(given: Option<u32>, old: Option<u32>) -> Option<u32> {
    match given {
        Some(number) => Some(number).filter(|number| *number > 0),
        None => old,
    }
}

fn auth(old: &Auth, given: &ReachArguments) -> Result<Auth, Error> {
    let old_kind = match old {
        Auth::Key => "key",
        Auth::Bearer => "bearer",
        Auth::Entra { .. } => "entra",
        Auth::AwsKeys { .. } => "aws-keys",
        Auth::AwsChain { .. } => "aws-chain",
    };
    let kind = given.auth.as_deref().unwrap_or(old_kind);
    let fields = [
        ("--tenant", &given.tenant, "entra"),
        ("--client-id", &given.client_id, "entra"),
        ("--access-key-id", &given.access_key_id, "aws-keys"),
        ("--profile", &given.profile, "aws-chain"),
    ];
    for (name, value, its_kind) in fields {
        if value.is_some() && its_kind != kind {
            return Err(incomplete(format!("{name} goes with --auth {its_kind}")));
        }
    }
    let needed = |name: &str, given: &Option<String>, old: Option<&String>| {
        let value = given.as_ref().or(old).cloned();
        value.ok_or_else(|| incomplete(format!("--auth {kind} needs {name}")))
    };
    Ok(match (kind, old) {
        ("bearer", _) => Auth::Bearer,
        ("entra", Auth::Entra { tenant, client_id }) => Auth::Entra {
            tenant: needed("--tenant", &given.tenant, Some(tenant))?,
            client_id: needed("--client-id", &given.client_id, Some(client_id))?,
        },
        ("entra", _) => Auth::Entra {
            tenant: needed("--tenant", &given.tenant, None)?,
            client_id: needed("--client-id", &given.client_id, None)?,
        },
        ("aws-keys", Auth::AwsKeys { access_key_id }) => Auth::AwsKeys {
            access_key_id: needed("--access-key-id", &given.access_key_id, Some(access_key_id))?,
        },
        ("aws-keys", _) => Auth::AwsKeys {
            access_key_id: needed("--access-key-id", &given.access_key_id, None)?,
        },
        ("aws-chain", Auth::AwsChain { profile }) => Auth::AwsChain {
            profile: or(&given.profile, profile.clone()),
        },
        ("aws-chain", _) => Auth::AwsChain {
            profile: or(&given.profile, None),
        },
        _ => Auth::Key,
    })
}

fn incomplete(message: String) -> Error {
    let hint = "See `gatehouse model add --help`.";
    Error::new(ErrorCode::Invalid, message, hint)
}

/// A value by its word in documents.
fn of_word<T: DeserializeOwned>(word: &str) -> Result<T, Error> {
    serde_json::from_value(Value::from(word)).map_err(|error| incomplete(error.to_string()))
}
