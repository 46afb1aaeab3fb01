//! The rules of the house that a compiler does not know: which crate may name which, who may name
//! Tauri, a reason beside every dependency, files that fit in the head.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tests::root;

/// Lines that a file of ours may have.
const MOST_LINES: usize = 400;

/// Our crates from the ground up: manifest, and the crates of ours that it may name.
const LAYERS: &[(&str, &[&str])] = &[
    ("crates/domain", &[]),
    ("crates/outbound", &["domain"]),
    ("crates/code", &["domain"]),
    ("crates/providers", &["domain", "outbound"]),
    ("crates/forms", &["domain", "providers"]),
    ("crates/gitlab", &["domain", "code", "providers"]),
    ("crates/access", &["domain", "outbound"]),
    (
        "crates/gateway",
        &[
            "domain",
            "outbound",
            "code",
            "providers",
            "forms",
            "gitlab",
            "access",
        ],
    ),
    (
        "crates/control",
        &["domain", "providers", "gitlab", "access", "gateway"],
    ),
    ("crates/cli", &["domain", "gateway", "control"]),
    ("src-tauri", &["domain", "gateway", "control"]),
    ("crates/fuzz", &["domain", "providers", "forms", "gitlab"]),
    ("crates/xtask", &[]),
    ("tests", &[]),
];

/// Members of the workspace whose package is not called as their folder.
const OTHER_NAMES: &[(&str, &str)] = &[("src-tauri", "app")];

#[test]
fn dependencies_point_one_way() {
    let name_of = |folder: &'static str| {
        let other = OTHER_NAMES.iter().find(|(place, _)| *place == folder);
        let last = folder.rsplit('/').next().unwrap_or(folder);
        other.map_or(last, |(_, name)| *name)
    };
    let ours: BTreeSet<&str> = LAYERS.iter().map(|(folder, _)| name_of(folder)).collect();
    for (folder, allowed) in LAYERS {
        for dependency in dependencies(&manifest(folder)) {
            let is_ours = ours.contains(dependency.as_str());
            assert!(
                !is_ours || allowed.contains(&dependency.as_str()),
                "{folder} may not name {dependency}"
            );
        }
    }
}

#[test]
fn every_member_has_its_place_among_the_layers() {
    let manifest = manifest(".");
    let members = manifest.split("members = [").nth(1);
    let members = members.and_then(|rest| rest.split(']').next());
    let members = members.expect("the workspace has members").split(',');
    let members: BTreeSet<&str> = members.map(|name| name.trim().trim_matches('"')).collect();
    let placed: BTreeSet<&str> = LAYERS.iter().map(|(folder, _)| *folder).collect();
    assert_eq!(members, placed);
}

#[test]
fn only_the_window_names_tauri() {
    for (folder, _) in LAYERS.iter().filter(|(folder, _)| *folder != "src-tauri") {
        for dependency in dependencies(&manifest(folder)) {
            assert!(
                !dependency.starts_with("tauri"),
                "{folder} names {dependency}"
            );
        }
    }
    assert!(dependencies(&manifest("src-tauri")).contains("tauri"));
}

#[test]
fn the_commands_need_the_standard_library_alone() {
    assert_eq!(dependencies(&manifest("crates/xtask")), BTreeSet::new());
}

#[test]
fn the_page_reaches_tauri_in_one_file() {
    let sources = files(&["ui/src"], &["ts", "svelte", "js"]);
    let naming: Vec<_> = sources
        .iter()
        .filter(|(_, text)| text.contains("@tauri-apps"))
        .collect();
    let names: Vec<_> = naming.iter().map(|(path, _)| path).collect();
    assert_eq!(names.len(), 1, "{names:?}");
}

#[test]
fn every_shared_dependency_says_what_it_is_for() {
    let manifest = manifest(".");
    let table = manifest
        .split("[workspace.dependencies]")
        .nth(1)
        .expect("the table is there");
    let table = table.split("\n[").next().unwrap();
    let mut has_reason = false;
    for line in table.lines().map(str::trim) {
        if line.is_empty() {
            has_reason = false;
        } else if line.starts_with('#') {
            assert!(
                line.ends_with('.') && line.len() > 8,
                "a reason is a sentence: {line}"
            );
            has_reason = true;
        } else if line.contains('=') {
            // A comment covers the lines that follow it directly.
            assert!(has_reason, "no reason above: {line}");
        }
    }
}

#[test]
fn files_fit_in_the_head() {
    let sources = files(
        &["crates", "src-tauri/src", "tests", "ui/src"],
        &["rs", "ts", "svelte", "mjs", "css", "py"],
    );
    assert!(sources.len() > 40, "the folders are right");
    let long: Vec<String> = sources
        .iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(path, lines)| format!("{} has {lines} lines", path.display()))
        .collect();
    assert!(long.is_empty(), "split along an idea: {long:#?}");
}

#[test]
fn every_rust_module_says_why_it_is_there() {
    let silent: Vec<_> = files(&["crates", "src-tauri/src"], &["rs"])
        .into_iter()
        .filter(|(path, text)| {
            let is_tests = path.file_stem().is_some_and(|stem| stem == "tests")
                || path.iter().any(|part| part == "tests");
            !is_tests && !text.starts_with("//!") && !text.starts_with("#![")
        })
        .map(|(path, _)| path)
        .collect();
    assert!(silent.is_empty(), "a module opens with why: {silent:#?}");
}

fn manifest(folder: &str) -> String {
    let path = root().join(folder).join("Cargo.toml");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Names in every table of dependencies, whatever its kind or target.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut is_dependencies = false;
    for line in manifest.lines().map(str::trim) {
        if let Some(table) = line.strip_prefix('[') {
            let table = table.trim_end_matches(']');
            is_dependencies = table.ends_with("dependencies");
            if let Some((_, name)) = table.split_once("dependencies.") {
                names.insert(name.to_owned());
            }
        } else if is_dependencies && !line.starts_with('#') {
            let name = line.split(['=', '.', ' ']).next().unwrap_or_default();
            names.extend((!name.is_empty()).then(|| name.trim_matches('"').to_owned()));
        }
    }
    names
}

/// Our files with these endings, and their text; generated ones left out.
fn files(folders: &[&str], endings: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.extend((!is_generated(&path)).then_some(path));
            } else if path
                .extension()
                .is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted))
            {
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                let path = path.strip_prefix(root()).unwrap_or(&path).to_owned();
                found.push((path, text));
            }
        }
    }
    found
}

fn is_generated(folder: &Path) -> bool {
    ["node_modules", "dist", "target", "gen", "__pycache__"]
        .iter()
        .any(|name| folder.ends_with(name))
        || folder.ends_with("ui/src/api")
}
