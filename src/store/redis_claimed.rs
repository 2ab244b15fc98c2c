//! A space on Redis that this process alone uses.
//!
//! It is fetched whole when it is claimed, answers from memory, and sends its writes on in order, all of a turn as one. When
//! the claim may be lost, because the server could not be reached for a while, the space refuses everything: whoever has it
//! must claim it again.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use bytes::Bytes;
use futures::channel::oneshot;
use futures::future::{BoxFuture, FutureExt, Shared};
use redis::Value;

use super::error::{Kind, StoreError};
use super::memory::{Entries, apply_to, list_of};
use super::range::{Entry, Range};
use super::redis::{Server, answered, list, lock, pairs, text};
use super::redis_scripts::FENCED;
use super::{Reply, Result, Space, Write};
use crate::limits::{REDIS_CLAIM, REDIS_CLAIM_PAUSE, REDIS_WRITES};

type Wait = Shared<BoxFuture<'static, Result<()>>>;

/// The claimed spaces that have writes to send.
pub type Unsent = RefCell<Vec<Arc<Copied>>>;

/// A space that this process alone uses.
pub struct Claimed {
    copied: Arc<Copied>,
    unsent: Rc<Unsent>,
}

/// What this process knows of a space that it has claimed, for as long as answers are under way.
pub struct Copied {
    server: Arc<Server>,
    name: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    entries: Entries,
    /// What was written and not sent.
    unsent: Vec<Write>,
    /// The number of the claim; empty until it is made.
    claim: String,
    /// How often the session had lapsed by then.
    lapses: u64,
    failure: Option<StoreError>,
    /// The claim, or the last write.
    last: Option<Wait>,
}

impl Copied {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Whether it still belongs to this process.
    fn check(&self, state: &State) -> Result<()> {
        let session = &self.server.link.session;
        match &state.failure {
            Some(failure) => Err(failure.clone()),
            None if state.claim.is_empty() => Err(StoreError::other("a space is used that is not claimed yet")),
            None if session.lasts() && session.lapses() == state.lapses => Ok(()),
            None => Err(StoreError::new(
                Kind::Unreachable,
                format!(
                    "{} could not be reached in time: others may use the object by now.",
                    self.server.link.name
                ),
            )),
        }
    }

    /// Sends what was written since the last time.
    pub fn send(self: &Arc<Self>) {
        let mut state = self.state();
        let writes = std::mem::take(&mut state.unsent);
        if writes.is_empty() {
            return;
        }
        let (sender, applied) = oneshot::channel();
        let copied = self.clone();
        self.server.apply(&self.name, &state.claim, &writes, move |answer| {
            let answer = answer.and_then(|answer| match answer {
                Value::Int(FENCED) => Err(lost(&copied.server.link.name)),
                _ => Ok(()),
            });
            if let Err(error) = &answer {
                copied.state().failure.get_or_insert(error.clone());
            }
            let _ = sender.send(answer);
        });
        state.last = Some(answered(applied).shared());
    }
}

impl Claimed {
    pub fn new(server: &Arc<Server>, name: &str, unsent: Rc<Unsent>) -> Claimed {
        let (sender, claimed) = oneshot::channel();
        let copied = Arc::new(Copied {
            server: server.clone(),
            name: name.into(),
            state: Mutex::default(),
        });
        copied.state().last = Some(answered(claimed).shared());
        let claiming = Claiming {
            copied: copied.clone(),
            deadline: Instant::now() + REDIS_CLAIM,
        };
        claiming.ask(sender);
        Claimed { copied, unsent }
    }

    pub fn is_sound(&self) -> bool {
        let state = self.copied.state();
        state.claim.is_empty() && state.failure.is_none() || self.copied.check(&state).is_ok()
    }
}

impl Space for Claimed {
    fn get(&self, key: &[u8]) -> Reply<Option<Bytes>> {
        let state = self.copied.state();
        Reply::Now(self.copied.check(&state).map(|()| state.entries.get(key).cloned()))
    }

    fn list(&self, range: &Range) -> Reply<Vec<Entry>> {
        let state = self.copied.state();
        Reply::Now(self.copied.check(&state).map(|()| list_of(&state.entries, range)))
    }

    fn apply(&self, writes: Vec<Write>) -> Reply<()> {
        let mut state = self.copied.state();
        if let Err(error) = self.copied.check(&state) {
            return Reply::Now(Err(error));
        }
        if state.unsent.is_empty() {
            self.unsent.borrow_mut().push(self.copied.clone());
        }
        state.unsent.extend_from_slice(&writes);
        apply_to(&mut state.entries, writes);
        let is_full = state.unsent.len() >= REDIS_WRITES;
        drop(state);
        if is_full {
            self.copied.send();
        }
        Reply::Now(Ok(()))
    }

    fn sync(&self) -> Reply<()> {
        self.copied.send();
        let mut state = self.copied.state();
        if let Some(last) = state.last.take_if(|last| last.peek().is_none()) {
            state.last = Some(last.clone());
            return Reply::Later(last.boxed());
        }
        Reply::Now(self.copied.check(&state))
    }
}

impl Drop for Claimed {
    fn drop(&mut self) {
        self.copied.send();
        let Copied { server, name, state } = &*self.copied;
        let claim = lock(state).claim.clone();
        server.link.send(server.keys.release(name, &claim), drop);
    }
}

/// A claim on its way: asked for again while another session has the space.
struct Claiming {
    copied: Arc<Copied>,
    deadline: Instant,
}

impl Claiming {
    fn ask(self, done: oneshot::Sender<Result<()>>) {
        let Copied { server, name, .. } = &*self.copied.clone();
        server.link.send(server.keys.claim(name), move |answer| {
            match answer.map(|answer| self.take(answer)) {
                Ok(None) => drop(done.send(Ok(()))),
                Ok(Some(_)) if Instant::now() < self.deadline => self.ask_later(done),
                Ok(Some(owner)) => {
                    let error = taken(&self.copied.name, &owner);
                    self.fail(done, error);
                }
                Err(error) => self.fail(done, error),
            }
        });
    }

    fn ask_later(self, done: oneshot::Sender<Result<()>>) {
        let background = self.copied.server.background.clone();
        background.spawn(async move {
            tokio::time::sleep(REDIS_CLAIM_PAUSE).await;
            self.ask(done);
        });
    }

    /// Takes what Redis answered; whose the space is, if it is another's.
    fn take(&self, answer: Value) -> Option<String> {
        let Value::Array(mut parts) = answer else {
            return Some("a server that answers what it was not asked".into());
        };
        if parts.len() < 3 {
            return parts.pop().map(text);
        }
        let entries = pairs(parts.pop().map(list).unwrap_or_default());
        let mut state = self.copied.state();
        state.claim = parts.pop().map(text).unwrap_or_default();
        state.lapses = self.copied.server.link.session.lapses();
        state.entries = entries.into_iter().collect();
        None
    }

    fn fail(self, done: oneshot::Sender<Result<()>>, error: StoreError) {
        self.copied.state().failure = Some(error.clone());
        drop(done.send(Err(error)));
    }
}

fn taken(space: &str, owner: &str) -> StoreError {
    let seconds = REDIS_CLAIM.as_secs();
    StoreError::new(
        Kind::Claimed,
        format!(
            "The object {space} is in use by another process ({owner}), which did not let go of it within {seconds} s: \
             dispose of the instance there, or end that process."
        ),
    )
}

fn lost(server: &str) -> StoreError {
    StoreError::new(
        Kind::Claimed,
        format!("{server} refused a write: another process has taken the object over since."),
    )
}
