use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;

/// Takes a header away, or sets it.
type Change = (&'static str, Option<&'static str>);

fn changed(mut headers: HeaderMap, (name, value): Change) -> HeaderMap {
    let name = http::HeaderName::from_static(name);
    headers.remove(&name);
    if let Some(value) = value {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
}

#[tokio::test]
async fn a_token_of_the_instance_is_let_in_with_its_scopes() {
    let gitlab = FakeGitLab::start(&[FIRST.published("first")]).await;
    let access = access_to(&gitlab);
    for kid in [Some("first"), None] {
        let token = FIRST.sign(kid, &claims(json!({})));
        let caller = access.verify(&headers(&token), NOW).await.unwrap();
        let Caller::Instance(instance) = &caller else {
            panic!("{caller:?} is an instance");
        };
        assert_eq!(instance.signed_by, ProviderName::GitLab);
        assert_eq!(instance.issuer.as_deref(), Some("https://gitlab.example"));
        assert_eq!(instance.expires_at, seconds(3600));
        assert_eq!(
            (caller.instance_id(), caller.realm()),
            (INSTANCE, "self-managed")
        );
        assert_eq!(caller.global_user_id(), Some(USER));
        assert!(caller.may(&Scope::DUO_CHAT));
        assert!(caller.may(&Scope::new("a_scope_of_next_year")));
        assert!(!caller.may(&Scope::GENERATE_CODE));
    }
}

#[tokio::test]
async fn a_header_that_does_not_fit_gets_its_documented_text() {
    let gitlab = FakeGitLab::start(&[FIRST.published("first")]).await;
    let access = access_to(&gitlab);
    let token = FIRST.sign(Some("first"), &claims(json!({})));
    let not_oidc = "Invalid authentication token type - only OIDC is supported";
    let cases: &[(Change, &str, &str)] = &[
        (
            ("authorization", None),
            "No authorization header presented",
            "no Authorization",
        ),
        (
            ("authorization", Some("Bearer")),
            "Invalid authorization header",
            "the word Bearer",
        ),
        (
            ("authorization", Some("Bearer  ")),
            "Invalid authorization header",
            "the word Bearer",
        ),
        (
            ("authorization", Some("Basic eDp5")),
            "Invalid authorization header",
            "the word Bearer",
        ),
        (
            ("x-gitlab-authentication-type", None),
            not_oidc,
            "has no header",
        ),
        (
            ("x-gitlab-authentication-type", Some("token")),
            not_oidc,
            "is \"token\" instead",
        ),
        (
            ("x-gitlab-realm", Some("saas")),
            "Header mismatch 'X-Gitlab-Realm'",
            "says \"saas\", but the token says \"self-managed\"",
        ),
        (
            ("x-gitlab-realm", None),
            "Header mismatch 'X-Gitlab-Realm'",
            "has no header",
        ),
        (
            ("x-gitlab-instance-id", Some("another")),
            "Header mismatch 'X-Gitlab-Instance-Id'",
            "says \"another\", but the token says \"5b2f0c1e-instance\"",
        ),
    ];
    for (change, text, reason) in cases {
        let headers = changed(headers(&token), *change);
        let refusal = access.verify(&headers, NOW).await.unwrap_err();
        assert_eq!(refusal.to_string(), *text, "{change:?}");
        assert!(
            refusal.reason().contains(reason),
            "{change:?}: {}",
            refusal.reason()
        );
    }
    let two = changed(headers(&token), ("authorization", None));
    let mut two = changed(two, ("authorization", Some("Bearer one")));
    two.append(AUTHORIZATION, HeaderValue::from_static("Bearer two"));
    assert_eq!(access.verify(&two, NOW).await, Err(Refusal::NotBearer));
}

#[tokio::test]
async fn the_first_check_that_fails_gives_the_text() {
    let gitlab = FakeGitLab::start(&[FIRST.published("first")]).await;
    let access = access_to(&gitlab);
    let token = FIRST.sign(
        Some("first"),
        &claims(json!({"exp": NOW.as_second() - 7200})),
    );
    // Each of these is wrong too, from the last check to the first.
    let mut headers = headers(&token);
    let steps: &[(Change, &str)] = &[
        (
            ("x-gitlab-instance-id", Some("another")),
            "Forbidden by auth provider",
        ),
        (
            ("x-gitlab-realm", Some("saas")),
            "Forbidden by auth provider",
        ),
        (
            ("x-gitlab-authentication-type", None),
            "Invalid authentication token type - only OIDC is supported",
        ),
        (
            ("authorization", Some("Basic eDp5")),
            "Invalid authorization header",
        ),
        (("authorization", None), "No authorization header presented"),
    ];
    for (change, text) in steps {
        headers = changed(headers, *change);
        let refusal = access.verify(&headers, NOW).await.unwrap_err();
        assert_eq!(refusal.to_string(), *text);
    }
    let both = FIRST.sign(Some("first"), &claims(json!({})));
    let both = changed(
        super::headers(&both),
        ("x-gitlab-instance-id", Some("another")),
    );
    let both = changed(both, ("x-gitlab-realm", Some("saas")));
    let refusal = access.verify(&both, NOW).await.unwrap_err();
    assert_eq!(refusal.to_string(), "Header mismatch 'X-Gitlab-Realm'");
}

/// A token with this header and these claims, without a signature.
fn unsigned(header: &Value, signature: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", part(header), part(&claims(json!({}))))
}

#[tokio::test]
async fn a_token_that_does_not_hold_is_refused_with_its_reason() {
    let gitlab = FakeGitLab::start(&[FIRST.published("first")]).await;
    let access = access_to(&gitlab);
    let of_first = |changed: Value| FIRST.sign(Some("first"), &claims(changed));
    let at = |seconds: i64| NOW.as_second() + seconds;
    let good = of_first(json!({}));
    let (message, signature) = good.rsplit_once('.').unwrap();
    let mut forged = Header::new(Algorithm::HS256);
    forged.kid = Some("first".into());
    // The key of the forger is the public key, in the forms that libraries take it.
    let published = FIRST.published("first");
    let modulus = URL_SAFE_NO_PAD
        .decode(published["n"].as_str().unwrap())
        .unwrap();
    let forged_with = |secret: &[u8]| {
        jsonwebtoken::encode(
            &forged,
            &claims(json!({})),
            &EncodingKey::from_secret(secret),
        )
        .unwrap()
    };
    let far = "a".repeat(20_000);
    let cases: Vec<(String, &str)> = vec![
        (
            unsigned(&json!({"alg": "none", "kid": "first"}), ""),
            "not signed",
        ),
        (
            unsigned(&json!({"alg": "None", "kid": "first"}), signature),
            "not signed",
        ),
        (
            unsigned(&json!({"alg": "RS256", "kid": "first"}), ""),
            "did not sign this token",
        ),
        (
            unsigned(&json!({"alg": "RS256", "kid": "first"}), signature),
            "did not sign this token",
        ),
        (format!("{message}."), "did not sign this token"),
        (forged_with(&modulus), "signed with HS256; only RS256"),
        (
            forged_with(published.to_string().as_bytes()),
            "signed with HS256; only RS256",
        ),
        (
            SECOND.sign(Some("first"), &claims(json!({}))),
            "\"first\" is known, but it did not sign",
        ),
        (
            SECOND.sign(Some("stranger"), &claims(json!({}))),
            "an unknown key \"stranger\": GitLab at",
        ),
        (
            SECOND.sign(None, &claims(json!({}))),
            "an unknown key without an id",
        ),
        (
            SECOND.sign(Some("bad\nkey"), &claims(json!({}))),
            "\"bad\u{fffd}key\"",
        ),
        (of_first(json!({"exp": at(-7200)})), "expired 2 hours ago"),
        (of_first(json!({"exp": at(-61)})), "expired 61 seconds ago"),
        (of_first(json!({"exp": null})), "has no exp"),
        (
            of_first(json!({"exp": "soon"})),
            "claims of the token cannot be read",
        ),
        (
            of_first(json!({"exp": 1e300})),
            "claims of the token cannot be read",
        ),
        (
            of_first(json!({"nbf": at(61)})),
            "valid only in 61 seconds (nbf): compare the clocks",
        ),
        (
            of_first(json!({"iat": at(7200)})),
            "valid only in 2 hours (iat)",
        ),
        (
            of_first(json!({"aud": "another-service"})),
            "is \"another-service\", not gitlab-ai-gateway",
        ),
        (of_first(json!({"aud": []})), "not gitlab-ai-gateway"),
        (of_first(json!({"aud": null})), "has no aud"),
        (of_first(json!({"sub": ""})), "has no sub"),
        (
            of_first(json!({"gitlab_realm": null})),
            "has no gitlab_realm",
        ),
        (
            of_first(json!({"scopes": "complete_code"})),
            "claims of the token cannot be read",
        ),
        (
            of_first(json!({"iss": "gitlab-ai-gateway"})),
            "a provider's key did",
        ),
        ("x".into(), "not a JSON web token"),
        ("a.b.c".into(), "not a JSON web token"),
        ("e30.e30.e30".into(), "not a JSON web token"),
        (format!("{good}.more"), "not a JSON web token"),
        (far, "longer than 16 KiB"),
    ];
    for (token, reason) in cases {
        let refusal = access.verify(&headers(&token), NOW).await.unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "Forbidden by auth provider",
            "{reason}"
        );
        assert!(
            refusal.reason().contains(reason),
            "{reason}: {}",
            refusal.reason()
        );
        let is_told = token.len() > 100 && refusal.reason().contains(&token[..100]);
        assert!(!is_told, "a reason holds no token");
    }
    access.verify(&headers(&good), NOW).await.unwrap();
}

#[tokio::test]
async fn clocks_may_differ_by_a_minute() {
    let gitlab = FakeGitLab::start(&[FIRST.published("first")]).await;
    let access = access_to(&gitlab);
    for changed in [
        json!({"exp": NOW.as_second() - 60}),
        json!({"nbf": NOW.as_second() + 60, "iat": NOW.as_second() + 60}),
        json!({"nbf": null, "iat": null, "exp": NOW.as_second() as f64 + 0.5}),
        json!({"aud": "gitlab-ai-gateway", "scopes": null, "iss": null}),
    ] {
        let token = FIRST.sign(Some("first"), &claims(changed.clone()));
        let caller = access.verify(&headers(&token), NOW).await;
        assert!(caller.is_ok(), "{changed}: {caller:?}");
    }
}

#[tokio::test]
async fn another_service_name_wants_another_audience() {
    let gitlab = FakeGitLab::start(&[FIRST.published("first")]).await;
    let providers = Providers {
        gitlab: Some(gitlab.url()),
        customers_portal: None,
    };
    let own = OwnKeys::new(OURS.signing_key(), None);
    let access = Access::new(
        "our-gateway".parse().unwrap(),
        providers,
        std::sync::Arc::new(own),
    )
    .unwrap();
    for (audience, is_let_in) in [("our-gateway", true), ("gitlab-ai-gateway", false)] {
        let token = FIRST.sign(Some("first"), &claims(json!({"aud": audience})));
        let caller = access.verify(&headers(&token), NOW).await;
        assert_eq!(caller.is_ok(), is_let_in, "{audience}: {caller:?}");
    }
}
