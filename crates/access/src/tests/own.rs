use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;

use super::*;

const SIGNING: &str = "gitlab-ai-gateway_signing_key";
const VALIDATION: &str = "gitlab-ai-gateway_validation_key";

fn alice() -> UserIdentity {
    UserIdentity {
        global_user_id: USER.into(),
        instance_id: INSTANCE.into(),
        realm: "self-managed".into(),
    }
}

/// What we claim in user tokens.
fn own_claims(changed: Value) -> Value {
    let mut own = claims(json!({
        "iss": "gitlab-ai-gateway", "aud": "gitlab-ai-gateway", "sub": USER,
        "gitlab_instance_id": INSTANCE, "scopes": ["complete_code"],
    }));
    for (name, value) in changed.as_object().unwrap() {
        own[name] = value.clone();
    }
    own
}

fn alone(own: OwnKeys) -> Access {
    Access::new(
        ServiceName::default(),
        Providers::default(),
        std::sync::Arc::new(own),
    )
    .unwrap()
}

#[tokio::test]
async fn a_user_token_completes_code_for_an_hour() {
    let access = alone(OwnKeys::new(OURS.signing_key(), None));
    let signed = access.user_token(&alice(), NOW).unwrap();
    assert_eq!(signed.expires_at, NOW.as_second() + 3600);
    let token = signed.token.expose_secret();
    let part = |index: usize| -> Value {
        let part = token.split('.').nth(index).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    assert_eq!(
        (&part(0)["alg"], &part(0)["kid"]),
        (&json!("RS256"), &json!(SIGNING))
    );
    for (claim, value) in [
        ("iss", json!("gitlab-ai-gateway")),
        ("aud", json!("gitlab-ai-gateway")),
        ("sub", json!(USER)),
        ("scopes", json!(["complete_code"])),
        ("gitlab_realm", json!("self-managed")),
        ("gitlab_instance_id", json!(INSTANCE)),
        ("exp", json!(NOW.as_second() + 3600)),
    ] {
        assert_eq!(part(1)[claim], value, "{claim}");
    }

    let caller = access.verify(&headers(token), seconds(3660)).await.unwrap();
    let Caller::User(user) = &caller else {
        panic!("{caller:?} is a user");
    };
    assert_eq!(user.identity, alice());
    assert!(caller.may(&Scope::COMPLETE_CODE));
    assert!(!caller.may(&Scope::GENERATE_CODE) && !caller.is_instance());
    assert_eq!(
        caller.user_identity(),
        Err(NoUserToken::Unauthorized),
        "none from one's own"
    );
    let refusal = access
        .verify(&headers(token), seconds(3661))
        .await
        .unwrap_err();
    assert_eq!(refusal.to_string(), "Forbidden by auth provider");
}

#[tokio::test]
async fn a_user_token_is_good_for_its_user_and_instance_alone() {
    let access = alone(OwnKeys::new(OURS.signing_key(), None));
    let signed = access.user_token(&alice(), NOW).unwrap();
    for (name, text) in [
        (GLOBAL_USER_ID, "Header mismatch 'X-Gitlab-Global-User-Id'"),
        (INSTANCE_ID, "Header mismatch 'X-Gitlab-Instance-Id'"),
        (REALM, "Header mismatch 'X-Gitlab-Realm'"),
    ] {
        let mut headers = headers(signed.token.expose_secret());
        headers.insert(&name, HeaderValue::from_static("another"));
        let refusal = access.verify(&headers, NOW).await.unwrap_err();
        assert_eq!(refusal.to_string(), text);
        headers.remove(&name);
        let refusal = access.verify(&headers, NOW).await.unwrap_err();
        assert_eq!(refusal.to_string(), text, "absent");
    }
}

#[tokio::test]
async fn neither_side_can_speak_for_the_other() {
    // This GitLab publishes its key also under the names of ours.
    let keys = ["first", SIGNING, VALIDATION].map(|kid| FIRST.published(kid));
    let gitlab = FakeGitLab::start(&keys).await;
    let access = access_to(&gitlab);
    let usual = || claims(json!({}));
    for (token, reason) in [
        (
            FIRST.sign(Some(SIGNING), &own_claims(json!({}))),
            "it did not sign this token",
        ),
        (
            FIRST.sign(Some(VALIDATION), &own_claims(json!({}))),
            "no validation key is set",
        ),
        (
            FIRST.sign(Some("first"), &own_claims(json!({}))),
            "a provider's key did",
        ),
        (
            FIRST.sign(None, &own_claims(json!({}))),
            "a provider's key did",
        ),
        (
            OURS.sign(Some("first"), &usual()),
            "it did not sign this token",
        ),
        (OURS.sign(None, &usual()), "unknown key without an id"),
        (OURS.sign(Some(SIGNING), &usual()), "names another issuer"),
        (
            OURS.sign(Some(SIGNING), &own_claims(json!({"iss": null}))),
            "names another issuer",
        ),
        (
            OURS.sign(Some(SIGNING), &own_claims(json!({"aud": "x"}))),
            "the audience",
        ),
        (
            OURS.sign(
                Some(SIGNING),
                &own_claims(json!({"gitlab_instance_id": null})),
            ),
            "has no gitlab_instance_id",
        ),
    ] {
        let refusal = access.verify(&headers(&token), NOW).await.unwrap_err();
        assert_eq!(refusal.to_string(), "Forbidden by auth provider");
        assert!(
            refusal.reason().contains(reason),
            "{reason}: {}",
            refusal.reason()
        );
    }
}

#[tokio::test]
async fn a_kept_key_and_a_validation_key_go_on_accepting() {
    let before = alone(OwnKeys::new(OURS.signing_key(), None));
    let token = before.user_token(&alice(), NOW).unwrap().token;
    let kept = SigningKey::from_pem(OURS.signing_key().pem().clone()).unwrap();
    let after = alone(OwnKeys::new(kept, None));
    after
        .verify(&headers(token.expose_secret()), NOW)
        .await
        .unwrap();

    let elsewhere = SECOND.sign(Some(VALIDATION), &own_claims(json!({})));
    for pem in [SECOND.pem.clone(), SECOND.public_pem()] {
        let validation = ValidationKey::from_pem(&pem.into()).unwrap();
        let access = alone(OwnKeys::new(OURS.signing_key(), Some(validation)));
        access.verify(&headers(&elsewhere), NOW).await.unwrap();
    }
    let changed = alone(OwnKeys::new(SECOND.signing_key(), None));
    let refusal = changed
        .verify(&headers(token.expose_secret()), NOW)
        .await
        .unwrap_err();
    assert!(
        refusal.reason().contains("did not sign"),
        "{}",
        refusal.reason()
    );
}

#[tokio::test]
async fn only_an_instance_that_may_complete_code_gets_a_user_token() {
    let gitlab = FakeGitLab::start(&[FIRST.published("first")]).await;
    let access = access_to(&gitlab);
    let identity = async |scopes: Value, with_user: bool| {
        let token = FIRST.sign(Some("first"), &claims(json!({ "scopes": scopes })));
        let mut headers = headers(&token);
        if !with_user {
            headers.remove(GLOBAL_USER_ID);
        }
        access.verify(&headers, NOW).await.unwrap().user_identity()
    };
    assert_eq!(identity(json!(["complete_code"]), true).await, Ok(alice()));
    let unauthorized = Err(NoUserToken::Unauthorized);
    assert_eq!(identity(json!(["duo_chat"]), true).await, unauthorized);
    let missing = Err(NoUserToken::Missing(IdentityHeader::GlobalUserId));
    assert_eq!(identity(json!(["complete_code"]), false).await, missing);
}

#[test]
fn a_key_that_cannot_sign_is_refused_in_words() {
    let small = "-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC8g+hZdm/4iy41NKwuBnvG3G/O
rjCrjdjApjHuNdMEjtmP14tCg+YDuM3OH+CRom6jccnvmz0YMnCilTfPHUy0hC57
kc6WfiuUzn7DPiRPIe/nogmFyVMADwRB0F6Zwry9G3wzy38QzP1AfpFEG6jhqBEc
yuD73VMV7ndzrmyUeQIDAQAB
-----END PUBLIC KEY-----";
    let encrypted = OURS.pem.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    for text in [
        "",
        "secret",
        &OURS.public_pem(),
        &encrypted,
        &OURS.pem[..400],
    ] {
        let problem = SigningKey::from_pem(text.into()).unwrap_err().to_string();
        assert!(problem.starts_with("the signing key is not"), "{problem}");
        assert!(!problem.contains("secret"), "{problem}");
    }
    for (text, said) in [
        (
            "secret",
            "the validation key is not an unencrypted RSA key as PEM",
        ),
        (
            small,
            "the validation key is not an RSA key of 2048 to 8192 bits",
        ),
    ] {
        let problem = ValidationKey::from_pem(&text.into())
            .unwrap_err()
            .to_string();
        assert!(problem.starts_with(said), "{problem}");
    }
}

#[test]
fn no_key_and_no_token_is_printed() {
    let keys = OwnKeys::new(OURS.signing_key(), None);
    let secret = SecretString::from(OURS.pem.clone());
    let token = alone(OwnKeys::new(OURS.signing_key(), None)).user_token(&alice(), NOW);
    let printed = format!("{keys:?} {:?} {secret:?} {token:?}", OURS.signing_key());
    assert!(
        !printed.contains("MII") && !printed.contains("eyJ"),
        "{printed}"
    );
}
