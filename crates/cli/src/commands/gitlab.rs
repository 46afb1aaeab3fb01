//! `gatehouse gitlab …`

use control::Operator;
use control::view::{DocumentationState, GitlabDraft, GitlabView, TokenProviderView, UserTokenKey};

use super::gitlab_prompt;
use crate::arguments::{GitlabCommand, GitlabOptions};
use crate::output::{Output, Stop, table};

pub(super) async fn run(
    command: &GitlabCommand,
    operator: &Operator,
    output: Output,
) -> Result<(), Stop> {
    let view = match command {
        GitlabCommand::Set { url, options } => {
            let mut draft = GitlabDraft::from(&operator.gitlab(()).await?.settings);
            if let Some(url) = url {
                draft.url.clone_from(url);
            }
            change(&mut draft, options);
            operator.save_gitlab_settings(draft).await?
        }
        GitlabCommand::Clear => {
            let mut draft = GitlabDraft::from(&operator.gitlab(()).await?.settings);
            draft.url.clear();
            draft.customers_portal.clear();
            operator.save_gitlab_settings(draft).await?
        }
        GitlabCommand::Status => operator.check_gitlab(()).await?,
        GitlabCommand::Prompt(command) => {
            return gitlab_prompt::run(command, operator, output).await;
        }
    };
    output.show(&view, status)
}

fn change(draft: &mut GitlabDraft, options: &GitlabOptions) {
    let given = |option: &Option<String>| match option.as_deref() {
        Some("none") => Some(String::new()),
        given => given.map(str::to_owned),
    };
    draft.customers_portal = given(&options.customers_portal)
        .unwrap_or_else(|| std::mem::take(&mut draft.customers_portal));
    draft.documentation =
        given(&options.documentation).unwrap_or_else(|| std::mem::take(&mut draft.documentation));
    draft.open_on_loopback = options.open_on_loopback.unwrap_or(draft.open_on_loopback);
    draft.accept_named_models = options
        .accept_named_models
        .unwrap_or(draft.accept_named_models);
}

fn status(view: &GitlabView) -> String {
    let settings = &view.settings;
    let mut lines = vec![match &settings.url {
        Some(url) => format!("GitLab: {url}"),
        None => "GitLab: none is set, so no token of an instance is accepted. Set one with `gatehouse gitlab set URL`.".into(),
    }];
    if settings.open_on_loopback {
        lines
            .push("Warning: programs on this machine use GitLab's paths without any token.".into());
    }
    if settings.accept_named_models {
        lines.push("Models that only GitLab knows are called at the address that it names.".into());
    }
    lines.extend(view.overrides.iter().map(|set| {
        format!(
            "{} is set in the environment, over {}.",
            set.variable, set.setting
        )
    }));
    match &view.documentation {
        DocumentationState::None => {}
        DocumentationState::Reading => lines.push("The documentation is being read.".into()),
        DocumentationState::Ready { pages, sections } => {
            lines.push(format!(
                "Documentation: {pages} pages, {sections} sections."
            ));
        }
        DocumentationState::Failed { problem } => lines.push(problem.clone()),
    }
    if !view.providers.is_empty() {
        let rows: Vec<_> = view.providers.iter().map(provider).collect();
        lines.push(String::new());
        lines.push(table(&["KEYS FROM", "ADDRESS", "KEYS", "STATE"], &rows));
    }
    if settings.url.is_some() || settings.customers_portal.is_some() {
        lines.push(format!(
            "Key for users' tokens: {}",
            place(view.user_tokens)
        ));
    }
    lines.push(match &view.last_refusal {
        Some(refusal) => format!(
            "Last refusal: {} {} (correlation id {})",
            refusal.at, refusal.reason, refusal.correlation_id
        ),
        None => "Last refusal: none".into(),
    });
    lines.join("\n")
}

fn place(key: UserTokenKey) -> &'static str {
    match key {
        UserTokenKey::None => {
            "none in the keyring. The gateway makes one when it starts, and keeps it in memory \
             where there is no keyring."
        }
        UserTokenKey::Keyring => "in the keyring.",
        UserTokenKey::Environment => "in the environment.",
        UserTokenKey::Memory => {
            "in memory, as there is no keyring. Editors ask for new tokens after a restart."
        }
    }
}

fn provider(provider: &TokenProviderView) -> Vec<String> {
    let state = match (&provider.failure, provider.loaded_at) {
        (Some(failure), _) => failure.clone(),
        (None, Some(at)) => format!("loaded {at}"),
        (None, None) => "not asked yet".into(),
    };
    let keys = match provider.keys.is_empty() {
        true => "none".into(),
        false => provider.keys.join(", "),
    };
    vec![provider.name.clone(), provider.url.clone(), keys, state]
}
