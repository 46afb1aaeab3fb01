//! What to do about a call that failed, by what is known of its model. Says nothing where the
//! server's own words are all there is.

use domain::{FamilyRecord, Model, Parameter, Provider};
use http::StatusCode;
use providers::{UpstreamError, refused_parameter, without_content};
use url::Url;

use super::{GatewayError, sentence};

/// What the reader of an error can do, in sentences. The body of an error ends with it; callers
/// inside the program also find it among the extensions of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice(pub String);

/// What to do about this error of a model's server; none where nothing is known beyond its words.
/// `called` is where the call went, when one was made.
pub fn advice(
    error: &UpstreamError,
    model: &Model,
    family: &FamilyRecord,
    called: Option<&Url>,
) -> Option<Advice> {
    let words = match error {
        UpstreamError::Unreachable { .. } => of_unreachable(model),
        UpstreamError::NotTheApi { .. } => of_address(model, called?),
        UpstreamError::Answered { status, words, .. } => match refused_parameter(words) {
            Some(parameter) => of_refused(parameter, model, family)?,
            None => of_status(*status)?.to_owned(),
        },
        _ => return None,
    };
    Some(Advice(words))
}

fn of_unreachable(model: &Model) -> String {
    match (model.endpoint.server(), model.provider()) {
        (Some(_), _) => "Check that the server runs, and its endpoint in Models.",
        (None, Provider::Bedrock) => {
            "Check the region of the model in Models, and that this machine reaches AWS."
        }
        (None, _) => "Check that this machine reaches it, through a proxy if need be.",
    }
    .to_owned()
}

fn of_address(model: &Model, called: &Url) -> String {
    // A query may hold what is not for everybody.
    let mut place = called.clone();
    place.set_query(None);
    let server = model.endpoint.server();
    let lacks_v1 = server.is_some_and(|server| server.with_v1().is_some());
    if lacks_v1 && model.provider() == Provider::OpenaiCompatible {
        return format!(
            "The call went to {place}: a base URL usually ends in /v1, and this endpoint does not."
        );
    }
    format!(
        "The call went to {place}: check that host, port and path are those of the model's API, and that no proxy or sign-in page answers in its place."
    )
}

/// What the status alone says, whatever the server's words.
fn of_status(status: StatusCode) -> Option<&'static str> {
    match status.as_u16() {
        401 | 403 => Some("Check the key or the credentials of the model in Models."),
        429 => Some("Wait a moment and try again, or lower what the model may be asked at once."),
        500.. => Some("The log of the model's server may say why."),
        _ => None,
    }
}

/// Where to note that a model does not take a parameter, in the words of the screens and of the
/// command line; none when it is noted already.
fn of_refused(parameter: Parameter, model: &Model, family: &FamilyRecord) -> Option<String> {
    let noted = &model.connection.refuses;
    if family.refuses(parameter) || noted.contains(&parameter) {
        return None;
    }
    let word = |parameter: &Parameter| {
        let value = serde_json::to_value(parameter).ok()?;
        value.as_str().map(str::to_owned)
    };
    let words: Vec<_> = noted.iter().chain([&parameter]).filter_map(word).collect();
    let (title, then) = match parameter {
        Parameter::SystemRole => ("system turn", "folded into the first user turn"),
        Parameter::MaxTokens => ("max_tokens", "sent as max_completion_tokens"),
        Parameter::Stop => ("stop", "left out, and the answer is cut here"),
        _ => (words.last()?.as_str(), "left out"),
    };
    Some(format!(
        "If the model does not take it, tick \"{title}\" under Refuses also in the model's settings (`gatehouse model edit NAME --refuses {}`), or under Refuses in a family of your own (Models › Families): it is then {then}.",
        words.join(",")
    ))
}

impl GatewayError {
    /// The same error with what to do about it, where it has a place for that.
    pub(super) fn advised(mut self, what: Option<Advice>) -> Self {
        if let Self::Unreachable { advice, .. }
        | Self::NotTheApi { advice, .. }
        | Self::Answered { advice, .. } = &mut self
        {
            *advice = what.map(Box::new);
        }
        self
    }

    /// What to do about it, where that is known beside what happened.
    pub(crate) fn advice(&self) -> Option<&Advice> {
        match self {
            Self::Unreachable { advice, .. }
            | Self::NotTheApi { advice, .. }
            | Self::Answered { advice, .. } => advice.as_deref(),
            _ => None,
        }
    }

    /// What happened, in a sentence, and what to do about it.
    pub(super) fn in_full(&self) -> String {
        match self.advice() {
            Some(Advice(words)) => format!("{} {words}", sentence(self)),
            None => sentence(self),
        }
    }

    /// What its record says: nothing of a request or an answer.
    pub(crate) fn for_record(&self) -> String {
        let said = without_content(&self.to_string());
        match self.advice() {
            Some(Advice(words)) => format!("{}. {words}", said.trim_end_matches('.')),
            None => said,
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{Connection, ModelDraft, ModelId, Settings};

    use super::*;

    fn model(endpoint: &str, identifier: &str, refuses: &[Parameter]) -> Model {
        let draft = ModelDraft {
            id: None,
            name: "m".into(),
            family: "general".into(),
            endpoint: endpoint.into(),
            identifier: identifier.into(),
            provider: Provider::OpenaiCompatible,
            connection: Connection {
                refuses: refuses.to_vec(),
                ..Connection::default()
            },
            enabled: true,
            self_hosted: true,
            price: None,
        };
        let saved = Settings::default().save_model(&draft, ModelId(uuid::Uuid::nil()));
        saved.unwrap().clone()
    }

    fn advised(error: UpstreamError, model: &Model) -> Option<String> {
        let family = Settings::default().family_of(model);
        let called = "http://gpu-1:8000/v1/chat/completions?secret=1"
            .parse()
            .unwrap();
        advice(&error, model, &family, Some(&called)).map(|Advice(words)| words)
    }

    #[test]
    fn the_advice_on_an_address_is_true_for_the_endpoint() {
        let said = "a web page instead of JSON".to_owned();
        let page = || UpstreamError::NotTheApi {
            host: "h".into(),
            said: said.clone(),
        };
        for (endpoint, identifier, lacks_v1) in [
            ("http://gpu-1:8000", "m", true),
            ("http://gpu-1:8000/v1", "m", false),
            ("http://gpu-1:8000/v1/", "m", false),
            ("http://localhost:11434", "ollama/m", false),
            ("https://r.openai.azure.com", "azure/m", false),
            ("", "anthropic/m", false),
        ] {
            let words = advised(page(), &model(endpoint, identifier, &[])).unwrap();
            assert!(
                words.contains("went to http://gpu-1:8000/v1/chat/completions:"),
                "{words}"
            );
            assert_eq!(
                words.contains("ends in /v1"),
                lacks_v1,
                "{endpoint}: {words}"
            );
        }
    }

    #[test]
    fn a_vendor_that_cannot_be_reached_is_no_server_to_start() {
        let gone = || UpstreamError::Unreachable {
            host: "h".into(),
            reason: outbound::UNKNOWN_NAME.into(),
            closed: false,
        };
        for (endpoint, identifier, words) in [
            ("http://gpu-1:8000", "m", "the server runs"),
            ("https://vpce.example", "bedrock/m", "the server runs"),
            ("", "bedrock/m", "the region"),
            ("", "anthropic/m", "a proxy"),
        ] {
            let found = advised(gone(), &model(endpoint, identifier, &[])).unwrap();
            assert!(found.contains(words), "{endpoint}: {found}");
        }
    }

    #[test]
    fn a_status_says_what_to_look_at() {
        let answered = |status| UpstreamError::Answered {
            host: "h".into(),
            status: StatusCode::from_u16(status).unwrap(),
            words: "no".into(),
            retry_after: None,
            should_retry: None,
        };
        for (status, part) in [(401, "the key"), (429, "Wait"), (503, "server")] {
            let words = advised(answered(status), &model("http://h/v1", "m", &[])).unwrap();
            assert!(words.contains(part), "{status}: {words}");
        }
        assert_eq!(
            advised(answered(400), &model("http://h/v1", "m", &[])),
            None
        );
    }

    #[test]
    fn a_refused_parameter_is_noted_beside_those_that_are() {
        use Parameter::{Prefill, SystemRole};
        let refusal = || UpstreamError::Answered {
            host: "h".into(),
            status: StatusCode::BAD_REQUEST,
            words: "System role not supported".into(),
            retry_after: None,
            should_retry: None,
        };
        let words = advised(refusal(), &model("http://h/v1", "m", &[Prefill])).unwrap();
        for part in [
            "\"system turn\"",
            "Refuses also",
            "--refuses prefill,system_role`",
        ] {
            assert!(words.contains(part), "{part}: {words}");
        }
        assert_eq!(
            advised(refusal(), &model("http://h/v1", "m", &[SystemRole])),
            None
        );
    }
}
