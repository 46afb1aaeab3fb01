//! What was left out of a request, or written otherwise, for its server: a few words for its
//! record. Changes nothing.

use serde_json::{Map, Value};

use crate::{Parameters, cut};

/// A prefill that the model refuses.
pub(crate) const PREFILL: &str = "left out the beginning of the answer (prefill)";
/// A system turn for a model without one.
pub(crate) const FOLDED: &str = "put the system text into the first turn";

/// How many unknown fields of a request are named.
const MOST_UNKNOWN: usize = 10;

/// A field that was left out.
pub(crate) fn left_out(name: &str) -> String {
    format!("left out {name}")
}

/// A field that has another name there.
pub(crate) fn renamed(from: &str, to: &str) -> String {
    format!("sent {from} as {to}")
}

/// What was given and stands nowhere in the body, by OpenAI's names.
pub(crate) fn missing(
    given: &Parameters,
    rest: &Map<String, Value>,
    body: &Map<String, Value>,
) -> Vec<String> {
    let asked = [
        (given.temperature.is_some(), &["temperature"][..]),
        (given.top_p.is_some(), &["top_p", "topP"]),
        (given.top_k.is_some(), &["top_k", "topK"]),
        (
            !given.stop.is_empty(),
            &["stop", "stop_sequences", "stopSequences"],
        ),
        (given.seed.is_some(), &["seed", "random_seed"]),
        (given.frequency_penalty.is_some(), &["frequency_penalty"]),
        (given.presence_penalty.is_some(), &["presence_penalty"]),
        (given.reasoning_effort.is_some(), &["reasoning_effort"]),
    ];
    // Nobody knows these names, and there may be any number of them.
    let unknown = rest.keys().filter(|name| !has(body, name));
    let unknown = unknown
        .take(MOST_UNKNOWN)
        .map(|name| left_out(&cut(name, 40)));
    asked
        .into_iter()
        .filter(|(is_given, names)| *is_given && !names.iter().any(|name| has(body, name)))
        .map(|(_, names)| left_out(names[0]))
        .chain(unknown)
        .collect()
}

/// Whether a body has this field, itself or where Bedrock and Ollama keep such fields.
fn has(body: &Map<String, Value>, name: &str) -> bool {
    const HOLDERS: [&str; 3] = ["inferenceConfig", "options", "additionalModelRequestFields"];
    let held = |holder| body.get(holder).and_then(Value::as_object);
    body.contains_key(name)
        || HOLDERS
            .into_iter()
            .filter_map(held)
            .any(|inner| has(inner, name))
}

#[cfg(test)]
mod tests {
    use domain::{Auth, Connection, FamilyRecord, Parameter, Provider, ServerKind};
    use serde_json::json;

    use super::*;
    use crate::{Ask, Message, Role, Target, chat, pass, pass_messages};

    #[test]
    fn what_is_left_out_or_renamed_is_said_whoever_is_asked() {
        use Provider::{Anthropic, Azure, Bedrock, Mistral, OpenaiCompatible};
        let mut family = FamilyRecord::built_in("general").unwrap().clone();
        family.refuses = vec![
            Parameter::Temperature,
            Parameter::MaxTokens,
            Parameter::Prefill,
            Parameter::SystemRole,
        ];
        let connection = Connection {
            auth: Auth::Key,
            region: Some("eu-central-1".into()),
            ..Connection::default()
        };
        let server = "http://gpu-1:8000/v1".parse().unwrap();
        let target = |provider| Target {
            provider,
            server: Some(&server),
            name: "claude",
            connection: &connection,
            family: &family,
            key: None,
            kind: ServerKind::Other,
        };
        let ask = Ask {
            messages: vec![
                Message::of_text(Role::System, "be kind"),
                Message::of_text(Role::User, "hi"),
                Message::of_text(Role::Assistant, "He"),
            ],
            parameters: Parameters {
                max_tokens: Some(7),
                temperature: Some(0.5),
                seed: Some(1),
                ..Parameters::default()
            },
            rest: Map::from_iter([("x_vendor".to_owned(), 1.into())]),
            ..Ask::default()
        };
        let limit = "sent max_tokens as max_completion_tokens";
        for (provider, own) in [
            (OpenaiCompatible, &[limit][..]),
            (Azure, &[limit]),
            (Mistral, &[limit, "sent seed as random_seed"]),
            (Anthropic, &["left out seed"]),
            (Bedrock, &["left out seed"]),
        ] {
            let mut notes = chat(target(provider), &ask).unwrap().notes;
            let mut said = vec!["left out temperature", "left out x_vendor", FOLDED, PREFILL];
            said.extend(own);
            notes.sort_unstable();
            said.sort_unstable();
            assert_eq!(notes, said, "{provider}");
        }
        let body = json!({"model": "m", "max_tokens": 7, "temperature": 0.5, "messages": []});
        let body = bytes::Bytes::from(body.to_string());
        let path = domain::UpstreamPath::ChatCompletions;
        let passed = pass(target(OpenaiCompatible), path, body.clone()).unwrap();
        assert_eq!(passed.notes, ["left out temperature", limit]);
        let passed = pass_messages(target(Anthropic), body).unwrap();
        assert_eq!(passed.notes, ["left out temperature"]);
    }
}
