use super::*;

fn draft(name: &str, provider: Provider, endpoint: &str, identifier: &str) -> ModelDraft {
    ModelDraft {
        id: None,
        name: name.into(),
        family: "mistral".into(),
        endpoint: endpoint.into(),
        identifier: identifier.into(),
        provider,
        connection: Connection::default(),
        enabled: true,
        self_hosted: true,
        price: None,
    }
}

fn snapshot(accept_named_models: bool) -> Arc<Snapshot> {
    let mut settings = Settings::default();
    let models = [
        draft(
            "a",
            Provider::OpenaiCompatible,
            "http://gpu-1:8000/v1",
            "custom_openai/small",
        ),
        draft(
            "b",
            Provider::OpenaiCompatible,
            "http://gpu-1:8000/v1",
            "custom_openai/large",
        ),
        draft("c", Provider::OpenaiCompatible, "http://gpu-2:8000", ""),
        draft(
            "d",
            Provider::Bedrock,
            "",
            "bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
        ),
    ];
    for (number, draft) in models.iter().enumerate() {
        let id = ModelId(Uuid::from_u128(number as u128 + 1));
        settings.save_model(draft, id).unwrap();
    }
    settings.gitlab.accept_named_models = accept_named_models;
    Arc::new(Snapshot::new(
        Arc::new(settings),
        HashMap::new(),
        crate::gitlab::GitlabAccess::default(),
    ))
}

fn hint(endpoint: &str, identifier: &str) -> ModelHint {
    ModelHint {
        family: Some("mistral".into()),
        endpoint: Some(endpoint.into()),
        identifier: (!identifier.is_empty()).then(|| identifier.to_owned()),
        api_key: Some("key-of-the-request".to_owned().into()),
        ..ModelHint::default()
    }
}

#[test]
fn a_named_model_is_matched_by_endpoint_and_identifier() {
    let snapshot = snapshot(false);
    let bedrock = "bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0";
    for (endpoint, identifier, found) in [
        ("http://gpu-1:8000/v1", "custom_openai/large", Some("b")),
        ("http://GPU-1:8000/v1/", "small", Some("a")),
        ("http://gpu-1:8000", "custom_openai/small", Some("a")),
        ("http://gpu-2:8000/v1", "", Some("c")),
        (BEDROCK_DUMMY, bedrock, Some("d")),
        // Two are there, and it does not say which.
        ("http://gpu-1:8000/v1", "", None),
        ("http://gpu-1:8000/v1", "custom_openai/huge", None),
        ("http://gpu-1:8001/v1", "custom_openai/large", None),
        ("https://gpu-1:8000/v1", "custom_openai/large", None),
    ] {
        let choice = choose(&hint(endpoint, identifier), true, &snapshot);
        let name = match &choice {
            Choice::Registered(id) => snapshot
                .settings
                .model(*id)
                .map(|model| model.name.as_str()),
            Choice::Route(note) => {
                let note = note.as_deref().unwrap_or_default();
                assert!(note.contains("not registered"), "{endpoint}: {note}");
                None
            }
            Choice::Named(..) => panic!("{endpoint}: {choice:?}"),
        };
        assert_eq!(name, found, "{endpoint} {identifier}");
    }
    let nothing = choose(&ModelHint::default(), true, &snapshot);
    assert!(matches!(nothing, Choice::Route(None)));
}

#[test]
fn a_model_that_only_gitlab_knows_has_the_key_of_its_request_and_no_other() {
    let snapshot = snapshot(true);
    let named = hint("http://gpu-9:8000/v1", "custom_openai/new");
    let choice = choose(&named, true, &snapshot);
    let Choice::Named(id, with_model) = choice else {
        panic!("it is called where GitLab says");
    };
    assert_eq!(
        with_model.settings.models.len(),
        1,
        "nothing else can be reached"
    );
    let Some(UpstreamKey::Ready(key)) = with_model.keys.get(&id) else {
        panic!("the key came with the request");
    };
    assert_eq!(key.expose_secret(), b"key-of-the-request");
    let forbidden = hint("http://169.254.169.254/v1", "custom_openai/new");
    let choice = choose(&forbidden, true, &snapshot);
    assert!(matches!(choice, Choice::Route(Some(note)) if note.contains("cannot be called")));
    let choice = choose(&named, false, &snapshot);
    assert!(matches!(choice, Choice::Route(Some(note)) if note.contains("not registered")));
}
