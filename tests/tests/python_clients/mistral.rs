//! Mistral's own tokenizer reads the prompt for a gap as Codestral was trained to.

use serde_json::{Value, json};
use tests::gatehouse::Gatehouse;
use tests::upstream::{Upstream, Vendor};

const PREFIX: &str = "def f(";
const SUFFIX: &str = "\n    return x";

/// The tokens that `mistral-common` makes of this gap by itself.
const TOKENS: [u32; 10] = [1, 13, 781, 3055, 1372, 2086, 11, 1569, 1053, 29500];

/// Splits the prompt at the texts of the vocabulary's control tokens, as a server does with a raw
/// prompt, and puts Mistral's rule for the space before a text on the rest: the prefix has one, the
/// suffix has none. Beside it what Mistral makes of prefix and suffix itself.
const SCRIPT: &str = r#"
import json, os, re, sys
import mistral_common
from mistral_common.protocol.fim.request import FIMRequest
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer
from sentencepiece import SentencePieceProcessor

prompt, prefix, suffix = sys.argv[1:]
folder = os.path.join(os.path.dirname(mistral_common.__file__), "data")
words = SentencePieceProcessor(model_file=os.path.join(folder, "mistral_instruct_tokenizer_240323.model.v3"))
control = {words.id_to_piece(id): id for id in range(words.vocab_size()) if words.is_control(id)}
tokens, last = [control["<s>"]], None
for part in re.split("(" + "|".join(map(re.escape, control)) + ")", prompt):
    if part in control:
        tokens.append(control[part])
        last = part
    elif last == "[SUFFIX]":
        tokens += words.encode("☺" + part)[len(words.encode("☺")):]
    elif part:
        tokens += words.encode(part)
own = MistralTokenizer.v3().encode_fim(FIMRequest(prompt=prefix, suffix=suffix)).tokens
print(json.dumps({"ours": tokens, "own": own}))
"#;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Mistral's tokenizer for Python: cargo xtask test"]
async fn a_gap_for_codestral_becomes_the_tokens_that_mistral_makes_of_it() {
    let upstream = Upstream::of(Vendor::Vllm);
    let gatehouse = Gatehouse::new();
    let endpoint = upstream.endpoint();
    let mut words = vec!["model", "add", "m", "--family", "codestral"];
    words.extend(["--endpoint", &endpoint, "--identifier", "scripted"]);
    gatehouse.run(&words).succeeded();
    let serving = gatehouse.serve();
    let body = json!({"model": "m", "prompt": PREFIX, "suffix": SUFFIX});
    let request = tests::client().post(serving.url("/v1/completions"));
    let answer = request.json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let sent = upstream.last().body;
    let prompt = sent["prompt"].as_str().expect("the gap is asked for raw");
    let tokens: Value = crate::python(&[prompt, PREFIX, SUFFIX], SCRIPT);
    assert_eq!(tokens["own"], json!(TOKENS), "another Mistral");
    assert_eq!(tokens["ours"], json!(TOKENS), "{prompt:?}");
}
