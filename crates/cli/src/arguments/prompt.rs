//! The arguments of `gatehouse prompt` and `gatehouse trial`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct Prompt {
    /// Deployment name or feature, then the prompt; without the prompt, or with `-`, it is read
    /// from standard input. With --model or --feature, only the prompt.
    #[arg(value_names = ["MODEL", "TEXT"], num_args = 1..=2,
        required_unless_present_any = ["model", "feature", "raw"])]
    pub(crate) words: Vec<String>,
    /// Ask this model; several are asked at once
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Vec<String>,
    /// Ask whoever answers this feature, such as duo_chat or code_completions
    #[arg(long, value_name = "FEATURE")]
    pub(crate) feature: Vec<String>,
    /// System prompt
    #[arg(long, value_name = "TEXT")]
    pub(crate) system: Option<String>,
    /// Complete code: the text before the cursor is in this file
    #[arg(long, value_name = "FILE", conflicts_with = "raw")]
    pub(crate) prefix_file: Option<PathBuf>,
    /// The text behind the cursor is in this file
    #[arg(long, value_name = "FILE", requires = "prefix_file")]
    pub(crate) suffix_file: Option<PathBuf>,
    /// The name of the file that is written, whose ending tells the language [default: the name of
    /// the prefix file]
    #[arg(long, value_name = "NAME", requires = "prefix_file")]
    pub(crate) file: Option<String>,
    /// Generate code at the cursor by this instruction
    #[arg(long, value_name = "TEXT", requires = "prefix_file")]
    pub(crate) instruction: Option<String>,
    /// Send the body of a request in this file exactly as it is; `-` reads standard input
    #[arg(long, value_name = "FILE", requires = "path")]
    pub(crate) raw: Option<PathBuf>,
    /// Send it to this path, such as /v1/chat/completions
    #[arg(long, value_name = "PATH", requires = "raw")]
    pub(crate) path: Option<String>,
    /// Send it as this client does
    #[arg(long = "as", value_name = "CLIENT", default_value = "openai")]
    pub(crate) sent_as: SentAs,
    #[command(flatten)]
    pub(crate) parameters: Parameters,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SentAs {
    /// An OpenAI-style client
    Openai,
    /// A GitLab instance, which sends no parameters
    Gitlab,
}

#[derive(Debug, Args)]
pub(crate) struct Parameters {
    /// Randomness, 0 to 2
    #[arg(long, value_name = "T")]
    pub(crate) temperature: Option<f64>,
    /// Only the likeliest tokens that together have this probability, above 0 to 1
    #[arg(long, value_name = "P")]
    pub(crate) top_p: Option<f64>,
    /// The most tokens of the answer
    #[arg(long, value_name = "N")]
    pub(crate) max_tokens: Option<u32>,
    /// End the answer at this text; up to four times
    #[arg(long, value_name = "TEXT")]
    pub(crate) stop: Vec<String>,
    /// Makes the same prompt give the same answer, where the server can
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) seed: Option<i64>,
    /// Less of what was often said, -2 to 2
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) frequency_penalty: Option<f64>,
    /// Less of what was said at all, -2 to 2
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) presence_penalty: Option<f64>,
    /// The answer follows the JSON schema in this file
    #[arg(long, value_name = "FILE")]
    pub(crate) schema: Option<PathBuf>,
    /// The tools in this file may be called: a JSON list of {name, description, parameters}
    #[arg(long, value_name = "FILE")]
    pub(crate) tools: Option<PathBuf>,
    /// An image that goes with the prompt: PNG, JPEG, GIF or WebP
    #[arg(long, value_name = "FILE")]
    pub(crate) image: Vec<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TrialCommand {
    /// List what was tried in the playground: pinned first, then the latest
    List {
        /// Only those with these words
        #[arg(long, value_name = "WORDS")]
        search: Option<String>,
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: u32,
    },
    /// Show one trial
    Show {
        /// Its id
        id: String,
    },
    /// Write trials to a new file among the downloads; all when none is named
    Export {
        /// Their ids
        ids: Vec<String>,
    },
    /// Add the trials of such a file; those that are there already stay as they are
    Import {
        /// The file; `-` reads standard input
        file: PathBuf,
    },
    /// Remove a trial
    Remove {
        /// Its id
        id: String,
    },
}
