//! A claim of a space on Redis, on its way.
//!
//! It is requested again while another session has the space, for as long as a caller waits for it. Then the entries
//! are fetched, in parts of which each arrives within the time that an answer may take.

use std::sync::Arc;
use std::time::Instant;

use futures::channel::oneshot;
use redis::Value;

use super::Result;
use super::error::{Kind, StoreError};
use super::memory::Entries;
use super::redis::{list, pairs, text};
use super::redis_claimed::Copied;
use crate::limits::{CLAIM_PAUSE, CLAIM_WAIT};

pub struct Claiming {
    copied: Arc<Copied>,
    token: String,
    done: oneshot::Sender<Result<()>>,
    deadline: Instant,
    /// How often the session had lapsed when the claim was made.
    lapses: u64,
    entries: Entries,
}

impl Claiming {
    /// `done` is told when the space can be used.
    pub fn new(copied: Arc<Copied>, done: oneshot::Sender<Result<()>>) -> Claiming {
        Claiming {
            token: copied.room.server.token(),
            copied,
            done,
            deadline: Instant::now() + CLAIM_WAIT,
            lapses: 0,
            entries: Entries::new(),
        }
    }

    pub fn ask(mut self) {
        let copied = self.copied.clone();
        let (room, command) = (&copied.room, copied.room.keys.claim(&copied.name, &self.token));
        room.server
            .link
            .send(command, move |answer| match answer.map(Answer::of) {
                Ok(Answer::Part(part)) => {
                    self.lapses = self.copied.room.server.link.session.lapses();
                    self.take(part);
                }
                Ok(Answer::Taken(_)) if Instant::now() < self.deadline => self.ask_later(),
                Ok(Answer::Taken(owner)) => {
                    let error = taken(&self.copied.name, &owner);
                    self.fail(error);
                }
                Err(error) => self.fail(error),
            });
    }

    fn ask_later(self) {
        let background = self.copied.room.server.background.clone();
        background.spawn(async move {
            tokio::time::sleep(CLAIM_PAUSE).await;
            if !self.copied.state().is_dropped {
                self.ask();
            }
        });
    }

    fn take(mut self, part: Part) {
        if self.copied.state().is_dropped {
            self.copied.release(&self.token);
            return;
        }
        self.entries.extend(part.entries);
        match self.entries.last_key_value().filter(|_| part.is_cut) {
            Some((last, _)) => {
                let last = last.clone();
                self.fetch(&last);
            }
            None => self.finish(),
        }
    }

    /// Asks for the entries after `last`.
    fn fetch(self, last: &[u8]) {
        let copied = self.copied.clone();
        let (room, command) = (&copied.room, copied.room.keys.fetch(&copied.name, last));
        room.server
            .link
            .send(command, move |answer| match answer.map(Part::of) {
                Ok(part) => self.take(part),
                Err(error) => {
                    self.copied.release(&self.token);
                    self.fail(error);
                }
            });
    }

    fn finish(self) {
        let mut state = self.copied.state();
        if state.is_dropped {
            drop(state);
            self.copied.release(&self.token);
            return;
        }
        state.claim = self.token;
        state.lapses = self.lapses;
        state.entries = self.entries;
        drop(state);
        drop(self.done.send(Ok(())));
    }

    fn fail(self, error: StoreError) {
        self.copied.state().failure = Some(error.clone());
        drop(self.done.send(Err(error)));
    }
}

/// What Redis answers to a claim.
enum Answer {
    /// The space is this session's, and these are its first entries.
    Part(Part),
    /// It is another's, who is named.
    Taken(String),
}

impl Answer {
    fn of(answer: Value) -> Answer {
        match answer {
            Value::Array(mut parts) if parts.len() == 1 => Answer::Taken(parts.pop().map(text).unwrap_or_default()),
            Value::Array(mut parts) if parts.len() == 2 => Answer::Part(parts.pop().map(Part::of).unwrap_or_default()),
            _ => Answer::Taken("a server that answers what it was not asked".into()),
        }
    }
}

/// Some entries, and whether there are more.
#[derive(Default)]
struct Part {
    entries: Vec<super::range::Entry>,
    is_cut: bool,
}

impl Part {
    fn of(answer: Value) -> Part {
        let Value::Array(mut parts) = answer else {
            return Part::default();
        };
        let is_cut = parts.pop() == Some(Value::Int(1));
        let entries = pairs(parts.pop().map(list).unwrap_or_default());
        Part { entries, is_cut }
    }
}

fn taken(space: &str, owner: &str) -> StoreError {
    let seconds = CLAIM_WAIT.as_secs();
    StoreError::new(
        Kind::Claimed,
        format!(
            "The object {space} is in use by another process ({owner}), which did not let go of it within {seconds} s: \
             dispose of the instance there, or end that process."
        ),
    )
}
