//! The paths that GitLab and its editors call: who asks, what is asked, which model answers. The
//! pipeline that asks the model is the same as for every other client.

mod choice;
mod compose;
mod identity;
mod probe;
mod question;
mod speech;

use std::sync::Arc;
use std::time::{Duration, Instant};

use access::{Access, GLOBAL_USER_ID, INSTANCE_ID, REALM, Seen, UserIdentity, VERSION};
use bytes::Bytes;
use domain::{Model, ModelId, Settings, Target, target_for};
use gitlab::react::Version;
use gitlab::wire::{self, Endpoint, Refusal, Unrouted};
use http::request::Parts;
use http::{HeaderName, Response};
use jiff::{Timestamp, Zoned};
use secrecy::ExposeSecret;

use crate::answer::AnswerBody;
use crate::ask::ask;
use crate::error::GatewayError;
use crate::guard::Via;
use crate::incoming::{ModelRequest, read_body, throw_away};
use crate::measure;
use crate::reading::cut;
use crate::record::Routed;
use crate::respond::respond;
use crate::routes::{Exchange, is_of_clients, resolve};
use crate::voice::Voice;
use crate::wish::{Wish, WishKind};
use choice::{Choice, choose};
use identity::{Identity, identify};

pub(crate) use compose::{heard, prepare};
pub use gitlab::wire::Found;
pub(crate) use question::Question;
pub(crate) use speech::Speech;

/// GitLab's header with the feature flags that are on for a request, and the one among them that
/// asks for expanded logs.
const FEATURE_FLAGS: HeaderName = HeaderName::from_static("x-gitlab-enabled-feature-flags");
const EXPANDED_FLAG: &str = "expanded_ai_logging";

/// GitLab's header of the admin setting *Enable AI logs*.
const VERBOSE_LOGS: HeaderName =
    HeaderName::from_static("x-gitlab-enabled-instance-verbose-ai-logs");

/// The prompt by which GitLab checks that a model answers at all.
const MODEL_CHECK: &str = "model_configuration/check";

/// How the reason of a refused token begins in the log.
pub const TOKEN_REFUSED: &str = "token refused";

/// What stands behind GitLab's requests.
#[derive(Clone, Default)]
pub struct GitlabAccess {
    /// Whose tokens are accepted; none accepts none.
    pub access: Option<Arc<Access>>,
    /// The tokens seen lately.
    pub seen: Arc<Seen>,
    /// The documentation that chat may search; none finds nothing.
    pub documentation: Option<Arc<dyn Documentation>>,
    /// How models are called.
    pub calls: ModelCalls,
}

/// How models are called for GitLab's requests, where it is not as the settings say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ModelCalls {
    /// Whether no model is asked for a stream. A client that wants one gets the whole answer in it.
    pub no_streams: bool,
    /// How long a model may take to begin an answer in chat.
    pub chat_timeout: Option<Duration>,
    /// The most tokens of an answer in chat.
    pub chat_tokens: Option<u32>,
}

impl std::fmt::Debug for GitlabAccess {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("GitlabAccess")
    }
}

/// Documentation that can be searched.
pub trait Documentation: Send + Sync {
    /// The sections that suit a question best, at most this many. May block for a moment.
    fn search(&self, question: &str, most: usize) -> Vec<Found>;
}

/// The endpoint of a request, unless it is for a path of other clients or for everybody. A path that
/// is nobody's is GitLab's: who asks is found out before it is told that there is nothing
/// (gateway.md §2.1).
pub(crate) fn endpoint_of(parts: &Parts) -> Option<Result<Endpoint, Unrouted>> {
    let path = parts.uri.path();
    if is_of_clients(path) {
        return None;
    }
    let endpoint = Endpoint::from_path(parts.method.as_str(), path);
    let is_public = endpoint.as_ref().is_ok_and(Endpoint::is_public);
    (!is_public).then_some(endpoint)
}

/// Answers a request on one of GitLab's paths.
pub(crate) async fn answer<B>(
    endpoint: Result<Endpoint, Unrouted>,
    parts: &Parts,
    body: B,
    via: Via<'_>,
    mut exchange: Exchange<'_>,
) -> Response<AnswerBody>
where
    B: http_body::Body<Data = Bytes> + Send,
{
    exchange.voice = Voice::Gitlab(Speech::Plain);
    let begun = Instant::now();
    let identified = identify(parts, via, &exchange.snapshot).await;
    exchange.record.outcome().token = identity::shown(&identified, begun.elapsed());
    let identity = match identified {
        Ok(identity) => identity,
        Err(error) => {
            exchange.record.leave_untaped();
            throw_away(parts, body).await;
            return exchange.fail(&refused(error, endpoint.is_err(), parts));
        }
    };
    if asks_to_expand(parts, &identity, &mut exchange) {
        let settings = Arc::clone(&exchange.snapshot.settings);
        exchange.record.tape_for_gitlab(parts, &settings);
    }
    let endpoint = match found(endpoint) {
        Ok(endpoint) => endpoint,
        Err(refusal) => {
            throw_away(parts, body).await;
            return exchange.fail(&refusal.into());
        }
    };
    if endpoint == Endpoint::UserToken {
        // Its answer is a credential.
        exchange.record.leave_untaped();
        throw_away(parts, body).await;
        return user_token(parts, &identity, exchange);
    }
    let limit = exchange.snapshot.settings.gateway.max_body_bytes;
    let body = match read_body(parts, body, limit).await {
        Ok(body) => body,
        Err(error) => return exchange.fail(&error),
    };
    exchange.record.received(&body);
    if endpoint == Endpoint::SearchDocs {
        return search(&body, &identity, exchange).await;
    }
    let version = text(parts, &VERSION).and_then(|version| version.parse::<Version>().ok());
    let today = Zoned::now().strftime("%A, %-d %B %Y").to_string();
    match question::read(&endpoint, &body, &identity, version, &today) {
        Ok(asked) => model_answers(asked, &identity, exchange).await,
        Err(refusal) => exchange.fail(&refusal.into()),
    }
}

/// The endpoint, where there is something behind it.
fn found(endpoint: Result<Endpoint, Unrouted>) -> Result<Endpoint, Refusal> {
    match endpoint {
        Ok(Endpoint::UnknownPrompt(id)) => Err(Refusal::NoPrompt(id)),
        Ok(Endpoint::Root | Endpoint::UnknownInvokable) | Err(Unrouted::NotFound) => {
            Err(Refusal::NotFound)
        }
        Err(Unrouted::WrongMethod) => Err(Refusal::WrongMethod),
        Ok(endpoint) => Ok(endpoint),
    }
}

/// What who is not known is told; at a path that is nobody's also that, for it may be a slip.
fn refused(error: GatewayError, is_nowhere: bool, parts: &Parts) -> GatewayError {
    match error {
        GatewayError::TokenRefused { text, .. } if is_nowhere => {
            GatewayError::from(Refusal::Nowhere {
                refused: text,
                method: cut(parts.method.as_str(), 20),
                path: cut(parts.uri.path(), 200),
            })
        }
        error => error,
    }
}

async fn model_answers(
    asked: question::Asked,
    identity: &Identity,
    mut exchange: Exchange<'_>,
) -> Response<AnswerBody> {
    exchange.voice = Voice::Gitlab(asked.speech.clone());
    let may_name = identity.may_name_models();
    // What the admin switched off stays off, whatever model is named; that a model works can be
    // asked all the same.
    let target = target_for(&exchange.snapshot.settings, asked.feature.record().name);
    let is_check = matches!(&asked.speech, Speech::Prompt(_, prompt) if prompt.id == MODEL_CHECK);
    let named = exchange.inside.and_then(|inside| inside.model.clone());
    if let Target::Disabled(feature) = target
        && !is_check
        && named.is_none()
    {
        return exchange.fail(&GatewayError::FeatureOff(feature));
    }
    let choice = choose(&asked.model, may_name, &exchange.snapshot);
    if let Choice::Named(_, snapshot) = &choice {
        exchange.snapshot = Arc::clone(snapshot);
    }
    let snapshot = Arc::clone(&exchange.snapshot);
    let request = ModelRequest::without_body(asked.feature.record().name, asked.streamed);
    let models = match (&named, choice) {
        (Some(name), _) => of_inside(name, &asked, &snapshot.settings, &mut exchange),
        (None, Choice::Registered(id) | Choice::Named(id, _)) => {
            one_model(id, &asked, &mut exchange, snapshot.settings.model(id))
        }
        (None, Choice::Route(note)) => {
            let resolved = resolve(&snapshot.settings, &request, &mut exchange);
            if let Some(note) = note {
                exchange.record.note(note);
            }
            resolved.map(|(models, _)| models)
        }
    };
    let models = match models {
        Ok(models) => models,
        Err(error) => return exchange.fail(&error),
    };
    let wish = Wish {
        kind: WishKind::Question,
        request,
        feature: Some(asked.feature),
        voice: exchange.voice.clone(),
        question: Some(asked.question),
    };
    if exchange.inside.is_some_and(|inside| inside.is_measured) {
        return measure::answer(&wish, &models, exchange).await;
    }
    if asked.is_probe {
        return probe::answer(&wish, &models, exchange).await;
    }
    match ask(&wish, &models, &mut exchange).await {
        Ok(begun) => respond(&wish, begun, exchange).await,
        Err(error) => exchange.fail(&error),
    }
}

/// Who answers the deployment name or the feature that somebody inside the program asks for.
fn of_inside<'a>(
    name: &str,
    asked: &question::Asked,
    settings: &'a Settings,
    exchange: &mut Exchange<'_>,
) -> Result<Vec<&'a Model>, GatewayError> {
    if let Some(model) = settings.model_named(name) {
        return one_model(model.id, asked, exchange, Some(model));
    }
    let request = ModelRequest::without_body(name, asked.streamed);
    resolve(settings, &request, exchange).map(|(models, _)| models)
}

/// The model that the request named, if it is switched on.
fn one_model<'a>(
    id: ModelId,
    asked: &question::Asked,
    exchange: &mut Exchange<'_>,
    model: Option<&'a Model>,
) -> Result<Vec<&'a Model>, GatewayError> {
    let Some(model) = model else {
        return Err(GatewayError::Malformed(format!("no model has the id {id}")));
    };
    let routed = Routed {
        model: model.name.to_string(),
        feature: Some(asked.feature),
        streamed: asked.streamed,
        family: Some(model.family.to_string()),
        provider: Some(model.provider()),
    };
    exchange.record.routed(routed, Some(model));
    match model.enabled {
        true => Ok(vec![model]),
        false => Err(GatewayError::ModelOff(model.name.to_string())),
    }
}

/// Signs a token with which an editor completes code without going through GitLab.
fn user_token(parts: &Parts, identity: &Identity, exchange: Exchange<'_>) -> Response<AnswerBody> {
    let scope = Endpoint::UserToken.scope();
    if let Some(Err(refusal)) = scope.map(|scope| identity.check(scope)) {
        return exchange.fail(&refusal.into());
    }
    let header = |name: &HeaderName, shown| text(parts, name).ok_or(Refusal::NoHeader(shown));
    let user = || {
        Ok(UserIdentity {
            global_user_id: header(&GLOBAL_USER_ID, "X-Gitlab-Global-User-Id")?,
            instance_id: header(&INSTANCE_ID, "X-Gitlab-Instance-Id")?,
            realm: header(&REALM, "X-Gitlab-Realm")?,
        })
    };
    let user = match user() {
        Ok(user) => user,
        Err(refusal) => return exchange.fail(&Refusal::into(refusal)),
    };
    let access = exchange.snapshot.gitlab.access.clone();
    let token = access.and_then(|access| access.user_token(&user, Timestamp::now()).ok());
    match token {
        Some(token) => {
            let answer = wire::token_answer(token.token.expose_secret(), token.expires_at);
            exchange.complete(answer.to_string())
        }
        None => exchange.fail(&Refusal::NoToken.into()),
    }
}

async fn search(
    body: &[u8],
    identity: &Identity,
    mut exchange: Exchange<'_>,
) -> Response<AnswerBody> {
    let request = match wire::read_search(body) {
        Ok(request) => request,
        Err(error) => return exchange.fail(&Refusal::from(error).into()),
    };
    let scope = Endpoint::SearchDocs.scope();
    if let Some(Err(refusal)) = scope.map(|scope| identity.check(scope)) {
        return exchange.fail(&refusal.into());
    }
    let found = match exchange.snapshot.gitlab.documentation.clone() {
        Some(documentation) => {
            let look = move || documentation.search(&request.query, request.page_size);
            tokio::task::spawn_blocking(look).await.unwrap_or_default()
        }
        None => {
            let note = "no documentation folder is set: nothing was found";
            exchange.record.note(note.to_owned());
            Vec::new()
        }
    };
    let answer = wire::search_answer(&found, Timestamp::now().as_second());
    exchange.complete(answer.to_string())
}

/// Whether the request asks to be recorded in full and may do so. GitLab 17.6 to 17.10 ask by a
/// feature flag, 17.11 and later by a header of its own. Only who has a token is GitLab.
fn asks_to_expand(parts: &Parts, identity: &Identity, exchange: &mut Exchange<'_>) -> bool {
    if !exchange.snapshot.settings.recording.by_gitlab {
        return false;
    }
    let flags = text(parts, &FEATURE_FLAGS).unwrap_or_default();
    let is_flagged = flags.split(',').any(|flag| flag.trim() == EXPANDED_FLAG);
    let asks = is_flagged || text(parts, &VERBOSE_LOGS).is_some_and(|said| said == "true");
    let is_gitlab = matches!(identity, Identity::Token(_));
    if asks && !is_gitlab {
        let note = "it asks to be recorded, which only GitLab's token may: none was looked at";
        exchange.record.note(note);
    }
    asks && is_gitlab
}

/// The text of a header, unless it is empty.
fn text(parts: &Parts, name: &HeaderName) -> Option<String> {
    let text = parts.headers.get(name)?.to_str().ok()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

impl From<Refusal> for GatewayError {
    fn from(refusal: Refusal) -> Self {
        Self::Gitlab(Box::new(refusal))
    }
}
