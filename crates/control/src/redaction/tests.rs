use domain::{RedactionDraft, RedactionRuleDraft};
use serde_json::{Value, json};

use super::*;

/// Secrets of each rule, and what stays around them.
const SECRETS: &[(&str, &str)] = &[
    ("api_keys", "sk-proj-4fQ8xkT0b2Rz7LmNpQ"),
    ("api_keys", "glpat-xYz0123456789abcdEFG"),
    ("api_keys", "ghp_0123456789abcdefghijABCDEFGHIJ012345"),
    ("api_keys", "AIzaSyA0123456789abcdefghijklmnopqrstuv"),
    ("api_keys", "xoxb-123456789012-abcdefGHIJKL"),
    ("api_keys", "hf_abcdefghijklmnopqrstuvwxyz0123"),
    (
        "bearer_tokens",
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJnaXRsYWIifQ.c2lnbmF0dXJlLW9mLWl0",
    ),
    ("aws_keys", "AKIAIOSFODNN7EXAMPLE"),
    ("aws_keys", "ASIAY34FZKBOKMUTVV7A"),
    ("emails", "jane.doe+gitlab@mail.example.co.uk"),
    (
        "private_keys",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA7\nq0Kx+/9w==\n-----END RSA PRIVATE KEY-----",
    ),
];

fn defaults() -> Redaction {
    Redaction::of_rules(&RedactionSettings::default())
}

fn shown(redaction: &Redaction, bytes: &[u8]) -> String {
    String::from_utf8_lossy(&redaction.bytes(bytes)).into_owned()
}

#[test]
fn each_rule_finds_its_secrets_wherever_they_stand_and_nothing_around_them() {
    let redaction = defaults();
    for (rule, secret) in SECRETS {
        let text = format!("before\n{secret}\nafter");
        let (found, counts) = redaction.preview(&text);
        assert_eq!(found, format!("before\n{MARK}\nafter"), "{secret}");
        let of_rule = counts.iter().find(|(name, _)| name == rule).unwrap();
        assert_eq!(of_rule.1, 1, "{secret}: {counts:?}");
        let document = json!({"a": [{"text": text}], "n": 1}).to_string();
        let read: Value = serde_json::from_str(&shown(&redaction, document.as_bytes())).unwrap();
        let expected = format!("before\n{MARK}\nafter");
        assert_eq!(read, json!({"a": [{"text": expected}], "n": 1}));
        // JSON inside JSON that was cut, and letters before it that end in an escape.
        let cut = &document[..document.len() - 4];
        let escaped = json!(secret).to_string();
        assert!(!shown(&redaction, cut.as_bytes()).contains(escaped.trim_matches('"')));
        // As the answers of servers repeat a request's id.
        let named = shown(&redaction, format!("resp_{secret}_x").as_bytes());
        assert!(!named.contains(secret), "{named}");
        let mut binary = vec![0xff, 0x00, 0xfe];
        binary.extend_from_slice(secret.as_bytes());
        binary.push(0xff);
        let found = redaction.bytes(&binary);
        assert!(memchr_free(&found, secret), "{secret}");
        assert!(found.starts_with(&[0xff, 0x00, 0xfe]) && found.ends_with(&[0xff]));
    }
}

fn memchr_free(bytes: &[u8], secret: &str) -> bool {
    !bytes
        .windows(secret.len())
        .any(|part| part == secret.as_bytes())
}

#[test]
fn a_secret_is_known_by_the_name_before_it() {
    let redaction = defaults();
    for (text, expected) in [
        (
            r#"{"a":[{"api_key":"short"}]}"#,
            r#"{"a":[{"api_key":"[REDACTED]"}]}"#,
        ),
        (
            r#"{"model_api_key":"any form: at/all"}"#,
            r#"{"model_api_key":"[REDACTED]"}"#,
        ),
        (r#"{"api_key":"wombat-7","#, r#"{"api_key":"[REDACTED]","#),
        (
            "api-key: 0123456789abcdef0123456789abcdef\r\n",
            "api-key: [REDACTED]\r\n",
        ),
        (
            r#"{"api_key":"0123456789abcdef0"}"#,
            r#"{"api_key":"[REDACTED]"}"#,
        ),
        (
            r#"{\"api_key\": \"0123456789abcdef0"#,
            r#"{\"api_key\": \"[REDACTED]"#,
        ),
        (
            "Authorization: Bearer client-key-1 ok",
            "Authorization: Bearer [REDACTED] ok",
        ),
        (
            "authorization=Basic dXNlcjpwYXNz",
            "authorization=Basic [REDACTED]",
        ),
        (
            "Proxy: Basic dXNlcjpwYXNzd29yZA==",
            "Proxy: Basic [REDACTED]",
        ),
        (
            "https://user:hunter2@host/path",
            "https://user:[REDACTED]@host/path",
        ),
        (
            "/x?access_token=abcdef0123456789&page=2",
            "/x?access_token=[REDACTED]&page=2",
        ),
        (
            "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "aws_secret_access_key = [REDACTED]",
        ),
        (
            r#"{"SecretAccessKey":"wJalrXUtnFEMI\/K7MDENG\/bPxRfiCYEXAMPLEKEY""#,
            r#"{"SecretAccessKey":"[REDACTED]""#,
        ),
        (
            "-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBg\\nkqhkiG9w",
            "[REDACTED]",
        ),
        (r#"{"t":"\u006aane@example.com"}"#, r#"{"t":"[REDACTED]"}"#),
    ] {
        assert_eq!(shown(&redaction, text.as_bytes()), expected);
    }
}

#[test]
fn what_is_no_secret_stays_byte_by_byte() {
    let redaction = defaults();
    for text in [
        "the bearer of good news",
        "bearer authentication is on",
        r#"{ "content" : "a task-based-approach-to-things\n", "n": 1.0 }"#,
        "api_key = os.environ['KEY']",
        "basic understanding of basic 10-year-plans",
        "http://localhost:8080/a@b",
        "user@localhost @decorator a@b",
        r#"{"api_key":"**********"}"#,
        "def risk(self): return self.mask-1",
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"}}]}\n\ndata: [DONE]\n\n",
    ] {
        assert!(
            matches!(redaction.bytes(text.as_bytes()), Cow::Borrowed(_)),
            "{text}"
        );
    }
}

#[test]
fn a_secret_that_a_stream_brings_in_parts_does_not_survive() {
    let redaction = defaults();
    let parts = [
        "My key is sk-pr",
        "oj-4fQ8xkT0b2",
        "Rz7LmNpQ",
        " and jane@exa",
        "mple.com, ok",
    ];
    for prefix in ["data: ", ""] {
        let event = |index: u64, text: &str| {
            let delta = json!({"choices": [{"index": index, "delta": {"content": text}}]});
            format!("{prefix}{delta}\n\n")
        };
        // Another choice in between is another text.
        let stream: String = parts
            .iter()
            .map(|part| event(0, part) + &event(1, "é"))
            .collect();
        let found = shown(&redaction, stream.as_bytes());
        let mut said = String::new();
        for line in found.lines().filter(|line| !line.is_empty()) {
            let value: Value = serde_json::from_str(&line[prefix.len()..]).unwrap();
            let choice = &value["choices"][0];
            if choice["index"] == 0 {
                said += choice["delta"]["content"].as_str().unwrap();
            } else {
                assert_eq!(choice["delta"]["content"], "é");
            }
        }
        assert_eq!(said, "My key is [REDACTED] and [REDACTED], ok");
    }
}

#[test]
fn a_part_that_is_a_secret_by_itself_takes_the_rest_along() {
    let redaction = defaults();
    let event = |text: &str| {
        let delta =
            json!({"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {"content": text}}]});
        format!("data: {delta}\n\n")
    };
    for parts in [
        &["sk-proj-SPLITCabcdefghijklmnop", "QRSTUVWXYZC0123", " ok"][..],
        &[
            "-----BEGIN PRIVATE KEY-----\n",
            "MIIESPLITFabcdef\n",
            "-----END PRIVATE KEY-----",
            " ok",
        ],
        &["anna.user@example.co", "m.secretcorp.org", " ok"],
        &[
            "AKIAIOSFODNN7EXAMPLE",
            "_x",
            " sk-proj-4fQ8xkT0b2Rz7LmNpQ ok",
        ],
    ] {
        let stream: String = parts.iter().map(|part| event(part)).collect();
        let found = shown(&redaction, stream.as_bytes());
        for left in ["QRSTUV", "MIIE", "secretcorp", "IOSFOD", "4fQ8"] {
            assert!(!found.contains(left), "{found}");
        }
        assert_eq!(found.matches("chatcmpl-1").count(), parts.len());
        assert!(found.contains(" ok"), "{found}");
    }
}

#[test]
fn own_patterns_replace_their_group_and_a_rule_that_is_off_finds_nothing() {
    let draft = RedactionDraft {
        off: vec![domain::DefaultRule::Emails],
        own: vec![
            RedactionRuleDraft {
                name: "badge".into(),
                pattern: r"badge (?P<secret>\d+)".into(),
            },
            RedactionRuleDraft {
                name: "anchor".into(),
                pattern: r"\b(?:)|never".into(),
            },
        ],
    };
    let redaction = Redaction::of_rules(&RedactionSettings::read(&draft).unwrap());
    let (text, counts) = redaction.preview("badge 1234, badge 5, jane@example.com");
    assert_eq!(text, "badge [REDACTED], badge [REDACTED], jane@example.com");
    let found: Vec<_> = counts.into_iter().filter(|(_, count)| *count > 0).collect();
    assert_eq!(found, [("badge".to_owned(), 2)]);
}

#[test]
fn texts_of_a_row_are_replaced_but_the_name_of_a_client_key_stays() {
    let mut settings = Settings::default();
    settings.client_keys.push(domain::ClientKey {
        id: domain::ClientKeyId(uuid::Uuid::nil()),
        name: "jane@example.com".parse().unwrap(),
        digest: domain::ClientKeyDigest::from_bytes(&[7; 32]),
        created_at: jiff::Timestamp::UNIX_EPOCH,
        rest: serde_json::Map::new(),
    });
    let redaction = Redaction::new(&settings);
    let mut outcome = Outcome {
        error: Some("gpu-1 answered: Incorrect key sk-proj-4fQ8xkT0b2Rz7LmNpQ".into()),
        notes: vec!["asked for bob@example.com".into()],
        ..Outcome::default()
    };
    redaction.outcome(&mut outcome);
    assert_eq!(
        outcome.error.as_deref(),
        Some("gpu-1 answered: Incorrect key [REDACTED]")
    );
    assert_eq!(outcome.notes, ["asked for [REDACTED]"]);
    for (client, shown) in [
        ("jane@example.com", "jane@example.com"),
        ("bob@example.com", MARK),
    ] {
        let mut accepted = Accepted {
            at: jiff::Timestamp::UNIX_EPOCH,
            correlation_id: "sk-proj-4fQ8xkT0b2Rz7LmNpQ".into(),
            method: "AKIAIOSFODNN7EXAMPLE".into(),
            path: "/v1/sk-proj-4fQ8xkT0b2Rz7LmNpQ/a%20b%0A/jane%40example.com".into(),
            client: client.into(),
            address: None,
            head: None,
        };
        redaction.accepted(&mut accepted);
        assert_eq!(
            (&*accepted.client, &*accepted.path),
            (shown, "/v1/[REDACTED]/a%20b%0A/[REDACTED]")
        );
        assert_eq!(accepted.method, MARK);
        assert_eq!(accepted.correlation_id, MARK);
    }
}
