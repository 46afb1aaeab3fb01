use serde_json::{Map, Value};

use crate::{Form, Head, Problem};

mod reading;
mod writing;

fn head() -> Head {
    Head {
        id: "abc".into(),
        model: "duo_chat".into(),
        created: 1_700_000_000,
        include_usage: true,
        echo: Map::new(),
    }
}

fn problem(status: u16) -> Problem {
    Problem {
        status,
        message: "The model is busy.".into(),
        code: "model_busy".into(),
    }
}

#[test]
fn an_error_has_the_type_that_the_vendor_gives_its_status() {
    let table = [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (402, "billing_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (408, "timeout_error"),
        (409, "conflict_error"),
        (413, "request_too_large"),
        (422, "invalid_request_error"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (502, "api_error"),
        (503, "overloaded_error"),
        (504, "timeout_error"),
        (529, "overloaded_error"),
    ];
    for (status, kind) in table {
        let body: Value = serde_json::from_slice(&Form::Messages.error(&problem(status))).unwrap();
        assert_eq!(body["type"], "error");
        assert_eq!(body["error"]["type"], kind, "{status}");
        assert_eq!(body["error"]["message"], "The model is busy.");
        assert_eq!(body["error"]["details"]["error_code"], "model_busy");
    }
}

#[test]
fn the_answer_of_count_tokens_is_a_number() {
    assert_eq!(
        crate::count_tokens_answer(2095),
        br#"{"input_tokens":2095}"#
    );
}
