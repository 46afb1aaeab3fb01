//! The steps that a model took so far in one question. Parses no model's text.

/// A call of a tool, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Why the model called it.
    pub thought: String,
    /// The tool's name.
    pub tool: String,
    /// What it was asked.
    pub tool_input: String,
    /// What it answered.
    pub observation: String,
}

impl Step {
    /// A step as GitLab sends it back. Undoes the escapes of Markdown that models write into
    /// names, and the `Thought:` that they repeat although their text begins with one.
    pub fn new(thought: &str, tool: &str, tool_input: String, observation: String) -> Self {
        let thought = thought.trim_start();
        let thought = thought.strip_prefix("Thought:").unwrap_or(thought);
        Self {
            thought: thought.trim().replace("\\_", "_"),
            tool: tool.replace("\\_", "_"),
            tool_input,
            observation,
        }
    }
}

/// The steps as the beginning of the model's next text, which ends where it goes on to think.
pub fn scratchpad(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        let Step {
            thought,
            tool,
            tool_input,
            observation,
        } = step;
        text.push_str(&format!(
            "Thought: {thought}\nAction: {tool}\nAction Input: {tool_input}\nObservation: {observation}\n"
        ));
    }
    text.push_str("Thought:");
    text
}
