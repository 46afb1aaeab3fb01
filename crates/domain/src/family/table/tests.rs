//! What real identifiers resolve to.

use super::*;
use Parameter::{MaxTokens, Prefill, Stop, SystemRole, Temperature, Tools, TopK, TopP};

const SERVER: &[CompletionRoute] = &[CompletionRoute::ServerFim, CompletionRoute::Chat];
const ANY: &[CompletionRoute] = &[CompletionRoute::RawPrefix, CompletionRoute::Chat];
const LLAMA: &[CompletionRoute] = &[CompletionRoute::Chat, CompletionRoute::RawPrefix];

fn record(family: &str, identifier: &str) -> FamilyRecord {
    let record = FamilyRecord::built_in(family).unwrap();
    record.for_identifier(identifier).into_owned()
}

#[test]
#[rustfmt::skip]
fn an_open_model_is_asked_the_way_its_identifier_tells() {
    for (family, identifier, title, routes, context) in [
        ("mistral", "mistralai/Mistral-7B-v0.3", "Mistral 7B", PREFIX, 32_768),
        ("mistral", "mistralai/Mistral-7B-Instruct-v0.3", "Mistral 7B-it", CHAT, 32_768),
        ("mistral", "mistral:7b-text", "Mistral 7B", PREFIX, 32_768),
        ("mistral", "mistral", "Mistral", CHAT, 32_768),
        ("mistral", "mistralai/Mistral-Small-3.2-24B-Instruct-2506", "Mistral Small 24B", CHAT, 131_072),
        ("mixtral", "Mixtral-8x7B-Instruct-v0.1", "Mixtral 8x7B-it", CHAT, 32_768),
        ("mixtral", "mistral.mixtral-8x7b-instruct-v0:1", "Mixtral 8x7B-it", CHAT, 32_768),
        ("mixtral", "Mixtral-8x7B-it-v0.1 on GCP", "Mixtral 8x7B-it", CHAT, 32_768),
        ("mixtral", "mistralai/Mixtral-8x7B-v0.1", "Mixtral 8x7B", PREFIX, 32_768),
        ("mixtral", "mistralai/Mixtral-8x22B-Instruct-v0.1", "Mixtral 8x22B-it", CHAT, 65_536),
        ("mixtral", "mistralai/Mixtral-8x22B-v0.1", "Mixtral 8x22B", PREFIX, 65_536),
        ("codestral", "mistralai/Codestral-22B-v0.1", "Mistral Codestral", FIM, 32_768),
        ("codestral", "codestral:latest", "Mistral Codestral", FIM, 32_768),
        ("codestral", "codestral-latest", "Codestral 25", SERVER, 256_000),
        ("codestral", "codestral-2508", "Codestral 25", SERVER, 256_000),
        ("codestral", "mistralai/Mamba-Codestral-7B-v0.1", "Codestral Mamba", CHAT, 256_000),
        ("codellama", "codellama:13b-code", "Code Llama 13b-code", FIM_BASE, 16_384),
        ("codellama", "codellama/CodeLlama-13b-hf", "Code Llama 13b-code", FIM_BASE, 16_384),
        ("codellama", "codellama:13b", "Code Llama 13b", CHAT, 16_384),
        ("codellama", "codellama/CodeLlama-13b-Instruct-hf", "Code Llama 13b", CHAT, 16_384),
        ("codellama", "codellama/CodeLlama-7b-hf", "Code Llama 7b-code", FIM_BASE, 16_384),
        ("codellama", "codellama/CodeLlama-7b-Instruct-hf", "Code Llama Instruct", CHAT, 16_384),
        ("codellama", "codellama/CodeLlama-13b-Python-hf", "Code Llama Python", PREFIX, 16_384),
        ("codellama", "codellama:34b-instruct", "Code Llama 34B and 70B", ANY, 16_384),
        ("codegemma", "google/codegemma-2b", "CodeGemma 2b", FIM_BASE, 8_192),
        ("codegemma", "google/codegemma-7b", "CodeGemma 7b-code", FIM_BASE, 8_192),
        ("codegemma", "codegemma:7b-code", "CodeGemma 7b-code", FIM_BASE, 8_192),
        ("codegemma", "google/codegemma-7b-it", "CodeGemma 7b-it", CHAT, 8_192),
        ("codegemma", "codegemma:7b", "CodeGemma 7b-it", CHAT, 8_192),
        ("deepseekcoder", "deepseek-ai/deepseek-coder-33b-base", "DeepSeek Coder 33b Base", FIM_BASE, 16_384),
        ("deepseekcoder", "deepseek-ai/deepseek-coder-33b-instruct", "DeepSeek Coder 33b Instruct", FIM, 16_384),
        ("deepseekcoder", "deepseek-coder:6.7b", "DeepSeek Coder", FIM, 16_384),
        ("deepseekcoder", "deepseek-ai/DeepSeek-Coder-V2-Lite-Base", "DeepSeek Coder V2 Base", FIM_BASE, 131_072),
        ("llama3", "meta-llama/Meta-Llama-3-8B-Instruct", "Llama 3 8B", LLAMA, 8_192),
        ("llama3", "meta.llama3-70b-instruct-v1:0", "Llama 3 70B", LLAMA, 8_192),
        ("llama3", "llama3.1:8b", "Llama 3.1 8B", LLAMA, 131_072),
        ("llama3", "us.meta.llama3-1-70b-instruct-v1:0", "Llama 3.1 70B", LLAMA, 131_072),
        ("llama3", "meta-llama/Llama-3.3-70B-Instruct", "Llama 3.3 70B", LLAMA, 131_072),
        ("general", "microsoft/phi-4", "General", CHAT, 32_768),
        ("qwen", "Qwen/Qwen2.5-Coder-1.5B", "Qwen2.5-Coder base", FIM_BASE, 32_768),
        ("qwen", "qwen2.5-coder:7b-base", "Qwen2.5-Coder base", FIM_BASE, 131_072),
        ("qwen", "Qwen/Qwen2.5-Coder-3B-Instruct", "Small Qwen2.5-Coder", FIM, 32_768),
        ("qwen", "Qwen/Qwen2.5-Coder-32B-Instruct", "Qwen2.5-Coder", FIM, 131_072),
        ("qwen", "Qwen/Qwen3-Coder-30B-A3B-Instruct", "Qwen3-Coder", FIM, 262_144),
        ("qwen", "Qwen/Qwen3-8B", "General Qwen", CHAT, 32_768),
        ("starcoder2", "bigcode/starcoder2-15b", "StarCoder2", FIM_BASE, 16_384),
        ("starcoder2", "starcoder2:15b-instruct", "StarCoder2 Instruct", CHAT, 16_384),
        ("deepseek", "deepseek-ai/DeepSeek-V3.1", "DeepSeek", FIM, 131_072),
        ("deepseek", "deepseek-r1:671b", "DeepSeek R1", CHAT, 131_072),
        ("deepseek", "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "Distilled DeepSeek R1", CHAT, 131_072),
        ("devstral", "mistralai/Devstral-Small-2507", "Devstral", CHAT, 131_072),
        ("gpt_oss", "gpt-oss-20b", "gpt-oss-20b", CHAT, 131_072),
        ("gpt_oss", "openai/gpt-oss-120b", "gpt-oss-120b", CHAT, 131_072),
        ("gemma", "google/gemma-3-27b-it", "Gemma", CHAT, 131_072),
        ("gemma", "gemma3:1b", "Gemma 3 1B", CHAT, 32_768),
        ("gemma", "google/gemma-2-9b-it", "Gemma 1 and 2", CHAT, 8_192),
        ("granite", "ibm-granite/granite-34b-code-base-8k", "Granite", FIM, 8_192),
        ("granite", "granite-8b-code-instruct-128k", "Granite Code 128k", FIM, 131_072),
        ("granite", "granite4:small-h", "Granite 3.3 and 4", FIM, 131_072),
        ("granite", "granite-3.1-8b-instruct", "Granite 3.1 and 3.2", CHAT, 131_072),
    ] {
        let record = record(family, identifier);
        assert_eq!(record.title, title, "{identifier}");
        assert_eq!(record.routes, routes, "{identifier}");
        assert_eq!(record.context, context, "{identifier}");
        let asks_for_the_gap = routes.contains(&CompletionRoute::RawFim);
        assert_eq!(record.fim.is_some(), asks_for_the_gap, "{identifier}");
    }
}

#[test]
#[rustfmt::skip]
fn a_model_gets_no_parameter_that_it_refuses() {
    const THINKS: &[Parameter] = &[MaxTokens, Temperature, TopP, Stop];
    for (family, identifier, title, context, refuses) in [
        ("claude_3", "anthropic.claude-3-5-sonnet-20240620-v1:0", "Claude 3.5 Sonnet", 200_000, &[][..]),
        ("claude_3", "us.anthropic.claude-3-7-sonnet-20250219-v1:0", "Claude 3.7 Sonnet", 200_000, &[]),
        ("claude_3", "claude-3-haiku-20240307", "Claude 3", 200_000, &[]),
        ("claude_3", "anthropic.claude-sonnet-4-20250514-v1:0", "Claude Sonnet 4", 200_000, &[]),
        ("claude_3", "claude-opus-4-1-20250805", "Claude Opus 4", 200_000, &[]),
        ("claude_3", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "Claude 4.5", 200_000, &[]),
        ("claude_3", "claude-haiku-4-5", "Claude 4.5", 200_000, &[]),
        ("claude_3", "claude-opus-4-6", "Claude 4.6", 200_000, &[Prefill]),
        ("claude_3", "claude-opus-4-7", "Claude 4.7 and later", 200_000, &[Prefill, Temperature, TopP, TopK]),
        ("claude_3", "arn:aws:bedrock:eu-central-1:1:application-inference-profile/x", "Claude", 200_000, &[Prefill]),
        ("gpt", "gpt-35-turbo", "GPT-3.5-Turbo", 16_385, &[]),
        ("gpt", "gpt-4", "GPT-4", 8_192, &[]),
        ("gpt", "gpt-4-turbo-2024-04-09", "GPT-4 Turbo", 128_000, &[]),
        ("gpt", "gpt-4o-2024-11-20", "GPT-4o", 128_000, &[]),
        ("gpt", "gpt-4o-mini", "GPT-4o-mini", 128_000, &[]),
        ("gpt", "gpt-4.1-mini", "GPT-4.1", 1_000_000, &[]),
        ("gpt", "gpt-5-mini", "GPT-5 Mini", 400_000, THINKS),
        ("gpt", "gpt-5.1-codex", "GPT-5", 400_000, THINKS),
        ("gpt", "o3", "GPT o-series", 200_000, THINKS),
        ("gpt", "prod-o4-mini", "GPT o-series", 200_000, THINKS),
        ("gpt", "o1-mini", "o1-mini and o1-preview", 128_000, &[MaxTokens, Temperature, TopP, Stop, SystemRole, Tools]),
        ("gpt", "demo1", "GPT", 128_000, &[]),
        ("mixtral", "Mixtral-8x7B-Instruct-v0.1", "Mixtral 8x7B-it", 32_768, &[SystemRole]),
        ("mistral", "mistral-small-latest", "Mistral Small 24B", 131_072, &[]),
        ("codegemma", "codegemma-7b-it", "CodeGemma 7b-it", 8_192, &[SystemRole]),
        ("gemma", "gemma-2-9b-it", "Gemma 1 and 2", 8_192, &[SystemRole]),
        ("gemma", "gemma-3-27b-it", "Gemma", 131_072, &[]),
    ] {
        let record = record(family, identifier);
        assert_eq!(record.title, title, "{identifier}");
        assert_eq!(record.context, context, "{identifier}");
        assert_eq!(record.refuses, refuses, "{identifier}");
    }
}

#[test]
#[rustfmt::skip]
fn an_answer_ends_at_the_tokens_of_its_own_model() {
    for (family, identifier, text, ids) in [
        ("codestral", "codestral", "[MIDDLE]", &[2, 11, 13][..]),
        ("codestral", "mamba-codestral", "</s>", &[2]),
        ("codellama", "codellama:13b-code", "<EOT>", &[2, 32_010]),
        ("codegemma", "codegemma:2b", "<|file_separator|>", &[1, 67, 68, 69]),
        ("codegemma", "codegemma-7b-it", "<end_of_turn>", &[1]),
        ("deepseekcoder", "deepseek-coder-33b-instruct", "<|EOT|>", &[]),
        ("deepseek", "deepseek-v3", END, &[1]),
        ("llama3", "llama3:8b", "<|eot_id|>", &[128_009]),
        ("qwen", "qwen2.5-coder", "<|file_sep|>", &[151_643, 151_645, 151_662, 151_663, 151_664]),
        ("qwen", "codeqwen", "<|im_end|>", &[]),
        ("gpt_oss", "gpt-oss-20b", "<|return|>", &[200_002, 200_012]),
        ("gemma", "gemma-3-27b-it", "<end_of_turn>", &[106]),
        ("gemma", "gemma-4-31b", "<turn|>", &[]),
        ("granite", "granite-4.0-h-small", "<|end_of_text|>", &[]),
    ] {
        let record = record(family, identifier);
        assert!(record.stop.iter().any(|stop| stop == text), "{identifier}");
        assert_eq!(record.stop_ids, ids, "{identifier}");
    }
}

const END: &str = "<\u{FF5C}end\u{2581}of\u{2581}sentence\u{FF5C}>";

/// The two lists of the seeds, as the newest list grades them.
#[test]
#[rustfmt::skip]
fn the_models_of_gitlabs_lists_have_their_standing_and_levels() {
    use Standing::{Approved, UnderEvaluation};
    for (family, identifier, standing, levels) in [
        ("codestral", "Codestral-22B-v0.1", Approved, [F, F, P]),
        ("mistral", "Mistral-7B-v0.1", Approved, [P, N, N]),
        ("mistral", "Mistral-7B-Instruct-v0.3", Approved, [P, F, L]),
        ("mistral", "Mistral-Small-3.2-24B-Instruct-2506", Approved, [F, F, F]),
        ("mixtral", "Mixtral-8x7B-v0.1", Approved, [P, N, N]),
        ("mixtral", "Mixtral-8x7B-Instruct-v0.1", Approved, [P, F, P]),
        ("mixtral", "Mixtral-8x22B-v0.1", Approved, [P, N, N]),
        ("mixtral", "Mixtral-8x22B-Instruct-v0.1", Approved, [F, F, P]),
        ("claude_3", "claude-3-5-sonnet", Approved, [F, F, F]),
        ("claude_3", "claude-sonnet-4-5", Approved, [F, F, F]),
        ("codegemma", "codegemma-2b", UnderEvaluation, [F, N, N]),
        ("codegemma", "codegemma-7b-it", UnderEvaluation, [N, F, N]),
        ("codegemma", "codegemma:7b-code", UnderEvaluation, [F, N, N]),
        ("codellama", "codellama:13b-code", UnderEvaluation, [F, N, N]),
        ("codellama", "codellama:13b", UnderEvaluation, [N, F, N]),
        ("deepseekcoder", "deepseek-coder-33b-instruct", UnderEvaluation, [P, F, N]),
        ("deepseekcoder", "deepseek-coder-33b-base", UnderEvaluation, [F, N, N]),
        ("gpt", "gpt-35-turbo", UnderEvaluation, [P, F, L]),
        ("gpt", "gpt-4", UnderEvaluation, [P, F, L]),
        ("gpt", "gpt-4-turbo", Approved, [F, F, P]),
        ("gpt", "gpt-4o", Approved, [F, F, F]),
        ("gpt", "gpt-4o-mini", Approved, [F, F, P]),
        ("gpt", "gpt-5.2", Approved, [F, F, F]),
        ("gpt_oss", "gpt-oss-120b", Approved, [F, F, F]),
        ("gpt_oss", "gpt-oss-20b", Approved, [P, P, P]),
        ("llama3", "llama3:8b", UnderEvaluation, [P, F, L]),
        ("llama3", "llama3.1:8b", UnderEvaluation, [P, F, P]),
        ("llama3", "llama3:70b", UnderEvaluation, [P, F, L]),
        ("llama3", "llama3.3:70b", UnderEvaluation, [F, F, F]),
    ] {
        let record = record(family, identifier);
        assert_eq!(record.standing, standing, "{identifier}");
        assert_eq!(record.support, support(levels), "{identifier}");
    }
}
