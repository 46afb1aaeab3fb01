//! What the panel shows of GitLab: whose tokens are accepted, who asked lately.

use domain::{GitlabSettings, InstanceUrl};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The documentation that Duo Chat may search.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[ts(export)]
pub enum DocumentationState {
    /// No folder is named.
    #[default]
    None,
    /// The folder is being read.
    Reading,
    /// It can be searched.
    Ready {
        /// Markdown files.
        pages: u32,
        /// Their sections.
        sections: u32,
    },
    /// It cannot be searched.
    Failed {
        /// Why, for the admin.
        problem: String,
    },
}

/// What is set for GitLab, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct GitlabDraft {
    /// The address of the instance; empty for none.
    pub url: String,
    /// The address of the customers portal; empty for none.
    pub customers_portal: String,
    /// Whether programs on this machine may use GitLab's paths without any token.
    pub open_on_loopback: bool,
    /// Whether a model that only GitLab knows is called where the request says.
    pub accept_named_models: bool,
    /// A folder of documentation, named in full; empty for none.
    pub documentation: String,
}

impl From<&GitlabSettings> for GitlabDraft {
    fn from(settings: &GitlabSettings) -> Self {
        let text = |url: &Option<InstanceUrl>| url.as_ref().map(ToString::to_string);
        Self {
            url: text(&settings.url).unwrap_or_default(),
            customers_portal: text(&settings.customers_portal).unwrap_or_default(),
            open_on_loopback: settings.open_on_loopback,
            accept_named_models: settings.accept_named_models,
            documentation: settings.documentation.clone().unwrap_or_default(),
        }
    }
}

/// A variable of the environment that holds over a setting in this run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct OverrideView {
    /// The variable.
    pub variable: String,
    /// The setting, such as `gitlab.url`.
    pub setting: String,
    /// What it says, where no setting shows that and it is no secret.
    #[ts(optional = nullable)]
    pub value: Option<String>,
}

/// A server that publishes the keys which sign tokens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TokenProviderView {
    /// What it is called, such as `GitLab`.
    pub name: String,
    /// Its address.
    pub url: String,
    /// The ids of its keys.
    pub keys: Vec<String>,
    /// When they were loaded.
    #[ts(type = "string | null")]
    pub loaded_at: Option<Timestamp>,
    /// What went wrong last, in words; none when the last try went well.
    #[ts(optional = nullable)]
    pub failure: Option<String>,
    /// When that was.
    #[ts(type = "string | null")]
    pub failed_at: Option<Timestamp>,
    /// Whether it is being asked now.
    pub is_asking: bool,
}

/// A caller whose token was seen lately.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SeenTokenView {
    /// The id of the instance.
    pub instance_id: String,
    /// Its host name, as it says.
    pub host_name: String,
    /// Its version, as it says.
    pub version: String,
    /// The anonymous hash of the user.
    pub user: String,
    /// Whose token was accepted last: `instance` or `user`; none when none was.
    #[ts(optional = nullable)]
    pub accepted: Option<TokenKindView>,
    /// What it may be used for.
    pub scopes: Vec<String>,
    /// When it asked last.
    #[ts(type = "string")]
    pub last_at: Timestamp,
    /// When it was refused last.
    #[ts(type = "string | null")]
    pub refused_at: Option<Timestamp>,
    /// Why, for the admin.
    #[ts(optional = nullable)]
    pub refusal: Option<String>,
}

/// Whose token it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum TokenKindView {
    /// One that the instance signed.
    Instance,
    /// One that we signed for a user.
    User,
}

/// Where the key is kept that signs tokens for users' editors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum UserTokenKey {
    /// There is none, as no GitLab is set or the gateway has not run since; or it is in the memory
    /// of another process.
    #[default]
    None,
    /// In the keyring.
    Keyring,
    /// In the environment.
    Environment,
    /// In memory: it ends with the program, and editors then ask for new tokens.
    Memory,
}

/// A token that was refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RefusalView {
    /// When.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// Why, for the admin.
    pub reason: String,
    /// The row of the log.
    pub correlation_id: String,
}

/// GitLab, as far as Gatehouse knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct GitlabView {
    /// What the admin set, with what the environment says in this run.
    pub settings: GitlabSettings,
    /// The variables that hold over settings.
    pub overrides: Vec<OverrideView>,
    /// Where keys come from, and what is known of each.
    pub providers: Vec<TokenProviderView>,
    /// Callers seen lately, the latest first; empty in a process without the gateway.
    pub seen: Vec<SeenTokenView>,
    /// Where the key for users' tokens is kept.
    pub user_tokens: UserTokenKey,
    /// The documentation.
    pub documentation: DocumentationState,
    /// The last token that was refused.
    #[ts(optional = nullable)]
    pub last_refusal: Option<RefusalView>,
    /// The address to give to GitLab; none while the gateway does not listen.
    #[ts(optional = nullable)]
    pub gateway_url: Option<String>,
}
