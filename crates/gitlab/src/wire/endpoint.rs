//! The paths that GitLab and the editors call, with the scope that each needs and the feature that
//! answers it. Serves nothing; a client's own paths are not among them.

use domain::Feature;
use percent_encoding::percent_decode_str;

use crate::prompt::Prompt;

/// How much of a prompt's id an error repeats, in characters.
const LONGEST_ID: usize = 100;

/// What a path asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// `/`: an authenticated call finds nothing here, any other is told to authenticate.
    Root,
    /// Whether the gateway lives. Needs no authentication.
    Healthz,
    /// Whether it can serve. Needs no authentication.
    Ready,
    /// `/v2/code/completions` and `/v2/completions`.
    Completions,
    /// `/v2/code/generations`.
    Generations,
    /// `/v3/code/completions`: completion or generation, as the body says. A stream is raw text.
    SuggestionsV3,
    /// `/v4/code/suggestions`: the same. A stream is of server-sent events.
    SuggestionsV4,
    /// `/v2/chat/agent`.
    ChatAgent,
    /// `/v1/prompts/{id}` and `/v2/prompts/{id}`.
    Prompt(PromptApi, &'static Prompt),
    /// The same with an id that is no prompt of ours; the id, cut.
    UnknownPrompt(String),
    /// `/v1/chat/{invokable}`.
    LegacyChat(&'static Invokable),
    /// The same with another word.
    UnknownInvokable,
    /// `/v1/search/gitlab-docs`.
    SearchDocs,
    /// `/v1/code/user_access_token`.
    UserToken,
}

/// Which form the answer to a prompt has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptApi {
    /// A bare text.
    V1,
    /// A text with its token counts.
    V2,
}

/// Why a path is none of GitLab's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unrouted {
    /// There is no such path here.
    NotFound,
    /// There is, with another method.
    WrongMethod,
}

/// The scopes of which a token needs one, and what it is told when it has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// The scopes (GitLab's *unit primitives*).
    pub any_of: &'static [&'static str],
    /// What the token may not do, as in `access code completions`, or the id of a prompt.
    denied: &'static str,
    is_prompt: bool,
    /// Whether a token that a gateway issued is refused although it has the scope.
    pub refuses_user_tokens: bool,
}

/// What `/v1/chat` can be asked for. The prompt is in the body.
#[derive(Debug, PartialEq, Eq)]
pub struct Invokable {
    /// Its word in the path.
    pub name: &'static str,
    /// The scopes of which a token needs one.
    pub scopes: &'static [&'static str],
    /// The feature that answers it.
    pub feature: Feature,
}

const fn invokable(
    name: &'static str,
    scopes: &'static [&'static str],
    feature: Feature,
) -> Invokable {
    Invokable {
        name,
        scopes,
        feature,
    }
}

#[rustfmt::skip]
const INVOKABLES: &[Invokable] = &[
    invokable("agent", &["duo_chat", "duo_classic_chat"], Feature::DuoChat),
    invokable("explain_code", &["duo_chat", "explain_code"], Feature::DuoChatExplainCode),
    invokable("write_tests", &["duo_chat", "write_tests"], Feature::DuoChatWriteTests),
    invokable("refactor_code", &["duo_chat", "refactor_code"], Feature::DuoChatRefactorCode),
    invokable("explain_vulnerability", &["explain_vulnerability"], Feature::DuoChatExplainVulnerability),
    invokable("summarize_comments", &["summarize_comments"], Feature::DuoChatSummarizeComments),
    invokable("troubleshoot_job", &["troubleshoot_job"], Feature::DuoChatTroubleshootJob),
];

impl Scope {
    const fn new(any_of: &'static [&'static str], denied: &'static str) -> Self {
        Self {
            any_of,
            denied,
            is_prompt: false,
            refuses_user_tokens: false,
        }
    }

    /// The scope of completion, in every version of the path.
    pub const COMPLETION: Self = Self::new(&["complete_code"], "access code completions");

    /// The scope of generation, in every version of the path.
    pub const GENERATION: Self = Self {
        refuses_user_tokens: true,
        ..Self::new(&["generate_code"], "access code generations")
    };

    /// What a token without them is told.
    pub fn denial(&self) -> String {
        let denied = self.denied;
        if self.is_prompt {
            format!("Unauthorized to access '{denied}'")
        } else {
            format!("Unauthorized to {denied}")
        }
    }

    /// Whether a token with these scopes has one of them.
    pub fn is_met(&self, has_scope: impl Fn(&str) -> bool) -> bool {
        self.any_of.iter().any(|scope| has_scope(scope))
    }
}

impl Endpoint {
    /// The endpoint of a method and a path without its query. Slashes that are doubled or at the
    /// end do not matter.
    pub fn from_path(method: &str, path: &str) -> Result<Self, Unrouted> {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let endpoint = Self::of(&parts).ok_or(Unrouted::NotFound)?;
        let methods: &[&str] = match endpoint {
            Self::Root | Self::Healthz | Self::Ready => &["GET", "HEAD"],
            _ => &["POST"],
        };
        if methods.contains(&method) {
            Ok(endpoint)
        } else {
            Err(Unrouted::WrongMethod)
        }
    }

    fn of(parts: &[&str]) -> Option<Self> {
        Some(match parts {
            [] => Self::Root,
            ["monitoring", "healthz"] => Self::Healthz,
            ["monitoring", "ready"] => Self::Ready,
            ["v2", "completions"] | ["v2", "code", "completions"] => Self::Completions,
            ["v2", "code", "generations"] => Self::Generations,
            ["v3", "code", "completions"] => Self::SuggestionsV3,
            ["v4", "code", "suggestions"] => Self::SuggestionsV4,
            ["v2", "chat", "agent"] => Self::ChatAgent,
            ["v1", "prompts", id @ ..] => Self::prompt(PromptApi::V1, id),
            ["v2", "prompts", id @ ..] => Self::prompt(PromptApi::V2, id),
            // OpenAI's own path has the same form.
            ["v1", "chat", "completions"] => return None,
            ["v1", "chat", name] => INVOKABLES
                .iter()
                .find(|invokable| invokable.name == *name)
                .map_or(Self::UnknownInvokable, Self::LegacyChat),
            ["v1", "search", "gitlab-docs"] => Self::SearchDocs,
            ["v1", "code", "user_access_token"] => Self::UserToken,
            _ => return None,
        })
    }

    /// A prompt by its id, whose slashes may be encoded.
    fn prompt(api: PromptApi, id: &[&str]) -> Self {
        let id = id.join("/");
        let id = percent_decode_str(&id).decode_utf8_lossy();
        let parts: Vec<&str> = id.split('/').filter(|part| !part.is_empty()).collect();
        let id = parts.join("/");
        Prompt::find(&id).map_or_else(
            |_| Self::UnknownPrompt(providers::cut(&id, LONGEST_ID)),
            |record| Self::Prompt(api, record),
        )
    }

    /// Whether it is served without authentication.
    pub fn is_public(&self) -> bool {
        matches!(self, Self::Healthz | Self::Ready)
    }

    /// What a token needs; none where nothing is asked beyond a valid token, or where the body
    /// decides (`SuggestionsV3` and `V4`: `Scope::COMPLETION` or `Scope::GENERATION`).
    pub fn scope(&self) -> Option<Scope> {
        Some(match self {
            Self::Completions => Scope::COMPLETION,
            Self::Generations => Scope::GENERATION,
            Self::ChatAgent => Scope::new(&["duo_chat", "duo_classic_chat"], "access duo chat"),
            Self::Prompt(_, record) => Scope {
                is_prompt: true,
                ..Scope::new(record.scopes, record.id)
            },
            Self::LegacyChat(invokable) => Scope::new(invokable.scopes, "access duo chat"),
            Self::SearchDocs => Scope::new(&["documentation_search"], "search documentations"),
            Self::UserToken => Scope {
                refuses_user_tokens: true,
                ..Scope::new(&["complete_code"], "create user access token")
            },
            Self::Root
            | Self::Healthz
            | Self::Ready
            | Self::SuggestionsV3
            | Self::SuggestionsV4
            | Self::UnknownPrompt(_)
            | Self::UnknownInvokable => return None,
        })
    }

    /// The feature that answers it; none where no model does, or where the body decides.
    pub fn feature(&self) -> Option<Feature> {
        match self {
            Self::Completions => Some(Feature::CodeCompletions),
            Self::Generations => Some(Feature::CodeGenerations),
            Self::ChatAgent => Some(Feature::DuoChat),
            Self::Prompt(_, record) => Some(record.feature),
            Self::LegacyChat(invokable) => Some(invokable.feature),
            _ => None,
        }
    }
}
