//! Open-weight families of today that were trained to fill in the middle.

use super::gitlab_code::{END_OF_SENTENCE, deepseek_fim};
use super::*;
use Standing::Unlisted;

/// `<|fim_prefix|>` and its fellows.
const WITH_BARS: [&str; 3] = ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"];
/// `<fim_prefix>` and its fellows.
const WITHOUT_BARS: [&str; 3] = ["<fim_prefix>", "<fim_suffix>", "<fim_middle>"];
/// `<fim-prefix>` and its fellows.
const WITH_HYPHENS: [&str; 3] = ["<fim-prefix>", "<fim-suffix>", "<fim-middle>"];

/// Prefix, suffix, middle, with nothing between token and text.
fn fim_of([prefix, suffix, middle]: [&str; 3], forbidden: &[&str]) -> Fim {
    fim(
        &format!("{prefix}{{prefix}}{suffix}{{suffix}}{middle}"),
        &[prefix, suffix, middle],
        forbidden,
    )
}

const QWEN_CONTROL: &[&str] = &[
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
    "<|object_ref_start|>",
    "<|object_ref_end|>",
    "<|box_start|>",
    "<|box_end|>",
    "<|quad_start|>",
    "<|quad_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
];

pub(super) fn qwen() -> FamilyRecord {
    let base = |matches: &[&[&str]], context| Variant {
        routes: Some(FIM_BASE.to_vec()),
        context: Some(context),
        ..variant("Qwen2.5-Coder base", Unlisted, [F, N, N], matches)
    };
    FamilyRecord {
        fim: Some(fim_of(WITH_BARS, QWEN_CONTROL)),
        bos: Bos::None,
        stop: texts(&[
            "<|endoftext|>",
            "<|im_end|>",
            "<|fim_pad|>",
            "<|repo_name|>",
            "<|file_sep|>",
        ]),
        stop_ids: vec![151_643, 151_645, 151_662, 151_663, 151_664],
        reasoning: think(),
        variants: vec![
            Variant {
                context: Some(256 * K),
                ..variant(
                    "Qwen3-Coder",
                    Unlisted,
                    [F, F, F],
                    &[&["qwen3", "coder"], &["qwen-3", "coder"]],
                )
            },
            // The small ones first: their words are found in the names of no larger one.
            base(
                &[
                    &["coder", "0.5b-base"],
                    &["coder", "1.5b-base"],
                    &["coder", ":3b-base"],
                    &["coder-0.5b/"],
                    &["coder-1.5b/"],
                    &["coder-3b/"],
                ],
                32 * K,
            ),
            base(
                &[
                    &["coder", "base"],
                    &["coder-7b/"],
                    &["coder-14b/"],
                    &["coder-32b/"],
                ],
                128 * K,
            ),
            Variant {
                context: Some(32 * K),
                ..variant(
                    "Small Qwen2.5-Coder",
                    Unlisted,
                    [F, P, P],
                    &[
                        &["coder", "0.5b"],
                        &["coder", "1.5b"],
                        &["coder-3b"],
                        &["coder:3b"],
                    ],
                )
            },
            Variant {
                context: Some(128 * K),
                ..variant("Qwen2.5-Coder", Unlisted, [F, F, P], &[&["coder"]])
            },
            Variant {
                fim: Some(fim_of(
                    WITHOUT_BARS,
                    &[
                        "<|endoftext|>",
                        "<|im_start|>",
                        "<|im_end|>",
                        "<fim_pad>",
                        "<file_sep>",
                    ],
                )),
                stop: Some(texts(&["<|endoftext|>", "<|im_end|>", "<file_sep>"])),
                stop_ids: Some(Vec::new()),
                context: Some(64 * K),
                ..variant("CodeQwen1.5", Unlisted, [F, P, P], &[&["codeqwen"]])
            },
            Variant {
                routes: Some(CHAT.to_vec()),
                stop: Some(texts(&["<|endoftext|>", "<|im_end|>"])),
                stop_ids: Some(vec![151_643, 151_645]),
                ..variant(
                    "General Qwen",
                    Unlisted,
                    [P, F, F],
                    &[
                        &["qwen1"],
                        &["qwen2"],
                        &["qwen3"],
                        &["qwq"],
                        &["qwen-max"],
                        &["qwen-plus"],
                        &["qwen-turbo"],
                    ],
                )
            },
        ],
        remarks: "Base and instruct models both fill in the middle; the base ones do it better. \
                  Qwen2.5-Coder reads more than 32k tokens only when the server is told so."
            .to_owned(),
        ..family("qwen", "Qwen Coder", Unlisted, [F, F, P], FIM, 32 * K)
    }
}

/// The control tokens of StarCoder and StarCoder2.
const STARCODER_CONTROL: &[&str] = &[
    "<|endoftext|>",
    "<fim_pad>",
    "<repo_name>",
    "<file_sep>",
    "<reponame>",
    "<filename>",
    "<gh_stars>",
    "<issue_start>",
    "<issue_comment>",
    "<issue_closed>",
    "<jupyter_start>",
    "<jupyter_text>",
    "<jupyter_code>",
    "<jupyter_output>",
    "<jupyter_script>",
    "<empty_output>",
    "<commit_before>",
    "<commit_msg>",
    "<commit_after>",
    "<pr>",
    "<pr_status>",
    "<pr_file>",
    "<pr_diff>",
    "<pr_comment>",
];

pub(super) fn starcoder2() -> FamilyRecord {
    let mut stop = vec!["<|endoftext|>", "<file_sep>"];
    stop.extend(WITHOUT_BARS);
    FamilyRecord {
        fim: Some(fim_of(WITHOUT_BARS, STARCODER_CONTROL)),
        bos: Bos::None,
        stop: texts(&stop),
        variants: vec![
            Variant {
                fim: Some(fim_of(WITH_HYPHENS, &["<|endoftext|>", "<fim-pad>"])),
                stop: Some(texts(&["<|endoftext|>"])),
                context: Some(2 * K),
                ..variant("SantaCoder", Unlisted, [P, N, N], &[&["santacoder"]])
            },
            Variant {
                routes: Some(CHAT.to_vec()),
                ..variant(
                    "StarCoder2 Instruct",
                    Unlisted,
                    [P, P, L],
                    &[&["instruct"], &["starchat"]],
                )
            },
        ],
        remarks: "Base models: they complete code and follow no instruction.".to_owned(),
        ..family(
            "starcoder2",
            "StarCoder2",
            Unlisted,
            [F, N, N],
            FIM_BASE,
            16 * K,
        )
    }
}

pub(super) fn deepseek() -> FamilyRecord {
    FamilyRecord {
        fim: Some(deepseek_fim()),
        bos: Bos::Server,
        stop: texts(&[END_OF_SENTENCE]),
        stop_ids: vec![1],
        reasoning: think(),
        variants: vec![
            Variant {
                // A distilled model has the tokenizer of Qwen or Llama, with other ids.
                routes: Some(CHAT.to_vec()),
                stop_ids: Some(Vec::new()),
                ..variant(
                    "Distilled DeepSeek R1",
                    Unlisted,
                    [P, P, P],
                    &[&["distill"]],
                )
            },
            Variant {
                routes: Some(CHAT.to_vec()),
                ..variant(
                    "DeepSeek R1",
                    Unlisted,
                    [P, F, F],
                    &[&["-r1"], &["reasoner"]],
                )
            },
        ],
        remarks: "DeepSeek's own API fills in the middle below /beta. On vLLM the suffix field \
                  works for V4 alone; the FIM prompt works for all."
            .to_owned(),
        ..family("deepseek", "DeepSeek", Unlisted, [F, F, F], FIM, 128 * K)
    }
}

pub(super) fn granite() -> FamilyRecord {
    let turns = ["<|start_of_role|>", "<|end_of_role|>", "<|end_of_text|>"];
    let with_bars = fim_of(
        WITH_BARS,
        &[&turns[..], &["<|fim_pad|>", "<|tool_call|>"]].concat(),
    );
    FamilyRecord {
        fim: Some(fim_of(
            WITHOUT_BARS,
            &[STARCODER_CONTROL, &turns[..]].concat(),
        )),
        bos: Bos::None,
        stop: texts(&["<|endoftext|>", "<fim_pad>"]),
        reasoning: think(),
        variants: vec![
            Variant {
                fim: Some(with_bars),
                stop: Some(texts(&["<|end_of_text|>", "<|fim_pad|>"])),
                context: Some(128 * K),
                ..variant(
                    "Granite 3.3 and 4",
                    Unlisted,
                    [F, F, F],
                    &[
                        &["granite-3.3"],
                        &["granite3.3"],
                        &["granite-4"],
                        &["granite4"],
                    ],
                )
            },
            Variant {
                routes: Some(CHAT.to_vec()),
                stop: Some(texts(&["<|end_of_text|>"])),
                context: Some(128 * K),
                ..variant(
                    "Granite 3.1 and 3.2",
                    Unlisted,
                    [P, F, F],
                    &[
                        &["granite-3.1"],
                        &["granite3.1"],
                        &["granite-3.2"],
                        &["granite3.2"],
                    ],
                )
            },
            Variant {
                routes: Some(CHAT.to_vec()),
                stop: Some(texts(&["<|end_of_text|>"])),
                context: Some(4 * K),
                ..variant(
                    "Granite 3.0",
                    Unlisted,
                    [P, P, P],
                    &[&["granite-3.0"], &["granite3-dense"], &["granite3-moe"]],
                )
            },
            Variant {
                context: Some(128 * K),
                ..variant("Granite Code 128k", Unlisted, [F, F, P], &[&["128k"]])
            },
            Variant {
                context: Some(4 * K),
                ..variant("Granite Code 4k", Unlisted, [F, F, P], &[&["-4k"]])
            },
            Variant {
                context: Some(2 * K),
                ..variant("Granite Code 2k", Unlisted, [F, F, P], &[&["-2k"]])
            },
        ],
        remarks: "Granite Code has FIM tokens without bars, Granite 3.3 and 4 have them with \
                  bars: the identifier tells which."
            .to_owned(),
        ..family("granite", "Granite", Unlisted, [F, F, P], FIM, 8 * K)
    }
}
