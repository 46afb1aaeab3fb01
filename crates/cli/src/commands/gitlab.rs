//! `gatehouse gitlab …`

use control::Control;
use control::view::{DocumentationState, GitlabView, TokenProviderView};
use domain::GitlabSettings;

use crate::arguments::{GitlabCommand, GitlabOptions};
use crate::output::{Output, Stop, table};

pub(super) async fn run(
    command: &GitlabCommand,
    control: &Control,
    output: Output,
) -> Result<(), Stop> {
    let view = match command {
        GitlabCommand::Set { url, options } => {
            let mut settings = control.gitlab(()).await?.settings;
            if let Some(url) = url {
                settings.url = Some(url.parse()?);
            }
            change(&mut settings, options)?;
            control.save_gitlab_settings(settings).await?
        }
        GitlabCommand::Clear => {
            let mut settings = control.gitlab(()).await?.settings;
            settings.url = None;
            settings.customers_portal = None;
            control.save_gitlab_settings(settings).await?
        }
        GitlabCommand::Status => control.gitlab_status().await?,
    };
    output.show(&view, status)
}

fn change(settings: &mut GitlabSettings, options: &GitlabOptions) -> Result<(), Stop> {
    if let Some(url) = &options.customers_portal {
        settings.customers_portal = match url.as_str() {
            "none" => None,
            url => Some(url.parse()?),
        };
    }
    if let Some(folder) = &options.documentation {
        settings.documentation = match folder.as_str() {
            "none" => None,
            folder => Some(folder.to_owned()),
        };
    }
    settings.open_on_loopback = options
        .open_on_loopback
        .unwrap_or(settings.open_on_loopback);
    settings.accept_named_models = options
        .accept_named_models
        .unwrap_or(settings.accept_named_models);
    Ok(())
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
    lines.push(match &view.last_refusal {
        Some(refusal) => format!(
            "Last refusal: {} {} (correlation id {})",
            refusal.at, refusal.reason, refusal.correlation_id
        ),
        None => "Last refusal: none".into(),
    });
    lines.join("\n")
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
