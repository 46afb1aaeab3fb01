//! Each prompt as it is sent, byte for byte. `GATEHOUSE_GOLDEN=write` writes the files anew, to be
//! read in the difference.

use std::fs;
use std::path::{Path, PathBuf};

use super::react::conversation;
use super::*;

/// What a real request hands in.
fn real(name: &str) -> Value {
    match name {
        "input" => json!("Why is this slow?"),
        "selected_text" => json!("def total(items)\n  items.sum\nend"),
        "language_info" => json!("The code is written in Ruby and stored as app/total.rb"),
        "file_content" => json!("class Cart\n  def total(items)\n    items.sum\n  end\nend"),
        "file_content_reuse" => json!("The new code should fit into the existing file."),
        "libraries" => json!(["rails", "bcrypt"]),
        "suggestions" => {
            json!("Thought: I need the issue.\nAction: issue_reader\nAction Input: #12")
        }
        "documents" => json!([
            {"id": "0a1b2c", "content": "Protected branches are set in the settings."},
            {"id": "3d4e5f", "content": "Only maintainers may push to them."},
        ]),
        "content_id" => json!("ATTRS"),
        "identifiers" => json!("CWE-89, A03:2021"),
        "diff" | "extracted_diff" => json!("@@ -1 +1 @@\n-puts 1\n+puts 2"),
        "diff_lines" => json!(
            "<file_diff filename=\"a.rb\">\n<line type=\"added\" old_line=\"\" new_line=\"1\">puts 2</line>\n</file_diff>"
        ),
        "prefix" => json!("# sum two numbers\n"),
        "suffix" => json!("\nputs add(1, 2)\n"),
        "examples_array" => {
            json!([{"example": "# greet", "response": "puts 'hi'", "trigger_type": "comment"}])
        }
        "related_files" => json!(["<file_content file_name=\"b.rb\">\nB = 1\n</file_content>\n"]),
        "current_date" => json!("22 November 2026"),
        other => json!(format!("the {}", other.replace('_', " "))),
    }
}

fn written(rendered: &Rendered) -> String {
    let mut text = String::new();
    for message in &rendered.messages {
        text.push_str(&format!("=== {:?}\n{}\n\n", message.role, message.text()));
    }
    let parameters = &rendered.parameters;
    text.push_str(&format!(
        "=== Parameters\ntemperature {:?}\nmax_tokens {:?}\nstop {:?}\ntimeout {:?}\n",
        parameters.temperature, parameters.max_tokens, parameters.stop, rendered.timeout
    ));
    text
}

/// A family for the texts of this name, which takes a beginning of the answer or refuses one.
fn asked(name: &str, takes_prefill: bool) -> FamilyRecord {
    let mut record = family("general");
    record.name = name.parse().unwrap();
    record
        .refuses
        .retain(|parameter| *parameter != Parameter::Prefill);
    if !takes_prefill {
        record.refuses.push(Parameter::Prefill);
    }
    record
}

#[test]
fn every_prompt_is_sent_as_its_golden_file_has_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/prompt/golden");
    let writes = std::env::var("GATEHOUSE_GOLDEN").is_ok_and(|value| value == "write");
    let edits = PromptEdits::new();
    let mut differing = Vec::new();
    let mut expected: BTreeMap<PathBuf, String> = BTreeMap::new();
    for prompt in PROMPTS {
        for (name, takes_prefill) in prompt
            .built_in()
            .flat_map(|name| [(name, true), (name, false)])
        {
            let family = asked(name, takes_prefill);
            let rendered = if prompt.id == REACT {
                render_react(&edits, &conversation(), &family)
            } else {
                let inputs = prompt.inputs.iter();
                let inputs = inputs.map(|input| (input.name.to_owned(), real(input.name)));
                render(prompt, &edits, &inputs.collect(), &family)
            };
            let text = written(&rendered.unwrap());
            let ending = if takes_prefill { "txt" } else { "unopened.txt" };
            let opened = folder.join(format!("{}/{name}.txt", prompt.id));
            if takes_prefill || expected[&opened] != text {
                expected.insert(folder.join(format!("{}/{name}.{ending}", prompt.id)), text);
            }
        }
    }
    for (path, text) in &expected {
        if writes {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        if fs::read_to_string(path).ok().as_ref() != Some(text) {
            differing.push(path.strip_prefix(&folder).unwrap().to_owned());
        }
    }
    let mut kept = files_in(&folder);
    kept.retain(|path| !expected.contains_key(path));
    assert_eq!(kept, Vec::<PathBuf>::new(), "of no prompt");
    assert!(
        differing.is_empty(),
        "other than written (GATEHOUSE_GOLDEN=write writes them): {differing:#?}"
    );
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files.extend(files_in(&path)),
            false => files.push(path),
        }
    }
    files
}
