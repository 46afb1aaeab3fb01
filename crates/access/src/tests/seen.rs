use super::*;

fn asks(instance: &str, user: &str) -> HeaderMap {
    let mut headers = headers("a-secret-token");
    headers.insert(INSTANCE_ID, instance.parse().unwrap());
    headers.insert(GLOBAL_USER_ID, user.parse().unwrap());
    headers
}

fn caller(scope: Scope) -> Result<Caller, Refusal> {
    Ok(Caller::Instance(InstanceCaller {
        instance_id: INSTANCE.into(),
        realm: "self-managed".into(),
        global_user_id: None,
        scopes: [scope].into(),
        issuer: None,
        signed_by: ProviderName::GitLab,
        expires_at: NOW,
    }))
}

fn expired() -> Result<Caller, Refusal> {
    Err(Refusal::Forbidden(Reason::Expired {
        ago: SignedDuration::from_hours(3),
    }))
}

#[test]
fn a_caller_is_one_row_with_its_last_refusal() {
    let seen = Seen::default();
    assert_eq!(seen.last_refusal(), None);
    seen.note(&asks(INSTANCE, USER), &caller(Scope::COMPLETE_CODE), NOW);
    // A stranger under the same name changes neither the version nor what was accepted.
    let mut stranger = asks(INSTANCE, USER);
    stranger.insert(VERSION, "1.0".parse().unwrap());
    seen.note(&stranger, &expired(), seconds(5));
    let refusal = SeenRefusal {
        at: seconds(5),
        text: "Forbidden by auth provider".into(),
        reason: "the token expired 3 hours ago".into(),
    };
    let row = SeenToken {
        instance_id: INSTANCE.into(),
        global_user_id: USER.into(),
        host_name: "gitlab.example".into(),
        version: "18.9.0".into(),
        accepted: Some(TokenKind::Instance),
        scopes: [Scope::COMPLETE_CODE].into(),
        last_at: seconds(5),
        refusal: Some(refusal.clone()),
    };
    assert_eq!(seen.list(), [row]);
    assert_eq!(seen.last_refusal(), Some(refusal));
    assert!(!format!("{seen:?}").contains("a-secret-token"));
}

#[test]
fn strangers_do_not_push_out_who_belongs_here() {
    let seen = Seen::default();
    for number in 0..300 {
        let headers = asks(INSTANCE, &format!("user-{number}"));
        seen.note(&headers, &caller(Scope::COMPLETE_CODE), seconds(number));
    }
    for number in 0..1000 {
        let headers = asks(&"x".repeat(5000), &format!("stranger-{number}"));
        seen.note(&headers, &expired(), seconds(300 + number));
    }
    let list = seen.list();
    let accepted: Vec<_> = list.iter().filter(|row| row.accepted.is_some()).collect();
    assert_eq!((accepted.len(), list.len()), (200, 250));
    assert_eq!(accepted[0].global_user_id, "user-299", "the latest first");
    assert_eq!(
        accepted[199].global_user_id, "user-100",
        "the oldest are forgotten"
    );
    assert!(
        list.iter()
            .all(|row| row.instance_id.chars().count() <= 101)
    );
}
