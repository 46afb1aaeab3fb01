use uuid::Uuid;

use crate::{Connection, DomainError, Field, Model, ModelDraft, ModelId, Provider, Settings};

fn saved(
    provider: Provider,
    endpoint: &str,
    identifier: &str,
    region: Option<&str>,
) -> Result<Model, DomainError> {
    let draft = ModelDraft {
        id: None,
        name: "House".into(),
        family: "general".into(),
        endpoint: endpoint.into(),
        identifier: identifier.into(),
        provider,
        connection: Connection {
            region: region.map(str::to_owned),
            ..Connection::default()
        },
        enabled: true,
        self_hosted: true,
        price: None,
    };
    Settings::default().save_model(&draft, ModelId(Uuid::nil()))
}

#[test]
fn regions_that_conflict_are_refused_at_their_field() {
    let runtime = "https://bedrock-runtime.eu-west-1.amazonaws.com";
    let arn = |region| format!("arn:aws:bedrock:{region}:123456789012:inference-profile/x");
    let (here, there) = (arn("eu-west-1"), arn("us-east-1"));
    #[rustfmt::skip]
    let cases = [
        ("", here.clone(), Some("eu-west-1"), None),
        (runtime, here.clone(), Some("eu-west-1"), None),
        (runtime, "eu.anthropic.c".into(), Some("eu-west-1"), None),
        ("http://gpu-1.us-east-1.example", "eu-west-1/m".into(), None, None),
        ("", "eu-west-1/m".into(), Some("us-east-1"), Some(Field::Region)),
        ("", there.clone(), Some("eu-west-1"), Some(Field::Region)),
        ("", format!("eu-west-1/{there}"), None, Some(Field::Identifier)),
        (runtime, there, None, Some(Field::Identifier)),
        (runtime, "us-east-1/m".into(), None, Some(Field::Identifier)),
        (runtime, "m".into(), Some("us-east-1"), Some(Field::Region)),
        ("", "arn:aws:bedrock:eu-west-1".into(), None, Some(Field::Identifier)),
        ("", "../m".into(), None, Some(Field::Identifier)),
    ];
    for (endpoint, identifier, region, field) in cases {
        let answer = saved(Provider::Bedrock, endpoint, &identifier, region);
        let refused_at = answer.as_ref().err().and_then(DomainError::field);
        assert_eq!(refused_at, field, "{identifier} {region:?}: {answer:?}");
    }
}

#[test]
fn a_deployment_url_of_azure_names_its_model() {
    let house = "https://house.openai.azure.com";
    for (path, named) in [
        ("/openai/deployments/gpt-35-turbo", Some("gpt-35-turbo")),
        (
            "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21",
            Some("gpt-4o"),
        ),
        ("/proxy/openai/deployments/m.1_x", Some("m.1_x")),
        ("/openai/deployments/", None),
        ("/openai/deployments/a%2Fb", None),
        ("/openai/v1", None),
    ] {
        let answer = saved(Provider::Azure, &format!("{house}{path}"), "", None);
        let name = answer.as_ref().ok().and_then(Model::served_name);
        assert_eq!(name, named, "{path}: {answer:?}");
        let both = saved(
            Provider::Azure,
            &format!("{house}{path}"),
            "azure/other",
            None,
        );
        assert_eq!(both.unwrap().served_name(), Some("other"), "{path}");
    }
    for climbs in ["azure/.", "azure/.."] {
        let refusal = saved(Provider::Azure, house, climbs, None).unwrap_err();
        assert_eq!(
            refusal.field(),
            Some(Field::Identifier),
            "{climbs}: {refusal}"
        );
    }
    let elsewhere = "http://gpu-1/openai/deployments/x";
    let other = saved(Provider::OpenaiCompatible, elsewhere, "", None);
    assert_eq!(other.unwrap().served_name(), None);
}

#[test]
fn codestral_goes_where_its_keys_belong() {
    let at = |identifier, endpoint| {
        let model = saved(Provider::Mistral, endpoint, identifier, None).unwrap();
        let server = model.server().map(|server| server.origin());
        (server, model.key_origin().unwrap())
    };
    let codestral = "https://codestral.mistral.ai".to_owned();
    assert_eq!(
        at("codestral/codestral-latest", ""),
        (Some(codestral.clone()), codestral)
    );
    assert_eq!(
        at("mistral/codestral-latest", ""),
        (None, "vendor:mistral".into())
    );
    let house = "https://house.example".to_owned();
    assert_eq!(
        at("codestral/codestral-latest", "https://house.example/v1"),
        (Some(house.clone()), house)
    );
}
