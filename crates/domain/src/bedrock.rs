//! The name of a model at AWS Bedrock, taken apart: what stands in front of the id, and the fields
//! of an ARN. Does not know which models there are.

use url::Url;

use crate::{DomainError, is_region};

/// The name of a model at Bedrock, as LiteLLM and GitLab write it:
/// `[converse/|invoke/][REGION/]ID`. The id is a model's, an inference profile's or an ARN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BedrockName<'a> {
    /// The id, the profile or the ARN.
    pub id: &'a str,
    /// The region in front of it.
    pub region: Option<&'a str>,
    /// Whether `invoke/` asks for the form of the model's vendor instead of Converse.
    pub invokes: bool,
}

impl<'a> BedrockName<'a> {
    /// Takes a name apart. What cannot be an id, or is an ARN with a field missing, is refused.
    pub fn of(name: &'a str) -> Result<Self, DomainError> {
        let (mut id, mut region, mut invokes) = (name, None, false);
        while let Some((before, after)) = id.split_once('/') {
            match before {
                "converse" => invokes = false,
                "invoke" => invokes = true,
                _ if is_region(before) => region = Some(before),
                _ => break,
            }
            id = after;
        }
        let refuse = |problem: &str| {
            Err(DomainError::Identifier(format!(
                "\"{name}\" is not the id of a Bedrock model{problem}: enter the id, the inference \
                 profile or the ARN as AWS shows it"
            )))
        };
        let climbs = |segment| matches!(segment, "" | "." | "..");
        if id.split('/').any(climbs) {
            return refuse("");
        }
        let is_arn = id
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case("arn:"));
        match fault_of_arn(id).filter(|_| is_arn) {
            Some(fault) => refuse(&format!(", because {fault}")),
            None => Ok(Self {
                id,
                region,
                invokes,
            }),
        }
    }

    /// The region that the name says: the one in front of the id, else the fourth field of an ARN.
    pub fn named_region(&self) -> Option<&'a str> {
        self.region.or_else(|| self.arn_region())
    }

    /// Refuses a region that is not the one that the name says: in front of an ARN, in the field
    /// of the form, in the host of an endpoint of AWS.
    pub(crate) fn check_region(
        &self,
        entered: Option<&str>,
        host: Option<&str>,
    ) -> Result<(), DomainError> {
        let conflict = |one: &str, other: &str| {
            format!("says the region {one}, and {other}: a call goes to one region")
        };
        if let (Some(region), Some(of_arn)) = (self.region, self.arn_region())
            && region != of_arn
        {
            let other = format!("its ARN says {of_arn}");
            return Err(DomainError::Identifier(conflict(region, &other)));
        }
        let named = self.named_region();
        if let (Some(named), Some(entered)) = (named, entered)
            && named != entered
        {
            return Err(DomainError::Connection {
                field: crate::Field::Region,
                problem: format!(
                    "the region is {entered}, and the model identifier says {named}: a call goes to \
                     one region"
                ),
            });
        }
        let Some(host) = host else { return Ok(()) };
        match (named, entered) {
            (Some(region), _) if region != host => {
                let other = format!("the endpoint is in {host}");
                Err(DomainError::Identifier(conflict(region, &other)))
            }
            (None, Some(region)) if region != host => Err(DomainError::Connection {
                field: crate::Field::Region,
                problem: format!(
                    "the region is {region}, and the endpoint is in {host}: a call goes to one region"
                ),
            }),
            _ => Ok(()),
        }
    }

    /// The fourth field of an ARN.
    fn arn_region(&self) -> Option<&'a str> {
        self.id.strip_prefix("arn:")?.split(':').nth(2)
    }
}

/// The region in the name of a host; none when it says none.
pub fn region_of_host(base: &Url) -> Option<&str> {
    base.host_str()?.split('.').find(|label| is_region(label))
}

/// What is wrong with `arn:PARTITION:SERVICE:REGION:ACCOUNT:KIND/ID`. Models of AWS's own have no
/// account. Models of the marketplace are endpoints of SageMaker.
/// Source: AWS's Service Authorization Reference, "Resource types defined by Amazon Bedrock".
fn fault_of_arn(arn: &str) -> Option<String> {
    let fields: Vec<&str> = arn.splitn(6, ':').collect();
    let [start, partition, service, region, account, resource] = fields.as_slice() else {
        return Some("an ARN has six fields between colons".into());
    };
    let is_account = account.is_empty()
        || (account.len() == 12 && account.bytes().all(|digit| digit.is_ascii_digit()));
    let has_id = resource
        .split_once('/')
        .is_some_and(|(kind, id)| !kind.is_empty() && !id.is_empty());
    match () {
        () if *start != "arn" => Some("an ARN starts with arn:".into()),
        () if *partition != "aws" && !partition.starts_with("aws-") => {
            Some(format!("\"{partition}\" is not a partition of AWS"))
        }
        () if !["bedrock", "sagemaker"].contains(service) => {
            Some(format!("it names the service \"{service}\""))
        }
        () if !is_region(region) => Some(format!("\"{region}\" is not a region")),
        () if !is_account => Some("the account of an ARN has 12 digits".into()),
        () if !has_id => Some("an ARN ends with a kind, a slash and an id".into()),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_apart() {
        let arn = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.c-v1:0";
        let own = "arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/anthropic.c";
        let market = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/house";
        for (name, id, region, invokes) in [
            ("eu.anthropic.c-v1:0", "eu.anthropic.c-v1:0", None, false),
            ("us-west-2/m", "m", Some("us-west-2"), false),
            ("invoke/us-west-2/m", "m", Some("us-west-2"), true),
            (arn, arn, Some("eu-west-1"), false),
            (own, own, Some("us-gov-west-1"), false),
            (market, market, Some("us-east-1"), false),
        ] {
            let found = BedrockName::of(name).unwrap();
            let parts = (found.id, found.named_region(), found.invokes);
            assert_eq!(parts, (id, region, invokes), "{name}");
        }
    }

    #[test]
    fn a_malformed_arn_is_refused_with_what_is_wrong() {
        for (arn, said) in [
            ("arn:aws:bedrock", "six fields"),
            (
                "ARN:aws:bedrock:eu-west-1:123456789012:p/x",
                "starts with arn:",
            ),
            (
                "arn:azure:bedrock:eu-west-1:123456789012:p/x",
                "\"azure\" is not a partition",
            ),
            (
                "arn:aws:s3:eu-west-1:123456789012:p/x",
                "the service \"s3\"",
            ),
            (
                "arn:aws:bedrock:frankfurt:123456789012:p/x",
                "\"frankfurt\" is not a region",
            ),
            ("arn:aws:bedrock::123456789012:p/x", "\"\" is not a region"),
            ("arn:aws:bedrock:eu-west-1:1234:p/x", "12 digits"),
            (
                "arn:aws:bedrock:eu-west-1:123456789012:inference-profile",
                "a slash and an id",
            ),
            (
                "converse/arn:aws:bedrock:eu-west-1:123456789012",
                "six fields",
            ),
        ] {
            let refusal = BedrockName::of(arn).unwrap_err().to_string();
            assert!(refusal.contains(said), "{arn}: {refusal}");
        }
    }
}
