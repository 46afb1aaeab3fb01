//! Mistral's families.

use super::*;
use Standing::{Approved, Unlisted};

/// The control tokens of Mistral's tokenizers, v1 to v13.
const CONTROL: &[&str] = &[
    "<s>",
    "</s>",
    "<unk>",
    "<pad>",
    "[INST]",
    "[/INST]",
    "[SYSTEM_PROMPT]",
    "[/SYSTEM_PROMPT]",
    "[AVAILABLE_TOOLS]",
    "[/AVAILABLE_TOOLS]",
    "[TOOL_CALLS]",
    "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]",
    "[TOOL_CONTENT]",
    "[ARGS]",
    "[CALL_ID]",
    "[THINK]",
    "[/THINK]",
    "[IMG]",
    "[IMG_BREAK]",
    "[IMG_END]",
    "[PREFIX]",
    "[MIDDLE]",
    "[SUFFIX]",
];

/// What GitLab stops Mistral's models by, and the end token.
const STOP: &[&str] = &["</s>", "[INST]", "[/INST]"];

pub(super) fn mistral() -> FamilyRecord {
    FamilyRecord {
        stop: texts(STOP),
        stop_ids: vec![2],
        control: texts(CONTROL),
        // The templates of the 7B models, and Bedrock for them, take no system turn.
        refuses: vec![Parameter::SystemRole],
        variants: vec![
            Variant {
                context: Some(128 * K),
                refuses: Some(Vec::new()),
                ..variant("Mistral Small 24B", Approved, [F, F, F], &[&["small"]])
            },
            Variant {
                context: Some(128 * K),
                refuses: Some(Vec::new()),
                ..variant(
                    "Mistral Large, Medium and Nemo",
                    Unlisted,
                    [P, F, F],
                    &[
                        &["large"],
                        &["medium"],
                        &["nemo"],
                        &["ministral"],
                        &["magistral"],
                    ],
                )
            },
            variant(
                "Mistral 7B-it",
                Approved,
                [P, F, L],
                &[&["instruct"], &["7b-it"]],
            ),
            Variant {
                routes: Some(PREFIX.to_vec()),
                ..variant(
                    "Mistral 7B",
                    Approved,
                    [P, N, N],
                    &[&["7b-v0"], &["7b-text"], &["7b-base"], &["mistral-7b/"]],
                )
            },
        ],
        remarks: "No Mistral 7B was trained to fill in the middle, so code is completed by an \
                  instruction, or from the prefix alone by the base model. GitLab has deprecated \
                  the 7B models since 18.3."
            .to_owned(),
        ..family("mistral", "Mistral", Approved, [P, F, L], CHAT, 32 * K)
    }
}

pub(super) fn mixtral() -> FamilyRecord {
    FamilyRecord {
        stop: texts(STOP),
        stop_ids: vec![2],
        control: texts(CONTROL),
        refuses: vec![Parameter::SystemRole],
        variants: vec![
            Variant {
                context: Some(64 * K),
                ..variant(
                    "Mixtral 8x22B-it",
                    Approved,
                    [F, F, P],
                    &[&["8x22b", "instruct"], &["8x22b-it"]],
                )
            },
            Variant {
                context: Some(64 * K),
                routes: Some(PREFIX.to_vec()),
                ..variant(
                    "Mixtral 8x22B",
                    Approved,
                    [P, N, N],
                    &[&["8x22b-v0"], &["8x22b-text"], &["8x22b/"]],
                )
            },
            variant(
                "Mixtral 8x7B-it",
                Approved,
                [P, F, P],
                &[&["8x7b", "instruct"], &["8x7b-it"]],
            ),
            Variant {
                routes: Some(PREFIX.to_vec()),
                ..variant(
                    "Mixtral 8x7B",
                    Approved,
                    [P, N, N],
                    &[&["8x7b-v0"], &["8x7b-text"], &["8x7b/"]],
                )
            },
        ],
        remarks: "Mixtral was never trained to fill in the middle: code is completed by an \
                  instruction, or from the prefix alone by the base models. GitLab has deprecated \
                  it since 18.3."
            .to_owned(),
        ..family("mixtral", "Mixtral", Approved, [P, F, P], CHAT, 32 * K)
    }
}

pub(super) fn codestral() -> FamilyRecord {
    FamilyRecord {
        fim: Some(fim(
            "[SUFFIX]{suffix}[PREFIX]{prefix}",
            &["[SUFFIX]", "[PREFIX]"],
            CONTROL,
        )),
        bos: Bos::Server,
        stop: texts(&["</s>", "[SUFFIX]", "[PREFIX]", "[MIDDLE]"]),
        stop_ids: vec![2, 11, 13],
        refuses: vec![Parameter::SystemRole],
        variants: vec![
            Variant {
                routes: Some(CHAT.to_vec()),
                stop: Some(texts(STOP)),
                stop_ids: Some(vec![2]),
                context: Some(256_000),
                ..variant("Codestral Mamba", Unlisted, [P, P, P], &[&["mamba"]])
            },
            Variant {
                // Mistral serves these itself and publishes no weights to send raw prompts to.
                routes: Some(vec![CompletionRoute::ServerFim, CompletionRoute::Chat]),
                context: Some(256_000),
                refuses: Some(Vec::new()),
                ..variant(
                    "Codestral 25",
                    Unlisted,
                    [F, F, P],
                    &[&["codestral-25"], &["codestral-latest"]],
                )
            },
        ],
        remarks: "The licence of Codestral 22B (MNPL) does not allow use in production. Some of \
                  its tokenizers do not know the FIM tokens: test the model."
            .to_owned(),
        // Chat: the seeds say no, 18.9 says partial, and the newest list counts.
        ..family(
            "codestral",
            "Mistral Codestral",
            Approved,
            [F, F, P],
            FIM,
            32 * K,
        )
    }
}

pub(super) fn devstral() -> FamilyRecord {
    FamilyRecord {
        stop: texts(STOP),
        stop_ids: vec![2],
        control: texts(CONTROL),
        remarks: "Made for agents and conversation; never trained to fill in the middle."
            .to_owned(),
        ..family("devstral", "Devstral", Unlisted, [P, F, F], CHAT, 128 * K)
    }
}
