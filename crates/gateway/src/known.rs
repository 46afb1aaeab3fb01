//! What is known of model servers: the models that each listed a moment ago, and with them its
//! kind. Asked for only when a request needs it, and never waited for long.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::{Provider, ServerKind};
use providers::{Client, ServedModel, Target, UpstreamError, detect, list_models};

/// How long the list of models of a server is believed.
const BELIEVED_FOR: Duration = Duration::from_secs(60);

/// How long a server may take to list its models when no identifier is set.
const LIST_WITHIN: Duration = Duration::from_secs(5);

/// How long it may take when only its kind is wanted.
const KIND_WITHIN: Duration = Duration::from_secs(1);

/// What servers listed, by endpoint, and when. A server that did not answer is remembered, too.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<HashMap<String, (Instant, Listed)>>);

type Listed = Result<Arc<Vec<ServedModel>>, UpstreamError>;

impl Known {
    /// The models that a server lists, as they were up to a minute ago.
    pub(crate) async fn models(
        &self,
        client: &Client,
        target: Target<'_>,
        correlation_id: &str,
    ) -> Listed {
        match self.remembered(target) {
            Some(Ok(models)) => Ok(models),
            _ => self.ask(client, target, correlation_id, LIST_WITHIN).await,
        }
    }

    /// The kind of a server of the OpenAI API: as the admin set it, or by what it lists. A server
    /// that cannot say is *other*.
    pub(crate) async fn kind(
        &self,
        client: &Client,
        target: Target<'_>,
        correlation_id: &str,
    ) -> ServerKind {
        if let Some(kind) = target.connection.server {
            return kind;
        }
        if target.provider != Provider::OpenaiCompatible {
            return ServerKind::Other;
        }
        let listed = match self.remembered(target) {
            Some(listed) => listed,
            None => self.ask(client, target, correlation_id, KIND_WITHIN).await,
        };
        listed.map_or(ServerKind::Other, |models| detect(&models))
    }

    /// The context that the server says this model has, when it has said so.
    pub(crate) fn context(&self, target: Target<'_>) -> Option<u32> {
        let models = self.remembered(target)?.ok()?;
        let named = models.iter().find(|served| served.id == target.name);
        named
            .or_else(|| models.first().filter(|_| models.len() == 1))?
            .context
    }

    fn remembered(&self, target: Target<'_>) -> Option<Listed> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, listed) = known.get(place_of(target))?;
        (at.elapsed() < BELIEVED_FOR).then(|| listed.clone())
    }

    async fn ask(
        &self,
        client: &Client,
        target: Target<'_>,
        correlation_id: &str,
        within: Duration,
    ) -> Listed {
        let listed = list_models(client, target, correlation_id, within)
            .await
            .map(Arc::new);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, (at, _)| at.elapsed() < BELIEVED_FOR);
        known.insert(
            place_of(target).to_owned(),
            (Instant::now(), listed.clone()),
        );
        listed
    }
}

fn place_of<'a>(target: Target<'a>) -> &'a str {
    target.server.map_or("", |server| server.typed())
}
