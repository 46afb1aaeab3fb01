//! The variables of GitLab's own gateway, as a container is started with them.

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use tests::gatehouse::{Gatehouse, files_with};
use tests::gitlab::{Gitlab, INSTANCE, STRANGER, USER, headers};
use tests::panel::Panel;
use tests::process::Process;
use tests::upstream::Upstream;

use crate::fixture::{Fixture, add, completion, golden, naming, read};

const PATH: &str = "/v2/code/completions";

/// A gateway whose settings know no GitLab, started with these variables.
fn started(variables: impl FnOnce(&Gitlab) -> Vec<(&'static str, String)>) -> Fixture {
    let (gitlab, upstream) = (Gitlab::start(), Upstream::start());
    let mut gatehouse = Gatehouse::new();
    add(&gatehouse, "alpha", "general", &upstream.endpoint());
    gatehouse
        .run(&["feature", "set", "code_completions", "alpha"])
        .succeeded();
    for (name, value) in variables(&gitlab) {
        gatehouse.set(name, &value);
    }
    Fixture::behind(gitlab, upstream, gatehouse)
}

#[tokio::test(flavor = "multi_thread")]
async fn gitlab_and_the_keys_come_from_the_environment() {
    let gateway = started(|gitlab| {
        vec![
            ("AIGW_GITLAB_URL", gitlab.url()),
            ("AIGW_CUSTOMER_PORTAL_URL", gitlab.url()),
            ("AIGW_CUSTOM_MODELS__ENABLED", "true".into()),
            ("AIGW_SELF_SIGNED_JWT__SIGNING_KEY", STRANGER.pem().into()),
            ("CLOUD_CONNECTOR_SERVICE_NAME", "our-gateway".into()),
            ("AIGW_LOGGING__LEVEL", "DEBUG".into()),
        ]
    });
    let (status, _) = gateway.ask(PATH, &completion()).await;
    assert_eq!(status, 401, "a token for the usual name");
    let token = gateway.gitlab.token_with(json!({"aud": ["our-gateway"]}));
    let (status, answer) = gateway.ask_as(&token, PATH, &completion()).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(gateway.gitlab.asked(), 1, "the same address is asked once");

    let other = Upstream::start();
    let body = naming(
        golden("completions-17.6"),
        &other.endpoint(),
        "custom_openai/beta",
        "k",
    );
    let (status, answer) = gateway.ask_as(&token, PATH, &body).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(other.last().body["model"], "beta");

    let request = gateway
        .client
        .post(gateway.serving.url("/v1/code/user_access_token"));
    let (status, answer) = read(request.headers(headers(&token, "18.9.0"))).await;
    assert_eq!(status, 200, "{answer}");
    let public = DecodingKey::from_rsa_pem(STRANGER.public_pem().as_bytes()).unwrap();
    let mut checks = Validation::new(Algorithm::RS256);
    checks.set_audience(&["our-gateway"]);
    let signed = answer["token"].as_str().unwrap();
    let signed = jsonwebtoken::decode::<Value>(signed, &public, &checks).unwrap();
    assert_eq!(signed.claims["iss"], "our-gateway");

    let Fixture {
        gatehouse,
        serving,
        gitlab,
        ..
    } = gateway;
    assert!(serving.stop().success());
    let settings = gatehouse.settings().to_string();
    assert!(
        !settings.contains(&gitlab.url()),
        "it holds for the run: {settings}"
    );
    let pem = STRANGER.pem().lines().nth(1).unwrap();
    assert!(files_with(&gatehouse.data(), pem.as_bytes()).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn bypassed_authentication_opens_loopback() {
    let gateway = started(|_| vec![("AIGW_AUTH__BYPASS_EXTERNAL", "true".into())]);
    let (status, answer) = read(gateway.bare(PATH, &completion())).await;
    assert_eq!(status, 200, "{answer}");
    let document = gateway.gatehouse.settings();
    let gitlab = &document["settings"]["gitlab"];
    assert_eq!(gitlab["open_on_loopback"], false, "{document}");
    let closed = started(|_| vec![("AIGW_AUTH__BYPASS_EXTERNAL", "false".into())]);
    let (status, _) = read(closed.bare(PATH, &completion())).await;
    assert_eq!(status, 401);
}

/// The panel shows which variables hold, who asked, and saves only what the admin typed.
#[tokio::test(flavor = "multi_thread")]
async fn the_panel_shows_the_environment_and_does_not_save_it() {
    let gitlab = Gitlab::start();
    let mut gatehouse = Gatehouse::with_sample();
    gatehouse.set("AIGW_GITLAB_URL", &gitlab.url());
    gatehouse.set("AIGW_SELF_SIGNED_JWT__SIGNING_KEY", STRANGER.pem());
    let serving = gatehouse.serve_with(&["--admin"]);
    let client = tests::client();
    let token = gitlab.token_with(json!({"exp": 1_000}));
    for token in [&token, &gitlab.token()] {
        let request = client.post(serving.url("/v1/search/gitlab-docs"));
        let request = request.headers(headers(token, "18.9.0"));
        request.json(&golden("search")).send().await.unwrap();
    }
    let panel = Panel::open(&serving).await;
    let (status, view) = panel.call("gitlab", &Value::Null).await;
    assert_eq!(status, 200, "{view}");
    let shown = |variable: &str, setting: &str| json!({"variable": variable, "setting": setting, "value": null});
    let overrides = [
        shown("AIGW_GITLAB_URL", "gitlab.url"),
        shown("AIGW_SELF_SIGNED_JWT__SIGNING_KEY", "gitlab.user_tokens"),
    ];
    assert_eq!(view["overrides"], json!(overrides), "{view}");
    assert_eq!(view["user_tokens"], "environment");
    assert_eq!(view["gateway_url"], serving.url(""));
    let seen = &view["seen"][0];
    for (name, value) in [
        ("instance_id", INSTANCE),
        ("host_name", "gitlab.example"),
        ("version", "18.9.0"),
        ("user", USER),
        ("accepted", "instance"),
    ] {
        assert_eq!(seen[name], value, "{name}: {view}");
    }
    assert!(
        seen["refusal"].as_str().unwrap().contains("expired"),
        "{view}"
    );
    assert!(
        seen["scopes"].to_string().contains("documentation_search"),
        "{view}"
    );

    // What a form that shows these settings sends back: texts, empty for none.
    let draft = json!({
        "url": view["settings"]["url"],
        "customers_portal": "",
        "documentation": "",
        "open_on_loopback": false,
        "accept_named_models": true,
    });
    let (status, view) = panel.call("save_gitlab_settings", &draft).await;
    assert_eq!(status, 200, "{view}");
    assert_eq!(view["settings"]["url"], gitlab.url(), "it goes on to hold");
    let document = gatehouse.settings();
    let saved = &document["settings"]["gitlab"];
    assert_eq!(saved["url"], Value::Null, "{document}");
    assert_eq!(saved["accept_named_models"], true, "{document}");
}

#[test]
fn it_listens_where_the_environment_says_unless_the_command_line_does() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port().to_string();
    drop(free);
    let mut gatehouse = Gatehouse::with_sample();
    gatehouse.set("AIGW_FASTAPI__API_HOST", "127.0.0.1");
    gatehouse.set("AIGW_FASTAPI__API_PORT", &port);
    let process = Process::start(&mut gatehouse.command(&["--json", "serve"]));
    let line = process.line(tests::PATIENCE).expect("its address");
    let said: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(said["address"], format!("127.0.0.1:{port}"));
    drop(process);
    let serving = gatehouse.serve();
    assert_ne!(serving.address, format!("127.0.0.1:{port}"));
}

#[test]
fn a_variable_that_cannot_be_used_is_named() {
    for (name, value) in [
        ("AIGW_GITLAB_URL", "gitlab"),
        ("AIGW_AUTH__BYPASS_EXTERNAL", "perhaps"),
        ("AIGW_FASTAPI__API_PORT", "many"),
        ("AIGW_SELF_SIGNED_JWT__SIGNING_KEY", "secret-but-no-key"),
    ] {
        let mut gatehouse = Gatehouse::with_sample();
        gatehouse.set(name, value);
        let outcome = gatehouse.run(&["serve", "--listen", "127.0.0.1:0"]);
        let complaint = outcome.complaint();
        assert!(complaint.contains(name), "{complaint}");
        assert!(
            !outcome.stderr.contains("secret-but-no-key"),
            "{}",
            outcome.stderr
        );
    }
}
