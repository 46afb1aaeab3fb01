//! The built-in sample model: deterministic, needs no server, streams at the pace of a real one,
//! and says in every answer that it is a sample.

use std::time::Duration;

use bytes::Bytes;
use domain::UpstreamPath;
use futures_util::{StreamExt, stream};
use providers::{AnswerForm, UpstreamError};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::ask::Content;
use crate::error::Trouble;
use crate::gitlab::heard;
use crate::prepare::{Handling, Polish};
use crate::relay::Pieces;
use crate::wish::{Wish, WishKind};

/// The time between two words, that of a small model on a laptop.
const PACE: Duration = Duration::from_millis(30);

/// The name that answers carry in their `model` field.
const NAME: &str = "gatehouse-sample";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wanted {
    messages: Vec<Value>,
    prompt: Value,
    max_tokens: Option<usize>,
    max_completion_tokens: Option<usize>,
}

/// The answer to a client's request, as if a server had sent it.
pub(crate) fn answer(
    wish: &Wish,
    correlation_id: &str,
) -> Result<(AnswerForm, Content, Handling), Trouble> {
    let translates = |include_usage, echo| Handling::Translate {
        voice: wish.voice.clone(),
        polish: Polish::Thoughts(code::Thoughts::common_marks()),
        stops: Vec::new(),
        include_usage,
        echo,
    };
    // Only a stream in the client's own form passes: any other answer is read, and so counted.
    let own = || match wish.request.streamed {
        true => Handling::Pass {
            form: wish.kind.form(),
            thoughts: None,
            // Its streams always end with them.
            hides_counts: wish.lacks_counts(),
        },
        false => translates(true, serde_json::Map::new()),
    };
    let (path, handling, body) = match wish.kind {
        WishKind::Chat => {
            let body = wish.request.body().to_vec();
            (UpstreamPath::ChatCompletions, own(), body)
        }
        WishKind::Prompt | WishKind::Gap => {
            let body = wish.request.body().to_vec();
            (UpstreamPath::Completions, own(), body)
        }
        WishKind::Question => {
            let heard = wish.question.as_ref().map(heard).unwrap_or_default();
            let body = json!({"messages": [{"content": heard}]});
            let handling = translates(true, serde_json::Map::new());
            let body = body.to_string().into_bytes();
            (UpstreamPath::ChatCompletions, handling, body)
        }
        WishKind::Responses | WishKind::Messages => {
            let asked = wish.read()?;
            let last = asked.ask.messages.last();
            let heard = last.map(providers::Message::text).unwrap_or_default();
            let body = json!({"messages": [{"content": heard}],
                "max_tokens": asked.ask.parameters.max_tokens});
            let handling = translates(asked.include_usage, asked.echo);
            let body = body.to_string().into_bytes();
            (UpstreamPath::ChatCompletions, handling, body)
        }
        WishKind::Embeddings => {
            let (who, what) = ("the sample model".to_owned(), "embeddings".to_owned());
            return Err(UpstreamError::Unsupported { who, what }.into());
        }
    };
    let form = match path {
        UpstreamPath::ChatCompletions => AnswerForm::OpenaiChat,
        _ => AnswerForm::OpenaiText,
    };
    let answer = SampleAnswer::new(path, &body, correlation_id);
    let content = if wish.request.streamed {
        Content::Stream(answer.stream())
    } else {
        Content::Events(form.events(&answer.whole(), NAME)?)
    };
    Ok((form, content, handling))
}

/// An answer of the sample model, before it is given a form.
#[derive(Debug, PartialEq)]
pub(crate) struct SampleAnswer {
    words: Vec<String>,
    finish_reason: &'static str,
    prompt_tokens: usize,
    path: UpstreamPath,
    id: String,
}

impl SampleAnswer {
    /// The answer to a request body. Fields that it does not know are ignored, as servers do.
    pub(crate) fn new(path: UpstreamPath, body: &[u8], correlation_id: &str) -> Self {
        let wanted: Wanted = serde_json::from_slice(body).unwrap_or_default();
        let prompts: Vec<String> = match path {
            UpstreamPath::ChatCompletions => wanted
                .messages
                .iter()
                .map(|message| text_of(&message["content"]))
                .collect(),
            _ => vec![text_of(&wanted.prompt)],
        };
        let text = match path {
            UpstreamPath::ChatCompletions => chat_text(prompts.last().map_or("", String::as_str)),
            _ => {
                "# A sample completion from Gatehouse, not from a model.\nreturn total * (1 + rate)"
                    .into()
            }
        };
        let mut words: Vec<String> = text
            .split_inclusive([' ', '\n'])
            .map(str::to_owned)
            .collect();
        let most = wanted
            .max_completion_tokens
            .or(wanted.max_tokens)
            .unwrap_or(usize::MAX);
        let finish_reason = if words.len() > most { "length" } else { "stop" };
        words.truncate(most);
        Self {
            words,
            finish_reason,
            prompt_tokens: prompts
                .iter()
                .map(|prompt| prompt.split_whitespace().count())
                .sum(),
            path,
            id: format!("sample-{correlation_id}"),
        }
    }

    /// The answer in one piece.
    pub(crate) fn whole(&self) -> Bytes {
        let text = self.words.concat();
        let choice = match self.path {
            UpstreamPath::ChatCompletions => {
                json!({"index": 0, "finish_reason": self.finish_reason,
                "message": {"role": "assistant", "content": text}})
            }
            _ => json!({"index": 0, "finish_reason": self.finish_reason, "text": text}),
        };
        let mut answer = self.envelope(self.kind(""), vec![choice]);
        answer["usage"] = self.usage();
        answer.to_string().into()
    }

    /// The answer as a stream of events.
    pub(crate) fn stream(self) -> Pieces {
        let mut chunks: Vec<Value> = self
            .words
            .iter()
            .map(|word| self.chunk(word, Value::Null))
            .collect();
        chunks.push(self.chunk("", self.finish_reason.into()));
        let mut last = self.envelope(self.kind(".chunk"), vec![]);
        last["usage"] = self.usage();
        chunks.push(last);
        let events = chunks.into_iter().map(|chunk| format!("data: {chunk}\n\n"));
        let events = events.chain(["data: [DONE]\n\n".to_owned()]);
        stream::iter(events)
            .then(|event| async move {
                tokio::time::sleep(PACE).await;
                Ok(Bytes::from(event))
            })
            .boxed()
    }

    fn chunk(&self, word: &str, finish_reason: Value) -> Value {
        let choice = match self.path {
            UpstreamPath::ChatCompletions => {
                json!({"index": 0, "delta": {"content": word}, "finish_reason": finish_reason})
            }
            _ => json!({"index": 0, "text": word, "finish_reason": finish_reason}),
        };
        self.envelope(self.kind(".chunk"), vec![choice])
    }

    fn kind(&self, chunk: &str) -> String {
        match self.path {
            UpstreamPath::ChatCompletions => format!("chat.completion{chunk}"),
            _ => "text_completion".into(),
        }
    }

    fn envelope(&self, object: String, choices: Vec<Value>) -> Value {
        json!({"id": self.id, "object": object, "created": 0, "model": NAME, "choices": choices})
    }

    fn usage(&self) -> Value {
        let (prompt, completion) = (self.prompt_tokens, self.words.len());
        json!({"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion})
    }
}

fn chat_text(prompt: &str) -> String {
    let heard: String = prompt.chars().take(200).collect();
    format!(
        "This is the sample model that comes with Gatehouse. It is not a language model: it gives \
         the same answer to the same prompt, so that you can try every screen before you connect a \
         server.\n\nYou wrote: {heard}\n\nWhen you are ready, add a model in Models and route a \
         feature to it. A code block, to see how one looks:\n\n```python\ndef total_with_tax(total, \
         rate):\n    return total * (1 + rate)\n```\n"
    )
}

/// The text of a `content` or `prompt`: a text, or parts that have one.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts
            .iter()
            .map(|part| part["text"].as_str().or(part.as_str()).unwrap_or_default())
            .collect(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"messages":[{"role":"system","content":"be brief"},
        {"role":"user","content":"hello there"}],"max_tokens":4}"#;

    #[test]
    fn the_same_prompt_has_the_same_answer_that_says_it_is_a_sample() {
        let answer =
            |body: &[u8]| SampleAnswer::new(UpstreamPath::ChatCompletions, body, "x").whole();
        let body = br#"{"messages":[{"role":"user","content":[{"type":"text","text":"ping"}]}]}"#;
        assert_eq!(answer(body), answer(body));
        let text = String::from_utf8(answer(body).to_vec()).unwrap();
        assert!(text.contains("sample model") && text.contains("You wrote: ping"));
    }

    #[test]
    fn the_token_limit_is_kept_and_counted() {
        let answer: Value = serde_json::from_slice(
            &SampleAnswer::new(UpstreamPath::ChatCompletions, BODY, "x").whole(),
        )
        .unwrap();
        assert_eq!(answer["choices"][0]["finish_reason"], "length");
        assert_eq!(
            answer["usage"],
            json!({"prompt_tokens": 4, "completion_tokens": 4, "total_tokens": 8})
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_stream_ends_like_a_real_one() {
        let events: Vec<_> = SampleAnswer::new(UpstreamPath::ChatCompletions, BODY, "x")
            .stream()
            .collect()
            .await;
        let text: String = events
            .into_iter()
            .map(|event| String::from_utf8(event.unwrap().to_vec()).unwrap())
            .collect();
        assert_eq!(
            text.matches("data: ").count(),
            7,
            "four words, finish, usage, end mark"
        );
        assert!(text.ends_with("data: [DONE]\n\n"));
    }
}
