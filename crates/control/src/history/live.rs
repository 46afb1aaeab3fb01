//! What arrives of answers while they arrive, so that nothing is lost when a window closes in the
//! middle of one. Only an answer that a saved trial has as arriving is ever written down here.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, MutexGuard, PoisonError};

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use rusqlite::{Connection, params};

use super::History;
use super::database::HistoryError;
use crate::view::{
    AnswerState, PromptEvent, SaveTrial, ToolCall, ToolCallPiece, Trial, TrialAnswer,
};

/// How many answers that ended are remembered, for a trial that is saved a moment later.
const ENDED: usize = 64;

/// The most bytes of text that are followed of one answer.
const FOLLOWED: usize = 8 * 1024 * 1024;

/// The most calls of tools that are followed of one answer.
const CALLS: u32 = 128;

/// The answers that arrive, and the latest that did.
#[derive(Debug, Default)]
pub(super) struct Live {
    running: HashMap<String, TrialAnswer>,
    ended: VecDeque<(String, TrialAnswer)>,
    /// Running answers that a saved trial has as arriving, with that trial.
    awaited: HashMap<String, String>,
}

/// Follows a prompt, so that its answer can be kept as far as it came.
pub(crate) fn follow(
    history: Arc<History>,
    events: BoxStream<'static, PromptEvent>,
) -> BoxStream<'static, PromptEvent> {
    let mut following = Following { history, id: None };
    events
        .map(move |event| {
            following.hear(&event);
            event
        })
        .boxed()
}

/// One prompt that is followed. Dropped before its end, its answer was cut.
struct Following {
    history: Arc<History>,
    id: Option<String>,
}

impl Following {
    fn hear(&mut self, event: &PromptEvent) {
        if let PromptEvent::Started { correlation_id } = event {
            let answer = TrialAnswer {
                state: AnswerState::Streaming,
                correlation_id: Some(correlation_id.clone()),
                ..TrialAnswer::default()
            };
            self.history
                .live()
                .running
                .insert(correlation_id.clone(), answer);
            self.id = Some(correlation_id.clone());
            return;
        }
        let Some(id) = &self.id else { return };
        if let Some(answer) = self.history.live().running.get_mut(id) {
            add(event, answer);
        }
        if matches!(
            event,
            PromptEvent::Finished { .. } | PromptEvent::Failed { .. }
        ) {
            self.end();
        }
    }

    fn end(&mut self) {
        if let Some(id) = self.id.take() {
            self.history.end(&id);
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.end();
    }
}

fn add(event: &PromptEvent, answer: &mut TrialAnswer) {
    match event {
        PromptEvent::Started { .. } => {}
        PromptEvent::Delta {
            text,
            reasoning,
            tool_calls,
            ..
        } => {
            if answer.text.len() + answer.reasoning.len() < FOLLOWED {
                answer.text += text;
                answer.reasoning += reasoning;
            }
            for piece in tool_calls {
                add_call(piece, &mut answer.tool_calls);
            }
        }
        PromptEvent::Finished { summary } => {
            answer.state = AnswerState::Done;
            answer.summary = Some(summary.clone());
        }
        PromptEvent::Failed { error, summary } => {
            answer.state = AnswerState::Failed;
            answer.summary = Some(summary.clone());
            answer.error = Some(error.clone());
        }
    }
}

fn add_call(piece: &ToolCallPiece, calls: &mut Vec<ToolCall>) {
    if piece.index >= CALLS {
        return;
    }
    let index = piece.index as usize;
    while calls.len() <= index {
        calls.push(ToolCall {
            id: String::new(),
            name: String::new(),
            arguments: String::new(),
        });
    }
    let call = &mut calls[index];
    call.id += &piece.id;
    call.name += &piece.name;
    if call.arguments.len() < FOLLOWED {
        call.arguments += &piece.arguments;
    }
}

impl History {
    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known here of an answer that arrives, or has just arrived.
    pub(super) fn heard(&self, id: &str) -> Option<TrialAnswer> {
        let live = self.live();
        let ended = || live.ended.iter().rev().find(|(other, _)| other == id);
        let found = live
            .running
            .get(id)
            .or_else(|| ended().map(|(_, answer)| answer));
        found.cloned()
    }

    /// An answer has ended or was dropped. It is written down when a saved trial waits for it.
    fn end(&self, id: &str) {
        let (answer, trial) = {
            let mut live = self.live();
            let Some(mut answer) = live.running.remove(id) else {
                return;
            };
            if answer.state == AnswerState::Streaming {
                answer.state = AnswerState::Cut;
            }
            live.ended.push_back((id.to_owned(), answer.clone()));
            if live.ended.len() > ENDED {
                live.ended.pop_front();
            }
            (answer, live.awaited.remove(id))
        };
        let Some(trial) = trial else { return };
        if let Err(error) = self.write(|connection| keep(connection, id, &trial, &answer)) {
            tracing::warn!(%error, "what arrived of an answer could not be kept");
        }
    }

    /// Writes down what running answers have so far: this process ends.
    pub(crate) fn end_all(&self) {
        let running: Vec<_> = self.live().awaited.keys().cloned().collect();
        for id in running {
            self.end(&id);
        }
    }

    /// A trial is saved: what it has as ended need not be kept beside it any more, and what it has
    /// as arriving is waited for.
    pub(super) fn settle(
        &self,
        connection: &Connection,
        save: &SaveTrial,
    ) -> Result<(), HistoryError> {
        let mut trial = save.trial.clone();
        let mut awaited = HashSet::new();
        let mut settled = HashSet::new();
        for answer in answers_of(&mut trial) {
            let Some(id) = answer.correlation_id.take() else {
                continue;
            };
            match answer.state {
                AnswerState::Streaming => awaited.insert(id),
                _ => settled.insert(id),
            };
        }
        for id in &settled {
            connection
                .prepare_cached("DELETE FROM answers WHERE correlation_id = ?")?
                .execute([id])?;
        }
        for id in awaited {
            let mut live = self.live();
            if live.running.contains_key(&id) {
                live.awaited.insert(id, save.id.0.clone());
                continue;
            }
            let ended = live.ended.iter().rev().find(|(other, _)| *other == id);
            if let Some((_, answer)) = ended.cloned() {
                drop(live);
                keep(connection, &id, &save.id.0, &answer)?;
            }
        }
        let mut live = self.live();
        settled.iter().for_each(|id| {
            live.awaited.remove(id);
        });
        Ok(())
    }
}

fn keep(
    connection: &Connection,
    id: &str,
    trial: &str,
    answer: &TrialAnswer,
) -> Result<(), HistoryError> {
    // A trial that was removed meanwhile gets nothing back.
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO answers (correlation_id, trial, content)
             SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM trials WHERE id = ?2)",
        )?
        .execute(params![id, trial, serde_json::to_string(answer)?])?;
    Ok(())
}

/// All answers of a trial.
pub(super) fn answers_of(trial: &mut Trial) -> impl Iterator<Item = &mut TrialAnswer> {
    let turns = trial
        .columns
        .iter_mut()
        .flat_map(|column| &mut column.turns);
    turns.filter_map(|turn| turn.answer.as_mut())
}
