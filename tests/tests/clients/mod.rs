//! What the tests with official clients share: one gateway in front of three vendors.

use serde_json::Value;
use std::process::Command;
use tests::gatehouse::{Gatehouse, Serving};
use tests::upstream::{Upstream, Vendor, anthropic, signature};

/// Words of the fakes, as every client has to read them.
pub const WORDS: &str = "Grüße aus der Kälte 🚀 日本 and back";

/// A gateway whose models are named after their vendor, and after what goes wrong there.
pub struct Vendors {
    pub serving: Serving,
    // They live as long as the gateway does.
    _gatehouse: Gatehouse,
    _upstreams: Vec<Upstream>,
}

impl Vendors {
    pub fn start() -> Self {
        let mut gatehouse = Gatehouse::new();
        let mut upstreams = Vec::new();
        #[rustfmt::skip]
        let vendors = [
            (Vendor::Openai, "openai", "custom_openai/", "", &[][..]),
            (Vendor::Anthropic, "anthropic", "anthropic/", anthropic::KEY, &[]),
            (Vendor::Bedrock, "bedrock", "bedrock/", signature::SECRET, &["--region", "eu-central-1",
                "--auth", "aws-keys", "--access-key-id", signature::KEY_ID]),
        ];
        for (vendor, name, prefix, key, more) in vendors {
            let upstream = Upstream::of(vendor);
            for (model, script) in [
                (name.to_owned(), "scripted"),
                (format!("{name}-busy"), "busy"),
                (format!("{name}-dies"), "error-in-stream"),
            ] {
                let (endpoint, identifier) = (upstream.endpoint(), format!("{prefix}{script}"));
                let mut words = vec!["model", "add", &model, "--family", "general"];
                words.extend(["--endpoint", &endpoint, "--identifier", &identifier]);
                words.extend(more);
                gatehouse.run(&words).succeeded();
                let variable = format!("GATEHOUSE_KEY_{}", model.to_uppercase().replace('-', "_"));
                if !key.is_empty() {
                    gatehouse.set(&variable, key);
                }
            }
            upstreams.push(upstream);
        }
        gatehouse.set("AWS_EC2_METADATA_DISABLED", "true");
        let serving = gatehouse.serve();
        Self {
            serving,
            _gatehouse: gatehouse,
            _upstreams: upstreams,
        }
    }
}

/// Runs a client and returns what it printed as JSON.
#[track_caller]
pub fn run(mut command: Command) -> Value {
    for name in [
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
    ] {
        command.env_remove(name);
    }
    let output = command.output().expect("the client starts");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}");
    let printed = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&printed).unwrap_or_else(|_| panic!("no JSON: {printed}\n{words}"))
}
