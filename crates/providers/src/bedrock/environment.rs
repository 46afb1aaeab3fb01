//! The environment variables of the process, and what AWS's profile files say of a region. Reads
//! no credentials.

use std::path::PathBuf;
use std::sync::Arc;

/// Where variables come from: the process, or a table in tests.
#[derive(Clone)]
pub(crate) struct Environment(Arc<Lookup>);

type Lookup = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Environment {
    /// The environment of this process.
    pub(crate) fn of_process() -> Self {
        Self(Arc::new(|name| std::env::var(name).ok()))
    }

    /// These variables and no others.
    #[cfg(test)]
    pub(crate) fn of(variables: &[(&str, &str)]) -> Self {
        let table: std::collections::HashMap<String, String> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Self(Arc::new(move |name| table.get(name).cloned()))
    }

    /// A variable without surrounding spaces; none when it is empty.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        let value = (self.0)(name)?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// The name of the profile in force.
    pub(crate) fn profile(&self, chosen: Option<&str>) -> String {
        chosen
            .map(str::to_owned)
            .or_else(|| self.get("AWS_PROFILE"))
            .unwrap_or_else(|| "default".into())
    }

    /// The region of a profile, out of AWS's configuration file.
    pub(crate) fn region_of_profile(&self, profile: &str) -> Option<String> {
        let path = self.get("AWS_CONFIG_FILE").map(PathBuf::from).or_else(|| {
            let home = self.get("HOME").or_else(|| self.get("USERPROFILE"))?;
            Some(PathBuf::from(home).join(".aws").join("config"))
        })?;
        region_in(&std::fs::read_to_string(path).ok()?, profile)
    }
}

/// The `region` of a profile in a configuration file: `[default]` or `[profile NAME]`.
fn region_in(file: &str, profile: &str) -> Option<String> {
    let mut is_ours = false;
    for line in file.lines() {
        if let Some(header) = line.trim().strip_prefix('[') {
            let name = header.split(']').next().unwrap_or_default().trim();
            let of_profile = name.strip_prefix("profile").map(str::trim);
            is_ours = of_profile == Some(profile) || (profile == "default" && name == profile);
        } else if is_ours
            && let Some((name, value)) = line.split_once('=')
            // A line that begins with a space belongs to a nested setting.
            && name.trim_end() == "region"
        {
            let value = value.split([' ', '\t']).find(|word| !word.is_empty())?;
            return Some(value.to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_of_a_profile_is_its_own() {
        let file = "[default]\ns3 =\n  region = nested\nregion = eu-west-1 # Dublin\n\
                    [profile work]\noutput=json\nregion=us-gov-west-1\n[sso-session work]\nregion=x";
        let found = |profile: &str| region_in(file, profile);
        assert_eq!(found("default").as_deref(), Some("eu-west-1"));
        assert_eq!(found("work").as_deref(), Some("us-gov-west-1"));
        assert_eq!(found("other"), None);
    }
}
