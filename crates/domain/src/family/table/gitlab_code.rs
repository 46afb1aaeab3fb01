//! The code-only families of GitLab's form.

use super::*;
use Standing::{UnderEvaluation, Unlisted};

pub(super) fn codellama() -> FamilyRecord {
    FamilyRecord {
        // The spaces are those of Meta's `generation.py`: none after `<SUF>`.
        fim: Some(fim(
            "<PRE> {prefix} <SUF>{suffix} <MID>",
            &["<PRE>", "<SUF>", "<MID>"],
            &[
                "<EOT>",
                "<s>",
                "</s>",
                "<unk>",
                "[INST]",
                "[/INST]",
                "<<SYS>>",
                "<</SYS>>",
                // How the tokenizer itself spells them, with U+2581.
                "\u{2581}<PRE>",
                "\u{2581}<SUF>",
                "\u{2581}<MID>",
                "\u{2581}<EOT>",
            ],
        )),
        bos: Bos::Server,
        stop: texts(&["<EOT>", "</s>", "<PRE>", "<SUF>", "<MID>"]),
        stop_ids: vec![2, 32_010],
        variants: vec![
            Variant {
                routes: Some(PREFIX.to_vec()),
                ..variant("Code Llama Python", Unlisted, [P, N, N], &[&["python"]])
            },
            Variant {
                routes: Some(vec![CompletionRoute::RawPrefix, CompletionRoute::Chat]),
                ..variant(
                    "Code Llama 34B and 70B",
                    Unlisted,
                    [P, P, N],
                    &[&["34b"], &["70b"]],
                )
            },
            variant(
                "Code Llama 13b-code",
                UnderEvaluation,
                [F, N, N],
                &[&["13b-code"], &["13b-hf"], &["13b-base"]],
            ),
            variant(
                "Code Llama 7b-code",
                Unlisted,
                [F, N, N],
                &[&["7b-code"], &["7b-hf"], &["7b-base"]],
            ),
            Variant {
                routes: Some(CHAT.to_vec()),
                ..variant("Code Llama 13b", UnderEvaluation, [N, F, N], &[&["13b"]])
            },
            Variant {
                routes: Some(CHAT.to_vec()),
                ..variant(
                    "Code Llama Instruct",
                    Unlisted,
                    [N, F, N],
                    &[&["instruct"], &["7b"]],
                )
            },
        ],
        remarks: "Only the base models of 7B and 13B were surely trained to fill in the middle. \
                  Their answer ends with <EOT>, which is not the end token: where the server \
                  cannot stop by its id, the model writes on unseen."
            .to_owned(),
        ..family(
            "codellama",
            "Code Llama",
            UnderEvaluation,
            [F, F, N],
            FIM_BASE,
            16 * K,
        )
    }
}

pub(super) fn codegemma() -> FamilyRecord {
    let tokens = ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"];
    let mut stop = tokens.to_vec();
    stop.extend(["<|file_separator|>", "<eos>"]);
    FamilyRecord {
        fim: Some(fim(
            "<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>",
            &tokens,
            &[
                "<|file_separator|>",
                "<bos>",
                "<eos>",
                "<pad>",
                "<unk>",
                "<start_of_turn>",
                "<end_of_turn>",
            ],
        )),
        bos: Bos::Server,
        stop: texts(&stop),
        stop_ids: vec![1, 67, 68, 69],
        variants: vec![
            variant(
                "CodeGemma 7b-code",
                UnderEvaluation,
                [F, N, N],
                &[&["7b-code"]],
            ),
            variant("CodeGemma 2b", UnderEvaluation, [F, N, N], &[&["2b"]]),
            Variant {
                routes: Some(CHAT.to_vec()),
                stop: Some(texts(&["<end_of_turn>", "<eos>"])),
                stop_ids: Some(vec![1]),
                refuses: Some(vec![Parameter::SystemRole]),
                ..variant(
                    "CodeGemma 7b-it",
                    UnderEvaluation,
                    [N, F, N],
                    &[&["7b-it"], &["instruct"], &["codegemma:7b"]],
                )
            },
            variant(
                "CodeGemma 7b-code",
                UnderEvaluation,
                [F, N, N],
                &[&["codegemma-7b"]],
            ),
        ],
        remarks: "The 2b and 7b-code models complete code, the 7b-it model generates it. After \
                  the gap they write a FIM token or <|file_separator|>, where the answer is cut."
            .to_owned(),
        ..family(
            "codegemma",
            "CodeGemma",
            UnderEvaluation,
            [F, F, N],
            FIM_BASE,
            8 * K,
        )
    }
}

/// DeepSeek's tokens by code point: U+FF5C looks like a bar and U+2581 like an underscore.
pub(super) const FIM_BEGIN: &str = "<\u{ff5c}fim\u{2581}begin\u{ff5c}>";
pub(super) const FIM_HOLE: &str = "<\u{ff5c}fim\u{2581}hole\u{ff5c}>";
pub(super) const FIM_END: &str = "<\u{ff5c}fim\u{2581}end\u{ff5c}>";
pub(super) const END_OF_SENTENCE: &str = "<\u{ff5c}end\u{2581}of\u{2581}sentence\u{ff5c}>";

/// The FIM prompt of every model of DeepSeek, in the form with a hole.
pub(super) fn deepseek_fim() -> Fim {
    fim(
        &format!("{FIM_BEGIN}{{prefix}}{FIM_HOLE}{{suffix}}{FIM_END}"),
        &[FIM_BEGIN, FIM_HOLE, FIM_END],
        &[
            "<\u{ff5c}begin\u{2581}of\u{2581}sentence\u{ff5c}>",
            END_OF_SENTENCE,
            "<\u{ff5c}\u{2581}pad\u{2581}\u{ff5c}>",
            "<\u{ff5c}User\u{ff5c}>",
            "<\u{ff5c}Assistant\u{ff5c}>",
            "<\u{ff5c}tool\u{2581}calls\u{2581}begin\u{ff5c}>",
            "<\u{ff5c}tool\u{2581}calls\u{2581}end\u{ff5c}>",
            "<\u{ff5c}tool\u{2581}call\u{2581}begin\u{ff5c}>",
            "<\u{ff5c}tool\u{2581}call\u{2581}end\u{ff5c}>",
            "<\u{ff5c}tool\u{2581}outputs\u{2581}begin\u{ff5c}>",
            "<\u{ff5c}tool\u{2581}outputs\u{2581}end\u{ff5c}>",
            "<\u{ff5c}tool\u{2581}output\u{2581}begin\u{ff5c}>",
            "<\u{ff5c}tool\u{2581}output\u{2581}end\u{ff5c}>",
            "<\u{ff5c}tool\u{2581}sep\u{ff5c}>",
            "<|EOT|>",
        ],
    )
}

pub(super) fn deepseekcoder() -> FamilyRecord {
    FamilyRecord {
        fim: Some(deepseek_fim()),
        bos: Bos::Server,
        stop: texts(&[END_OF_SENTENCE, FIM_BEGIN, FIM_HOLE, FIM_END, "<|EOT|>"]),
        variants: vec![
            Variant {
                routes: Some(FIM_BASE.to_vec()),
                ..variant(
                    "DeepSeek Coder 33b Base",
                    UnderEvaluation,
                    [F, N, N],
                    &[&["33b", "base"]],
                )
            },
            variant(
                "DeepSeek Coder 33b Instruct",
                UnderEvaluation,
                [P, F, N],
                &[&["33b"]],
            ),
            Variant {
                context: Some(128 * K),
                routes: Some(FIM_BASE.to_vec()),
                ..variant(
                    "DeepSeek Coder V2 Base",
                    Unlisted,
                    [F, N, N],
                    &[&["v2", "base"]],
                )
            },
            Variant {
                context: Some(128 * K),
                ..variant("DeepSeek Coder V2", Unlisted, [P, F, N], &[&["v2"]])
            },
            Variant {
                routes: Some(FIM_BASE.to_vec()),
                ..variant("DeepSeek Coder Base", Unlisted, [F, N, N], &[&["base"]])
            },
        ],
        remarks: "The base models complete code best. The FIM prompt of the instruct models is \
                  the same, but documented for the base models only."
            .to_owned(),
        ..family(
            "deepseekcoder",
            "DeepSeek Coder",
            UnderEvaluation,
            [P, F, N],
            FIM,
            16 * K,
        )
    }
}
