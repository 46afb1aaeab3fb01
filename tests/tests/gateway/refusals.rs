use serde_json::{Value, json};
use tests::gatehouse::Gatehouse;
use tests::upstream::{Upstream, Vendor};

use crate::client::{FORMS, Form, Question};
use crate::fixture::{Fixture, read, register};
use crate::matrix::assert_error;

/// What a provider or a model does not have is refused by its name, before anything is sent.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_refused_by_name() {
    let upstream = Upstream::start();
    let mut gatehouse = Gatehouse::new();
    register(&mut gatehouse, &upstream, Vendor::Openai, "plain", "plain");
    let refuses = [
        "model",
        "edit",
        "plain",
        "--refuses",
        "tools,images,json_schema",
    ];
    gatehouse.run(&refuses).succeeded();
    let gateway = Fixture::behind(upstream, gatehouse);
    for form in FORMS {
        let tools = form.body("plain", Question::Tool, false);
        let picture = with_picture(form);
        let schema = with_schema(form);
        for (body, words) in [
            (Some(tools), "tools"),
            (Some(picture), "image"),
            (schema, "schema"),
        ] {
            let Some(body) = body else { continue };
            let answer = gateway.post(form.path(), &body).send().await.unwrap();
            let (status, body) = read(answer).await;
            assert_eq!(status, 400, "{form:?} {words}: {body}");
            assert_error(form, &body, words);
        }
    }
    let sent = gateway.upstream.received();
    let asked = sent.iter().filter(|request| request.method == "POST");
    assert_eq!(asked.count(), 0, "no model was asked");
}

const PICTURE: &str = "iVBORw0KGgo=";

fn with_picture(form: Form) -> Value {
    let mut body = form.body("plain", Question::Plain, false);
    let data = format!("data:image/png;base64,{PICTURE}");
    match form {
        Form::Chat => {
            body["messages"] = json!([{"role": "user", "content": [
                {"type": "image_url", "image_url": {"url": data}}]}]);
        }
        Form::Responses => {
            body["input"] = json!([{"role": "user", "content": [
                {"type": "input_image", "image_url": data}]}]);
        }
        Form::Messages => {
            let source = json!({"type": "base64", "media_type": "image/png", "data": PICTURE});
            body["messages"] = json!([{"role": "user", "content": [
                {"type": "image", "source": source}]}]);
        }
    }
    body
}

fn with_schema(form: Form) -> Option<Value> {
    let mut body = form.body("plain", Question::Plain, false);
    let schema = json!({"type": "object", "properties": {}, "additionalProperties": false});
    match form {
        Form::Chat => {
            body["response_format"] = json!({"type": "json_schema",
                "json_schema": {"name": "s", "strict": true, "schema": schema}});
        }
        Form::Responses => {
            body["text"] =
                json!({"format": {"type": "json_schema", "name": "s", "schema": schema}});
        }
        Form::Messages => return None,
    }
    Some(body)
}

/// A picture reaches every provider that has a form for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_passed_where_it_can_be() {
    for vendor in [
        Vendor::Openai,
        Vendor::Azure,
        Vendor::Anthropic,
        Vendor::Bedrock,
    ] {
        let gateway = Fixture::of(vendor, &["plain"]);
        for form in FORMS {
            let answer = gateway
                .post(form.path(), &with_picture(form))
                .send()
                .await
                .unwrap();
            let (status, body) = read(answer).await;
            assert_eq!(status, 200, "{vendor:?} {form:?}: {body}");
            let sent = String::from_utf8(gateway.upstream.last().bytes.to_vec()).unwrap();
            assert!(sent.contains(PICTURE), "{vendor:?} {form:?}: {sent}");
        }
    }
}

/// `x_vendor` is known to nobody here; servers that ignore such fields get it, as it was written.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_fields_survive_to_servers_that_take_them() {
    for vendor in [
        Vendor::Vllm,
        Vendor::LlamaCpp,
        Vendor::Openai,
        Vendor::Ollama,
    ] {
        let gateway = Fixture::of(vendor, &["plain"]);
        let more = json!({"x_vendor": {"deep": [1.50, "ü"]}, "min_p": 0.05});
        let (status, body) = gateway.ask("plain", more.clone()).await;
        assert_eq!(status, 200, "{vendor:?}: {body}");
        let sent = gateway.upstream.last().body;
        assert_eq!(
            (&sent["x_vendor"], &sent["min_p"]),
            (&more["x_vendor"], &more["min_p"]),
            "{vendor:?}"
        );
        // A gap is written anew.
        let mut gap = json!({"model": "plain", "prompt": "a", "suffix": "b"});
        gap["x_vendor"] = more["x_vendor"].clone();
        let answer = gateway.post("/v1/completions", &gap).send().await.unwrap();
        let (status, body) = read(answer).await;
        assert_eq!(status, 200, "{vendor:?}: {body}");
        let request = gateway.upstream.last();
        // A server of an unknown kind gets only what every server takes.
        if vendor != Vendor::Openai {
            assert_eq!(request.body["x_vendor"], more["x_vendor"], "{vendor:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feature_keeps_its_name_when_it_is_routed_elsewhere() {
    let mut gatehouse = Gatehouse::new();
    let (one, other) = (Upstream::start(), Upstream::of(Vendor::Anthropic));
    register(&mut gatehouse, &one, Vendor::Openai, "one", "scripted");
    register(
        &mut gatehouse,
        &other,
        Vendor::Anthropic,
        "other",
        "scripted",
    );
    for model in ["one", "other"] {
        gatehouse
            .run(&["feature", "set", "duo_chat", model])
            .succeeded();
        let gateway = Fixture::behind(Upstream::start(), gatehouse);
        let list = read(gateway.get("/v1/models").send().await.unwrap())
            .await
            .1;
        assert!(list.to_string().contains("\"duo_chat\""), "{list}");
        let mut said = Vec::new();
        for form in FORMS {
            for stream in [false, true] {
                said.push(
                    form.ask(&gateway, "duo_chat", Question::Plain, stream)
                        .await,
                );
            }
        }
        assert!(
            said.iter().all(|each| *each == said[0]),
            "{model}: {said:#?}"
        );
        assert_eq!(gateway.gatehouse.rows().last().unwrap()["model"], model);
        drop(gateway.serving);
        gatehouse = gateway.gatehouse;
    }
    assert!(!one.received().is_empty() && !other.received().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_requests_are_400_in_every_form() {
    // A server of another form: each request has to be read.
    let gateway = Fixture::of(Vendor::Bedrock, &["plain"]);
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for form in FORMS {
        let nested = format!("{{\"model\": \"plain\", \"messages\": {deep}, \"input\": {deep}}}");
        for text in [
            "",
            "{",
            "[]",
            "null",
            "{\"model\": \"plain\"}",
            "{\"model\": 7}",
            &nested,
        ] {
            let request = gateway.client.post(gateway.serving.url(form.path()));
            let request = request.header("content-type", "application/json");
            let (status, body) = read(request.body(text.to_owned()).send().await.unwrap()).await;
            let start: String = text.chars().take(40).collect();
            assert_eq!(status, 400, "{form:?} {start}: {body}");
            assert_error(form, &body, "");
        }
    }
    assert!(gateway.upstream.received().is_empty());
}
