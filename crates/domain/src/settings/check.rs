//! Whether settings as a whole keep every rule, whoever wrote them: what each single change makes
//! sure of, for settings that come in one piece. Asks no server and no file.

use super::reach::check_reach;
use super::{RedactionSettings, Settings};
use crate::{DomainError, FamilyRecord, Field, Model, Query, Route};

impl Settings {
    /// Checks everything; the first rule that does not hold is the error. A model that does not
    /// suit its feature is none: an admin may want it.
    pub fn check(&self) -> Result<(), DomainError> {
        self.gateway.check()?;
        self.gitlab.check()?;
        self.log.check()?;
        self.log_files.check()?;
        RedactionSettings::read(&self.redaction.draft())?;
        for (place, record) in self.families.iter().enumerate() {
            let is_twice = self.families[..place]
                .iter()
                .any(|other| other.name == record.name);
            if is_twice || FamilyRecord::built_in(record.name.as_str()).is_some() {
                return Err(DomainError::FamilyRecord {
                    field: Field::Name,
                    problem: format!("{} exists already", record.name),
                });
            }
            record.check()?;
        }
        for (place, model) in self.models.iter().enumerate() {
            self.check_model(model, &self.models[..place])?;
        }
        for (feature, route) in &self.routes {
            let Route::Model { model, fallback } = route else {
                continue;
            };
            if *fallback == Some(*model) {
                return Err(DomainError::FallbackIsItself(feature.record().title.into()));
            }
            for id in [Some(*model), *fallback].into_iter().flatten() {
                self.model(id)
                    .ok_or_else(|| DomainError::NoSuchModel(id.to_string()))?;
            }
        }
        for (place, key) in self.client_keys.iter().enumerate() {
            if self.client_keys[..place]
                .iter()
                .any(|other| other.name == key.name)
            {
                let problem = format!("\"{}\" exists already", key.name.as_str());
                return Err(DomainError::ClientKey(problem));
            }
        }
        for view in &self.views {
            view.query.parse::<Query>()?;
        }
        Ok(())
    }

    fn check_model(&self, model: &Model, others: &[Model]) -> Result<(), DomainError> {
        if others.iter().any(|other| other.name == model.name) {
            return Err(DomainError::NameTaken(model.name.to_string()));
        }
        if self.family(&model.family).name != model.family {
            return Err(DomainError::Family(model.family.to_string()));
        }
        check_reach(model)?;
        model.connection.check()
    }
}
