//! The model families: the built-in ones and the admin's own.

use domain::{CompletionRoute, DomainError, FAMILIES, Family, FamilyRecord, Field, Fim, Settings};
use serde_json::Value;

use crate::view::{FamilyDraft, FamilyPreview, FamilyView, SaveFamily};
use crate::{Control, Error, ErrorCode};

/// A small gap, to show a FIM prompt by: what stands before it and after it.
const GAP: (&str, &str) = ("def add(a, b):\n    return ", "\n\nprint(add(1, 2))\n");

impl Control {
    /// The model families: the built-in ones, then the admin's own.
    pub async fn list_families(&self, (): ()) -> Result<Vec<FamilyView>, Error> {
        let settings = self.settings.load_full();
        let own = settings.families.iter().map(|record| (record, true));
        let all = FAMILIES.iter().map(|record| (record, false)).chain(own);
        let views = all.map(|(record, is_own)| FamilyView {
            record: record.clone(),
            is_own,
            models: models_of(&settings, &record.name),
            prompt_example: example(record),
            lead: record
                .routes
                .first()
                .copied()
                .unwrap_or(CompletionRoute::Chat),
        });
        Ok(views.collect())
    }

    /// Adds or changes a family of the admin's own. Models that have it follow at once.
    pub async fn save_family(&self, input: SaveFamily) -> Result<Vec<FamilyView>, Error> {
        let record = read(input.record)?;
        self.change(|settings| {
            let is_taken = settings.family(&record.name).name == record.name;
            if input.is_new && is_taken {
                return Err(Error::new(
                    ErrorCode::Invalid,
                    format!("a model family named \"{}\" exists already", record.name),
                    "Choose another name.",
                )
                .about(Field::Name));
            }
            Ok(settings.save_family(record)?)
        })
        .await?;
        self.list_families(()).await
    }

    /// Removes a family of the admin's own that no model has.
    pub async fn remove_family(&self, name: Family) -> Result<Vec<FamilyView>, Error> {
        self.change(|settings| {
            let is_own = settings.families.iter().any(|record| record.name == name);
            if !is_own && FamilyRecord::built_in(name.as_str()).is_some() {
                return Err(Error::new(
                    ErrorCode::Invalid,
                    format!("the model family \"{name}\" is built in"),
                    "Only families of your own can be removed.",
                ));
            }
            Ok(settings.remove_family(&name)?)
        })
        .await?;
        self.list_families(()).await
    }

    /// What a record comes to while it is edited.
    pub async fn preview_family(&self, draft: FamilyDraft) -> Result<FamilyPreview, Error> {
        // Saved into nothing, so that the same rules refuse it.
        let checked = read(draft).and_then(|record| {
            Settings::default().save_family(record.clone())?;
            Ok(record)
        });
        Ok(match checked {
            Ok(record) => FamilyPreview {
                prompt: example(&record),
                problem: None,
            },
            Err(error) => FamilyPreview {
                prompt: None,
                problem: Some(error),
            },
        })
    }
}

fn models_of(settings: &Settings, family: &Family) -> Vec<String> {
    let its = settings
        .models
        .iter()
        .filter(|model| model.family == *family);
    its.map(|model| model.name.to_string()).collect()
}

fn example(record: &FamilyRecord) -> Option<String> {
    let (prefix, suffix) = GAP;
    record
        .fim
        .as_ref()
        .map(|fim: &Fim| fim.render(prefix, suffix))
}

/// The record that was typed, or what keeps it from being one.
fn read(draft: FamilyDraft) -> Result<FamilyRecord, Error> {
    let name = draft
        .0
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if let Err(DomainError::Family(name)) = name.parse::<Family>() {
        return Err(Error::new(
            ErrorCode::Invalid,
            format!("\"{name}\" cannot be the name of a model family"),
            "Use 1 to 64 lower-case letters, digits, \"_\", \"-\" and \".\".",
        )
        .about(Field::Name));
    }
    serde_path_to_error::deserialize(draft.0).map_err(|error| {
        let place = error.path().iter().next().map(ToString::to_string);
        Error::new(
            ErrorCode::Invalid,
            format!(
                "the record of the model family cannot be read: {}",
                error.inner()
            ),
            "See a whole record with `gatehouse family show codestral --json`.",
        )
        .about(place.and_then(|place| field_of(&place)))
    })
}

/// The field of the form that a part of a record is entered in.
fn field_of(part: &str) -> Option<Field> {
    Some(match part {
        "name" => Field::Name,
        "title" => Field::Title,
        "fim" => Field::Template,
        "routes" => Field::Routes,
        "control" => Field::Control,
        "stop" => Field::Stop,
        "stop_ids" => Field::StopIds,
        "context" => Field::Context,
        "reasoning" => Field::Reasoning,
        "remarks" => Field::Remarks,
        "variants" => Field::Variants,
        _ => return None,
    })
}
