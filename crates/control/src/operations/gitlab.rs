//! What the admin sets for GitLab, and what is known of it.

use access::{ProviderState, SeenToken, TokenKind};
use domain::{Field, GitlabSettings, InstanceUrl, Settings};
use gateway::TOKEN_REFUSED;
use jiff::Timestamp;

use crate::environment::Environment;
use crate::redaction::Redaction;
use crate::view::{
    Counting, GitlabDraft, GitlabView, RefusalView, RequestQuery, SeenTokenView, TokenKindView,
    TokenProviderView,
};
use crate::{Control, Error};

impl Control {
    /// Takes the `AIGW_*` variables of GitLab's own gateway for this run. `lookup` is
    /// `std::env::var`. Returns where to listen, when they say it.
    pub fn use_environment(
        &self,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<domain::ListenAddress>, Error> {
        let environment = Environment::read(lookup)?;
        let listen = environment.listen;
        for (variable, instead) in environment.without_effect() {
            tracing::warn!("{variable} is set and has no effect: {instead}");
        }
        let headers = environment.extra_headers.clone();
        self.gateway.client().add_to_every_call(headers);
        let mut settings = Settings::default();
        environment.apply(&mut settings);
        self.check_log_paths(&settings.log_files)?;
        self.gitlab.use_environment(environment);
        self.apply();
        Ok(listen)
    }

    /// GitLab, as far as it is known.
    pub async fn gitlab(&self, (): ()) -> Result<GitlabView, Error> {
        let settings = self.settings_of_this_run();
        let access = self.gitlab.access();
        let providers = access.map(|access| access.providers()).unwrap_or_default();
        let last_refusal = self.last_refusal().await?;
        let redaction = Redaction::new(&self.settings.load());
        let seen = self.gitlab.seen.list().into_iter();
        let gateway_url = self
            .runner
            .address()
            .await
            .map(|address| format!("http://{address}"));
        Ok(GitlabView {
            settings: settings.gitlab,
            overrides: self.gitlab.with_environment(Environment::view),
            providers: providers.into_iter().map(provider).collect(),
            seen: seen.map(|token| seen_token(token, &redaction)).collect(),
            user_tokens: self.gitlab.user_tokens(),
            documentation: self.gitlab.documentation.state(),
            last_refusal,
            gateway_url,
        })
    }

    /// Changes what is set for GitLab, and asks it for its keys.
    /// A setting that the environment holds over in this run stays as it is stored.
    pub async fn save_gitlab_settings(&self, input: GitlabDraft) -> Result<GitlabView, Error> {
        self.change(|settings| {
            let mut next = parsed(&input, &settings.gitlab)?;
            let stored = &settings.gitlab;
            self.gitlab
                .with_environment(|environment| environment.leave(&mut next, stored));
            settings.gitlab = next;
            Ok(())
        })
        .await?;
        self.check_gitlab(()).await
    }

    /// Asks every provider of keys now, also in a process without a gateway.
    pub async fn check_gitlab(&self, (): ()) -> Result<GitlabView, Error> {
        let signs = self.runner.address().await.is_some();
        self.prepare_gitlab(signs).await?;
        if let Some(access) = self.gitlab.access() {
            access.check_providers(Timestamp::now()).await;
            self.touch();
        }
        self.gitlab(()).await
    }

    /// The last token that was refused, by this process or another.
    async fn last_refusal(&self) -> Result<Option<RefusalView>, Error> {
        let query = RequestQuery {
            limit: 1,
            count: Counting::Skip,
            query: Some(format!("state:refused \"{TOKEN_REFUSED}\"")),
            ..RequestQuery::default()
        };
        let page = self.list_requests(query).await?;
        Ok(page.rows.into_iter().next().map(|row| RefusalView {
            at: row.started_at,
            reason: row.error.unwrap_or_default(),
            correlation_id: row.correlation_id,
        }))
    }

    /// Accepts the tokens that the settings of this run name, and reads the documentation. A key
    /// for users' tokens is made only where this process `signs` them.
    pub(crate) async fn prepare_gitlab(&self, signs: bool) -> Result<(), Error> {
        let settings = self.settings_of_this_run();
        if self.holds_folder() {
            let changes = self.changes_sender();
            let gitlab = &settings.gitlab;
            let folder = gitlab.documentation.as_deref();
            let done = move || changes.send_modify(|count| *count += 1);
            self.gitlab
                .documentation
                .use_folder(folder, gitlab.url.as_ref(), done);
        }
        self.gitlab.prepare(&settings, &self.keys, signs).await?;
        self.apply();
        Ok(())
    }
}

/// The settings that were typed, with what a newer program stored beside them.
fn parsed(input: &GitlabDraft, stored: &GitlabSettings) -> Result<GitlabSettings, Error> {
    let text = |typed: &str| Some(typed.trim().to_owned()).filter(|text| !text.is_empty());
    let url = |typed: &str, name: &'static str, field: Field| {
        let read = |text: String| InstanceUrl::named(&text, name);
        let parsed = text(typed).map(read).transpose();
        parsed.map_err(|error| Error::from(error).about(field))
    };
    let settings = GitlabSettings {
        url: url(&input.url, "the GitLab URL", Field::Url)?,
        customers_portal: url(
            &input.customers_portal,
            "the customers portal",
            Field::CustomersPortal,
        )?,
        open_on_loopback: input.open_on_loopback,
        accept_named_models: input.accept_named_models,
        documentation: text(&input.documentation),
        rest: stored.rest.clone(),
    };
    let checked = settings.check();
    checked.map_err(|error| Error::from(error).about(Field::Documentation))?;
    Ok(settings)
}

fn provider(state: ProviderState) -> TokenProviderView {
    TokenProviderView {
        name: state.name.to_string(),
        url: state.url.to_string(),
        keys: state.kids,
        loaded_at: state.loaded_at,
        failed_at: state.failure.as_ref().map(|failure| failure.at),
        failure: state.failure.map(|failure| failure.words),
        is_asking: state.is_asking,
    }
}

/// What is known of a token. What its headers say is anybody's word.
fn seen_token(token: SeenToken, redaction: &Redaction) -> SeenTokenView {
    let shown = |mut text: String| {
        redaction.text(&mut text);
        text
    };
    SeenTokenView {
        instance_id: shown(token.instance_id),
        host_name: shown(token.host_name),
        version: shown(token.version),
        user: shown(token.global_user_id),
        accepted: token.accepted.map(|kind| match kind {
            TokenKind::Instance => TokenKindView::Instance,
            TokenKind::User => TokenKindView::User,
        }),
        scopes: token.scopes.iter().map(ToString::to_string).collect(),
        last_at: token.last_at,
        refused_at: token.refusal.as_ref().map(|refusal| refusal.at),
        refusal: token.refusal.map(|refusal| shown(refusal.reason)),
    }
}
