//! Open-weight families that were trained for conversation, and the family for all others.

use super::*;
use Standing::{Approved, UnderEvaluation, Unlisted};

pub(super) fn llama3() -> FamilyRecord {
    let of_128k = |title: &str, standing, levels, matches: &[&[&str]]| Variant {
        context: Some(128 * K),
        ..variant(title, standing, levels, matches)
    };
    FamilyRecord {
        bos: Bos::Server,
        stop: texts(&["<|eot_id|>", "<|end_of_text|>", "<|eom_id|>"]),
        stop_ids: vec![128_009],
        control: texts(&[
            "<|begin_of_text|>",
            "<|end_of_text|>",
            "<|start_header_id|>",
            "<|end_header_id|>",
            "<|eot_id|>",
            "<|eom_id|>",
            "<|python_tag|>",
            "<|finetune_right_pad_id|>",
            "<|image|>",
        ]),
        variants: vec![
            of_128k(
                "Llama 3.3 70B",
                UnderEvaluation,
                [F, F, F],
                &[&["3.3"], &["llama3-3"], &["llama-3-3"]],
            ),
            of_128k(
                "Llama 3.2",
                Unlisted,
                [P, P, L],
                &[&["3.2"], &["llama3-2"], &["llama-3-2"]],
            ),
            of_128k(
                "Llama 3.1 8B",
                UnderEvaluation,
                [P, F, P],
                &[&["3.1", "8b"], &["llama3-1", "8b"], &["llama-3-1", "8b"]],
            ),
            of_128k(
                "Llama 3.1 70B",
                UnderEvaluation,
                [F, F, F],
                &[&["3.1", "70b"], &["llama3-1", "70b"], &["llama-3-1", "70b"]],
            ),
            of_128k(
                "Llama 3.1",
                Unlisted,
                [P, F, P],
                &[&["3.1"], &["llama3-1"], &["llama-3-1"]],
            ),
            variant("Llama 3 8B", UnderEvaluation, [P, F, L], &[&["8b"]]),
            variant("Llama 3 70B", UnderEvaluation, [P, F, L], &[&["70b"]]),
        ],
        remarks: "Never trained to fill in the middle: code is completed by an instruction, or \
                  from the prefix alone. The template of 3.1 and later writes the date into the \
                  prompt."
            .to_owned(),
        ..family(
            "llama3",
            "Llama 3",
            UnderEvaluation,
            [P, F, P],
            &[CompletionRoute::Chat, CompletionRoute::RawPrefix],
            8 * K,
        )
    }
}

pub(super) fn general() -> FamilyRecord {
    FamilyRecord {
        // Nobody knows the tokenizer: the turn and end tokens of all that are common.
        control: texts(&[
            "<|im_start|>",
            "<|im_end|>",
            "<|endoftext|>",
            "<s>",
            "</s>",
            "[INST]",
            "[/INST]",
            "[SYSTEM_PROMPT]",
            "[/SYSTEM_PROMPT]",
            "<|begin_of_text|>",
            "<|end_of_text|>",
            "<|start_header_id|>",
            "<|end_header_id|>",
            "<|eot_id|>",
            "<start_of_turn>",
            "<end_of_turn>",
            "<|turn>",
            "<turn|>",
            "<|start_of_role|>",
            "<|end_of_role|>",
            "<|start|>",
            "<|end|>",
            "<|message|>",
            "<|channel|>",
            "<|system|>",
            "<|user|>",
            "<|assistant|>",
            "<\u{ff5c}User\u{ff5c}>",
            "<\u{ff5c}Assistant\u{ff5c}>",
            "<\u{ff5c}end\u{2581}of\u{2581}sentence\u{ff5c}>",
        ]),
        reasoning: think(),
        remarks: "For any other model: it is asked through chat, and code is completed by an \
                  instruction. If the model was trained to fill in the middle, copy the family \
                  that it belongs to."
            .to_owned(),
        ..family("general", "General", Unlisted, [P, P, P], CHAT, 32 * K)
    }
}

pub(super) fn gpt_oss() -> FamilyRecord {
    FamilyRecord {
        stop: texts(&["<|return|>", "<|call|>"]),
        stop_ids: vec![200_002, 200_012],
        control: texts(&[
            "<|start|>",
            "<|end|>",
            "<|message|>",
            "<|channel|>",
            "<|constrain|>",
            "<|return|>",
            "<|call|>",
            "<|startoftext|>",
            "<|endoftext|>",
            "<|endofprompt|>",
        ]),
        variants: vec![
            variant("gpt-oss-120b", Approved, [F, F, F], &[&["120b"]]),
            variant("gpt-oss-20b", Approved, [P, P, P], &[&["20b"]]),
        ],
        remarks: "Thinks before it answers: with a small limit of tokens the answer stays empty. \
                  It works through chat alone."
            .to_owned(),
        ..family("gpt_oss", "gpt-oss", Approved, [P, P, P], CHAT, 128 * K)
    }
}

pub(super) fn gemma() -> FamilyRecord {
    FamilyRecord {
        stop: texts(&["<end_of_turn>", "<eos>"]),
        stop_ids: vec![106],
        control: texts(&[
            "<bos>",
            "<eos>",
            "<pad>",
            "<unk>",
            "<start_of_turn>",
            "<end_of_turn>",
            "<start_of_image>",
            "<end_of_image>",
            "<|turn>",
            "<turn|>",
        ]),
        variants: vec![
            Variant {
                stop: Some(texts(&["<turn|>", "<eos>"])),
                stop_ids: Some(Vec::new()),
                ..variant("Gemma 4", Unlisted, [P, F, F], &[&["gemma-4"], &["gemma4"]])
            },
            Variant {
                context: Some(32 * K),
                ..variant(
                    "Gemma 3 1B",
                    Unlisted,
                    [L, L, P],
                    &[&["gemma-3-1b"], &["gemma3:1b"]],
                )
            },
            Variant {
                // Their ids of the turn tokens are others.
                stop_ids: Some(Vec::new()),
                context: Some(8 * K),
                refuses: Some(vec![Parameter::SystemRole]),
                ..variant(
                    "Gemma 1 and 2",
                    Unlisted,
                    [P, P, P],
                    &[
                        &["gemma-2"],
                        &["gemma2"],
                        &["gemma-1"],
                        &["gemma-7b"],
                        &["gemma:2b"],
                        &["gemma:7b"],
                    ],
                )
            },
        ],
        remarks: "Its vocabulary has no FIM tokens: code is completed by an instruction."
            .to_owned(),
        ..family("gemma", "Gemma", Unlisted, [P, F, F], CHAT, 128 * K)
    }
}
