//! What is known of model servers: the models that each listed a moment ago, and with them its
//! kind. Asked for only when a request needs it, and never waited for long.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::{Provider, ServerKind};
use providers::{Client, ServedModel, Target, UpstreamError, detect, list_models};
use secrecy::ExposeSecret;

/// How long the list of models of a server is believed.
const BELIEVED_FOR: Duration = Duration::from_secs(60);

/// How long a server may take to list its models when no identifier is set.
const LIST_WITHIN: Duration = Duration::from_secs(5);

/// How long it may take when only its kind is wanted.
const KIND_WITHIN: Duration = Duration::from_secs(1);

/// What servers listed, by endpoint, and when. A server that did not answer is remembered, too.
#[derive(Debug, Default)]
pub(crate) struct Known {
    lists: Mutex<HashMap<Place, (Instant, Listed)>>,
    // Tells keys apart without keeping them: what a server lists may depend on the key.
    hasher: RandomState,
}

/// An endpoint, and the key that it was asked with.
type Place = (String, u64);

/// How long a server that did not answer is left alone.
const SPARED_FOR: Duration = Duration::from_secs(5);

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
        if target.kind != ServerKind::Other || target.connection.server.is_some() {
            return target.kind;
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
        let known = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, listed) = known.get(&self.place_of(target))?;
        let believed_for = if listed.is_ok() {
            BELIEVED_FOR
        } else {
            SPARED_FOR
        };
        (at.elapsed() < believed_for).then(|| listed.clone())
    }

    async fn ask(
        &self,
        client: &Client,
        target: Target<'_>,
        correlation_id: &str,
        within: Duration,
    ) -> Listed {
        let listed = Box::pin(list_models(client, target, correlation_id, within))
            .await
            .map(Arc::new);
        let mut known = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, (at, _)| at.elapsed() < BELIEVED_FOR);
        known.insert(self.place_of(target), (Instant::now(), listed.clone()));
        listed
    }

    fn place_of(&self, target: Target<'_>) -> Place {
        let endpoint = target.server.map_or("", |server| server.typed());
        let key = target
            .key
            .map(|key| self.hasher.hash_one(key.expose_secret()));
        (endpoint.to_owned(), key.unwrap_or(0))
    }
}
