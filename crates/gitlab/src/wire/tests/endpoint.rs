use domain::Feature;

use crate::prompt::PROMPTS;
use crate::wire::{Endpoint, Invokable, PromptApi, Refusal, Unrouted};

fn post(path: &str) -> Endpoint {
    Endpoint::from_path("POST", path).unwrap_or_else(|why| panic!("{path}: {why:?}"))
}

#[test]
fn every_documented_path_is_found_however_it_is_written() {
    for (path, endpoint) in [
        ("/v2/code/completions", Endpoint::Completions),
        ("/v2/completions", Endpoint::Completions),
        ("//v2//completions/", Endpoint::Completions),
        ("/v2/code/generations", Endpoint::Generations),
        ("/v3/code/completions", Endpoint::SuggestionsV3),
        ("/v4/code/suggestions", Endpoint::SuggestionsV4),
        ("/v2/chat/agent", Endpoint::ChatAgent),
        ("/v1/search/gitlab-docs", Endpoint::SearchDocs),
        ("/v1/code/user_access_token", Endpoint::UserToken),
        ("/v1/chat/other", Endpoint::UnknownInvokable),
        (
            "/v1/prompts/chat/other",
            Endpoint::UnknownPrompt("chat/other".into()),
        ),
        ("/v1/prompts/", Endpoint::UnknownPrompt(String::new())),
    ] {
        assert_eq!(post(path), endpoint, "{path}");
        assert_eq!(Endpoint::from_path("GET", path), Err(Unrouted::WrongMethod));
    }
    for (path, endpoint) in [
        ("/", Endpoint::Root),
        ("//", Endpoint::Root),
        ("/monitoring/healthz", Endpoint::Healthz),
        ("/monitoring/ready", Endpoint::Ready),
    ] {
        for method in ["GET", "HEAD"] {
            assert_eq!(Endpoint::from_path(method, path).as_ref(), Ok(&endpoint));
        }
    }
    for path in [
        "/v1/chat/completions",
        "/v2",
        "/v1/models",
        "/v1/x-ray/libraries",
        "/v1/chat/a/b",
    ] {
        assert_eq!(
            Endpoint::from_path("POST", path),
            Err(Unrouted::NotFound),
            "{path}"
        );
    }
}

#[test]
fn a_prompt_is_found_by_its_id_with_slashes_in_any_form() {
    for record in PROMPTS {
        for path in [
            format!("/v1/prompts/{}", record.id),
            format!("//v1/prompts/{}/", record.id.replace('/', "%2F")),
            format!("/v1/prompts/{}", record.id.replace('/', "%2f")),
            format!("/v1/prompts//{}", record.id.replace('/', "//")),
        ] {
            assert_eq!(
                post(&path),
                Endpoint::Prompt(PromptApi::V1, record),
                "{path}"
            );
        }
    }
    let check = post("/v2/prompts/model_configuration%2Fcheck");
    assert!(matches!(check, Endpoint::Prompt(PromptApi::V2, _)));
    let odd = post("/v1/prompts/%ff%00%0a<script>");
    let Endpoint::UnknownPrompt(id) = odd else {
        panic!("{odd:?}");
    };
    assert!(!id.chars().any(char::is_control), "{id:?}");
    let Endpoint::UnknownPrompt(long) = post(&format!("/v1/prompts/{}", "x".repeat(9_999))) else {
        panic!("it is no prompt");
    };
    assert_eq!(long.chars().count(), 101, "cut, with a mark");
}

#[test]
fn every_endpoint_asks_for_its_scope_and_says_so() {
    for (path, scopes, denial, feature) in [
        (
            "/v2/completions",
            "complete_code",
            "access code completions",
            Some(Feature::CodeCompletions),
        ),
        (
            "/v2/code/generations",
            "generate_code",
            "access code generations",
            Some(Feature::CodeGenerations),
        ),
        (
            "/v2/chat/agent",
            "duo_chat duo_classic_chat",
            "access duo chat",
            Some(Feature::DuoChat),
        ),
        (
            "/v1/chat/write_tests",
            "duo_chat write_tests",
            "access duo chat",
            Some(Feature::DuoChatWriteTests),
        ),
        (
            "/v1/search/gitlab-docs",
            "documentation_search",
            "search documentations",
            None,
        ),
        (
            "/v1/code/user_access_token",
            "complete_code",
            "create user access token",
            None,
        ),
        (
            "/v1/prompts/chat/epic_reader",
            "ask_epic",
            "access 'chat/epic_reader'",
            Some(Feature::DuoChat),
        ),
        (
            "/v1/prompts/resolve_vulnerability",
            "resolve_vulnerability",
            "access 'resolve_vulnerability'",
            Some(Feature::ResolveVulnerability),
        ),
    ] {
        let endpoint = post(path);
        let scope = endpoint.scope().unwrap();
        assert_eq!(scope.any_of.join(" "), scopes, "{path}");
        assert_eq!(endpoint.feature(), feature, "{path}");
        let refusal = Refusal::NoScope(scope);
        assert_eq!(refusal.status(), 403);
        assert_eq!(refusal.message(), format!("Unauthorized to {denial}"));
        assert!(
            scopes
                .split(' ')
                .all(|one| scope.is_met(|scope| scope == one))
        );
        assert!(!scope.is_met(|scope| scope == "other"));
    }
    for (path, refuses) in [
        ("/v2/completions", false),
        ("/v2/code/generations", true),
        ("/v1/code/user_access_token", true),
    ] {
        let scope = post(path).scope().unwrap();
        assert_eq!(scope.refuses_user_tokens, refuses, "{path}");
    }
    assert!(Endpoint::Healthz.is_public() && !Endpoint::Root.is_public());
}

#[test]
fn the_tables_have_no_name_twice() {
    for (index, record) in PROMPTS.iter().enumerate() {
        let again = PROMPTS.iter().position(|other| other.id == record.id);
        assert_eq!(again, Some(index), "{}", record.id);
    }
    let Endpoint::LegacyChat(Invokable { name, .. }) = post("/v1/chat/agent") else {
        panic!("it is an invokable");
    };
    assert_eq!(*name, "agent");
}
