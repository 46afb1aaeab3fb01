//! Our own keys: made, read from PEM, handed back to be kept, and used to sign user tokens. Keeps
//! nothing outside memory.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use jiff::Timestamp;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use crate::key_set::is_fit;
use crate::{AccessError, Scope, ServiceName, UserIdentity};

/// The ids of our keys, as GitLab's own gateway names them.
const SIGNING_KID: &str = "gitlab-ai-gateway_signing_key";
const VALIDATION_KID: &str = "gitlab-ai-gateway_validation_key";

/// How long a user token holds, in seconds; GitLab asks for a new one in time.
const LIFE: i64 = 3600;

/// The key that signs user tokens: RSA of 2048 bits or more.
pub struct SigningKey {
    private: EncodingKey,
    public: DecodingKey,
    pem: SecretString,
}

/// A key that does not sign any more, or signs elsewhere, and whose tokens hold all the same.
pub struct ValidationKey(DecodingKey);

/// The keys whose tokens are ours. By default there are none: no token can be signed.
#[derive(Default)]
pub struct OwnKeys {
    signing: Option<SigningKey>,
    validation: Option<ValidationKey>,
}

/// A user token, to be handed to GitLab.
#[derive(Debug)]
pub struct UserToken {
    /// The token.
    pub token: SecretString,
    /// When it ends, in seconds since 1970.
    pub expires_at: i64,
}

impl SigningKey {
    /// A new key. Takes a good part of a second of computing.
    pub fn generate() -> Result<Self, AccessError> {
        let refused = |_| AccessError::Crypto(SIGNING);
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(refused)?;
        let der: Pkcs8V1Der<'_> = pair.as_der().map_err(refused)?;
        let pem = pem::encode(&pem::Pem::new("PRIVATE KEY", der.as_ref()));
        Self::from_pem(pem.into())
    }

    /// The key in this PEM, PKCS#8 or PKCS#1, as `AIGW_SELF_SIGNED_JWT__SIGNING_KEY` holds it.
    pub fn from_pem(pem: SecretString) -> Result<Self, AccessError> {
        let (private, public) = read_private(&pem, SIGNING)?;
        Ok(Self {
            private,
            public,
            pem,
        })
    }

    /// The key as PEM, to be kept.
    pub fn pem(&self) -> &SecretString {
        &self.pem
    }
}

impl ValidationKey {
    /// The key in this PEM, private or public, as `AIGW_SELF_SIGNED_JWT__VALIDATION_KEY` holds it.
    pub fn from_pem(pem: &SecretString) -> Result<Self, AccessError> {
        if pem.expose_secret().contains("PRIVATE KEY") {
            return Ok(Self(read_private(pem, VALIDATION)?.1));
        }
        let key = DecodingKey::from_rsa_pem(pem.expose_secret().as_bytes());
        let key = key.map_err(|_| unreadable(VALIDATION))?;
        match Jwk::from_decoding_key(&key, None).map(|jwk| jwk.algorithm) {
            Ok(AlgorithmParameters::RSA(parts)) if is_fit(&parts.n) => Ok(Self(key)),
            _ => Err(unfit(VALIDATION)),
        }
    }
}

impl OwnKeys {
    /// These keys.
    pub fn new(signing: SigningKey, validation: Option<ValidationKey>) -> Self {
        Self {
            signing: Some(signing),
            validation,
        }
    }

    /// Whether a key id is ours. No provider can speak for it, whatever it publishes.
    pub(crate) fn is_ours(kid: &str) -> bool {
        matches!(kid, SIGNING_KID | VALIDATION_KID)
    }

    /// The key with this id.
    pub(crate) fn find(&self, kid: &str) -> Option<&DecodingKey> {
        match kid {
            SIGNING_KID => self.signing.as_ref().map(|key| &key.public),
            VALIDATION_KID => self.validation.as_ref().map(|key| &key.0),
            _ => None,
        }
    }

    /// Signs a user token that completes code for an hour.
    pub(crate) fn sign(
        &self,
        service: &ServiceName,
        user: &UserIdentity,
        now: Timestamp,
    ) -> Result<UserToken, AccessError> {
        let signing = self.signing.as_ref().ok_or(AccessError::NoSigningKey)?;
        let issued_at = now.as_second();
        let claims = UserClaims {
            iss: service.as_str(),
            aud: service.as_str(),
            sub: &user.global_user_id,
            iat: issued_at,
            nbf: issued_at,
            exp: issued_at + LIFE,
            scopes: [Scope::COMPLETE_CODE],
            gitlab_realm: &user.realm,
            gitlab_instance_id: &user.instance_id,
        };
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(SIGNING_KID.into());
        let token = jsonwebtoken::encode(&header, &claims, &signing.private);
        Ok(UserToken {
            token: token.map_err(|_| AccessError::Crypto("user token"))?.into(),
            expires_at: claims.exp,
        })
    }
}

#[derive(Serialize)]
struct UserClaims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    iat: i64,
    nbf: i64,
    exp: i64,
    scopes: [Scope; 1],
    gitlab_realm: &'a str,
    gitlab_instance_id: &'a str,
}

const SIGNING: &str = "signing key";
const VALIDATION: &str = "validation key";

/// Both halves of a private key.
fn read_private(
    pem: &SecretString,
    which: &'static str,
) -> Result<(EncodingKey, DecodingKey), AccessError> {
    let private = EncodingKey::from_rsa_pem(pem.expose_secret().as_bytes());
    let private = private.map_err(|_| unreadable(which))?;
    let public = Jwk::from_encoding_key(&private, Algorithm::RS256);
    let public = public.and_then(|public| DecodingKey::from_jwk(&public));
    Ok((private, public.map_err(|_| unfit(which))?))
}

fn unreadable(which: &'static str) -> AccessError {
    AccessError::Key {
        which,
        problem: "is not an unencrypted RSA key as PEM, which begins with \
                  \"-----BEGIN PRIVATE KEY-----\" on a line of its own",
    }
}

fn unfit(which: &'static str) -> AccessError {
    AccessError::Key {
        which,
        problem: "is not an RSA key of 2048 to 8192 bits of the kind that is needed",
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningKey(…)")
    }
}

impl fmt::Debug for ValidationKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ValidationKey(…)")
    }
}

impl fmt::Debug for OwnKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OwnKeys(…)")
    }
}
