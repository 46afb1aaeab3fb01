//! Families that vendors and clouds serve: Claude and GPT. Both complete code by an instruction.

use super::*;
use Standing::{Approved, UnderEvaluation, Unlisted};

pub(super) fn claude() -> FamilyRecord {
    let takes_all = Some(Vec::new());
    FamilyRecord {
        bos: Bos::None,
        // Of a model whose version the identifier does not tell, for Claude 4.6 and later answer
        // 400 to a prefill.
        refuses: vec![Parameter::Prefill],
        variants: vec![
            Variant {
                refuses: Some(vec![
                    Parameter::Prefill,
                    Parameter::Temperature,
                    Parameter::TopP,
                    Parameter::TopK,
                ]),
                ..variant(
                    "Claude 4.7 and later",
                    Unlisted,
                    [F, F, F],
                    &[
                        &["-4-7"],
                        &["4.7"],
                        &["-4-8"],
                        &["4.8"],
                        &["-4-9"],
                        &["4.9"],
                        &["opus-5"],
                        &["sonnet-5"],
                        &["haiku-5"],
                    ],
                )
            },
            variant("Claude 4.6", Unlisted, [F, F, F], &[&["-4-6"], &["4.6"]]),
            Variant {
                refuses: takes_all.clone(),
                ..variant("Claude 4.5", Approved, [F, F, F], &[&["-4-5"], &["4.5"]])
            },
            Variant {
                refuses: takes_all.clone(),
                ..variant("Claude Sonnet 4", Approved, [F, F, F], &[&["sonnet-4"]])
            },
            Variant {
                refuses: takes_all.clone(),
                ..variant("Claude Opus 4", Unlisted, [F, F, F], &[&["opus-4"]])
            },
            Variant {
                refuses: takes_all.clone(),
                ..variant(
                    "Claude 3.7 Sonnet",
                    Approved,
                    [F, F, F],
                    &[&["3-7-sonnet"], &["3.7-sonnet"]],
                )
            },
            Variant {
                refuses: takes_all.clone(),
                ..variant(
                    "Claude 3.5 Sonnet",
                    Approved,
                    [F, F, F],
                    &[&["3-5-sonnet"], &["3.5-sonnet"]],
                )
            },
            Variant {
                refuses: takes_all,
                ..variant("Claude 3", Unlisted, [P, P, P], &[&["claude-3"]])
            },
        ],
        remarks: "Code is completed by an instruction. Under the API version 2026-10-21 no model \
                  takes temperature, top_p or top_k."
            .to_owned(),
        ..family("claude_3", "Claude", Approved, [F, F, F], CHAT, 200_000)
    }
}

pub(super) fn gpt() -> FamilyRecord {
    let thinks = [
        Parameter::MaxTokens,
        Parameter::Temperature,
        Parameter::TopP,
        Parameter::Stop,
    ];
    let reasoner = |variant: Variant, context| Variant {
        context: Some(context),
        refuses: Some(thinks.to_vec()),
        ..variant
    };
    let of_context = |variant: Variant, context| Variant {
        context: Some(context),
        ..variant
    };
    let gpt_35 = &[&["gpt-3.5"][..], &["gpt-35"], &["gpt3.5"], &["gpt35"]];
    let mut early_o = reasoner(
        variant(
            "o1-mini and o1-preview",
            Unlisted,
            [P, P, P],
            &[&["o1-mini"], &["o1-preview"]],
        ),
        128_000,
    );
    early_o
        .refuses
        .get_or_insert_default()
        .extend([Parameter::SystemRole, Parameter::Tools]);
    FamilyRecord {
        bos: Bos::None,
        variants: vec![
            of_context(
                variant("GPT-3.5-Turbo", UnderEvaluation, [P, F, L], gpt_35),
                16_385,
            ),
            variant(
                "GPT-4o-mini",
                Approved,
                [F, F, P],
                &[&["gpt-4o-mini"], &["gpt4o-mini"]],
            ),
            variant("GPT-4o", Approved, [F, F, F], &[&["gpt-4o"], &["gpt4o"]]),
            variant(
                "GPT-4 Turbo",
                Approved,
                [F, F, P],
                &[
                    &["gpt-4-turbo"],
                    &["gpt4-turbo"],
                    &["gpt-4-1106"],
                    &["gpt-4-0125"],
                ],
            ),
            of_context(
                variant(
                    "GPT-4.1",
                    Unlisted,
                    [F, F, F],
                    &[&["gpt-4.1"], &["gpt-41"], &["gpt4.1"]],
                ),
                1_000_000,
            ),
            of_context(
                variant(
                    "GPT-4",
                    UnderEvaluation,
                    [P, F, L],
                    &[&["gpt-4"], &["gpt4"]],
                ),
                8_192,
            ),
            reasoner(
                variant(
                    "GPT-5 Mini",
                    Approved,
                    [F, F, F],
                    &[&["gpt-5", "mini"], &["gpt5", "mini"]],
                ),
                400_000,
            ),
            reasoner(
                variant("GPT-5", Approved, [F, F, F], &[&["gpt-5"], &["gpt5"]]),
                400_000,
            ),
            early_o,
            reasoner(
                variant(
                    "GPT o-series",
                    Unlisted,
                    [P, F, F],
                    &[&["/o1"], &["/o3"], &["/o4"], &["-o1"], &["-o3"], &["-o4"]],
                ),
                200_000,
            ),
        ],
        remarks: "On Azure the identifier is the name of the deployment, which need not tell the \
                  model: check context and refused parameters when it does not. Code is \
                  completed by an instruction."
            .to_owned(),
        ..family("gpt", "GPT", Approved, [F, F, P], CHAT, 128_000)
    }
}
