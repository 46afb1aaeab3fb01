use uuid::Uuid;

use super::*;
use crate::{Connection, ModelDraft, Provider};

/// Settings with the models `one` and `two`, and their ids.
fn settings() -> (Settings, ModelId, ModelId) {
    let mut settings = Settings::default();
    let [one, two] = [("one", 1), ("two", 2)].map(|(name, number)| {
        let draft = ModelDraft {
            id: None,
            name: name.into(),
            family: "general".into(),
            endpoint: "http://gpu-1:8000/v1".into(),
            identifier: String::new(),
            provider: Provider::OpenaiCompatible,
            connection: Connection::default(),
            enabled: true,
            self_hosted: true,
            price: None,
        };
        let id = ModelId(Uuid::from_u128(number));
        settings.save_model(&draft, id).unwrap().id
    });
    (settings, one, two)
}

fn route(settings: &mut Settings, feature: Feature, model: ModelId, fallback: Option<ModelId>) {
    let route = Route::Model { model, fallback };
    settings.set_route(feature, Some(route), false).unwrap();
}

/// What a name means, in a word: the models in the order they answer, or why none does.
fn answer(settings: &Settings, name: &str) -> String {
    match target_for(settings, name) {
        Target::Model {
            model, fallback, ..
        } => [Some(model), fallback]
            .into_iter()
            .flatten()
            .map(|model| model.name.as_str())
            .collect::<Vec<_>>()
            .join(", "),
        Target::Off { model, .. } => format!("{} is off", model.name),
        Target::Disabled(feature) => format!("{feature} is disabled"),
        Target::Unrouted(feature) => format!("{feature} is unrouted"),
        Target::Unknown => "unknown".into(),
    }
}

#[test]
fn a_feature_follows_its_parent_until_it_has_a_route_of_its_own() {
    let (mut settings, one, two) = settings();
    let fix = "duo_chat_fix_code";
    assert_eq!(answer(&settings, fix), "duo_chat_fix_code is unrouted");
    route(&mut settings, Feature::DuoChat, one, Some(two));
    assert_eq!(answer(&settings, fix), "one, two");
    assert!(
        matches!(
            target_for(&settings, fix),
            Target::Model {
                feature: Some(Feature::DuoChatFixCode),
                ..
            }
        ),
        "the record shows the feature that the client named"
    );
    let (_, set_on) = route_of(&settings, Feature::DuoChatFixCode).unwrap();
    assert_eq!(set_on, Feature::DuoChat);
    route(&mut settings, Feature::DuoChatFixCode, two, None);
    assert_eq!(answer(&settings, fix), "two");
    assert_eq!(answer(&settings, "duo_chat"), "one, two");
    settings
        .set_route(Feature::DuoChatFixCode, None, false)
        .unwrap();
    assert_eq!(answer(&settings, fix), "one, two");
    assert_eq!(
        answer(&settings, "code_completions"),
        "code_completions is unrouted"
    );
}

#[test]
fn disabled_is_a_choice_that_is_inherited_and_can_be_left() {
    let (mut settings, one, _) = settings();
    settings
        .set_route(Feature::DuoChat, Some(Route::Disabled), false)
        .unwrap();
    assert_eq!(answer(&settings, "duo_chat"), "duo_chat is disabled");
    assert_eq!(
        answer(&settings, "summarize_review"),
        "summarize_review is disabled"
    );
    route(&mut settings, Feature::SummarizeReview, one, None);
    assert_eq!(answer(&settings, "summarize_review"), "one");
}

#[test]
fn the_fallback_answers_for_a_model_that_is_switched_off() {
    let (mut settings, one, two) = settings();
    route(&mut settings, Feature::DuoChat, one, Some(two));
    let switch = |settings: &mut Settings, id, enabled| {
        settings.model_mut(id).unwrap().enabled = enabled;
    };
    switch(&mut settings, two, false);
    assert_eq!(answer(&settings, "duo_chat"), "one");
    switch(&mut settings, one, false);
    assert_eq!(answer(&settings, "duo_chat"), "one is off");
    switch(&mut settings, two, true);
    assert_eq!(answer(&settings, "duo_chat"), "two");
    assert_eq!(
        answer(&settings, "one"),
        "one is off",
        "asked for by its own name"
    );
}

#[test]
fn a_model_is_named_exactly() {
    let (settings, ..) = settings();
    assert_eq!(answer(&settings, "one"), "one");
    for name in ["One", " one", "", "three", "DUO_CHAT"] {
        assert_eq!(answer(&settings, name), "unknown", "{name:?}");
    }
}
