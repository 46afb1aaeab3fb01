//! Requests as they go out, against golden files: URL and body.

use domain::{Parameter, Provider, ServerKind, UpstreamPath};
use serde_json::{Value, json};

use super::samples::{everything, parameters};
use super::{Setting, golden, recorded};
use crate::openai::tokenize;
use crate::{
    AnswerForm, Ask, Call, Fill, Message, Parameters, Role, ServedModel, Way, can_fill, chat,
    detect, embed, fill, pass,
};

/// A call as its golden file shows it.
fn shown(call: &Call) -> Value {
    let body: Value = serde_json::from_slice(call.body.as_ref().unwrap()).unwrap();
    json!({"url": call.url.as_str(), "body": body})
}

#[test]
fn a_conversation_goes_out_as_each_server_takes_it() {
    use Provider::{Azure, Mistral, Ollama, OpenaiCompatible};
    for (name, provider, kind, endpoint) in [
        (
            "chat-vllm",
            OpenaiCompatible,
            ServerKind::Vllm,
            "http://gpu-1:8000/v1",
        ),
        (
            "chat-other",
            OpenaiCompatible,
            ServerKind::Other,
            "http://gpu-1:8000/v1?x=1",
        ),
        (
            "chat-openai",
            OpenaiCompatible,
            ServerKind::Openai,
            "https://api.openai.com/v1",
        ),
        (
            "chat-ollama",
            Ollama,
            ServerKind::Other,
            "http://localhost:11434",
        ),
        ("chat-mistral", Mistral, ServerKind::Other, ""),
        (
            "chat-azure",
            Azure,
            ServerKind::Other,
            "https://r.openai.azure.com",
        ),
        (
            "chat-azure-v1",
            Azure,
            ServerKind::Other,
            "https://r.openai.azure.com/openai/v1/",
        ),
    ] {
        let setting = Setting::new(provider, kind, endpoint);
        let call = chat(setting.target(), &everything()).unwrap();
        assert_eq!(shown(&call), golden(name), "{name}");
        assert_eq!(call.form, AnswerForm::OpenaiChat);
    }
}

#[test]
fn a_plain_conversation_has_no_field_too_many() {
    let ask = Ask {
        messages: vec![Message::of_text(Role::User, "hi")],
        ..Ask::default()
    };
    let setting = Setting::of_kind(ServerKind::Other);
    let call = chat(setting.target(), &ask).unwrap();
    let plain = r#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#;
    assert_eq!(call.body.unwrap(), plain);
}

#[test]
fn what_a_model_refuses_does_not_go_out() {
    let refuses = [
        Parameter::Temperature,
        Parameter::MaxTokens,
        Parameter::SystemRole,
    ];
    let setting = Setting::of_kind(ServerKind::Other).refusing(&refuses);
    let mut ask = everything();
    let body = shown(&chat(setting.target(), &ask).unwrap())["body"].clone();
    assert_eq!(body.get("temperature"), None);
    assert_eq!(
        (body.get("max_tokens"), &body["max_completion_tokens"]),
        (None, &json!(64))
    );
    assert_eq!(body["messages"][0]["role"], "user");
    assert_eq!(body["messages"][0]["content"][0]["text"], "Be brief.");

    let setting = Setting::of_kind(ServerKind::Vllm).refusing(&[Parameter::Tools]);
    let error = chat(setting.target(), &ask).unwrap_err();
    assert!(
        error.to_string().ends_with("does not take tools"),
        "{error}"
    );
    ask.tools.clear();
    assert!(chat(setting.target(), &ask).is_ok());
}

fn gap(way: Way, stream: bool) -> Fill {
    Fill {
        way,
        parameters: Parameters {
            reasoning_effort: None,
            ..parameters()
        },
        stop_ids: vec![2, 11, 13],
        stream,
        rest: serde_json::Map::from_iter([
            ("min_p".to_owned(), 0.05.into()),
            ("model".to_owned(), "other".into()),
        ]),
    }
}

fn raw() -> Way {
    Way::Raw {
        prompt: "[SUFFIX]\n[PREFIX]def f(".into(),
    }
}

fn by_server() -> Way {
    Way::Server {
        prefix: "def f(".into(),
        suffix: "\n    return x".into(),
    }
}

#[test]
fn a_gap_goes_out_as_each_server_takes_it() {
    use AnswerForm::{Infill, OllamaGenerate, OpenaiChat, OpenaiText};
    use Provider::{Mistral, Ollama, OpenaiCompatible};
    for (name, provider, kind, endpoint, way, form) in [
        (
            "fill-vllm-raw",
            OpenaiCompatible,
            ServerKind::Vllm,
            "http://h/v1",
            raw(),
            OpenaiText,
        ),
        (
            "fill-llamacpp-raw",
            OpenaiCompatible,
            ServerKind::LlamaCpp,
            "http://h/v1",
            raw(),
            OpenaiText,
        ),
        (
            "fill-llamacpp-infill",
            OpenaiCompatible,
            ServerKind::LlamaCpp,
            "http://h/v1",
            by_server(),
            Infill,
        ),
        (
            "fill-sglang-suffix",
            OpenaiCompatible,
            ServerKind::Sglang,
            "http://h/v1",
            by_server(),
            OpenaiText,
        ),
        (
            "fill-ollama-raw",
            Ollama,
            ServerKind::Other,
            "http://h:11434/v1",
            raw(),
            OllamaGenerate,
        ),
        (
            "fill-ollama-suffix",
            Ollama,
            ServerKind::Other,
            "http://h:11434",
            by_server(),
            OllamaGenerate,
        ),
        (
            "fill-mistral-fim",
            Mistral,
            ServerKind::Other,
            "https://codestral.mistral.ai/v1",
            by_server(),
            OpenaiChat,
        ),
    ] {
        let setting = Setting::new(provider, kind, endpoint);
        let call = fill(setting.target(), &gap(way, true)).unwrap();
        assert_eq!(shown(&call), golden(name), "{name}");
        assert_eq!(call.form, form, "{name}");
    }
}

#[test]
fn the_question_for_usage_goes_out_only_with_a_stream() {
    let setting = Setting::of_kind(ServerKind::Vllm);
    let call = fill(setting.target(), &gap(raw(), false)).unwrap();
    let body = shown(&call)["body"].clone();
    assert_eq!(
        (body.get("stream"), body.get("stream_options")),
        (None, None)
    );
    let ollama = Setting::new(Provider::Ollama, ServerKind::Other, "http://h");
    let body = shown(&fill(ollama.target(), &gap(raw(), false)).unwrap())["body"].clone();
    assert_eq!(body["stream"], false, "it streams unless told otherwise");
}

#[test]
fn a_gap_that_a_server_cannot_fill_is_refused_with_the_reason() {
    use Provider::{Anthropic, Azure, Bedrock, Mistral, OpenaiCompatible};
    for (provider, kind, way, reason) in [
        (
            OpenaiCompatible,
            ServerKind::Vllm,
            by_server(),
            "vLLM does not take `suffix`",
        ),
        (
            OpenaiCompatible,
            ServerKind::Tgi,
            by_server(),
            "Text Generation Inference does not take `suffix`",
        ),
        (
            OpenaiCompatible,
            ServerKind::LmStudio,
            by_server(),
            "LM Studio does not take `suffix`",
        ),
        (
            OpenaiCompatible,
            ServerKind::Openai,
            by_server(),
            "OpenAI does not take a suffix",
        ),
        (
            OpenaiCompatible,
            ServerKind::Other,
            by_server(),
            "choose the kind of server",
        ),
        (
            Mistral,
            ServerKind::Other,
            raw(),
            "The Mistral API does not take raw prompts",
        ),
        (Azure, ServerKind::Other, raw(), "does not take raw prompts"),
        (Bedrock, ServerKind::Other, by_server(), "does not take"),
        (Anthropic, ServerKind::Other, by_server(), "does not take"),
    ] {
        let setting = Setting::new(provider, kind, "http://h/v1");
        let is_raw = matches!(way, Way::Raw { .. });
        let error = fill(setting.target(), &gap(way, true))
            .unwrap_err()
            .to_string();
        assert!(error.contains(reason), "{error}");
        assert!(!can_fill(provider, kind, is_raw), "{provider} {kind:?}");
    }
    assert!(can_fill(OpenaiCompatible, ServerKind::Vllm, true));
    assert!(can_fill(OpenaiCompatible, ServerKind::LlamaCpp, false));
    assert!(can_fill(Mistral, ServerKind::Other, false));
}

#[test]
fn vectors_go_out_with_the_servers_own_name_of_the_model() {
    for (provider, endpoint, url) in [
        (
            Provider::OpenaiCompatible,
            "http://h/v1",
            "http://h/v1/embeddings",
        ),
        (Provider::Ollama, "http://h", "http://h/v1/embeddings"),
        (
            Provider::Mistral,
            "",
            "https://api.mistral.ai/v1/embeddings",
        ),
    ] {
        let setting = Setting::new(provider, ServerKind::Other, endpoint);
        let body = json!({"model": "code_embeddings", "input": ["x"], "dimensions": 8});
        let call = embed(setting.target(), &body).unwrap();
        let expected = json!({"model": "m", "input": ["x"], "dimensions": 8});
        assert_eq!(shown(&call), json!({"url": url, "body": expected}));
        assert_eq!(call.form, AnswerForm::OpenaiEmbeddings);
    }
}

#[test]
fn a_body_is_passed_on_in_the_form_of_its_path() {
    let setting = Setting::of_kind(ServerKind::Vllm);
    for (path, form) in [
        (UpstreamPath::ChatCompletions, AnswerForm::OpenaiChat),
        (UpstreamPath::Completions, AnswerForm::OpenaiText),
        (UpstreamPath::Embeddings, AnswerForm::OpenaiEmbeddings),
    ] {
        let call = pass(setting.target(), path, "{ }".into()).unwrap();
        let url = format!("http://gpu-1:8000/v1/{}", path.as_str());
        assert_eq!((call.url.as_str(), call.form), (url.as_str(), form));
        assert_eq!(call.body.unwrap(), "{ }");
    }
}

#[test]
fn the_tokens_of_a_text_are_asked_for_and_read() {
    for (kind, body) in [
        (
            ServerKind::Vllm,
            json!({"model": "m", "prompt": "é", "add_special_tokens": false}),
        ),
        (
            ServerKind::LlamaCpp,
            json!({"content": "é", "add_special": false, "parse_special": true}),
        ),
    ] {
        let setting = Setting::of_kind(kind);
        let call = tokenize::call(setting.target(), "é").unwrap();
        let expected = json!({"url": "http://gpu-1:8000/tokenize", "body": body});
        assert_eq!(shown(&call), expected);
    }
    let tgi = Setting::of_kind(ServerKind::Tgi);
    assert!(tokenize::call(tgi.target(), "x").is_none());
    assert_eq!(
        tokenize::ids(&recorded("tokenize")),
        Some(vec![1, 1604, 216, 5415])
    );
    assert_eq!(
        tokenize::ids(br#"{"count":2,"max_model_len":9,"tokens":[1,2]}"#),
        Some(vec![1, 2])
    );
    assert_eq!(tokenize::ids(br#"{"error":"no"}"#), None);
}

#[test]
fn a_server_is_known_by_what_it_says_of_its_models() {
    let model = |id: &str, owner: Option<&str>| ServedModel {
        id: id.into(),
        context: None,
        owner: owner.map(str::to_owned),
    };
    for (models, kind) in [
        (vec![model("m", Some("vllm"))], ServerKind::Vllm),
        (vec![model("m", Some("sglang"))], ServerKind::Sglang),
        (vec![model("m", Some("llamacpp"))], ServerKind::LlamaCpp),
        (
            vec![model("m", Some("organization_owner"))],
            ServerKind::LmStudio,
        ),
        (vec![model("m", Some("m"))], ServerKind::Tgi),
        (
            vec![model("a", Some("openai")), model("b", Some("system"))],
            ServerKind::Openai,
        ),
        (vec![model("a", Some("openai"))], ServerKind::Other),
        (vec![model("a", Some("library"))], ServerKind::Other),
        (vec![model("a", None)], ServerKind::Other),
        (vec![], ServerKind::Other),
    ] {
        assert_eq!(detect(&models), kind, "{models:?}");
    }
}
