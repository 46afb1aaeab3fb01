//! Every form of a conversation in front of every vendor: the same words, calls, ends and counts,
//! whatever stands between.

use serde_json::{Value, json};
use tests::gatehouse::Gatehouse;
use tests::upstream::said::{THOUGHTS, words};
use tests::upstream::{Upstream, Vendor};

use crate::client::{FORMS, Form, Question, RESULT, Said, TOOL};
use crate::fixture::{Fixture, read, register};

const VENDORS: [(Vendor, &str); 8] = [
    (Vendor::Openai, "openai"),
    (Vendor::Vllm, "vllm"),
    (Vendor::LlamaCpp, "llama"),
    (Vendor::Azure, "azure"),
    (Vendor::Bedrock, "bedrock"),
    (Vendor::Anthropic, "anthropic"),
    (Vendor::Ollama, "ollama"),
    (Vendor::Mistral, "mistral"),
];

/// One gateway in front of all vendors; each model has the vendor's name.
fn all_vendors(script: &str) -> (Fixture, Vec<Upstream>) {
    let mut gatehouse = Gatehouse::new();
    let mut upstreams = Vec::new();
    for (vendor, name) in VENDORS {
        let upstream = Upstream::of(vendor);
        register(&mut gatehouse, &upstream, vendor, name, script);
        upstreams.push(upstream);
    }
    (Fixture::behind(Upstream::start(), gatehouse), upstreams)
}

fn expected(question: Question) -> Said {
    let said = |text: String, finish: &str, tokens| Said {
        text,
        finish: finish.into(),
        usage: (7, tokens),
        ..Said::default()
    };
    match question {
        Question::Plain => said(words(8).concat(), "stop", 8),
        Question::Short => said(words(3).concat(), "length", 3),
        Question::Result => said(format!("The function said: {RESULT}"), "stop", 2),
        Question::Tool => Said {
            call: Some((TOOL.into(), json!({"city": "Köln"}))),
            ..said(String::new(), "tool_calls", 1)
        },
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_gets_the_same_answer_from_every_vendor() {
    let (gateway, _upstreams) = all_vendors("scripted");
    let mut wrong = Vec::new();
    for (_, model) in VENDORS {
        for form in FORMS {
            for question in [
                Question::Plain,
                Question::Short,
                Question::Tool,
                Question::Result,
            ] {
                for stream in [false, true] {
                    let said = form.ask(&gateway, model, question, stream).await;
                    if said != expected(question) {
                        wrong.push(format!(
                            "{form:?} {model} {question:?} stream={stream}: {said:?}"
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn thoughts_are_shown_apart_in_every_form() {
    let (gateway, _upstreams) = all_vendors("thinks");
    let mut wrong = Vec::new();
    for (_, model) in VENDORS {
        for form in FORMS {
            for stream in [false, true] {
                let said = form.ask(&gateway, model, Question::Plain, stream).await;
                if (said.text, said.thoughts.clone()) != (words(8).concat(), THOUGHTS.concat()) {
                    wrong.push(format!(
                        "{form:?} {model} stream={stream}: {:?}",
                        said.thoughts
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The error of a busy vendor, in the words of each form.
#[tokio::test(flavor = "multi_thread")]
async fn status_words_and_the_time_to_come_back_are_kept_in_every_form() {
    let (gateway, _upstreams) = all_vendors("busy");
    for (_, model) in VENDORS {
        for form in FORMS {
            for stream in [false, true] {
                let body = form.body(model, Question::Plain, stream);
                let answer = gateway.post(form.path(), &body).send().await.unwrap();
                let after = answer.headers().get("retry-after").cloned();
                let (status, body) = read(answer).await;
                let case = format!("{form:?} {model} stream={stream}: {body}");
                assert_eq!(status, 429, "{case}");
                assert_eq!(after.expect(&case), "60", "{case}");
                assert_error(form, &body, "overloaded");
            }
        }
    }
}

/// What came before the error has reached the client; then comes the error in the client's form.
#[tokio::test(flavor = "multi_thread")]
async fn an_error_in_the_stream_is_one_in_every_form() {
    let (gateway, _upstreams) = all_vendors("error-in-stream");
    for (_, model) in VENDORS {
        for form in FORMS {
            let body = form.body(model, Question::Plain, true);
            let answer = gateway.post(form.path(), &body).send().await.unwrap();
            let stream = answer.text().await.unwrap();
            let case = format!("{form:?} {model}: {stream}");
            assert!(stream.contains("Grüße"), "what came is passed on: {case}");
            let events = crate::client::events(&stream);
            let last = events.last().expect(&case);
            let is_error = match form {
                Form::Chat => last["error"]["message"].is_string(),
                Form::Messages => last["type"] == "error" && last["error"]["message"].is_string(),
                Form::Responses => {
                    last["type"] == "error"
                        || (last["type"] == "response.failed"
                            && last["response"]["error"]["message"].is_string())
                }
            };
            assert!(is_error, "{case}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_has_counts_and_the_first_token_for_every_vendor() {
    let (gateway, _upstreams) = all_vendors("scripted");
    for (_, model) in VENDORS {
        for (form, stream) in [(Form::Chat, true), (Form::Messages, false)] {
            let id = format!("{model}-{form:?}");
            let body = form.body(model, Question::Plain, stream);
            let request = gateway.post(form.path(), &body).header("x-request-id", &id);
            request.send().await.unwrap().text().await.unwrap();
            let row = gateway.gatehouse.row(&id);
            assert_eq!(row["state"], "completed", "{row}");
            assert_eq!(
                (
                    &row["prompt_tokens"],
                    &row["completion_tokens"],
                    &row["finish_reason"]
                ),
                (&json!(7), &json!(8), &json!("stop")),
                "{row}"
            );
            assert_eq!(row["first_token_ms"].is_number(), stream, "{row}");
        }
    }
}

/// Checks that a body is an error of this form with these words.
#[track_caller]
pub fn assert_error(form: Form, body: &Value, words: &str) {
    let message = body["error"]["message"].as_str().unwrap_or_default();
    assert!(message.contains(words), "{words}: {body}");
    assert!(body["error"]["type"].is_string(), "{body}");
    match form {
        Form::Messages => assert_eq!(body["type"], "error", "{body}"),
        _ => assert!(body["error"].get("code").is_some(), "{body}"),
    }
}
