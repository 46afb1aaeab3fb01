use serde_json::{Value, json};

use crate::fixture::{Fixture, completion, golden, good_words, naming};

/// Checks an answer of `/v2/code` and returns the text of its choice.
#[track_caller]
fn text_of(body: &Value, lang: &str) -> String {
    assert_eq!(body["object"], "text_completion", "{body}");
    assert_eq!(body["experiments"], json!([]));
    assert_eq!(body["model"]["engine"], "agent");
    assert_eq!(body["model"]["lang"], lang);
    assert!(body["model"]["name"].is_string() && body["id"].is_string());
    assert!(body["created"].is_i64(), "seconds: {body}");
    let counts = &body["model"]["tokens_consumption_metadata"];
    assert!(counts["output_tokens"].is_u64(), "{body}");
    assert_eq!(body["choices"].as_array().map(Vec::len), Some(1), "{body}");
    assert_eq!(body["choices"][0]["index"], 0);
    assert!(body["choices"][0]["finish_reason"].is_string());
    body["choices"][0]["text"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_paths_complete_in_every_version_of_the_prompt() {
    let gateway = Fixture::start("alpha");
    for path in ["/v2/completions", "/v2/code/completions"] {
        for (version, prompt) in [
            (json!(null), json!(null)),
            (json!(1), json!(null)),
            (json!(2), json!(null)),
            (json!(2), json!("ignored")),
            (json!(3), json!(null)),
            (json!(3), json!([{"role": "user", "content": "go on"}])),
        ] {
            let mut body = completion();
            body["prompt_version"] = version.clone();
            body["prompt"] = prompt.clone();
            body["model_provider"] = "litellm".into();
            body["private_token"] = "an extra of an editor".into();
            body["user_instruction"] = json!({"unknown": [1, 2]});
            let (status, answer) = gateway.ask(path, &body).await;
            assert_eq!(status, 200, "{path} {version} {prompt}: {answer}");
            assert!(good_words().starts_with(text_of(&answer, "python").trim_end()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_of_17_6_are_answered_in_its_shape() {
    let gateway = Fixture::start("alpha");
    for (path, name, lang) in [
        ("/v2/code/completions", "completions-17.6", "ruby"),
        ("/v2/completions", "completions-direct", "python"),
        ("/v2/code/generations", "generations-17.6", "python"),
    ] {
        let (status, answer) = gateway.ask(path, &golden(name)).await;
        assert_eq!(status, 200, "{name}: {answer}");
        let text = text_of(&answer, lang);
        assert!(text.contains("Kälte"), "{name}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_name_of_a_model_is_taken() {
    let gateway = Fixture::start("alpha");
    for name in ["mixtral", "llama3", "general", "a_family_of_next_year"] {
        for path in ["/v2/code/completions", "/v2/code/generations"] {
            let mut body = golden("generations-17.6");
            body["model_name"] = name.into();
            let (status, answer) = gateway.ask(path, &body).await;
            assert_eq!(status, 200, "{path} {name}: {answer}");
        }
        let mut body = golden("prompt-18.9");
        body["model_metadata"]["name"] = name.into();
        let path = "/v1/prompts/model_configuration%2Fcheck";
        let (status, answer) = gateway.ask(path, &body).await;
        assert_eq!(status, 200, "{name}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_suggestion_is_an_empty_list() {
    let gateway = Fixture::start("says-nothing");
    for (path, name) in [
        ("/v2/code/completions", "completions-17.6"),
        ("/v2/code/generations", "generations-17.6"),
        ("/v3/code/completions", "suggestions-17.6"),
    ] {
        let (status, answer) = gateway.ask(path, &golden(name)).await;
        assert_eq!(status, 200, "{name}: {answer}");
        assert_eq!(answer["choices"], json!([]), "{name}");
    }
}

/// A family's own tokens, on the path for raw prompts, and nothing where there is no suffix: GitLab's
/// own gateway writes `None` there.
#[tokio::test(flavor = "multi_thread")]
async fn a_gap_is_filled_by_the_tokens_of_the_family() {
    for (family, beginning, middle, end) in [
        ("codestral", "<s>[SUFFIX]", "[PREFIX]", ""),
        (
            "codegemma",
            "<|fim_prefix|>",
            "<|fim_suffix|>",
            "<|fim_middle|>",
        ),
        (
            "deepseekcoder",
            "<｜fim▁begin｜>",
            "<｜fim▁hole｜>",
            "<｜fim▁end｜>",
        ),
    ] {
        let gateway = Fixture::of_family("alpha", family);
        let mut body = golden("completions-17.6");
        body["context"] =
            json!([{"type": "file", "name": "b.rb", "content": "# from another file\n"}]);
        let (status, answer) = gateway.ask("/v2/code/completions", &body).await;
        assert_eq!(status, 200, "{family}: {answer}");
        let asked = gateway.upstream.last();
        assert_eq!(asked.path, "/v1/completions", "{family}");
        let prompt = asked.body["prompt"].as_str().expect("one text");
        for part in [middle, end, "def hello", "# from another file"] {
            assert!(prompt.contains(part), "{family}, {part}: {prompt}");
        }
        assert!(
            prompt.starts_with(beginning.trim_start_matches("<s>"))
                || prompt.starts_with(beginning)
        );
        assert!(!prompt.contains("None"), "{family}: {prompt}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_identifier_the_model_is_asked_for_by_the_name_of_its_family() {
    let gateway = Fixture::prepared("alpha", "general", |gatehouse, gitlab| {
        crate::fixture::set(gatehouse, gitlab, json!({"accept_named_models": true}));
    });
    let other = tests::upstream::Upstream::start();
    let body = naming(golden("prompt-17.6"), &other.endpoint(), "", "k");
    let (_, text) = gateway.stream("/v1/prompts/chat/explain_code", &body).await;
    assert_eq!(text, good_words());
    let asked = other.last();
    assert_eq!(asked.path, "/v1/chat/completions");
    assert_eq!(asked.body["model"], "mistral");
}
