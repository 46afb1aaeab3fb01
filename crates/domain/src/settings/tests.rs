use super::*;
use crate::{Connection, Provider, Target, target_for};
use uuid::Uuid;

fn draft(name: &str) -> ModelDraft {
    ModelDraft {
        id: None,
        name: name.into(),
        family: "mixtral".into(),
        endpoint: "http://gpu-1:8000/v1".into(),
        identifier: String::new(),
        provider: Provider::OpenaiCompatible,
        connection: Connection::default(),
        enabled: true,
        self_hosted: true,
        price: None,
    }
}

fn to(model: ModelId) -> Route {
    Route::Model {
        model,
        fallback: None,
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
    settings
        .set_route(Feature::DuoChat, Some(to(id)), false)
        .unwrap();
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
        .set_route(Feature::CodeCompletions, Some(to(id)), false)
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
        Target::Off { .. }
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
fn settings_outside_their_range_are_refused() {
    let mut gateway = GatewaySettings::default();
    assert_eq!(gateway.check(), Ok(()));
    gateway.max_in_flight = 0;
    let refusal = gateway.check().unwrap_err().to_string();
    assert_eq!(refusal, "requests at once is 0, outside 1 to 10000");
}

#[test]
fn an_unfit_model_is_routed_only_after_its_reason_was_shown() {
    let mut settings = Settings::default();
    let mut coder = draft("Coder");
    coder.family = "codegemma".into();
    let coder = settings
        .save_model(&coder, ModelId(Uuid::now_v7()))
        .unwrap()
        .id;
    let mixtral = add(&mut settings, "Mixtral");
    let as_fallback = Route::Model {
        model: mixtral,
        fallback: Some(coder),
    };
    for route in [to(coder), as_fallback] {
        let refusal = settings.set_route(Feature::DuoChat, Some(route), false);
        assert!(
            matches!(&refusal, Err(DomainError::Unfit(reason)) if reason.contains("CodeGemma")),
            "{refusal:?}"
        );
        assert!(settings.routes.is_empty());
    }
    settings
        .set_route(Feature::DuoChat, Some(as_fallback), true)
        .unwrap();
    assert_eq!(settings.features_of(coder), [Feature::DuoChat]);
    settings.remove_model(coder).unwrap();
    assert_eq!(settings.routes[&Feature::DuoChat], to(mixtral));
}

#[test]
fn a_route_to_nobody_or_back_to_itself_is_refused_even_when_confirmed() {
    let mut settings = Settings::default();
    let id = add(&mut settings, "Mixtral");
    let gone = ModelId(Uuid::nil());
    let to_itself = Route::Model {
        model: id,
        fallback: Some(id),
    };
    let to_gone = Route::Model {
        model: id,
        fallback: Some(gone),
    };
    for (route, is_expected) in [
        (
            to_itself,
            (|error| matches!(error, DomainError::FallbackIsItself(_))) as fn(_) -> bool,
        ),
        (to_gone, |error| {
            matches!(error, DomainError::NoSuchModel(_))
        }),
        (to(gone), |error| {
            matches!(error, DomainError::NoSuchModel(_))
        }),
    ] {
        let refusal = settings.set_route(Feature::DuoChat, Some(route), true);
        assert!(is_expected(refusal.unwrap_err()), "{route:?}");
    }
}

#[test]
fn provider_endpoint_and_identifier_have_to_belong_together() {
    use Provider::{Anthropic, Azure, Bedrock, Mistral, Ollama, OpenaiCompatible};
    let dummy = "http://bedrockselfhostedmodel.com";
    let claude = "bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0";
    let azure = "https://house.openai.azure.com";
    let runtime = "https://bedrock-runtime.eu-central-1.amazonaws.com";
    // An empty reason: it is taken.
    for (provider, endpoint, identifier, reason) in [
        (OpenaiCompatible, "http://gpu-1:8000/v1", "", ""),
        (OpenaiCompatible, "", "", "the endpoint is empty"),
        (OpenaiCompatible, "sample", "", ""),
        (Bedrock, "", claude, ""),
        (Bedrock, dummy, claude, ""),
        (OpenaiCompatible, dummy, claude, ""),
        (
            OpenaiCompatible,
            dummy,
            "",
            "stand-in for Bedrock, and the provider is OpenAI-compatible",
        ),
        (Azure, dummy, "azure/gpt-4o", "stand-in for Bedrock"),
        (
            Bedrock,
            "",
            "",
            "identifier is empty, and AWS Bedrock needs one",
        ),
        (Bedrock, runtime, claude, ""),
        (
            Bedrock,
            "https://vpce-1.bedrock-runtime.eu-central-1.vpce.amazonaws.com",
            claude,
            "",
        ),
        (
            OpenaiCompatible,
            "https://vpce-1.bedrock-runtime.eu-central-1.vpce.amazonaws.com",
            "",
            "belongs to AWS Bedrock",
        ),
        (OpenaiCompatible, runtime, "", "belongs to AWS Bedrock"),
        (
            OpenaiCompatible,
            "https://bedrock-runtime.eu-central-1.amazonaws.com/openai/v1",
            "openai.gpt-oss-20b-1:0",
            "",
        ),
        (
            Anthropic,
            "https://bedrock-mantle.eu-central-1.api.aws/anthropic",
            "claude",
            "",
        ),
        (Azure, azure, "gpt-4o", ""),
        (Azure, azure, "", "Azure OpenAI needs one"),
        (Azure, "", "gpt-4o", "the endpoint is empty"),
        (
            OpenaiCompatible,
            azure,
            "",
            "house.openai.azure.com belongs to Azure OpenAI",
        ),
        (OpenaiCompatible, azure, "azure/gpt-4o", ""),
        (
            Mistral,
            "https://house.openai.azure.com/openai/v1",
            "codestral-latest",
            "belongs to Azure OpenAI",
        ),
        (Anthropic, "", "claude-sonnet-4-5", ""),
        (
            Anthropic,
            "https://api.anthropic.com",
            "claude-sonnet-4-5",
            "",
        ),
        (Anthropic, "http://gpu-1:8000", "house", ""),
        (
            Anthropic,
            "https://api.openai.com/v1",
            "gpt-4o",
            "belongs to OpenAI-compatible",
        ),
        (
            OpenaiCompatible,
            "https://api.anthropic.com/v1",
            "",
            "belongs to Anthropic",
        ),
        (Mistral, "", "codestral-latest", ""),
        (
            Mistral,
            "https://codestral.mistral.ai/v1",
            "codestral-latest",
            "",
        ),
        (
            Ollama,
            "https://codestral.mistral.ai/v1",
            "codestral",
            "belongs to Mistral API",
        ),
        (Ollama, "http://localhost:11434", "", "Ollama needs one"),
        (Ollama, "http://notapi.mistral.ai.example", "qwen", ""),
        (
            Provider::Sample,
            "http://gpu-1:8000/v1",
            "",
            "the sample model has none",
        ),
    ] {
        let asked = ModelDraft {
            provider,
            endpoint: endpoint.into(),
            identifier: identifier.into(),
            ..draft("House")
        };
        let answer = Settings::default().save_model(&asked, ModelId(Uuid::now_v7()));
        let said = answer
            .err()
            .map_or_else(String::new, |error| error.to_string());
        let is_right = if reason.is_empty() {
            said.is_empty()
        } else {
            said.contains(reason)
        };
        assert!(
            is_right,
            "{provider} at \"{endpoint}\" as \"{identifier}\": {said}"
        );
    }
}

#[test]
fn a_family_of_the_admins_own_is_kept_until_no_model_has_it() {
    let mut settings = Settings::default();
    let mut own = FamilyRecord::built_in("qwen").unwrap().clone();
    let refusal = settings.save_family(own.clone());
    assert!(
        matches!(refusal, Err(DomainError::FamilyRecord { .. })),
        "built in"
    );
    own.name = "house_coder".parse().unwrap();
    own.title = String::new();
    assert!(settings.save_family(own.clone()).is_err(), "not sound");
    let mut model = draft("House");
    model.family = "house_coder".into();
    let refusal = settings.save_model(&model, ModelId(Uuid::now_v7()));
    assert_eq!(refusal, Err(DomainError::Family("house_coder".into())));

    own.title = "House Coder".into();
    settings.save_family(own.clone()).unwrap();
    settings
        .save_model(&model, ModelId(Uuid::now_v7()))
        .unwrap();
    own.stop = vec!["<END>".into()];
    settings.save_family(own.clone()).unwrap();
    assert_eq!(settings.families.len(), 1, "the second save is a change");
    assert_eq!(settings.family(&own.name).stop, ["<END>"]);

    let refusal = settings.remove_family(&own.name);
    assert_eq!(refusal, Err(DomainError::FamilyInUse("House".into())));
    let id = settings.model_named("House").unwrap().id;
    settings.remove_model(id).unwrap();
    settings.remove_family(&own.name).unwrap();
    assert_eq!(settings.families, []);
    assert_eq!(settings.family(&own.name).name, Family::general());
    let built_in = "qwen".parse().unwrap();
    assert!(settings.remove_family(&built_in).is_err());
}

#[test]
fn what_a_model_says_of_itself_goes_before_its_family() {
    use crate::Parameter::{SystemRole, Temperature};
    let mut settings = Settings::default();
    let mut model = draft("House");
    model.identifier = "mistralai/Mixtral-8x22B-Instruct-v0.1".into();
    model.connection.refuses = vec![Temperature, SystemRole];
    let model = settings
        .save_model(&model, ModelId(Uuid::now_v7()))
        .unwrap();
    let record = settings.family_of(&model);
    assert_eq!(record.title, "Mixtral 8x22B-it");
    assert_eq!(record.context, 65_536);
    assert_eq!(record.refuses, [SystemRole, Temperature]);
    let mut narrow = model.clone();
    narrow.connection.context = Some(4_096);
    assert_eq!(settings.family_of(&narrow).context, 4_096);
}

#[test]
fn a_change_that_makes_a_routed_model_unfit_is_refused_with_the_feature() {
    let mut settings = Settings::default();
    let mut model = draft("House");
    model.family = "mixtral".into();
    let id = ModelId(Uuid::now_v7());
    settings.save_model(&model, id).unwrap();
    let route = Route::Model {
        model: id,
        fallback: None,
    };
    settings
        .set_route(Feature::DuoChat, Some(route), false)
        .unwrap();
    model.id = Some(id);
    model.family = "starcoder2".into();
    let refusal = settings.save_model(&model, id).unwrap_err().to_string();
    assert!(refusal.contains("It answers Chat"), "{refusal}");
    assert_eq!(settings.model(id).unwrap().family.as_str(), "mixtral");
    settings.set_route(Feature::DuoChat, None, false).unwrap();
    assert!(settings.save_model(&model, id).is_ok());
}
