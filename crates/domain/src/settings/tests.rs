use super::*;
use crate::{Target, target_for};
use uuid::Uuid;

fn draft(name: &str) -> ModelDraft {
    ModelDraft {
        id: None,
        name: name.into(),
        family: "mixtral".into(),
        endpoint: "http://gpu-1:8000/v1".into(),
        identifier: String::new(),
        enabled: true,
    }
}

fn add(settings: &mut Settings, name: &str) -> ModelId {
    settings
        .save_model(&draft(name), ModelId(Uuid::now_v7()))
        .unwrap()
        .id
}

#[test]
fn a_name_belongs_to_one_model() {
    let mut settings = Settings::default();
    let first = add(&mut settings, "Mixtral");
    let refusal = settings.save_model(&draft(" Mixtral "), ModelId(Uuid::now_v7()));
    assert_eq!(refusal, Err(DomainError::NameTaken("Mixtral".into())));
    let mut same = draft("Mixtral");
    same.id = Some(first);
    assert!(
        settings.save_model(&same, ModelId(Uuid::now_v7())).is_ok(),
        "its own name is free"
    );
    assert_eq!(settings.models.len(), 1);
}

#[test]
fn a_refused_edit_changes_nothing() {
    let mut settings = Settings::default();
    let id = add(&mut settings, "Mixtral");
    let before = settings.clone();
    let mut bad = draft("Other");
    bad.id = Some(id);
    bad.endpoint = "gpu-1".into();
    assert!(settings.save_model(&bad, id).is_err());
    assert_eq!(settings, before);
}

#[test]
fn removing_a_model_removes_its_routes() {
    let mut settings = Settings::default();
    let id = add(&mut settings, "Mixtral");
    settings.set_route(Feature::DuoChat, Some(id)).unwrap();
    assert_eq!(settings.features_of(id), [Feature::DuoChat]);
    settings.remove_model(id).unwrap();
    assert_eq!(
        target_for(&settings, "duo_chat"),
        Target::Unrouted(Feature::DuoChat)
    );
}

#[test]
fn clients_reach_a_model_by_its_name_or_by_a_feature() {
    let mut settings = Settings::default();
    let id = add(&mut settings, "Mixtral");
    settings
        .set_route(Feature::CodeCompletions, Some(id))
        .unwrap();
    assert!(matches!(
        target_for(&settings, "Mixtral"),
        Target::Model { feature: None, .. }
    ));
    assert!(matches!(
        target_for(&settings, "code_completions"),
        Target::Model {
            feature: Some(Feature::CodeCompletions),
            ..
        }
    ));
    assert_eq!(target_for(&settings, "mixtral"), Target::Unknown);
    settings.model_mut(id).unwrap().enabled = false;
    assert!(matches!(
        target_for(&settings, "Mixtral"),
        Target::Disabled { .. }
    ));
}

#[test]
fn eight_models_have_eight_hues() {
    let mut settings = Settings::default();
    for number in 0..9 {
        add(&mut settings, &format!("m{number}"));
    }
    let hues: Vec<_> = settings.models.iter().map(|model| model.hue).collect();
    assert_eq!(hues, [1, 2, 3, 4, 5, 6, 7, 8, 1]);
}

#[test]
fn unfit_families_are_named_with_the_reason() {
    use crate::{Family, unfit_reason};
    let reason = unfit_reason(Family::Codegemma, Feature::DuoChat).unwrap();
    assert!(reason.contains("CodeGemma"));
    assert_eq!(
        unfit_reason(Family::Codegemma, Feature::CodeCompletions),
        None
    );
}

#[test]
fn settings_outside_their_range_are_refused() {
    let mut gateway = GatewaySettings::default();
    assert_eq!(gateway.check(), Ok(()));
    gateway.max_in_flight = 0;
    let refusal = gateway.check().unwrap_err().to_string();
    assert_eq!(refusal, "requests at once is 0, outside 1 to 10000");
}
