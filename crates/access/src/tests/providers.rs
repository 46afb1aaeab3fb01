use url::Url;

use super::*;
use crate::fetch::keys_place;

/// What the panel says of the one provider after a try.
async fn trouble(access: &Access, at: Timestamp) -> String {
    let states = at_once(access.check_providers(at)).await;
    let failure = states[0].failure.clone();
    failure.map_or_else(|| "none".into(), |failure| failure.words)
}

#[tokio::test]
async fn trouble_with_a_provider_is_said_in_words() {
    let gitlab = FakeGitLab::start(&[]).await;
    let base = gitlab.base().to_owned();
    let elsewhere = |place: &str| json!({ "jwks_uri": place }).to_string();
    let at_home = elsewhere(&format!("{base}/oauth/discovery/keys"));
    let huge = "x".repeat(1024 * 1024 + 1);
    let redirect = "location: https://sso.example/login?token=1\r\n";
    let short = json!({"kty": "RSA", "kid": "short", "n": "AQAB", "e": "AQAB"});
    let curve = json!({"kty": "EC", "kid": "curve", "crv": "P-256", "x": "AA", "y": "AA"});
    let mut for_secrets = FIRST.published("secret");
    for_secrets["use"] = "enc".into();
    let unfit = json!({"keys": [short, curve, for_secrets, 1, "key"]}).to_string();

    // What the discovery answers, then the keys, and what the admin reads.
    type Answer<'a> = (u16, &'a str, &'a str);
    let good = (200, "", at_home.as_str());
    let cases: &[(Answer<'_>, Answer<'_>, &str)] = &[
        (
            (404, "", "nothing"),
            good,
            "openid-configuration answered 404; is this the address",
        ),
        (
            (200, "", "<html>"),
            good,
            "sent something that is not an OpenID configuration",
        ),
        (
            (200, "", "{}"),
            good,
            "sent something that is not an OpenID configuration",
        ),
        ((200, "", &huge), good, "sent more than 1 MiB"),
        (
            (302, redirect, ""),
            good,
            "redirects to https://sso.example/login; enter the address",
        ),
        (
            (200, "", &elsewhere("ftp://x/y")),
            good,
            "begins with neither http:// nor https://",
        ),
        (
            (200, "", &elsewhere("http://169.254.169.254/k")),
            good,
            "is a link-local address",
        ),
        (
            (200, "", &elsewhere("http://a:b@host/k")),
            good,
            "a user or a password",
        ),
        (
            good,
            (503, "", "later"),
            "oauth/discovery/keys answered 503",
        ),
        (good, (200, "", "<html>"), "is not a set of JSON web keys"),
        (
            good,
            (200, "", r#"{"keys": 1}"#),
            "is not a set of JSON web keys",
        ),
        (good, (200, "", r#"{"keys": []}"#), "publishes no RSA key"),
        (
            good,
            (200, "", &unfit),
            "publishes no RSA key of 2048 bits or more for RS256",
        ),
        (good, (200, "", &huge), "sent more than 1 MiB"),
    ];
    let access = access_to(&gitlab);
    let token = FIRST.sign(Some("first"), &claims(json!({})));
    for (discovery, keys, expected) in cases {
        gitlab.answer_discovery(discovery.0, discovery.1, discovery.2);
        gitlab.answer_keys(keys.0, keys.1, keys.2);
        let words = trouble(&access, NOW).await;
        assert!(words.contains(expected), "{expected}: {words}");
        let refusal = access.verify(&headers(&token), NOW).await.unwrap_err();
        assert_eq!(refusal.to_string(), "Forbidden by auth provider");
        let reason = refusal.reason();
        assert!(reason.contains(&words), "the refusal says it too: {reason}");
    }
    gitlab.answer_discovery(200, "", at_home);
    gitlab.publish(&[FIRST.published("first")]);
    assert_eq!(trouble(&access, NOW).await, "none", "nothing is left of it");
    access.verify(&headers(&token), NOW).await.unwrap();
}

#[tokio::test]
async fn a_provider_that_is_down_or_silent_says_so() {
    let gitlab = FakeGitLab::start(&[FIRST.published("first")]).await;
    gitlab.hold();
    let providers = Providers {
        gitlab: Some(gitlab.url()),
        customers_portal: None,
    };
    let access = super::access(providers, Duration::from_millis(50));
    let words = trouble(&access, NOW).await;
    assert!(
        words.contains("did not give its keys within 0.05 seconds"),
        "{words}"
    );

    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let providers = Providers {
        gitlab: Some(format!("http://{address}").parse().unwrap()),
        customers_portal: None,
    };
    let access = super::access(providers, Duration::from_secs(10));
    let words = trouble(&access, NOW).await;
    assert_eq!(words, format!("cannot reach {address}: Connection refused"));
}

#[tokio::test]
async fn without_a_provider_the_reason_says_what_to_do() {
    let access = super::access(Providers::default(), Duration::from_secs(10));
    let token = FIRST.sign(Some("first"), &claims(json!({})));
    let refusal = access.verify(&headers(&token), NOW).await.unwrap_err();
    assert!(
        refusal.reason().contains("no GitLab URL is set"),
        "{}",
        refusal.reason()
    );
}

#[tokio::test]
async fn a_redirect_within_the_instance_is_followed() {
    let gitlab = FakeGitLab::start(&[]).await;
    let other = FakeGitLab::start(&[FIRST.published("first")]).await;
    let home = format!("location: {}/oauth/discovery/keys\r\n", other.base());
    // To another port is to another origin.
    gitlab.answer_keys(302, &home, "");
    let access = access_to(&gitlab);
    let words = trouble(&access, NOW).await;
    assert!(words.contains("redirects to"), "{words}");

    let keys = json!({"jwks_uri": format!("{}/oauth/discovery/keys", other.base())}).to_string();
    gitlab.answer_discovery(200, "", keys.clone());
    assert_eq!(
        trouble(&access, NOW).await,
        "none",
        "GitLab may name its outer address"
    );

    // In circles, and not for ever.
    let circle = "location: /gitlab/.well-known/openid-configuration\r\n";
    gitlab.answer_discovery(302, circle, "");
    let before = gitlab.asked();
    let words = trouble(&access, NOW).await;
    assert!(words.contains("redirects to /gitlab"), "{words}");
    assert_eq!(gitlab.asked() - before, 4, "one call and three redirects");
}

#[test]
fn keys_do_not_leave_an_encrypted_way() {
    let safe = Url::parse("https://gitlab.example/.well-known/openid-configuration").unwrap();
    keys_place(&safe, "https://outer.example/oauth/discovery/keys").unwrap();
    let problem = keys_place(&safe, "http://gitlab.example/oauth/discovery/keys").unwrap_err();
    assert!(
        problem.to_string().contains("is not encrypted"),
        "{problem}"
    );
}
