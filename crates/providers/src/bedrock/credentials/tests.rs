use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::bedrock::tests::Model;
use crate::{Ask, Message, Role};

/// The key of the access key id in an authorization header.
fn id_in(headers: &HeaderMap) -> String {
    let text = headers[AUTHORIZATION].to_str().unwrap().to_owned();
    let id = text
        .split("Credential=")
        .nth(1)
        .map(|rest| rest.split('/').next().unwrap());
    id.map_or(text.clone(), str::to_owned)
}

async fn authorized(credentials: &Credentials, model: &Model) -> Result<String, UpstreamError> {
    let ask = Ask {
        messages: vec![Message::of_text(Role::User, "Hi")],
        ..Ask::default()
    };
    let call = crate::bedrock::chat_in(&credentials.environment, model.target(), &ask)?;
    let headers = credentials.authorize(&call, model.target()).await?;
    Ok(id_in(&headers))
}

#[tokio::test]
async fn what_is_set_for_the_model_goes_before_the_environment() {
    let with_key = [("AWS_BEARER_TOKEN_BEDROCK", "ABSKENV")];
    let keys = || Auth::AwsKeys {
        access_key_id: "AKMODEL".into(),
    };
    for (auth, key, expected) in [
        (Auth::Key, Some("ABSKMODEL"), "Bearer ABSKMODEL"),
        (Auth::Bearer, Some("ABSKMODEL"), "Bearer ABSKMODEL"),
        (Auth::Key, None, "Bearer ABSKENV"),
        (keys(), Some("secret"), "AKMODEL"),
        (keys(), Some("secret:token"), "AKMODEL"),
        (keys(), None, "the secret access key is missing"),
        (
            Auth::Entra {
                tenant: "t".into(),
                client_id: "c".into(),
            },
            Some("x"),
            "Entra",
        ),
    ] {
        let credentials = Credentials::of(Environment::of(&with_key));
        let model = Model::of("m").with(auth, key);
        let found = authorized(&credentials, &model).await;
        let found = found.unwrap_or_else(|error| error.to_string());
        assert!(found.contains(expected), "{found}");
    }
}

#[tokio::test]
async fn a_key_at_a_private_endpoint_needs_no_region() {
    let credentials = Credentials::of(Environment::of(&[]));
    let mut model = Model::of("m")
        .at("http://10.0.0.7:8443")
        .with(Auth::Key, Some("ABSK"));
    model.connection.region = None;
    assert_eq!(
        authorized(&credentials, &model).await.unwrap(),
        "Bearer ABSK"
    );
    let signed = Auth::AwsKeys {
        access_key_id: "AKMODEL".into(),
    };
    let model = model.with(signed, Some("s"));
    let error = authorized(&credentials, &model).await.unwrap_err();
    assert!(error.to_string().contains("no AWS region"), "{error}");
}

#[test]
fn a_session_token_follows_the_secret() {
    let key = b"secret/+x:to:ken==".to_vec().into();
    let keys = keys_of("AK", &key).unwrap();
    assert_eq!(keys.secret_access_key(), "secret/+x");
    assert_eq!(keys.session_token(), Some("to:ken=="));
    let shown = format!("{keys:?} {:?}", Credentials::default());
    assert!(
        !shown.contains("secret/+x") && !shown.contains("to:ken"),
        "{shown}"
    );
}

#[test]
fn keys_of_before_go_on_until_they_end() {
    let now = SystemTime::now();
    let until = |seconds| now + Duration::from_secs(seconds);
    let keys = |end: Option<SystemTime>| Ok(Keys::new("AK", "s", None, end, "test"));
    let failed = || Err(UpstreamError::Credentials("none".into()));
    let kept = |found, before: Option<Result<Keys, UpstreamError>>| {
        let before = before.map(|outcome| Held {
            outcome,
            until: Instant::now(),
        });
        let held = Held::new(found, before, now);
        let seconds = held
            .until
            .duration_since(Instant::now())
            .as_secs_f64()
            .round();
        (held.outcome.is_ok(), seconds)
    };
    assert_eq!(kept(keys(Some(until(3600))), None), (true, 3300.0));
    assert_eq!(kept(keys(Some(until(200))), None), (true, 10.0));
    assert_eq!(kept(keys(None), None), (true, 60.0));
    assert_eq!(kept(failed(), None), (false, 10.0));
    assert_eq!(kept(failed(), Some(keys(Some(until(200))))), (true, 10.0));
    assert_eq!(kept(failed(), Some(keys(Some(until(5))))), (false, 10.0));
    assert_eq!(
        kept(failed(), Some(keys(None))),
        (false, 10.0),
        "they were taken away"
    );
}

/// Stands for STS, a container's credentials and an instance's metadata.
struct Sources {
    base: String,
    requests: Arc<AtomicUsize>,
}

impl Sources {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                counted.fetch_add(1, Ordering::SeqCst);
                answer(connection.unwrap());
            }
        });
        Self { base, requests }
    }
}

fn answer(mut connection: TcpStream) {
    let mut lines = BufReader::new(connection.try_clone().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    let json = |id: &str| {
        format!(
            r#"{{"Code":"Success","AccessKeyId":"{id}","SecretAccessKey":"s","Token":"t","Expiration":"2099-01-01T00:00:00Z"}}"#
        )
    };
    let body = match first.split(' ').nth(1).unwrap() {
        "/container" => json("AKCONTAINER"),
        "/latest/api/token" => "session".into(),
        path if path.starts_with("/latest/meta-data/iam/security-credentials") => {
            if path.ends_with("/role") {
                json("AKINSTANCE")
            } else {
                "role".into()
            }
        }
        _ => "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>\
              <AccessKeyId>AKWEB</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
              <SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>\
              </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
            .into(),
    };
    let head =
        "HTTP/1.1 200 OK\r\nx-aws-ec2-metadata-token-ttl-seconds: 21600\r\nconnection: close";
    let _ = write!(
        connection,
        "{head}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
}

/// What the chain finds in a process that has these variables and no other of AWS's.
fn found_with(variables: &HashMap<&str, String>, profile: Option<&str>) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([
            "--exact",
            "bedrock::credentials::tests::in_a_process_of_its_own",
        ])
        .args(["--ignored", "--nocapture"])
        .env_clear()
        // Windows has no sockets without it.
        .envs(std::env::var_os("SystemRoot").map(|folder| ("SystemRoot", folder)))
        .envs(variables)
        .env("TEST_PROFILE", profile.unwrap_or_default());
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let found = text.split("found: ").nth(1);
    found
        .unwrap_or_else(|| panic!("{text}"))
        .lines()
        .next()
        .unwrap()
        .to_owned()
}

/// Twenty calls at once; the library reads the environment of its process by itself.
#[tokio::test]
#[ignore = "run by the tests below, each with an environment of its own"]
async fn in_a_process_of_its_own() {
    let profile = std::env::var("TEST_PROFILE")
        .ok()
        .filter(|name| !name.is_empty());
    let model = Model::of("m").with(Auth::AwsChain { profile }, None);
    let credentials = Credentials::default();
    let calls = (0..20).map(|_| authorized(&credentials, &model));
    let found = futures_util::future::join_all(calls).await;
    assert!(found.windows(2).all(|pair| pair[0] == pair[1]), "{found:?}");
    let found = found[0].clone().unwrap_or_else(|error| error.to_string());
    println!("found: {found}");
}

#[test]
fn the_chain_takes_the_first_source_in_the_documented_order() {
    let sources = Sources::start();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let keys = |id: &str| format!("aws_access_key_id = {id}\naws_secret_access_key = s\n");
    let profiles = format!(
        "[default]\n{}[other]\n{}",
        keys("AKPROFILE"),
        keys("AKOTHER")
    );
    let base = &sources.base;
    let mut variables = HashMap::from([
        ("AWS_ACCESS_KEY_ID", "AKENV".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "s".to_owned()),
        (
            "AWS_SHARED_CREDENTIALS_FILE",
            file("credentials", &profiles),
        ),
        ("AWS_CONFIG_FILE", file("config", "")),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", file("token", "jwt")),
        ("AWS_ROLE_ARN", "arn:aws:iam::1:role/r".to_owned()),
        ("AWS_ENDPOINT_URL_STS", base.clone()),
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            format!("{base}/container"),
        ),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", base.clone()),
    ]);
    assert_eq!(
        found_with(&variables, Some("other")),
        "AKOTHER",
        "a chosen profile goes first"
    );
    for (expected, source) in [
        ("AKENV", "AWS_ACCESS_KEY_ID"),
        ("AKPROFILE", "AWS_SHARED_CREDENTIALS_FILE"),
        ("AKWEB", "AWS_WEB_IDENTITY_TOKEN_FILE"),
        ("AKCONTAINER", "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
        ("AKINSTANCE", ""),
    ] {
        assert_eq!(found_with(&variables, None), expected);
        variables.remove(source);
    }
    variables.insert("AWS_EC2_METADATA_DISABLED", "true".to_owned());
    let nothing = found_with(&variables, None);
    for words in [
        "there are no AWS credentials",
        "AWS_ACCESS_KEY_ID",
        "AWS_EC2_METADATA_DISABLED",
    ] {
        assert!(nothing.contains(words), "{nothing}");
    }
    let nothing = found_with(&variables, Some("missing"));
    assert!(nothing.contains("\"missing\""), "{nothing}");
}

#[test]
fn twenty_calls_at_once_make_one_request() {
    let sources = Sources::start();
    let uri = format!("{}/container", sources.base);
    let variables = HashMap::from([("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri)]);
    assert_eq!(found_with(&variables, None), "AKCONTAINER");
    assert_eq!(sources.requests.load(Ordering::SeqCst), 1);
}
