use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::*;

const SECRET: &str = "s&cr=t é";

/// An authority that gives numbered tokens of this life, or an error with this body.
struct Authority {
    tokens: Tokens,
    asked: Arc<AtomicU64>,
    _tasks: JoinSet<()>,
}

/// What an authority answers.
#[derive(Clone, Copy)]
enum Answers {
    Tokens { life: u64 },
    OneTokenThenOutage { life: u64 },
    Error(u16, &'static str),
}

impl Authority {
    async fn start(answers: Answers) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(AtomicU64::new(0));
        let mut tasks = JoinSet::new();
        let count = Arc::clone(&asked);
        tasks.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let number = count.fetch_add(1, Ordering::SeqCst) + 1;
                answer(stream, number, answers).await;
            }
        });
        Self {
            tokens: Tokens::of_authority(&format!("http://{address}/")),
            asked,
            _tasks: tasks,
        }
    }

    async fn token(&self, client: &Client, secret: &str) -> Result<HeaderValue, UpstreamError> {
        let secret = SecretSlice::from(secret.as_bytes().to_vec());
        self.tokens
            .token(client, "contoso.com", "app", &secret)
            .await
    }

    fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }
}

/// Checks the request as Entra documents it, and answers it.
async fn answer(mut stream: TcpStream, number: u64, answers: Answers) {
    let mut request = Vec::new();
    let is_whole = |request: &[u8]| memchr::memmem::find(request, b".default").is_some();
    while !is_whole(&request) {
        assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0);
    }
    let request = String::from_utf8(request).unwrap();
    assert!(
        request.starts_with("POST /contoso.com/oauth2/v2.0/token HTTP/1.1\r\n"),
        "{request}"
    );
    for part in [
        "content-type: application/x-www-form-urlencoded",
        "grant_type=client_credentials&client_id=app&client_secret=s%26cr%3Dt+%C3%A9",
        "scope=https%3A%2F%2Fcognitiveservices.azure.com%2F.default",
    ] {
        assert!(request.contains(part), "{part} is not in {request}");
    }
    let token = |life| {
        let body = format!(
            r#"{{"token_type":"Bearer","expires_in":{life},"access_token":"token-{number}"}}"#
        );
        (200, body)
    };
    let (status, body) = match answers {
        Answers::Tokens { life } => token(life),
        Answers::OneTokenThenOutage { life } if number == 1 => token(life),
        Answers::OneTokenThenOutage { .. } => (503, "{}".to_owned()),
        Answers::Error(status, body) => (status, body.to_owned()),
    };
    let length = body.len();
    let response = format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    stream.write_all(response.as_bytes()).await.unwrap();
}

/// Moves the clock, so that no test has to wait. Sockets need a running clock.
async fn later(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn two_calls_at_once_ask_for_one_token_and_the_next_ones_for_none() {
    let client = Client::new().unwrap();
    let authority = Authority::start(Answers::Tokens { life: 3_600 }).await;
    let (one, other) = tokio::join!(
        authority.token(&client, SECRET),
        authority.token(&client, SECRET)
    );
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!((&one, &other), (&"Bearer token-1".parse().unwrap(), &one));
    assert!(one.is_sensitive());
    assert_eq!(authority.token(&client, SECRET).await.unwrap(), one);
    assert_eq!(authority.asked(), 1);
}

#[tokio::test]
async fn a_token_is_renewed_five_minutes_early() {
    let client = Client::new().unwrap();
    let authority = Authority::start(Answers::Tokens { life: 3_600 }).await;
    authority.token(&client, SECRET).await.unwrap();
    later(3_600 - 301).await;
    authority.token(&client, SECRET).await.unwrap();
    assert_eq!(authority.asked(), 1);
    later(2).await;
    let renewed = authority.token(&client, SECRET).await.unwrap();
    assert_eq!(
        (renewed, authority.asked()),
        ("Bearer token-2".parse().unwrap(), 2)
    );
}

#[tokio::test]
async fn while_the_authority_is_out_the_old_token_serves_to_its_end() {
    let client = Client::new().unwrap();
    let authority = Authority::start(Answers::OneTokenThenOutage { life: 3_600 }).await;
    let first = authority.token(&client, SECRET).await.unwrap();
    later(3_400).await;
    assert_eq!(authority.token(&client, SECRET).await, Ok(first));
    later(300).await;
    let error = authority.token(&client, SECRET).await.unwrap_err();
    assert!(error.is_passing(), "{error}");
}

#[tokio::test]
async fn errors_of_entra_say_what_to_do_and_no_secret() {
    let client = Client::new().unwrap();
    for (answers, meaning) in [
        (
            Answers::Error(
                401,
                r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret s&cr=t é provided. Trace ID: 1 Correlation ID: 2"}"#,
            ),
            "the client secret is wrong; enter the secret's value, not its id (AADSTS7000215: Invalid client secret … provided.)",
        ),
        (
            Answers::Error(
                400,
                r#"{"error_description":"AADSTS90002: Tenant not found."}"#,
            ),
            "there is no such tenant (AADSTS90002: Tenant not found.)",
        ),
        (Answers::Error(400, "<html>"), "a web page instead of JSON"),
        (
            Answers::Error(200, "{\"x\":\"token-1\"}"),
            "something that is no token",
        ),
        (
            Answers::Error(200, r#"{"expires_in":1,"access_token":"a\nb"}"#),
            "no HTTP header can carry",
        ),
    ] {
        let authority = Authority::start(answers).await;
        let error = authority
            .token(&client, SECRET)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains(meaning), "{error}");
        assert!(
            !error.contains(SECRET) && !error.contains("Trace ID"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_secret_goes_only_to_an_encrypted_authority() {
    let client = Client::new().unwrap();
    let secret = SecretSlice::from(b"s".to_vec());
    for authority in ["http://login.example", "ftp://login.example", "not a host"] {
        let tokens = Tokens::of_authority(authority);
        let error = tokens.token(&client, "t", "c", &secret).await.unwrap_err();
        assert!(
            error.to_string().starts_with("AZURE_AUTHORITY_HOST"),
            "{error}"
        );
    }
    let url = |authority| {
        Tokens::of_authority(authority)
            .url("t/../u")
            .unwrap()
            .to_string()
    };
    assert_eq!(
        url(""),
        "https://login.microsoftonline.com/t%2F..%2Fu/oauth2/v2.0/token"
    );
    assert!(url("login.microsoftonline.us").starts_with("https://login.microsoftonline.us/"));
    let shown = format!("{:?}", Tokens::of_authority(""));
    assert!(!shown.contains("slots"), "{shown}");
}

#[test]
fn another_secret_gets_another_token_and_no_application_is_kept_for_ever() {
    let tokens = Tokens::of_authority("");
    let slot = |secret: u32| {
        tokens.slot(
            "t",
            "c",
            &SecretSlice::from(secret.to_string().into_bytes()),
        )
    };
    let first = slot(0);
    assert!(Arc::ptr_eq(&first, &slot(0)));
    for secret in 1..1_000 {
        assert!(!Arc::ptr_eq(&first, &slot(secret)));
    }
    assert_eq!(tokens.slots.lock().unwrap().len(), MOST_SLOTS);
}
