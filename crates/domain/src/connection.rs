//! How to reach a model, where its provider leaves a choice. Opens no connection.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Auth, DomainError, Field, Parameter, ServerKind};

/// How to reach a model, where its provider leaves a choice.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct Connection {
    /// How a call proves who it is.
    pub auth: Auth,
    /// The kind of server behind the OpenAI API; none to find out.
    #[ts(optional = nullable)]
    pub server: Option<ServerKind>,
    /// The version of the provider's API: a date such as `2024-10-21`; none for the default.
    #[ts(optional = nullable)]
    pub api_version: Option<String>,
    /// The region, such as `eu-central-1`; none to find it in the identifier, the endpoint or the
    /// environment.
    #[ts(optional = nullable)]
    pub region: Option<String>,
    /// Requests that this model answers at once, 1 to 10,000; none for no limit of its own.
    #[ts(optional = nullable)]
    pub max_concurrent: Option<u32>,
    /// The context in tokens; none for the family's.
    #[ts(optional = nullable)]
    pub context: Option<u32>,
    /// What this model refuses beside what its family refuses.
    pub refuses: Vec<Parameter>,
}

impl Connection {
    /// Checks what does not depend on the provider.
    pub fn check(&self) -> Result<(), DomainError> {
        if let Some(version) = &self.api_version
            && !is_word(version)
        {
            let problem = format!("\"{version}\" is not an API version, such as 2024-10-21");
            return refuse(Field::ApiVersion, problem);
        }
        if let Some(region) = &self.region
            && !is_region(region)
        {
            let problem = format!("\"{region}\" is not a region, such as eu-central-1");
            return refuse(Field::Region, problem);
        }
        check_auth(&self.auth)?;
        let is_within = |count: Option<u32>, range: RangeInclusive<u32>| {
            count.is_none_or(|count| range.contains(&count))
        };
        if !is_within(self.max_concurrent, 1..=10_000) {
            let problem = "the requests at once of a model are 1 to 10,000";
            return refuse(Field::MaxConcurrent, problem.into());
        }
        if !is_within(self.context, 256..=20_000_000) {
            let problem = "the context is 256 to 20,000,000 tokens";
            return refuse(Field::Context, problem.into());
        }
        Ok(())
    }
}

fn check_auth(auth: &Auth) -> Result<(), DomainError> {
    let name = |field, title: &str, text: &str| match text {
        "" => refuse(field, format!("the {title} is empty")),
        text if !is_word(text) => refuse(
            field,
            format!("\"{text}\" cannot be the {title}: it has letters, digits, - . and _ alone"),
        ),
        _ => Ok(()),
    };
    match auth {
        Auth::Entra { tenant, client_id } => {
            name(Field::Tenant, "tenant", tenant)?;
            name(Field::ClientId, "client id", client_id)
        }
        Auth::AwsKeys { access_key_id } => name(Field::AccessKeyId, "access key id", access_key_id),
        Auth::AwsChain {
            profile: Some(profile),
        } if profile.trim().is_empty()
            || profile.len() > 200
            || profile.chars().any(char::is_control) =>
        {
            let problem = "the AWS profile needs a name of 1 to 200 characters";
            refuse(Field::Profile, problem.into())
        }
        _ => Ok(()),
    }
}

fn refuse(field: Field, problem: String) -> Result<(), DomainError> {
    Err(DomainError::Connection { field, problem })
}

fn is_word(text: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._".contains(letter);
    !text.is_empty() && text.len() <= 200 && text.chars().all(is_plain)
}

/// Whether a text has the form of an AWS region: `eu-central-1`, `us-gov-west-1`. It ends with a
/// direction and a number; which numbers exist only AWS knows.
pub fn is_region(text: &str) -> bool {
    const DIRECTIONS: [&str; 9] = [
        "central",
        "north",
        "northeast",
        "northwest",
        "east",
        "south",
        "southeast",
        "southwest",
        "west",
    ];
    let is_word = |part: &&str| {
        (2..=4).contains(&part.len()) && part.chars().all(|letter| letter.is_ascii_lowercase())
    };
    let parts: Vec<&str> = text.split('-').collect();
    let [area @ .., direction, number] = parts.as_slice() else {
        return false;
    };
    (1..=2).contains(&area.len())
        && area.iter().all(is_word)
        && DIRECTIONS.contains(direction)
        && (1..=2).contains(&number.len())
        && number.chars().all(|digit| digit.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_has_the_form_of_one() {
        for text in [
            "eu-central-1",
            "us-gov-west-1",
            "ap-southeast-2",
            "us-iso-east-1",
            "eusc-de-east-1",
            "mx-central-1",
        ] {
            assert!(is_region(text), "{text}");
        }
        for text in [
            "",
            "eu",
            "central-1",
            "eu-central",
            "eu-frankfurt-1",
            "EU-central-1",
            "eu-central-1a",
            "eu-central-100",
            "e-central-1",
            "us.evil.example/-west-1",
        ] {
            assert!(!is_region(text), "{text}");
        }
    }

    #[test]
    fn a_connection_that_cannot_work_is_refused_with_the_value() {
        let entra = |tenant: &str, client_id: &str| Auth::Entra {
            tenant: tenant.into(),
            client_id: client_id.into(),
        };
        let chain = |profile: &str| Auth::AwsChain {
            profile: Some(profile.into()),
        };
        let keys = |id: &str| Auth::AwsKeys {
            access_key_id: id.into(),
        };
        let ok = Connection::default;
        let with = |auth| Connection { auth, ..ok() };
        let sound = Connection {
            auth: entra(
                "contoso.onmicrosoft.com",
                "00000000-0000-0000-0000-000000000001",
            ),
            api_version: Some("2024-08-01-preview".into()),
            region: Some("eu-central-1".into()),
            max_concurrent: Some(10_000),
            context: Some(256),
            ..ok()
        };
        assert_eq!(sound.check(), Ok(()));
        assert_eq!(with(chain("my profile")).check(), Ok(()));
        #[rustfmt::skip]
        let refused = [
            (Connection { api_version: Some("2024&x=1".into()), ..ok() }, "2024&x=1", Field::ApiVersion),
            (Connection { api_version: Some(String::new()), ..ok() }, "API version", Field::ApiVersion),
            (Connection { region: Some("eu-frankfurt".into()), ..ok() }, "eu-frankfurt", Field::Region),
            (Connection { max_concurrent: Some(0), ..ok() }, "1 to 10,000", Field::MaxConcurrent),
            (Connection { max_concurrent: Some(10_001), ..ok() }, "1 to 10,000", Field::MaxConcurrent),
            (Connection { context: Some(255), ..ok() }, "256", Field::Context),
            (with(entra("a/../b", "x")), "a/../b", Field::Tenant),
            (with(entra("", "x")), "tenant is empty", Field::Tenant),
            (with(entra("contoso", "x y")), "client id", Field::ClientId),
            (with(keys("AKID\r\nX: y")), "access key id", Field::AccessKeyId),
            (with(chain(" ")), "profile", Field::Profile),
        ];
        for (connection, said, field) in refused {
            let refusal = connection.check().unwrap_err();
            assert!(refusal.to_string().contains(said), "{refusal}");
            assert_eq!(refusal.field(), Some(field), "{refusal}");
        }
    }
}
