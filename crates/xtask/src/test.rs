//! `cargo xtask test`: everything that Gatehouse promises, checked in one run. Each test and each
//! step without tests of its own counts as one.

use std::process::Command;

use crate::model::{self, Kind};
use crate::setup::{self, Needs};
use crate::steps::{self, Result, cargo, command};
use crate::tally::{self, Tally};
use crate::{node, python, server, ui, vllm};

/// What an end-to-end test needs beside the binaries.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Prop {
    Model,
    FimModel,
    PythonClients,
    NodeClients,
}

/// End-to-end tests: target, what it shows, what it needs.
const END_TO_END: &[(&str, &str, &[Prop])] = &[
    (
        "real_model",
        "the gateway in front of a real model",
        &[Prop::Model],
    ),
    (
        "real_fim",
        "gaps filled by a real server",
        &[Prop::Model, Prop::FimModel],
    ),
    (
        "python_clients",
        "the official clients for Python behind the gateway",
        &[Prop::PythonClients, Prop::Model],
    ),
    (
        "node_clients",
        "the official clients for Node behind the gateway",
        &[Prop::NodeClients],
    ),
    ("keyring", "a real Secret Service", &[]),
    ("window", "the real window", &[]),
];

/// Runs every check and prints the verdict.
pub fn test(flags: &[&str]) -> Result {
    let is_fast = flags.contains(&"--fast");
    let mut tally = Tally::default();
    if !flags.contains(&"--no-setup") {
        // A fast run builds the window as well, so it needs all but the browser and its kin.
        let needs = if is_fast { Needs::Window } else { Needs::Tests };
        tally.step("packages of the system", || setup::system(needs));
    }
    tally.command("formatting", cargo(&["fmt", "--all", "--check"]));

    // The UI comes first: the binaries carry it, and would be built again after a change of it.
    tally.step("packages of the UI", || {
        setup::node().and_then(|()| ui::install())
    });
    let has_ui = tally.step("build of the UI", ui::build);
    rust(&mut tally);
    tally.step("generated types", types_are_current);
    tally.command("format of the UI", npm(&["run", "format:check"]));
    tally.command("types of the UI", npm(&["run", "check"]));
    tally.runner("tests of the UI", npm(&["test"]), tally::vitest);

    if !is_fast {
        if has_ui {
            browser(&mut tally);
        } else {
            tally.skip("the UI in a browser", "it was not built");
        }
        end_to_end(&mut tally);
    }
    tally.verdict()
}

/// Lints, builds and tests the workspace.
fn rust(tally: &mut Tally) {
    let clippy = whole_workspace("clippy", &["--all-targets", "--", "-D", "warnings"]);
    tally.command("lints", clippy);
    tally.command("build", whole_workspace("build", &["--all-targets"]));
    let test = whole_workspace("test", &["--no-fail-fast"]);
    tally.runner("Rust tests", test, tally::cargo_test);
}

/// Cargo on the whole workspace, always with the same features: another set would build most of
/// it again.
fn whole_workspace(what: &str, words: &[&str]) -> Command {
    let mut command = cargo(&[what, "--workspace"]);
    if steps::has_member("app") {
        command.args(["--features", "app/custom-protocol"]);
    }
    command.args(words);
    command
}

/// The Rust tests have just written the types; what is committed must be the same.
fn types_are_current() -> Result {
    let hint = "The generated types differ from the committed ones: commit ui/src/api.";
    let explained = |steps::Failure(reason)| steps::Failure(format!("{reason}\n{hint}"));
    steps::run(command(
        "git",
        &["--no-pager", "diff", "--exit-code", "--", "ui/src/api"],
    ))
    .map_err(explained)?;
    let new = command(
        "git",
        &[
            "ls-files",
            "--others",
            "--exclude-standard",
            "--",
            "ui/src/api",
        ],
    );
    match steps::output(new)? {
        files if files.is_empty() => Ok(()),
        files => Err(steps::Failure(format!("{files}{hint}"))),
    }
}

/// The built UI against the real headless service, in Chromium.
fn browser(tally: &mut Tally) {
    let name = "the UI in a browser";
    let Ok(specs) = specs() else {
        return tally.skip(name, "tests/ui cannot be read");
    };
    match in_browser(&specs) {
        Ok(node) => tally.runner(name, node, tally::node_test),
        Err(_) => tally.skip(name, "cargo names no target folder"),
    }
}

/// Tests in Chromium against the binary that was just built.
fn in_browser(files: &[String]) -> Result<Command> {
    let mut node = command(
        "node",
        &["--test", "--test-reporter=spec", "--test-concurrency=1"],
    );
    node.args(files);
    node.env("GATEHOUSE", steps::target_dir()?.join("debug/gatehouse"));
    Ok(node)
}

fn specs() -> std::io::Result<Vec<String>> {
    let mut specs = Vec::new();
    for entry in std::fs::read_dir(steps::root().join("tests/ui"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        specs.extend(
            name.ends_with(".spec.mjs")
                .then(|| format!("tests/ui/{name}")),
        );
    }
    specs.sort();
    Ok(specs)
}

/// The tests that need a model, a client, a keyring or a window.
fn end_to_end(tally: &mut Tally) {
    let (plain, fim) = (server::free_port(), server::free_port());
    let mut missing = Vec::new();
    let mut prepare = |prop, name: &str, step: &dyn Fn() -> Result| {
        if !tally.step(name, step) {
            missing.push((prop, name.to_owned()));
        }
    };
    prepare(Prop::PythonClients, "the clients for Python", &|| {
        python::clients().map(drop)
    });
    prepare(Prop::NodeClients, "the clients for Node", &|| {
        node::clients().map(drop)
    });
    prepare(Prop::Model, "the model server", &|| {
        model::start(Kind::Plain, plain)
    });
    prepare(Prop::FimModel, "the model server that fills gaps", &|| {
        model::start(Kind::Fim, fim)
    });
    for (target, name, needs) in END_TO_END {
        match missing.iter().find(|(prop, _)| needs.contains(prop)) {
            Some((_, what)) => tally.skip(name, &format!("{what}: not there")),
            None => {
                let mut test = ignored(target);
                test.env("GATEHOUSE_TEST_MODEL", address(plain));
                test.env("GATEHOUSE_TEST_FIM_MODEL", address(fim));
                tally.runner(name, test, tally::cargo_test);
            }
        }
    }
    let name = "the playground in front of a real model";
    let props = [Prop::Model, Prop::FimModel];
    match missing.iter().find(|(prop, _)| props.contains(prop)) {
        Some((_, what)) => tally.skip(name, &format!("{what}: not there")),
        None => match in_browser(&["tests/ui/real_model.mjs".to_owned()]) {
            Ok(mut test) => {
                test.env("GATEHOUSE_TEST_MODEL", address(plain));
                test.env("GATEHOUSE_TEST_FIM_MODEL", address(fim));
                tally.runner(name, test, tally::node_test);
            }
            Err(_) => tally.skip(name, "cargo names no target folder"),
        },
    }
    for (prop, port) in [(Prop::Model, plain), (Prop::FimModel, fim)] {
        if missing.iter().all(|(gone, _)| *gone != prop) {
            tally.step("end of a model server", || model::stop(port));
        }
    }
}

/// `cargo xtask test --vllm`: the gateway in front of real vLLM.
pub fn vllm() -> Result {
    let mut tally = Tally::default();
    let port = server::free_port();
    tally.command("build", whole_workspace("build", &["--all-targets"]));
    if tally.step("vLLM", || vllm::start(port)) {
        let mut test = ignored("vllm");
        test.env("GATEHOUSE_TEST_VLLM", address(port));
        tally.runner("the gateway in front of vLLM", test, tally::cargo_test);
        tally.step("end of vLLM", || vllm::stop(port));
    }
    tally.verdict()
}

fn ignored(target: &str) -> Command {
    whole_workspace(
        "test",
        &["--test", target, "--", "--ignored", "--test-threads=1"],
    )
}

fn address(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

fn npm(words: &[&str]) -> Command {
    command("npm", &[words, &["--silent", "--prefix", "ui"]].concat())
}
