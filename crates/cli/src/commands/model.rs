//! `gatehouse model …`

use std::io::{Read, stdin};

use control::view::{
    FeatureView, ModelSwitch, ModelView, SetKey, Stage, StageOutcome, TestModel, TestReport,
};
use control::{Error, ErrorCode, Operator};
use domain::{Route, SecretState};
use serde_json::json;

use super::family::support;
use super::model_draft;
use crate::arguments::{ModelCommand, ModelEdit};
use crate::output::{Output, Stop, system_error, table};

pub(super) async fn run(
    command: &ModelCommand,
    operator: &Operator,
    output: Output,
) -> Result<(), Stop> {
    match command {
        ModelCommand::Add(add) => {
            let draft = model_draft::added(add)?;
            let key = add.api_key_stdin.then(key_from_stdin).transpose()?;
            let model = operator.save_model_with_key(draft, key).await?;
            output.show(&model, |model| {
                format!("Added {}.\n{}", model.name, facts(model))
            })
        }
        ModelCommand::List => {
            let models = operator.list_models(()).await?;
            output.show(&models, |models| list(models))
        }
        ModelCommand::Show { name } => output.show(&operator.find_model(name).await?, facts),
        ModelCommand::Edit(edit) => {
            let model = change(edit, operator).await?;
            output.show(&model, |model| {
                format!("Saved {}.\n{}", model.name, facts(model))
            })
        }
        ModelCommand::Test { name } => test(operator, name, output).await,
        ModelCommand::Remove { name, anyway } => remove(operator, name, *anyway, output).await,
        ModelCommand::Enable { name } => switch(operator, name, true, output).await,
        ModelCommand::Disable { name } => switch(operator, name, false, output).await,
    }
}

/// Removes a model. One that features are routed to goes only `--anyway`.
async fn remove(operator: &Operator, name: &str, anyway: bool, output: Output) -> Result<(), Stop> {
    let model = operator.find_model(name).await?;
    let features = operator.list_features(()).await?;
    let names_it = |view: &&FeatureView| match view.route {
        Some(Route::Model {
            model: first,
            fallback,
        }) => first == model.id || fallback == Some(model.id),
        Some(Route::Disabled) | None => false,
    };
    let routed: Vec<&str> = features
        .iter()
        .filter(names_it)
        .map(|view| &*view.title)
        .collect();
    if !routed.is_empty() && !anyway {
        let message = format!("{} answers {}", model.name, routed.join(", "));
        let hint = "Route these to another model first, or add --anyway.";
        return Err(Error::new(ErrorCode::Invalid, message, hint).into());
    }
    let lost = operator.remove_model(model.id).await?;
    if !routed.is_empty() {
        output.note(&format!("{} lost this model.", routed.join(", ")), "");
    }
    output.show(&json!({"removed": model.name, "features": lost}), |_| {
        format!("Removed {}.", model.name)
    })
}

async fn switch(
    operator: &Operator,
    name: &str,
    enabled: bool,
    output: Output,
) -> Result<(), Stop> {
    let id = operator.find_model(name).await?.id;
    let model = operator.switch_model(ModelSwitch { id, enabled }).await?;
    let state = if enabled { "on" } else { "off" };
    output.show(&model, |model| {
        format!("{} is switched {state}.", model.name)
    })
}

async fn change(edit: &ModelEdit, operator: &Operator) -> Result<ModelView, Error> {
    let model = operator.find_model(&edit.name).await?;
    let draft = model_draft::edited(&model, edit)?;
    let key = edit.api_key_stdin.then(key_from_stdin).transpose()?;
    let saved = operator.save_model_with_key(draft, key).await?;
    if !edit.remove_api_key {
        return Ok(saved);
    }
    operator
        .set_key(SetKey {
            id: saved.id,
            key: String::new(),
        })
        .await?;
    operator.find_model(&saved.name).await
}

/// Tests a model and prints what was seen; fails when the test did.
async fn test(operator: &Operator, name: &str, output: Output) -> Result<(), Stop> {
    let model = operator.find_model(name).await?;
    operator.read_key(model.id).await;
    let report = operator
        .test_model(TestModel {
            draft: model_draft::of(&model),
            key: None,
        })
        .await?;
    output.show(&report, stages)?;
    report.error.map_or(Ok(()), |error| Err(error.into()))
}

fn stages(report: &TestReport) -> String {
    let row = |stage: &Stage| {
        let outcome = match stage.outcome {
            StageOutcome::Passed => "passed",
            StageOutcome::Skipped => "–",
            StageOutcome::Failed => "failed",
            StageOutcome::Waiting => "not reached",
        };
        let took = stage.duration_ms.map(|took| format!("{took} ms"));
        let said = if stage.outcome == StageOutcome::Waiting {
            String::new()
        } else {
            stage.said.replace('\n', " ")
        };
        vec![
            stage.name.clone(),
            outcome.into(),
            took.unwrap_or_default(),
            said,
        ]
    };
    let rows: Vec<_> = report.stages.iter().map(row).collect();
    let mut text = table(&["STEP", "", "TOOK", "SEEN"], &rows);
    if let Some(suggestion) = &report.suggestion {
        text += &format!("\nThis endpoint answers: {}", suggestion.endpoint);
    }
    text
}

/// All of standard input, without the line end that `echo` adds.
fn key_from_stdin() -> Result<Vec<u8>, Error> {
    let mut key = Vec::new();
    stdin().read_to_end(&mut key).map_err(system_error)?;
    if key.last() == Some(&b'\n') {
        key.pop();
    }
    if key.last() == Some(&b'\r') {
        key.pop();
    }
    Ok(key)
}

fn list(models: &[ModelView]) -> String {
    if models.is_empty() {
        return "No model yet. Add one: gatehouse model add NAME --family FAMILY --endpoint URL"
            .into();
    }
    let row = |model: &ModelView| {
        let features: Vec<_> = model.features.iter().map(ToString::to_string).collect();
        vec![
            if model.enabled { "on" } else { "off" }.to_owned(),
            model.name.clone(),
            model.family.to_string(),
            model.endpoint.clone(),
            model.identifier.clone(),
            key_word(model.key).to_owned(),
            features.join(", "),
        ]
    };
    let rows: Vec<_> = models.iter().map(row).collect();
    table(
        &[
            "",
            "NAME",
            "FAMILY",
            "ENDPOINT",
            "IDENTIFIER",
            "KEY",
            "FEATURES",
        ],
        &rows,
    )
}

fn facts(model: &ModelView) -> String {
    let features: Vec<_> = model.features.iter().map(ToString::to_string).collect();
    let or_dash = |text: &str| {
        if text.is_empty() {
            "–".to_owned()
        } else {
            text.to_owned()
        }
    };
    let rows = [
        ("Name", model.name.clone()),
        ("Family", model.family.to_string()),
        ("Model", model.variant_title.clone()),
        ("Provider", model.provider_title.clone()),
        ("Endpoint", or_dash(&model.endpoint)),
        ("Chat requests go to", or_dash(&model.chat_url)),
        ("Identifier", or_dash(&model.identifier)),
        (
            "Enabled",
            if model.enabled { "yes" } else { "no" }.to_owned(),
        ),
        (
            "Self-hosted",
            if model.self_hosted { "yes" } else { "no" }.to_owned(),
        ),
        (
            "Price",
            model.price.map_or("–".to_owned(), |price| {
                format!(
                    "${} in, ${} out a million tokens",
                    price.input, price.output
                )
            }),
        ),
        ("Key", key_word(model.key).to_owned()),
        (
            "Made for",
            format!(
                "completion {}, generation {}, chat {}",
                support(model.support.completion),
                support(model.support.generation),
                support(model.support.chat)
            ),
        ),
        ("Code completion", model.completion_note.clone()),
        ("Features", or_dash(&features.join(", "))),
        ("Health", model.health.sentence.clone()),
    ];
    rows.iter()
        .map(|(name, value)| format!("{name:<20} {value}\n"))
        .collect()
}

fn key_word(state: SecretState) -> &'static str {
    match state {
        SecretState::Absent => "none",
        SecretState::Stored => "in the keyring",
        SecretState::Environment => "from the environment",
        SecretState::Missing => "missing from the keyring",
        SecretState::Locked => "keyring locked",
        SecretState::Unavailable => "no keyring",
        SecretState::WrongEndpoint => "for another host",
        SecretState::Unread => "set",
    }
}
