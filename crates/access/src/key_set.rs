//! The keys that a provider publishes (RFC 7517). Keeps those that can sign with RS256 and passes
//! over the rest.

use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;

/// The most keys of a provider; GitLab publishes one to three.
const MOST_KEYS: usize = 32;

/// The longest id of a key that is kept, in bytes.
const LONGEST_KID: usize = 256;

/// Whether a modulus in base64 has 2048 to 8192 bits, which is what verification takes.
pub(crate) fn is_fit(modulus: &str) -> bool {
    (342..=1366).contains(&modulus.len())
}

/// The keys of one provider: one to [`MOST_KEYS`].
pub(crate) struct KeySet(Vec<PublicKey>);

/// A key of a provider.
pub(crate) struct PublicKey {
    kid: Option<String>,
    pub(crate) key: DecodingKey,
}

/// What is wrong with a document of keys.
#[derive(Debug)]
pub(crate) enum NoKeySet {
    /// Not a document of keys.
    NotTheDocument,
    /// None that can be used.
    Empty,
}

impl KeySet {
    /// Reads a document of keys.
    pub(crate) fn read(document: &[u8]) -> Result<Self, NoKeySet> {
        #[derive(Deserialize)]
        struct Document {
            keys: Vec<Value>,
        }
        let document: Document =
            serde_json::from_slice(document).map_err(|_| NoKeySet::NotTheDocument)?;
        let keys = document.keys.into_iter().filter_map(read_key);
        let keys: Vec<PublicKey> = keys.take(MOST_KEYS).collect();
        if keys.is_empty() {
            return Err(NoKeySet::Empty);
        }
        Ok(Self(keys))
    }

    /// The keys that may have signed a token that names this key, or none.
    pub(crate) fn candidates(&self, kid: Option<&str>) -> impl Iterator<Item = &PublicKey> {
        let fits = move |key: &&PublicKey| kid.is_none() || key.kid.as_deref() == kid;
        self.0.iter().filter(fits)
    }

    /// The ids of the keys.
    pub(crate) fn kids(&self) -> Vec<String> {
        let kids = self.0.iter().map(|key| key.kid.clone());
        kids.map(|kid| kid.unwrap_or_else(|| "without an id".into()))
            .collect()
    }
}

/// A key that can sign with RS256, by what it says of itself.
fn read_key(value: Value) -> Option<PublicKey> {
    #[derive(Deserialize)]
    struct Key {
        kty: String,
        kid: Option<String>,
        r#use: Option<String>,
        alg: Option<String>,
        n: String,
        e: String,
    }
    let key: Key = serde_json::from_value(value).ok()?;
    let fits = key.kty == "RSA"
        && key.r#use.is_none_or(|purpose| purpose == "sig")
        && key.alg.is_none_or(|algorithm| algorithm == "RS256")
        && key.kid.as_ref().is_none_or(|kid| kid.len() <= LONGEST_KID)
        && is_fit(&key.n);
    if !fits {
        return None;
    }
    let parts = DecodingKey::from_rsa_components(&key.n, &key.e);
    Some(PublicKey {
        kid: key.kid,
        key: parts.ok()?,
    })
}
