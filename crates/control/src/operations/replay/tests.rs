use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::view::RequestState;

fn trial(path: &str, body: Value) -> Trial {
    let row = RequestView {
        path: path.into(),
        model: "Codestral".into(),
        ..row()
    };
    trial_of(&row, body.to_string().as_bytes())
}

fn row() -> RequestView {
    serde_json::from_value(json!({
        "id": 1, "started_at": Timestamp::UNIX_EPOCH, "correlation_id": "a", "method": "POST", "path": "/",
        "client": "x", "model": "m", "streamed": false, "state": RequestState::Completed,
        "retries": 0, "notes": [], "recorded": true,
    }))
    .unwrap()
}

#[test]
fn a_conversation_becomes_turns_with_everything_that_was_asked() {
    let tool = json!({"name": "look", "description": "Looks.", "parameters": {"type": "object"}});
    let image = "data:image/png;base64,aGk=";
    let trial = trial(
        "/v1/chat/completions",
        json!({
            "model": "duo_chat", "stream": true, "temperature": 0.5, "max_completion_tokens": 9,
            "stop": "END", "seed": 7,
            "tools": [{"type": "function", "function": tool}],
            "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}},
            "messages": [
                {"role": "system", "content": "Be short."},
                {"role": "user", "content": [{"type": "text", "text": "See"}, {"type": "image_url", "image_url": {"url": image}}]},
                {"role": "assistant", "content": null, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]},
                {"role": "tool", "tool_call_id": "c1", "content": "found"},
            ],
        }),
    );
    assert_eq!(
        (trial.mode, trial.system.as_str()),
        (TrialMode::Chat, "Be short.")
    );
    let column = &trial.columns[0];
    assert_eq!(column.model, "duo_chat");
    let parameters = &column.parameters;
    assert_eq!(
        (
            parameters.temperature,
            parameters.max_tokens,
            parameters.seed
        ),
        (Some(0.5), Some(9), Some(7))
    );
    assert_eq!(parameters.stop, ["END"]);
    assert_eq!(parameters.tools[0].name, "look");
    assert_eq!(parameters.schema, Some(json!({"type": "object"})));
    assert_eq!(column.turns[0].ask[0].images, [image]);
    assert_eq!(
        column.turns[0].answer.as_ref().unwrap().tool_calls[0].name,
        "look"
    );
    assert_eq!(column.turns[1].ask[0].tool_call_id.as_deref(), Some("c1"));
    assert_eq!(column.turns[1].answer, None);
}

#[test]
fn code_becomes_a_file_with_its_cursor() {
    let completion = trial(
        "/v1/completions",
        json!({
            "model": "code_completions", "prompt": "a😀", "suffix": "b", "file_name": "x.py",
        }),
    );
    assert_eq!(
        (completion.mode, completion.sent_as),
        (TrialMode::Completion, SentAs::Openai)
    );
    let file = completion.file.unwrap();
    assert_eq!(
        (file.name.as_str(), file.text.as_str(), file.cursor),
        ("x.py", "a😀b", 3)
    );

    let current =
        json!({"file_name": "x.rb", "content_above_cursor": "def ", "content_below_cursor": "end"});
    let gitlab = trial(
        "/v2/code/completions",
        json!({
            "current_file": current, "prompt_version": 2, "prompt": null, "stream": false,
        }),
    );
    assert_eq!(
        (gitlab.mode, gitlab.sent_as),
        (TrialMode::Completion, SentAs::Gitlab)
    );
    assert_eq!(gitlab.columns[0].model, "Codestral");
    let generation = trial(
        "/v2/code/generations",
        json!({
            "current_file": current, "prompt_version": 2, "prompt": "Write it",
            "prompt_id": "code_suggestions/generations",
        }),
    );
    assert_eq!(
        (generation.mode, generation.typed.as_str()),
        (TrialMode::Generation, "Write it")
    );
}

#[test]
fn what_no_mode_repeats_whole_is_repeated_as_it_was() {
    let turn = json!([{"role": "user", "content": "x"}]);
    for (path, body) in [
        ("/v1/messages", json!({"model": "m", "messages": turn})),
        ("/v1/completions", json!({"model": "m", "prompt": "<fim>"})),
        (
            "/v1/chat/completions",
            json!({"model": "m", "messages": turn, "logprobs": true}),
        ),
        (
            "/v1/chat/completions",
            json!({"model": "m", "messages": turn, "n": 2}),
        ),
        (
            "/v1/chat/completions",
            json!({"model": "m", "messages": turn, "tool_choice": "required"}),
        ),
        (
            "/v1/chat/completions",
            json!({"model": "m", "messages": [{"role": "user", "content": "x", "name": "Ann"}]}),
        ),
        (
            "/v1/chat/completions",
            json!({"model": "m", "messages": [{"role": "assistant", "content": "x"}]}),
        ),
        ("/v1/chat/completions", json!(["no", "object"])),
    ] {
        let trial = trial(path, body.clone());
        let raw = trial
            .raw
            .unwrap_or_else(|| panic!("{body} is repeated as {:?}", trial.mode));
        assert_eq!(
            (trial.mode, raw.path, raw.body),
            (TrialMode::Raw, path.into(), body.to_string())
        );
    }
}
