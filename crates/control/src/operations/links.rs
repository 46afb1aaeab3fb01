//! Addresses that somebody follows from the panel, opened in the browser of this machine's user.

use crate::{Control, Error, ErrorCode};

/// The longest address.
const LONGEST: usize = 4_096;

impl Control {
    /// Opens an address of the web. Only http and https, without a name or a password in it, and
    /// without a shell on the way.
    pub async fn open_link(&self, address: String) -> Result<(), Error> {
        let url = link(&address)?;
        let opened = tokio::task::spawn_blocking(move || open::that_detached(url.as_str())).await;
        let opened = opened.map_err(|error| crate::control::broken(&error))?;
        opened.map_err(|error| {
            let hint = "Copy the address into a browser.";
            Error::new(ErrorCode::Failed, "no browser could be opened", hint)
                .with_details(error.to_string())
        })
    }
}

/// The address, when it may be opened.
fn link(address: &str) -> Result<url::Url, Error> {
    let refused = |why: &str| {
        let hint = "Only addresses that begin with http:// or https:// are opened.";
        Err(Error::new(ErrorCode::Invalid, why, hint))
    };
    if address.len() > LONGEST {
        return refused("the address is too long");
    }
    let Ok(url) = url::Url::parse(address) else {
        return refused("this is no address of the web");
    };
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return refused("this is no address of the web");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refused("the address holds a name or a password");
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_addresses_of_the_web_are_opened() {
        for good in ["https://docs.gitlab.com/x?y=1#z", "http://127.0.0.1:8000/"] {
            assert!(link(good).is_ok(), "{good}");
        }
        let long = format!("https://a.example/{}", "x".repeat(LONGEST));
        for bad in [
            "",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "https://user:secret@a.example/",
            "https://user@a.example/",
            "mailto:a@b.example",
            "/usr/bin/x",
            "--help",
            "https://",
            &long,
        ] {
            let error = link(bad).unwrap_err();
            assert!(
                !error.details.unwrap_or_default().contains("secret"),
                "{bad}"
            );
        }
    }
}
