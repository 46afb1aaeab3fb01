//! Lists the models and inference profiles of a region. They are at another host than the models
//! themselves, so a private endpoint has no list.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::environment::Environment;
use super::region;
use crate::client::get;
use crate::{AnswerForm, Client, ServedModel, Target, UpstreamError, read_whole, words};

/// The models that can be called on demand, then the inference profiles.
pub(crate) async fn list_models(
    client: &Client,
    target: Target<'_>,
    correlation_id: &str,
    within: Duration,
) -> Result<Vec<ServedModel>, UpstreamError> {
    let base = region::control_base(&Environment::of_process(), target)?;
    list_at(base, client, target, correlation_id, within).await
}

pub(super) async fn list_at(
    base: Option<Url>,
    client: &Client,
    target: Target<'_>,
    correlation_id: &str,
    within: Duration,
) -> Result<Vec<ServedModel>, UpstreamError> {
    let base = base.ok_or_else(|| UpstreamError::Unsupported {
        who: "a private endpoint of AWS Bedrock".into(),
        what: "a list of models".into(),
    })?;
    let ask = Question {
        base: &base,
        client,
        target,
        correlation_id,
        within,
    };
    let models: Models = ask.page("foundation-models", None).await?;
    let profiles: Result<Profiles, _> = ask.page("inference-profiles", Some(1000)).await;
    let on_demand = models.model_summaries.into_iter().filter(|model| {
        let mut kinds = model.inference_types_supported.iter();
        kinds.any(|kind| kind == "ON_DEMAND")
    });
    let mut served: Vec<ServedModel> = on_demand
        .map(|model| served(&model.model_id, model.provider_name))
        .collect();
    // Who may list models may not always list profiles.
    let profiles = profiles.map(|profiles| profiles.inference_profile_summaries);
    for profile in profiles.unwrap_or_default() {
        served.push(self::served(&profile.inference_profile_id, None));
    }
    Ok(served)
}

fn served(id: &str, owner: Option<String>) -> ServedModel {
    ServedModel {
        id: words::cut(id, 1_000),
        context: None,
        owner: owner.map(|owner| words::cut(&owner, 100)),
    }
}

struct Question<'a> {
    base: &'a Url,
    client: &'a Client,
    target: Target<'a>,
    correlation_id: &'a str,
    within: Duration,
}

impl Question<'_> {
    async fn page<T: DeserializeOwned>(
        &self,
        path: &str,
        most: Option<u32>,
    ) -> Result<T, UpstreamError> {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{path}", url.path().trim_end_matches('/')));
        if let Some(most) = most {
            url.query_pairs_mut()
                .append_pair("maxResults", &most.to_string());
        }
        let host = outbound::host_of(&url);
        let call = get(url, AnswerForm::Converse);
        let work = async {
            let response = self
                .client
                .send(&call, self.target, self.correlation_id, self.within)
                .await?;
            read_whole(response, &host).await
        };
        let body = tokio::time::timeout(self.within, work)
            .await
            .map_err(|_| UpstreamError::Late {
                host: host.clone(),
                after: self.within,
            })??;
        serde_json::from_slice(&body).map_err(|_| UpstreamError::NotTheApi {
            host,
            said: words::describe(&body),
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Models {
    model_summaries: Vec<Model>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Model {
    model_id: String,
    provider_name: Option<String>,
    #[serde(default)]
    inference_types_supported: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profiles {
    inference_profile_summaries: Vec<Profile>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    inference_profile_id: String,
}
