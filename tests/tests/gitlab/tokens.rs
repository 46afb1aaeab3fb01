use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tests::gatehouse::files_with;
use tests::gitlab::{Gitlab, STRANGER, headers, now};

use crate::fixture::{Fixture, completion, read, row, told};

const PATH: &str = "/v2/code/completions";
const FORBIDDEN: &str = "Forbidden by auth provider";

/// A token that says it needs no signature.
fn unsigned(gitlab: &Gitlab, algorithm: &str, signature: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = json!({"alg": algorithm, "typ": "JWT", "kid": gitlab.key().kid});
    format!("{}.{}.{signature}", part(&header), part(&gitlab.claims()))
}

/// A token whose secret is the public key, for those who take one for the other.
fn signed_with_the_public_key(gitlab: &Gitlab) -> String {
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some(gitlab.key().kid.to_owned());
    let secret = EncodingKey::from_secret(gitlab.key().public_pem().as_bytes());
    jsonwebtoken::encode(&header, &gitlab.claims(), &secret).unwrap()
}

/// The same token with other claims and its old signature.
fn forged(gitlab: &Gitlab) -> String {
    let token = gitlab.token_for(&["ask_issue"]);
    let parts: Vec<&str> = token.split('.').collect();
    let claims = URL_SAFE_NO_PAD.encode(gitlab.claims().to_string());
    [parts[0], &claims, parts[2]].join(".")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_does_not_hold_is_refused_and_the_admin_learns_why() {
    let gateway = Fixture::start("alpha");
    let gitlab = &gateway.gitlab;
    let at = |name: &str, time: u64| gitlab.token_with(json!({name: time}));
    let signature = "c2lnbmF0dXJl";
    let refused = [
        ("unsigned", unsigned(gitlab, "none", ""), "is not signed"),
        ("none", unsigned(gitlab, "none", signature), "is not signed"),
        ("nOnE", unsigned(gitlab, "nOnE", signature), "is not signed"),
        (
            "hs256",
            signed_with_the_public_key(gitlab),
            "signed with HS256",
        ),
        (
            "false",
            unsigned(gitlab, "RS256", signature),
            "did not sign",
        ),
        ("forged", forged(gitlab), "did not sign"),
        (
            "stranger",
            STRANGER.sign(&gitlab.claims()),
            "an unknown key \"stranger\"",
        ),
        (
            "stranger-in-disguise",
            STRANGER.sign_as(gitlab.key().kid, &gitlab.claims()),
            "did not sign",
        ),
        ("expired", at("exp", now() - 120), "expired 2 minutes ago"),
        (
            "endless",
            gitlab.token_with(json!({"exp": null})),
            "has no exp",
        ),
        ("not-yet", at("nbf", now() + 300), "compare the clocks"),
        (
            "from-the-future",
            at("iat", now() + 300),
            "compare the clocks",
        ),
        (
            "other-audience",
            gitlab.token_with(json!({"aud": ["gitlab-duo-workflow-service"]})),
            "the audience of the token is",
        ),
        (
            "no-audience",
            gitlab.token_with(json!({"aud": null})),
            "has no aud",
        ),
        (
            "nobody",
            gitlab.token_with(json!({"sub": null})),
            "has no sub",
        ),
        (
            "ours",
            gitlab.token_with(json!({"iss": "gitlab-ai-gateway"})),
            "says that we signed it",
        ),
        ("no-token", "wombat".into(), "is not a JSON web token"),
    ];
    for (id, token, reason) in refused {
        let request = gateway.post_as(&token, PATH, &completion());
        let (status, answer) = read(request.header("x-request-id", id)).await;
        assert_eq!((status, told(&answer)), (401, FORBIDDEN), "{id}");
        let row = row(&gateway, id);
        assert_eq!(row["state"], "refused", "{id}: {row}");
        assert!(row["auth_ms"].as_f64() > Some(0.0), "{id}: {row}");
        assert!(row["instance_id"].is_null(), "{id} is nobody's: {row}");
        let error = row["error"].as_str().unwrap();
        assert!(error.contains(reason), "{id}: {error}");
        let last = token.rsplit('.').next().unwrap().as_bytes();
        if last.len() > 20 {
            let found = files_with(&gateway.gatehouse.data(), last);
            assert_eq!(found, Vec::<std::path::PathBuf>::new(), "{id} is kept");
        }
    }
    assert!(gateway.upstream.received().is_empty(), "no model was asked");
    // A minute of difference between two clocks is none.
    for claims in [
        json!({"exp": now() - 30}),
        json!({"nbf": now() + 30, "iat": now() + 30}),
    ] {
        let token = gitlab.token_with(claims);
        let (status, answer) = gateway.ask_as(&token, PATH, &completion()).await;
        assert_eq!(status, 200, "{answer}");
    }
    let request = gateway.post_as(&gitlab.token(), PATH, &completion());
    let (status, _) = read(request.header("x-request-id", "good")).await;
    let row = row(&gateway, "good");
    assert_eq!(
        (status, &row["token_issuer"], &row["instance_id"]),
        (200, &gitlab.claims()["iss"], &gitlab.claims()["sub"]),
        "{row}"
    );
    assert!(row["auth_ms"].as_f64() > Some(0.0), "{row}");
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_do_not_fit_the_token_are_named() {
    let gateway = Fixture::start("alpha");
    let token = gateway.gitlab.token();
    for (name, value, words) in [
        ("authorization", None, "No authorization header presented"),
        (
            "authorization",
            Some("Basic YTpi"),
            "Invalid authorization header",
        ),
        (
            "authorization",
            Some("Bearer"),
            "Invalid authorization header",
        ),
        (
            "x-gitlab-authentication-type",
            None,
            "Invalid authentication token type - only OIDC is supported",
        ),
        (
            "x-gitlab-authentication-type",
            Some("key"),
            "Invalid authentication token type - only OIDC is supported",
        ),
        (
            "x-gitlab-realm",
            Some("saas"),
            "Header mismatch 'X-Gitlab-Realm'",
        ),
        ("x-gitlab-realm", None, "Header mismatch 'X-Gitlab-Realm'"),
        (
            "x-gitlab-instance-id",
            Some("another"),
            "Header mismatch 'X-Gitlab-Instance-Id'",
        ),
        (
            "x-gitlab-instance-id",
            None,
            "Header mismatch 'X-Gitlab-Instance-Id'",
        ),
    ] {
        let mut sent = headers(&token, "18.9.0");
        match value {
            Some(value) => drop(sent.insert(name, value.parse().unwrap())),
            None => drop(sent.remove(name)),
        }
        let (status, answer) = read(gateway.bare(PATH, &completion()).headers(sent)).await;
        assert_eq!((status, told(&answer)), (401, words), "{name}: {value:?}");
        assert_eq!(answer["error"], words);
    }
    assert!(gateway.upstream.received().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_gitlab_no_token_is_accepted() {
    let gateway = Fixture::prepared("alpha", "general", |gatehouse, _| {
        gatehouse.run(&["gitlab", "clear"]).succeeded();
    });
    let request = gateway.post(PATH, &completion());
    let (status, answer) = read(request.header("x-request-id", "nobody")).await;
    assert_eq!((status, told(&answer)), (401, FORBIDDEN));
    let row = row(&gateway, "nobody");
    assert!(
        row["error"].as_str().unwrap().contains("no GitLab"),
        "{row}"
    );
    assert_eq!(gateway.gitlab.asked(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_key_stands_in_for_a_token() {
    let mut key = String::new();
    let gateway = Fixture::prepared("alpha", "general", |gatehouse, _| {
        let created = gatehouse.run(&["key", "create", "scripts"]).succeeded();
        key = created.json()["key"].as_str().unwrap().to_owned();
    });
    let asked = gateway.gitlab.asked();
    for path in [PATH, "/v2/code/generations"] {
        let mut body = completion();
        body["prompt_version"] = 2.into();
        body["prompt"] = "".into();
        let (status, answer) = read(gateway.bare(path, &body).bearer_auth(&key)).await;
        assert_eq!(status, 200, "{path}: {answer}");
    }
    assert_eq!(gateway.gitlab.asked(), asked, "GitLab is not asked for it");
    let (status, _) = read(gateway.bare(PATH, &completion()).bearer_auth("gh_wrong")).await;
    assert_eq!(status, 401);
    // Tokens hold beside keys.
    let (status, _) = gateway.ask(PATH, &completion()).await;
    assert_eq!(status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn open_on_loopback_asks_nobody_who_they_are() {
    let gateway = Fixture::prepared("alpha", "general", |gatehouse, gitlab| {
        crate::fixture::set(gatehouse, gitlab, json!({"open_on_loopback": true}));
    });
    let (status, answer) = read(gateway.bare(PATH, &completion())).await;
    assert_eq!(status, 200, "{answer}");
    let (status, _) = gateway.ask_as("wombat", PATH, &completion()).await;
    assert_eq!(status, 200);
    let shown = gateway
        .gatehouse
        .run_plain(&["gitlab", "status"])
        .succeeded();
    assert!(shown.stdout.contains("Warning: "), "{}", shown.stdout);
}
